package eval

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/gloss-sdk/gloss/eval/leak"
	"github.com/gloss-sdk/gloss/pipeline"
)

// Run evaluates a target on a holdout. First it searches everything that the target can read in r, which is its roots, for what is held out
// ([leak.Check]) and stops on a find and on a root that it cannot read, before anything of the target is built or called. Then it maps a result to
// each input and scores it, as [Score] does.
//
// The target receives inputs and their IDs, never the truth. The outcome is the same at any number of items in flight.
//
// When ctx has ended, or the run has stopped by itself (its budget is spent, too much failed), Run returns the outcome of what there is along
// with an error that says so.
func Run[I, O, T any](
	ctx context.Context, r *pipeline.Run, target pipeline.Handle[pipeline.Stage[I, O]], h *Holdout[I, T], ms []Metric[I, O, T], opts ...Option,
) (*Outcome, error) {
	c, err := newConfig(opts)
	if err = errors.Join(err, checkMetrics(ms), checkHoldout(h)); err != nil {
		return nil, err
	}
	if r == nil {
		return nil, errors.New("eval: the run is nil: make one with pipeline.NewRun")
	}
	if err := c.nameAfter(r, target); err != nil {
		return nil, err
	}
	report, err := audit(ctx, r, target, h)
	if err != nil {
		return nil, err
	}
	outcome, err := predict(ctx, r, target, h, ms, c)
	if outcome != nil {
		outcome.LeakChecks = []leak.Report{report}
	}
	return outcome, err
}

// audit searches what the target can read for what h holds out.
func audit[I, O, T any](
	ctx context.Context, r *pipeline.Run, target pipeline.Handle[pipeline.Stage[I, O]], h *Holdout[I, T],
) (leak.Report, error) {
	roots, err := r.Roots(ctx, target)
	if err != nil {
		return leak.Report{}, fmt.Errorf("eval: %w", err)
	}
	held, err := h.held(ctx)
	if err != nil {
		return leak.Report{}, err
	}
	report, err := leak.Check(ctx, roots, held)
	if err != nil {
		return report, fmt.Errorf("eval: holdout %q: %w", h.name, err)
	}
	return report, nil
}

// predict runs the target on the inputs of h and scores the results.
func predict[I, O, T any](
	ctx context.Context, r *pipeline.Run, target pipeline.Handle[pipeline.Stage[I, O]], h *Holdout[I, T], ms []Metric[I, O, T], c config,
) (*Outcome, error) {
	runner, err := pipeline.Start(ctx, r, target)
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	outcome, err := score(ctx, h, runner.Stream(ctx, h.Items()), ms, c)
	if stopped := r.Stopped(); err == nil && stopped != nil {
		err = fmt.Errorf("eval: the outcome of holdout %q is not complete: %w", h.name, stopped)
	}
	return outcome, err
}

// nameAfter names the outcome after its target unless it has a name.
func (c *config) nameAfter(r *pipeline.Run, target pipeline.Node) error {
	name, err := nameOf(r, target)
	c.name = cmp.Or(c.name, name)
	return err
}

// nameOf returns the name of a node, which only plans tell.
func nameOf(r *pipeline.Run, n pipeline.Node) (string, error) {
	plan, err := r.Plan(n)
	if err != nil {
		return "", fmt.Errorf("eval: %w", err)
	}
	for _, e := range plan.Entries() {
		if e.Selected {
			return e.Name, nil
		}
	}
	return "", nil
}
