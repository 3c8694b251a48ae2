package export

import (
	"fmt"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

type itemKey struct{ batch, index int }

// consumption is what the log tells of one item.
type consumption struct {
	usage   pipeline.Usage
	elapsed time.Duration
	origin  string
}

func consumptionColumns() []column {
	var columns []column
	for _, name := range []string{"calls", "reused_calls", "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens"} {
		columns = append(columns, column{name: name, holds: integer})
	}
	return append(columns,
		column{name: "cost", holds: money}, column{name: "unpriced_calls", holds: integer},
		column{name: "elapsed_seconds", holds: double}, column{name: "origin", holds: text},
	)
}

// cells returns the cells of consumptionColumns, all of them empty for an item that the log does not tell of.
func (c *consumption) cells() []any {
	if c == nil {
		return nil
	}
	u := c.usage
	cells := []any{
		int64(u.Calls), int64(u.Reused), int64(u.Input), int64(u.Output), int64(u.Cached), int64(u.Reasoning),
		u.Cost, int64(u.Unpriced), c.elapsed.Seconds(), nil,
	}
	if c.origin != "" {
		cells[len(cells)-1] = c.origin
	}
	return cells
}

// consumedBy reads the log. Calls that were made while an asset was built belong to no item.
func consumedBy(run *record.Run) (map[itemKey]*consumption, error) {
	all := map[itemKey]*consumption{}
	for e, err := range run.Events() {
		if err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
		if e.Batch == 0 || e.Kind != pipeline.KindCall && e.Kind != pipeline.KindItem {
			continue
		}
		key := itemKey{e.Batch, e.Index}
		c := all[key]
		if c == nil {
			c = new(consumption)
			all[key] = c
		}
		if e.Kind == pipeline.KindCall {
			c.usage = c.usage.Add(e.Usage)
		} else {
			c.elapsed, c.origin = e.Elapsed, e.Origin
		}
	}
	return all, nil
}
