package record

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"

	"github.com/gloss-sdk/gloss/pipeline"
)

// Items yields what became of each finished item, in the order of batch and index. It reads the results or, where there are none because
// the run goes on, was killed or its disk was full, the log, which holds the same; then an item whose output cannot be read is yielded
// without it, together with the error. Any other error ends the sequence.
//
// The results are what the last session delivered. In the log of a run that was resumed and is not closed again, an earlier session tells
// what is at the places that the last one has not come to yet.
func (r *Run) Items() iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		if r.manifest.State == StateRunning { // results that are there are those of an earlier session
			r.itemsOfLog(yield)
			return
		}
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

// finishedItems returns where the log tells of finished items, in input order, the last line of each place.
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
	last := places[:0]
	for i, p := range places {
		if i+1 == len(places) || byInput(p, places[i+1]) != 0 {
			last = append(last, p)
		}
	}
	return last, nil
}

func (r *Run) itemAt(offset int64) (Item, error) {
	e, err := r.eventAt(offset)
	if err != nil {
		return Item{}, err
	}
	it := Item{Batch: e.Batch, Target: e.Target, Index: e.Index, ID: e.Item, Error: e.Error}
	if e.Out == "" {
		return it, nil
	}
	v, err := r.Value(e.Out)
	it.Output, it.Opaque = v.JSON, v.Opaque
	return it, err
}
