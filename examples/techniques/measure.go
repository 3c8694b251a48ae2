package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/exemplarllm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/progress"
	"github.com/gloss-sdk/gloss/pipeline/record"
	"github.com/gloss-sdk/gloss/task"
)

// seed fixes the resampling behind the intervals.
const seed = 1

// baseline is the technique that the others are compared with: what most people do. Without past feedback there is none, and the first one
// takes its place.
const baseline = "few_shot"

// run tries every variant in one run and leaves a run directory.
func (t *trial) run(ctx context.Context, runs string, stderr io.Writer) (rep *report, err error) {
	m, err := t.manifest()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w, err := record.Create(record.NewDir(runs, "techniques", time.Now()), m, record.OnError(cancel))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	line, err := progress.New(stderr, progress.Total(len(t.variants)*t.set.Len()))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, line.Close()) }()
	costs := &meter{by: map[string]*cost{}}
	r, err := pipeline.NewRun(append(t.config.RunOptions(),
		pipeline.WithRecorder(w), pipeline.WithObserver(line), pipeline.WithObserver(costs))...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	rep, err = t.measure(ctx, r, costs)
	if err == nil {
		fmt.Fprintf(line, "every prompt and reply is in %s: go run ./examples/readrun %s ITEM\n", w.Dir(), w.Dir())
	}
	return rep, err
}

func (t *trial) manifest() (record.Manifest, error) {
	effective, err := t.config.MarshalJSON()
	if err != nil {
		return record.Manifest{}, err
	}
	m := record.Manifest{Name: "techniques", Seed: seed, Config: effective, Plans: map[string]record.Plan{}}
	for _, v := range t.variants {
		plan, err := pipeline.NewPlan(v)
		if err != nil {
			return record.Manifest{}, err
		}
		m.Plans[v.Name()] = record.PlanOf(plan)
	}
	return m, nil
}

// measure evaluates the variants one after the other and compares each with the baseline.
func (t *trial) measure(ctx context.Context, r *pipeline.Run, costs *meter) (*report, error) {
	model, err := pipeline.Value[llm.Model](ctx, r, t.resources.Model())
	if err != nil {
		return nil, err
	}
	scales, err := pipeline.Value(ctx, r, t.resources.Scales())
	if err != nil {
		return nil, err
	}
	scores, err := scoresOf(t.kind, scales, t.set)
	if err != nil {
		return nil, err
	}
	var outcomes []*eval.Outcome
	for _, v := range t.variants {
		o, err := eval.Run(ctx, r, v, t.set, eval.Metrics(scores.metric()), eval.WithSeed(seed))
		if err != nil {
			return nil, err
		}
		outcomes = append(outcomes, o)
	}
	rep := &report{Task: t.kind, Essays: t.set.Len(), Holdout: t.set.Name(), Model: "unnamed", Metric: scores.name()}
	if m, ok := model.(llm.Identifier); ok {
		rep.Model = m.Identity()
	}
	_, rep.Offline = model.(*exemplarllm.Model)
	rep.Raters, rep.RatedTwice = scores.ceiling(t.set)
	return rep, rep.add(outcomes, costs)
}

// cost is what one technique consumed, failed predictions included, and how many predictions have a flag of each kind.
type cost struct {
	predictions int
	usage       pipeline.Usage
	flags       map[task.FlagKind]int
}

// meter adds up the cost of each technique.
type meter struct {
	mu sync.Mutex
	by map[string]*cost
}

// Observe adds a finished prediction. The target of an event is the task, which is named after its technique.
func (m *meter) Observe(_ context.Context, e pipeline.Event) {
	if e.Kind != pipeline.KindItem {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.by[e.Target]
	if c == nil {
		c = &cost{flags: map[task.FlagKind]int{}}
		m.by[e.Target] = c
	}
	c.predictions++
	c.usage = c.usage.Add(e.Usage)
	p, ok := e.Out.(task.Prediction)
	if e.Err != nil || !ok {
		return
	}
	seen := map[task.FlagKind]bool{}
	for _, f := range p.Flags {
		if !seen[f.Kind] {
			seen[f.Kind] = true
			c.flags[f.Kind]++
		}
	}
}
