package task

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// Stage is what a task is when it runs.
type Stage = pipeline.Stage[userdata.Submission, Prediction]

// Task is a task over resources: an asset whose value is a [Stage]. It is immutable and safe for concurrent use.
type Task struct {
	pipeline.Asset[Stage]
	resources Resources
	draft     draftSpec
}

// EssayScore returns the task that predicts a holistic score with a rationale.
func EssayScore(r Resources, opts ...Option) (*Task, error) {
	return configure(r, draftSpec{Spec: DefaultSpec(KindEssayScore)}, opts)
}

// RubricScore returns the task that predicts a score for each criterion of the assignment's rubric, with a rationale and quotations that
// are checked against the submission.
func RubricScore(r Resources, opts ...Option) (*Task, error) {
	return configure(r, draftSpec{Spec: DefaultSpec(KindRubricScore)}, opts)
}

// DraftFeedback returns the task that predicts what a teacher would write on a draft: strengths, areas to improve, next steps, and
// comments anchored in the text, each tied to a criterion.
func DraftFeedback(r Resources, opts ...Option) (*Task, error) {
	return configure(r, draftSpec{Spec: DefaultSpec(KindDraftFeedback)}, opts)
}

// New returns the task that a complete spec describes. Custom steps that the spec names must be among defs; a missing one, or one of
// another version, is an error.
func New(r Resources, s Spec, defs ...StepKind) (*Task, error) {
	return configure(r, draftSpec{Spec: s.clone(), defs: defs}, nil)
}

// With returns a copy of t with further options. It is how variants are made: the assets that they have in common stay shared.
func (t *Task) With(opts ...Option) (*Task, error) {
	d := t.draft
	d.Spec = d.clone()
	return configure(t.resources, d, opts)
}

// Spec returns the task as data.
func (t *Task) Spec() Spec { return t.draft.clone() }

func configure(r Resources, d draftSpec, opts []Option) (*Task, error) {
	if err := applyOptions(&d, opts); err != nil {
		return nil, err
	}
	custom, err := d.customSteps()
	if err != nil {
		return nil, err
	}
	d.Spec = d.clone()
	t := &Task{resources: r, draft: d}
	w := wiring{r: r, spec: d.Spec, custom: custom}
	t.Asset = pipeline.Derive(w.meta(""), w.config(""), func(n *pipeline.Needs, _ taskConfig) func(context.Context) (Stage, error) {
		begin, steps := w.wire(n, "")
		return func(ctx context.Context) (Stage, error) {
			first, chain, err := assemble(ctx, begin, steps)
			if err != nil {
				return nil, err
			}
			whole := pipeline.Then(pipeline.Then(first, chain), pipeline.Fn(finish))
			return pipeline.Named(d.Name, whole), nil
		}
	})
	return t, nil
}

// Until returns the task's chain up to and including a place, as an asset of its own: a stage from a submission to the draft as it stands
// there. It lets a task's retrieval or prompt be run and measured alone; what only later steps need is not planned.
func (t *Task) Until(p Place) pipeline.Asset[pipeline.Stage[userdata.Submission, Draft]] {
	custom, err := t.draft.customSteps()
	w := wiring{r: t.resources, spec: t.draft.Spec, custom: custom}
	type partial = pipeline.Stage[userdata.Submission, Draft]
	return pipeline.Derive(w.meta(p), w.config(p), func(n *pipeline.Needs, _ taskConfig) func(context.Context) (partial, error) {
		begin, steps := w.wire(n, p)
		return func(ctx context.Context) (partial, error) {
			if err != nil {
				return nil, err
			}
			if !slices.Contains(Places(), p) {
				return nil, fmt.Errorf("there is no place %q; want one of %v", p, Places())
			}
			first, chain, err := assemble(ctx, begin, steps)
			if err != nil {
				return nil, err
			}
			return pipeline.Named(t.draft.Name, pipeline.Then(first, chain)), nil
		}
	})
}

func finish(_ context.Context, d Draft) (Prediction, error) { return d.Prediction, nil }

// customSteps builds the custom steps of a spec, in its order.
func (d *draftSpec) customSteps() ([]Step, error) {
	steps := make([]Step, len(d.Steps))
	var errs []error
	for i, s := range d.Steps {
		step, err := d.customStep(s)
		if err != nil {
			errs = append(errs, fmt.Errorf("task %s: step %q: %w", d.Name, s.Name, err))
		}
		steps[i] = step
	}
	return steps, errors.Join(errs...)
}

func (d *draftSpec) customStep(s StepSpec) (Step, error) {
	if s.inline {
		step, ok := d.inline[s.Name]
		if !ok {
			return nil, errors.New("it is an inline function of another task; pass it again with WithStep")
		}
		return step, nil
	}
	err := errors.New("its definition was not passed in")
	for _, def := range d.defs {
		if def == nil {
			continue
		}
		name, version := def.kind()
		if name != s.Name {
			continue
		}
		if version != s.Version {
			err = fmt.Errorf("the spec names version %d, the definition is version %d", s.Version, version)
			continue
		}
		step, err := def.build(s.Params)
		if err == nil && step == nil {
			err = errors.New("its definition built no step")
		}
		return step, err
	}
	return nil, err
}

// wiring connects a spec to resources.
type wiring struct {
	r      Resources
	spec   Spec
	custom []Step
}

// taskConfig is the configuration that identifies a task's asset. Inline steps stand in it by name.
type taskConfig struct {
	Spec   json.RawMessage `json:"spec"`
	Inline []string        `json:"inline,omitempty"`
	Until  Place           `json:"until,omitempty"`
}

func (w wiring) config(until Place) taskConfig {
	s := w.spec.clone()
	c := taskConfig{Until: until}
	for i := range s.Steps {
		if s.Steps[i].inline {
			c.Inline = append(c.Inline, s.Steps[i].Name)
			s.Steps[i].inline = false
		}
	}
	raw, err := compactJSON(s)
	if err != nil {
		raw = nil // parameters were encoded before; what cannot be encoded was refused there
	}
	c.Spec = raw
	return c
}

func (w wiring) meta(until Place) pipeline.Meta {
	m := pipeline.Meta{Name: w.spec.Name, Version: 1, Group: w.spec.Name, Off: w.spec.Inputs.off()}
	if w.spec.RAG == nil {
		m.Off = append(m.Off, "rag")
	}
	if until != "" {
		m.Name += "/" + string(until)
	}
	for _, s := range w.layout(until) {
		m.Steps = append(m.Steps, s.name)
	}
	return m
}

func (in Inputs) off() []string {
	var off []string
	for _, i := range []struct {
		on   bool
		name string
	}{
		{in.AssignmentPrompt, "assignment_prompt"},
		{in.Rubric, "rubric"},
		{in.ClassDocs, "class_docs"},
		{in.PastFeedback, "past_feedback"},
		{in.PriorDraft, "prior_draft"},
		{in.EssayContext, "essay_context"},
	} {
		if !i.on {
			off = append(off, i.name)
		}
	}
	return off
}

// position is one step of the chain: a custom one, or the task's own at a place.
type position struct {
	name   string
	place  Place
	custom Step
}

// layout puts custom steps around the task's own, up to and including a place ("" is the end). Steps that are off are left out.
func (w wiring) layout(until Place) []position {
	var chain []position
	for _, p := range Places() {
		own := []position{{name: string(p), place: p}}
		if w.off(p) {
			own = nil
		}
		var before, after []position
		for i, s := range w.spec.Steps {
			if s.At.place != p {
				continue
			}
			c := position{name: s.Name, custom: w.custom[i]}
			switch s.At.relation {
			case "before":
				before = append(before, c)
			case "after":
				after = append(after, c)
			default:
				own = []position{c}
			}
		}
		chain = slices.Concat(chain, before, own, after)
		if p == until {
			break
		}
	}
	return chain
}

// replaced reports whether a custom step stands in the place of the task's own.
func (w wiring) replaced(p Place) bool {
	return slices.ContainsFunc(w.spec.Steps, func(s StepSpec) bool { return s.At == Replace(p) })
}

// off reports whether a spec leaves nothing to do at a place.
func (w wiring) off(p Place) bool {
	switch p {
	case PlaceExemplars:
		return !w.spec.Inputs.PastFeedback
	case PlaceDocuments:
		return !w.spec.Inputs.ClassDocs
	default:
		return false
	}
}

// maker makes a part of a task once its assets are there.
type maker[T any] func(ctx context.Context) (T, error)

type namedMaker struct {
	name string
	make maker[Step]
}

// wire declares what the chain up to a place needs and returns the makers of its parts.
func (w wiring) wire(n *pipeline.Needs, until Place) (begin maker[pipeline.Stage[userdata.Submission, Draft]], steps []namedMaker) {
	k := kinds()[w.spec.Task]
	begin = w.begin(n)
	scales := pipeline.Need(n, w.r.scales)
	forms := sync.OnceValue(func() *forms { return newForms(w.spec, k, scales()) }) // for all steps that need them
	for _, p := range w.layout(until) {
		m := namedMaker{name: p.name}
		switch {
		case p.custom != nil:
			m.make = func(context.Context) (Step, error) { return p.custom, nil }
		case p.place == PlaceExemplars:
			m.make = w.exemplars(n, k)
		case p.place == PlaceDocuments && w.spec.RAG != nil:
			m.make = w.passages(n)
		case p.place == PlaceDocuments:
			m.make = w.documents(n)
		case p.place == PlacePrompt:
			m.make = w.prompt(n, k, forms)
		case p.place == PlaceGenerate:
			m.make = w.generate(n, k, forms)
		case p.place == PlaceParse:
			m.make = w.parse(n, k, forms)
		default:
			m.make = func(context.Context) (Step, error) { return StepFunc(w.verify), nil }
		}
		steps = append(steps, m)
	}
	return begin, steps
}

// assemble makes every part and names the steps.
func assemble(
	ctx context.Context, begin maker[pipeline.Stage[userdata.Submission, Draft]], steps []namedMaker,
) (pipeline.Stage[userdata.Submission, Draft], Step, error) {
	first, err := begin(ctx)
	if err != nil {
		return nil, nil, err
	}
	chain := make([]Step, len(steps))
	for i, s := range steps {
		step, err := s.make(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("step %s: %w", s.name, err)
		}
		chain[i] = pipeline.Named(s.name, step)
	}
	return first, pipeline.Chain(chain...), nil
}
