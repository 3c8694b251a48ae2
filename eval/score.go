package eval

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/gloss-sdk/gloss/pipeline"
)

// Score scores results, wherever they come from, against the truth of h. Results are matched to samples by ID and may come in any order; each is scored
// as it arrives, one after the other, and not kept.
//
// An item whose inference failed is [Errored] under every metric, one without a result is [Missing], except under metrics of truth alone. A result that
// belongs to no sample, and a second one of the same sample, are errors; all of them are reported together, without an outcome.
//
// When ctx has ended, Score returns the outcome of what there is along with an error that says so.
func Score[I, O, T any](
	ctx context.Context, h *Holdout[I, T], results iter.Seq[pipeline.Result[O]], ms []Metric[I, O, T], opts ...Option,
) (*Outcome, error) {
	c, err := newConfig(opts)
	if err = errors.Join(err, checkMetrics(ms), checkHoldout(h)); err != nil {
		return nil, err
	}
	if results == nil {
		return nil, errors.New("eval: score: the results are nil")
	}
	return score(ctx, h, results, ms, c)
}

func score[I, O, T any](
	ctx context.Context, h *Holdout[I, T], results iter.Seq[pipeline.Result[O]], ms []Metric[I, O, T], c config,
) (*Outcome, error) {
	s := newScorer(h, ms, c)
	var errs []error
	for res := range results {
		errs = append(errs, s.add(ctx, res))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	s.finish(ctx)
	if ctx.Err() != nil {
		return s.outcome, fmt.Errorf("eval: the outcome of holdout %q is not complete: %w", h.name, context.Cause(ctx))
	}
	return s.outcome, nil
}

func checkHoldout[I, T any](h *Holdout[I, T]) error {
	if h == nil || len(h.samples) == 0 {
		return errors.New("eval: no holdout: make one with NewHoldout")
	}
	return nil
}

func checkMetrics[I, O, T any](ms []Metric[I, O, T]) error {
	var errs []error
	specs := make([]MetricSpec, len(ms))
	for j, m := range ms {
		specs[j] = m.spec
		errs = append(errs, m.err)
		if m.row == nil && m.err == nil {
			errs = append(errs, fmt.Errorf("eval: metric %d is a zero metric", j+1))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return checkSpecs(specs)
}

// scorer fills in an outcome.
type scorer[I, O, T any] struct {
	h       *Holdout[I, T]
	metrics []Metric[I, O, T]
	outcome *Outcome
	place   map[string]int // of samples by ID
	seen    []bool
}

func newScorer[I, O, T any](h *Holdout[I, T], ms []Metric[I, O, T], c config) *scorer[I, O, T] {
	s := &scorer[I, O, T]{
		h: h, metrics: ms, place: make(map[string]int, h.Len()), seen: make([]bool, h.Len()),
		outcome: &Outcome{
			Name: c.name, Holdout: h.name, Items: make([]ItemOutcome, h.Len()), Resampling: c.resampling, reducers: map[string]Reducer{},
		},
	}
	for _, m := range ms {
		s.outcome.Metrics = append(s.outcome.Metrics, m.spec)
		if m.reduce != nil {
			s.outcome.reducers[m.spec.Name] = m.reduce
		}
	}
	for i, sample := range h.samples {
		s.place[sample.ID] = i
		s.outcome.Items[i] = ItemOutcome{ID: sample.ID, Cluster: sample.Cluster}
	}
	return s
}

// add scores one result.
func (s *scorer[I, O, T]) add(ctx context.Context, res pipeline.Result[O]) error {
	i, ok := s.place[res.ID]
	if !ok {
		return fmt.Errorf("eval: result %q belongs to no sample of holdout %q", res.ID, s.h.name)
	}
	if s.seen[i] {
		return fmt.Errorf("eval: sample %q has two results", res.ID)
	}
	s.seen[i] = true
	s.score(ctx, i, res)
	return nil
}

// score fills in the cells of an item that has a result.
func (s *scorer[I, O, T]) score(ctx context.Context, i int, res pipeline.Result[O]) {
	item, sample := &s.outcome.Items[i], s.h.samples[i]
	if res.Err != nil {
		item.Error = res.Err.Error()
		s.fill(ctx, i, Cell{Status: Errored, Detail: "inference failed"})
		return
	}
	c := Case[I, O, T]{ID: sample.ID, Input: sample.Input, Out: res.Out, Truth: sample.Truth}
	for _, m := range s.metrics {
		item.Cells = append(item.Cells, m.score(ctx, c))
	}
}

// finish fills in the items that got no result.
func (s *scorer[I, O, T]) finish(ctx context.Context) {
	for i, seen := range s.seen {
		if !seen {
			s.fill(ctx, i, Cell{Status: Missing, Detail: "no result: the run ended before this item was finished"})
		}
	}
}

// fill gives an item without a prediction its cells: the given one, unless a metric looks at truth alone.
func (s *scorer[I, O, T]) fill(ctx context.Context, i int, cell Cell) {
	sample := s.h.samples[i]
	c := Case[I, O, T]{ID: sample.ID, Input: sample.Input, Truth: sample.Truth}
	for _, m := range s.metrics {
		own := cell
		if m.spec.TruthOnly {
			own = m.score(ctx, c)
		}
		s.outcome.Items[i].Cells = append(s.outcome.Items[i].Cells, own)
	}
}
