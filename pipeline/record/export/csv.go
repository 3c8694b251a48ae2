package export

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// CSV writes the run to w as comma-separated values in UTF-8 (RFC 4180, lines end with a line feed): a header, then a row an item in input
// order. Texts with commas, quotes and line breaks are quoted and come back as they are; mind that the reader of encoding/csv turns
// "\r\n" inside of a text into "\n". Costs are decimal numbers. After an error what was written is of no use.
//
// The run is read twice, three times with [Consumption], and no more than one row is in memory.
func CSV(w io.Writer, run *record.Run, opts ...Option) error {
	t, err := newTable(run, opts)
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	line := make([]string, len(t.columns))
	for i, c := range t.columns {
		line[i] = c.name
	}
	if err := out.Write(line); err != nil {
		return fmt.Errorf("export: write the header: %w", err)
	}
	for row, err := range t.rows() {
		if err != nil {
			return err
		}
		for i, cell := range row {
			line[i] = t.text(cell)
		}
		if err := out.Write(line); err != nil {
			return fmt.Errorf("export: write: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("export: write: %w", err)
	}
	return nil
}

// text returns a cell as CSV has it.
func (c *config) text(cell any) string {
	switch v := cell.(type) {
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case pipeline.Money:
		return v.String()
	case list:
		return string(v.json)
	case string:
		if c.escape && v != "" && strings.IndexByte("=+-@\t\r", v[0]) >= 0 {
			return "'" + v
		}
		return v
	default:
		return ""
	}
}
