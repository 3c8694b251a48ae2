package task

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
)

// Generation are the hyperparameters of model calls.
type Generation struct {
	// Temperature is the sampling temperature; nil leaves the model's default.
	Temperature *float64 `json:"temperature,omitempty"`
	// MaxTokens bounds an answer; 0 leaves the model's default.
	MaxTokens int `json:"max_tokens,omitempty"`
	// Seed asks for reproducible sampling; nil asks for nothing.
	Seed *int64 `json:"seed,omitempty"`
}

// atOnce is how many calls of one submission are under way at most: enough for the criteria of a rubric.
const atOnce = 16

// generate returns the maker of the step that asks the model.
func (w wiring) generate(n *pipeline.Needs, k kind, forms func() *forms) maker[Step] {
	caller := w.caller(n)
	templates := pipeline.Need(n, w.r.templates)
	return func(context.Context) (Step, error) {
		c, err := caller()
		if err != nil {
			return nil, err
		}
		g := generator{spec: w.spec, approach: w.approach(k, forms(), templates()), counter: c.counter}
		if g.asking, err = w.asking(c, templates()); err != nil {
			return nil, err
		}
		return StepFunc(g.run), nil
	}
}

// asking returns the stage that gets the answer to one question.
func (w wiring) asking(c caller, t *Templates) (asking, error) {
	if w.spec.Technique.Critiques == 0 {
		return c, nil
	}
	return newCritic(c, w.spec.Technique.Critiques, t)
}

// exchange is a question and what came of it.
type exchange struct {
	Question
	Response llm.Response `json:"response"`
	Flags    []Flag       `json:"flags,omitempty"`
}

// asking maps a question to its answer.
type asking = pipeline.Stage[Question, exchange]

// caller asks the model once.
type caller struct {
	model   pipeline.Stage[llm.Request, llm.Response]
	counter llm.Counter
	window  int
}

func (w wiring) caller(n *pipeline.Needs) func() (caller, error) {
	model, counter := pipeline.Need(n, w.r.model), pipeline.Need(n, w.r.counter)
	return func() (caller, error) {
		if model() == nil {
			return caller{}, errors.New("the resources hold no model")
		}
		c := caller{model: pipeline.Call("model", llm.Generation{Model: model()}), counter: counter()}
		if w.spec.Budget != nil {
			c.window = w.spec.Budget.Window
		}
		return c, nil
	}
}

// Run sends a question. A server that cuts the prompt in silence answers as if nothing had happened, so the flag is all there is to see.
func (c caller) Run(ctx context.Context, q Question) (exchange, error) {
	resp, err := c.model.Run(ctx, q.Request)
	if err != nil {
		return exchange{}, err //nolint:wrapcheck // the port's own error
	}
	x := exchange{Question: q, Response: resp}
	if reason, cut := llm.PromptCut(q.Request, resp, c.counter, c.window); cut {
		x.Flags = []Flag{{Kind: FlagPromptCut, Detail: reason}}
	}
	return x, nil
}

// generator asks the questions of a draft.
type generator struct {
	spec     Spec
	approach approach
	counter  llm.Counter
	asking   asking
}

func (g generator) run(ctx context.Context, d Draft) (Draft, error) {
	parts, err := g.approach.split(d)
	if err != nil {
		return Draft{}, err //nolint:wrapcheck // the stage names itself
	}
	if len(parts) == 0 {
		return Draft{}, errors.New("there is nothing to ask: no exemplar can be shown to compare the submission with")
	}
	questions, d, err := g.questions(parts, d)
	if err != nil {
		return Draft{}, err
	}
	exchanges, err := eachNamed(ctx, questions, Question.name, g.asking)
	if err != nil {
		return Draft{}, err
	}
	d.Questions, d.Responses = make([]Question, len(exchanges)), make([]llm.Response, len(exchanges))
	for i, x := range exchanges {
		d.Questions[i], d.Responses[i] = x.Question, x.Response
		d = d.flagged(x.Flags...)
	}
	d.Prediction.Provenance.Model = d.Responses[len(d.Responses)-1].Model
	return d, nil
}

// eachNamed runs a stage on every input at the same time, each under a name of its own; a single one needs none. Inputs of one name, such as
// two teachers' exemplars of one submission, are numbered.
func eachNamed[I, O any](ctx context.Context, in []I, name func(I) string, s pipeline.Stage[I, O]) ([]O, error) {
	if len(in) == 1 {
		out, err := s.Run(ctx, in[0])
		return []O{out}, err //nolint:wrapcheck // the stage's own error
	}
	type namesake struct {
		name string
		in   I
	}
	all, seen := make([]namesake, len(in)), map[string]int{}
	for i, v := range in {
		n := name(v)
		if seen[n]++; seen[n] > 1 {
			n = fmt.Sprintf("%s#%d", n, seen[n])
		}
		all[i] = namesake{n, v}
	}
	named := pipeline.Fn(func(ctx context.Context, v namesake) (O, error) { return pipeline.Named(v.name, s).Run(ctx, v.in) })
	return pipeline.Each(named, atOnce).Run(ctx, all) //nolint:wrapcheck // as above
}

// questions renders the parts, fitted into the budget, and repeats each for its samples.
func (g generator) questions(parts []part, d Draft) ([]Question, Draft, error) {
	var out []Question
	left := omissions{}
	for _, p := range parts {
		fitted, cuts, err := g.spec.fit(p.prompt, g.counter)
		if err != nil {
			return nil, d, err
		}
		left.add(cuts)
		d = d.flagged(g.spec.cutFlags(p.about, cuts)...)
		req, err := fitted.Request()
		if err != nil {
			return nil, d, err //nolint:wrapcheck // the error names its package
		}
		req.Temperature, req.MaxTokens, req.Seed = g.spec.Generation.Temperature, g.spec.Generation.MaxTokens, g.spec.Generation.Seed
		out = append(out, g.samples(Question{About: p.about, Request: req})...)
	}
	d.Prediction.Provenance = left.from(d.Prediction.Provenance, len(parts))
	return out, d, nil
}

// samples repeats a question. Samples differ by chance, or by their seeds if there is one.
func (g generator) samples(q Question) []Question {
	s := g.spec.Technique.Samples
	if s == nil {
		return []Question{q}
	}
	out := make([]Question, s.N)
	for i := range out {
		out[i] = q
		out[i].Sample = i + 1
		if seed := g.spec.Generation.Seed; seed != nil {
			next := *seed + int64(i)
			out[i].Request.Seed = &next
		}
	}
	return out
}

// name tells the questions of a draft apart, and is the same in every run.
func (q Question) name() string {
	var parts []string
	if q.About != "" {
		parts = append(parts, strings.ReplaceAll(q.About, "/", "_"))
	}
	if q.Sample > 0 {
		parts = append(parts, fmt.Sprintf("sample_%d", q.Sample))
	}
	return strings.Join(parts, ".")
}
