package eval

import (
	"context"
	"errors"
	"fmt"

	"github.com/gloss-sdk/gloss/pipeline"
)

// CrossValidate evaluates a target on all samples of h with what is known about the others: in each fold a child of r holds reveal(samples of the other
// folds) in the place of the asset known, and the fold's own samples are held out. What depends on known is rebuilt in each fold, everything else is
// built once. r itself does not change.
//
// reveal makes the known data of a fold; it copies what it needs and modifies nothing. Every fold is checked for leaks before the first one is run, so
// a leak in any of them costs nothing. Folds are predicted one after the other; the outcome has all items in the order of h.
//
// The intervals of the outcome do not know that folds share most of their known data, and are somewhat too short for it.
//
// A fold that cannot be built, or that ctx ends before, leaves its items without a result; CrossValidate then returns the outcome of all folds along
// with an error that says so.
func CrossValidate[I, O, T, K any](
	ctx context.Context, r *pipeline.Run, target pipeline.Handle[pipeline.Stage[I, O]], known pipeline.Handle[K], h *Holdout[I, T], folds Folds,
	reveal func(train []Sample[I, T]) K, ms []Metric[I, O, T], opts ...Option,
) (*Outcome, error) {
	c, err := newConfig(opts)
	if err = errors.Join(err, checkMetrics(ms), checkHoldout(h)); err != nil {
		return nil, err
	}
	if r == nil || reveal == nil {
		return nil, errors.New("eval: cross-validation needs a run and a function that reveals known data")
	}
	if err := folds.check(h.clusterKeys()); err != nil {
		return nil, err
	}
	if err := checkNeeded(r, target, known); err != nil {
		return nil, err
	}
	if err := c.nameAfter(r, target); err != nil {
		return nil, err
	}
	v := &crossValidation[I, O, T]{target: target, metrics: ms, config: c, whole: newScorer(h, ms, c).outcome}
	for i := range folds.Len() {
		train, held := folds.Split(i)
		child := r.With(pipeline.Replace(known, reveal(h.at(train).samples)))
		v.folds = append(v.folds, fold[I, T]{run: child, held: h.at(held), places: held})
	}
	if err := v.audit(ctx); err != nil {
		return nil, err
	}
	return v.predict(ctx)
}

// fold is one child run and what it must not know.
type fold[I, T any] struct {
	run    *pipeline.Run
	held   *Holdout[I, T]
	places []int
}

type crossValidation[I, O, T any] struct {
	target  pipeline.Handle[pipeline.Stage[I, O]]
	metrics []Metric[I, O, T]
	config  config
	folds   []fold[I, T]
	whole   *Outcome
}

func (h *Holdout[I, T]) clusterKeys() []string {
	keys := make([]string, len(h.samples))
	for i := range h.samples {
		keys[i] = h.samples[i].Cluster
	}
	return keys
}

// checkNeeded reports a target that would predict the same in every fold.
func checkNeeded[I, O, K any](r *pipeline.Run, target pipeline.Handle[pipeline.Stage[I, O]], known pipeline.Handle[K]) error {
	name, err := nameOf(r, known)
	if err != nil {
		return err
	}
	var none K
	plan, err := r.With(pipeline.Replace(known, none)).Plan(target)
	if err != nil {
		return fmt.Errorf("eval: %w", err)
	}
	for _, e := range plan.Entries() {
		if e.Name == name && e.Replaced {
			return nil
		}
	}
	return fmt.Errorf("eval: the target does not need %q: every fold would predict the same", name)
}

// audit checks all folds and reports every leak at once.
func (v *crossValidation[I, O, T]) audit(ctx context.Context) error {
	var errs []error
	for i, f := range v.folds {
		report, err := audit(ctx, f.run, v.target, f.held)
		if err != nil {
			errs = append(errs, v.in(i, err))
		}
		v.whole.LeakChecks = append(v.whole.LeakChecks, report)
	}
	return errors.Join(errs...)
}

// predict runs all folds and puts their items where they belong. A fold that fails costs no other one anything.
func (v *crossValidation[I, O, T]) predict(ctx context.Context) (*Outcome, error) {
	var errs []error
	for i, f := range v.folds {
		outcome, err := v.one(ctx, f)
		if err != nil {
			errs = append(errs, v.in(i, err))
		}
		for n, place := range f.places {
			v.whole.Items[place] = outcome.Items[n]
		}
	}
	return v.whole, errors.Join(errs...)
}

// one runs a fold and closes what it built. If the fold cannot be run, its items are without a result.
func (v *crossValidation[I, O, T]) one(ctx context.Context, f fold[I, T]) (*Outcome, error) {
	outcome, err := predict(ctx, f.run, v.target, f.held, v.metrics, v.config)
	if outcome == nil {
		s := newScorer(f.held, v.metrics, v.config)
		s.finish(ctx)
		outcome = s.outcome
	}
	return outcome, errors.Join(err, f.run.Close())
}

func (v *crossValidation[I, O, T]) in(fold int, err error) error {
	return fmt.Errorf("eval: fold %d of %d: %w", fold+1, len(v.folds), err)
}
