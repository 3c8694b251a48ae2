package pipeline_test

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// question is what an [oracle] is asked; it says itself how many tokens it has.
type question struct {
	Text   string `json:"text"`
	Tokens int    `json:"tokens"`
}

func (q question) TokenEstimate() (input, maxOutput int) { return q.Tokens, 100 }

// saying is what an [oracle] answers.
type saying struct {
	Text  string `json:"text"`
	In    int    `json:"in"`
	Out   int    `json:"out"`
	Model string `json:"model"`
}

func (a saying) TokenUsage() (input, output, cached, reasoning int) { return a.In, a.Out, 0, 0 }
func (a saying) ModelName() string                                  { return a.Model }

// oracle is a paid resource that says of itself all that a run can use. It answers with as many tokens as it has been told to.
type oracle struct {
	version string
	out     int
	fail    func(q question) error // nil: never

	mu    sync.Mutex
	asked []question
}

func (o *oracle) Identity() string                    { return cmp.Or(o.version, "delphi-1") }
func (o *oracle) ModelInfo() (provider, model string) { return "delphi", "pythia" }

func (o *oracle) Run(_ context.Context, q question) (saying, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, q)
	if o.fail != nil {
		if err := o.fail(q); err != nil {
			return saying{}, err
		}
	}
	return saying{"on " + q.Text, q.Tokens, o.out, "pythia-2"}, nil
}

func (o *oracle) Rehearse(_ context.Context, q question) (saying, error) {
	return saying{"perhaps", q.Tokens, 7, "pythia"}, nil
}

func (o *oracle) calls() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.asked)
}

// consulting asks o twice for each input: about it, and about the first answer.
func consulting(o *oracle) pipeline.Stage[question, string] {
	model := pipeline.Call("oracle", o)
	return pipeline.Fn(func(ctx context.Context, q question) (string, error) {
		first, err := pipeline.Named("ask", model).Run(ctx, q)
		if err != nil {
			return "", err
		}
		second, err := pipeline.Named("confirm", model).Run(ctx, question{first.Text, 2 * q.Tokens})
		return second.Text, err
	})
}

type consultConfig struct {
	Tone string `json:"tone"`
}

// consultation is consulting as an asset, with an identity that reaches down to the oracle's.
func consultation(o *oracle, c consultConfig) pipeline.Asset[pipeline.Stage[question, string]] {
	tool := pipeline.Tool("oracle", o)
	meta := pipeline.Meta{Name: "consult", Version: 1, Group: "consult"}
	return pipeline.Derive(meta, c, func(n *pipeline.Needs, _ consultConfig) func(context.Context) (pipeline.Stage[question, string], error) {
		get := pipeline.Need(n, tool)
		return func(context.Context) (pipeline.Stage[question, string], error) { return consulting(get()), nil }
	})
}

// questions yields the items q0, q1, ... of 10 tokens each.
func questions(n int) iter.Seq[pipeline.Item[question]] {
	return func(yield func(pipeline.Item[question]) bool) {
		for i := range n {
			id := fmt.Sprintf("q%d", i)
			if !yield(pipeline.Item[question]{ID: id, In: question{"text of " + id, 10}}) {
				return
			}
		}
	}
}

// consult runs n questions and returns the results.
func consult(
	t *testing.T, run *pipeline.Run, o *oracle, n int, opts ...pipeline.StreamOption,
) []pipeline.Result[string] {
	t.Helper()
	runner, err := pipeline.Start(t.Context(), run, consultation(o, consultConfig{}))
	require.NoError(t, err)
	var results []pipeline.Result[string]
	for res := range runner.Stream(t.Context(), questions(n), opts...) {
		results = append(results, res)
	}
	return results
}

// perToken prices a token in at 1 unit and a token out at 10, of the model that answers, and nothing else.
func perToken(_ pipeline.CallInfo, answered string, u pipeline.Usage) (pipeline.Money, bool) {
	if answered != "pythia" && answered != "pythia-2" {
		return 0, false
	}
	return pipeline.Unit * pipeline.Money(u.Input+10*u.Output), true
}

func priced() pipeline.RunOption { return pipeline.WithPrices(pipeline.PricerFunc(perToken)) }
