package telemetry_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/embed"
	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
)

type essay struct{ Student, Text string }

func (e essay) ItemID() string { return e.Student }

// oracle is a stage that asks a model, as llm.Generation is.
type oracle struct {
	model  string
	answer func(ctx context.Context, req llm.Request) (llm.Response, error)
}

func (o oracle) Run(ctx context.Context, req llm.Request) (llm.Response, error) {
	return o.answer(ctx, req)
}

func (o oracle) ModelInfo() (provider, model string) { return "acme", o.model }

func (o oracle) Identity() string { return "acme " + o.model }

// prompt asks a model about an essay.
func prompt(_ context.Context, e essay) (llm.Request, error) {
	temperature, seed := 0.5, int64(7)
	return llm.Request{
		Messages:    []llm.Message{{Role: llm.System, Text: "Grade fairly. " + canaryPrompt}, {Role: llm.User, Text: e.Text}},
		Temperature: &temperature, Seed: &seed, MaxTokens: 100,
		Reply: &llm.Schema{Name: "score", JSON: []byte("{}")},
	}, nil
}

// aspects asks about three aspects of an answer.
func aspects(_ context.Context, r llm.Response) ([]llm.Request, error) {
	ask := llm.Request{Messages: []llm.Message{{Role: llm.User, Text: r.Text}}}
	return []llm.Request{ask, ask, ask}, nil
}

func texts(_ context.Context, rs []llm.Response) (string, error) {
	out := ""
	for _, r := range rs {
		out += r.Text
	}
	return out, nil
}

type stage = pipeline.Stage[essay, string]

// grade is a target of two named stages, the second one with concurrent elements, whose building calls an embedder.
func grade(scorer, adviser oracle) pipeline.Asset[stage] {
	embedding := pipeline.Fn(func(context.Context, embed.Request) ([][]float32, error) { return [][]float32{{1}}, nil })
	score := pipeline.Named("score", pipeline.Then(pipeline.Fn(prompt), pipeline.Call("grader", scorer)))
	advise := pipeline.Named("advise", pipeline.Then(pipeline.Fn(aspects), pipeline.Each(pipeline.Call("adviser", adviser), 0)))
	scale := pipeline.Given("scale", "1 to 5")
	meta := pipeline.Meta{Name: "grade", Group: "essays"}
	return pipeline.Derive(meta, 1, func(n *pipeline.Needs, _ int) func(context.Context) (stage, error) {
		pipeline.Need(n, scale)
		return func(ctx context.Context) (stage, error) {
			if _, err := pipeline.Call("embedder", embedding).Run(ctx, embed.Request{Texts: []string{canaryPrompt}}); err != nil {
				return nil, err
			}
			return pipeline.Then(pipeline.Then(score, advise), pipeline.Fn(texts)), nil
		}
	})
}

// stream runs a target over essays with options and returns the results in order.
func stream(
	ctx context.Context, t *testing.T, target pipeline.Handle[stage], essays []essay, opts ...pipeline.RunOption,
) []pipeline.Result[string] {
	t.Helper()
	run, err := pipeline.NewRun(append([]pipeline.RunOption{pipeline.WithRetry(pipeline.Retry{Initial: time.Nanosecond})}, opts...)...)
	require.NoError(t, err)
	runner, err := pipeline.Start(ctx, run, target)
	require.NoError(t, err)
	return slices.Collect(runner.Stream(ctx, pipeline.Items(essays...)))
}

// What must never be told unless it is asked for.
const (
	canaryEssay  = "CANARY-ESSAY"
	canaryPrompt = "CANARY-PROMPT"
	canaryReply  = "CANARY-REPLY"
	canaryError  = "CANARY-ERROR"
	canaryID     = "CANARY-ID"
)

func canaries() []string {
	return []string{canaryEssay, canaryPrompt, canaryReply, canaryError, canaryID}
}

func throttled() error {
	return &llm.Error{Code: llm.CodeThrottled, Model: "m", Err: errors.New(canaryError)}
}

func refused() error {
	return &llm.Error{Code: llm.CodeRefused, Model: "m", Err: errors.New(canaryError)}
}

func answered(model string, u llm.Usage) llm.Response {
	return llm.Response{Text: canaryReply, Finish: llm.FinishStop, Model: model, Usage: u}
}
