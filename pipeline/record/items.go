package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"

	"github.com/gloss-sdk/gloss/pipeline"
)

// Items yields what became of each finished item, in the order of batch and index. It reads the results or, where there are none because
// the run was killed or its disk was full, the log, which holds the same; then an item whose output cannot be read is
// yielded without it, together with the error. Any other error ends the sequence.
func (r *Run) Items() iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		results, tear, err := openLines(r.dir, resultsFile)
		if errors.Is(err, fs.ErrNotExist) {
			r.itemsOfLog(yield)
			return
		}
		if err != nil {
			yield(Item{}, err)
			return
		}
		defer func() { _ = results.Close() }()
		if tear.Length > 0 {
			yield(Item{}, fmt.Errorf("record: %s: %s; the file was damaged after it was written", r.dir, tear))
			return
		}
		for l, err := range results.lines() {
			var x resultLine
			if err == nil {
				err = results.decode(l, &x)
			}
			if err == nil && x.Kind != kindResult {
				continue
			}
			if !yield(x.Item, err) || err != nil {
				return
			}
		}
	}
}

func (r *Run) itemsOfLog(yield func(Item, error) bool) {
	places, err := r.finishedItems()
	if err != nil {
		yield(Item{}, err)
		return
	}
	for _, p := range places {
		it, err := r.itemAt(p.offset)
		if !yield(it, err) {
			return
		}
	}
}

// finishedItems returns where the log tells of finished items, in input order.
func (r *Run) finishedItems() ([]place, error) {
	var places []place
	for l, err := range r.log.lines() {
		if err != nil {
			return nil, err
		}
		e, err := r.event(l)
		if err != nil {
			return nil, err
		}
		if e.Kind == pipeline.KindItem {
			places = append(places, place{e.Batch, e.Index, l.offset})
		}
	}
	slices.SortStableFunc(places, byInput)
	return places, nil
}

func (r *Run) itemAt(offset int64) (Item, error) {
	text, err := lineAt(r.log, offset)
	if err != nil {
		return Item{}, fmt.Errorf("record: %w", err)
	}
	var e Event
	if err := json.Unmarshal(text, &e); err != nil {
		return Item{}, fmt.Errorf("record: %s, byte %d: %w", r.log.Name(), offset, err)
	}
	it := Item{Batch: e.Batch, Target: e.Target, Index: e.Index, ID: e.Item, Error: e.Error}
	if e.Out == "" {
		return it, nil
	}
	v, err := r.Value(e.Out)
	it.Output, it.Opaque = v.JSON, v.Opaque
	return it, err
}
