package export

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/gloss-sdk/gloss/pipeline/record"
)

// table is a run as rows and columns. Its memory does not grow with the number of items, except for what they consumed.
type table struct {
	config

	run      *record.Run
	output   place
	columns  []column
	consumed map[itemKey]*consumption
}

// newTable makes the first pass, which finds the columns.
func newTable(run *record.Run, opts []Option) (*table, error) {
	c, err := newConfig(run, opts)
	if err != nil {
		return nil, err
	}
	t := &table{config: c, run: run, columns: itemColumns()}
	var others []string
	found := false
	for it, err := range run.Items() {
		if err != nil && !unreadable(err) {
			return nil, fmt.Errorf("export: %w", err)
		}
		if t.skips(it) {
			if !slices.Contains(others, it.Target) {
				others = append(others, it.Target)
			}
			continue
		}
		found = true
		t.output.add(it.Output)
	}
	if t.target != "" && !found {
		return nil, errNoTarget(t.target, others)
	}
	if t.consumption {
		if t.consumed, err = consumedBy(run); err != nil {
			return nil, err
		}
		t.columns = append(t.columns, consumptionColumns()...)
	}
	if t.output.seen != 0 { // some item has an output
		t.columns = t.output.columns(t.columns, "output")
	}
	return t, nil
}

func (t *table) skips(it record.Item) bool { return t.target != "" && it.Target != t.target }

// unreadable reports whether err is about the output of one item only.
func unreadable(err error) bool { return errors.Is(err, record.ErrNotRecorded) }

// rows makes the second pass. A row is valid until the next one.
func (t *table) rows() iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		row := make([]any, len(t.columns))
		for it, err := range t.run.Items() {
			if err != nil && !unreadable(err) {
				yield(nil, fmt.Errorf("export: %w", err))
				return
			}
			if t.skips(it) {
				continue
			}
			clear(row)
			n := copy(row, itemCells(it, err))
			if t.consumption {
				copy(row[n:], t.consumed[itemKey{it.Batch, it.Index}].cells())
			}
			if err := t.output.fill(row, t.columns, it.Output); err != nil {
				yield(nil, fmt.Errorf("export: batch %d, item %s: %w", it.Batch, it.ID, err))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}
