package stack_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/prompt"
)

// reply is a reply about a rubric of ten criteria.
type reply map[string]struct {
	Quotes    []string `json:"quotes"`
	Rationale string   `json:"rationale"`
	Score     float64  `json:"score"`
}

// question is a prompt of the size that a task sends: a rubric, class documents, twelve graded examples and an essay of 500 words.
func question(tb testing.TB) (prompt.Prompt, string) {
	tb.Helper()
	one := prompt.ShapeOf[struct {
		Quotes    []string `json:"quotes"`
		Rationale string   `json:"rationale"`
		Score     float64  `json:"score"`
	}]().With([]string{"score"}, prompt.Within(1, 6, 1))
	var fields []prompt.Field
	var answers []string
	for i := range 10 {
		name := fmt.Sprintf("criterion_%d", i)
		fields = append(fields, prompt.Field{Name: name, Shape: one})
		answers = append(answers, fmt.Sprintf(`%q:{"quotes":["the market was full","nobody came to harm"],"rationale":"It takes a side and keeps to it.","score":%d}`, name, 1+i%6))
	}
	schema, err := prompt.Object(fields...).Schema("rubric_score")
	require.NoError(tb, err)
	answer := "{" + strings.Join(answers, ",") + "}"
	essay := strings.Repeat("The road should be closed to cars on Saturdays because the market fills it. ", 36)
	p := prompt.Prompt{
		System: []prompt.Section{
			{Text: "Score the submission on each criterion."},
			{Tag: prompt.Rubric, Text: strings.Repeat("criterion (1 to 6): what it looks at.\n", 40)},
			{Tag: prompt.Documents, Text: strings.Repeat("A sentence of the article that the class has read.\n", 60)},
		},
		User:  []prompt.Section{{Tag: prompt.Submission, Text: essay}},
		Reply: schema,
	}
	for range 12 {
		p.Examples = append(p.Examples, prompt.Example{User: []prompt.Section{{Tag: prompt.Submission, Text: essay}}, Reply: answer})
	}
	return p, answer
}

// stack is what a call of a task goes through but for the provider: prompt, call of the run, middleware, a look for silent truncation, reading.
func stack(tb testing.TB) (runner *pipeline.Runner[prompt.Prompt, reply], p prompt.Prompt) {
	tb.Helper()
	p, answer := question(tb)
	req, err := p.Request()
	require.NoError(tb, err)
	size := 0
	for _, m := range req.Messages {
		size += len(m.Text)
	}
	require.InDelta(tb, 56_000, size, 500, "the size that the benchmark speaks of")
	usage := llm.Usage{Input: llm.CountRequest(nil, req), Output: 500}
	fake := llm.Func(func(context.Context, llm.Request) (llm.Response, error) {
		return llm.Response{Text: answer, Finish: llm.FinishStop, Model: "fake", Usage: usage}, nil
	})
	temperature := 0.2
	model := llm.Wrap(fake, llm.Defaults(llm.Settings{Temperature: &temperature, MaxTokens: 900}), llm.Fallback(fake))
	call := pipeline.Call("model", llm.Generation{Model: model})
	whole := pipeline.Then(prompt.Rendering{}, pipeline.Fn(func(ctx context.Context, req llm.Request) (reply, error) {
		resp, err := call.Run(ctx, req)
		if err != nil {
			return nil, err
		}
		if reason, cut := llm.PromptCut(req, resp, nil, 0); cut {
			return nil, errors.New(reason)
		}
		read, err := p.Reply.Read(resp, prompt.Tolerance{Surrounded: true})
		if err != nil {
			return nil, err
		}
		return prompt.Decode[reply](p.Reply, read)
	}))
	run, err := pipeline.NewRun()
	require.NoError(tb, err)
	asset := pipeline.Tool[pipeline.Stage[prompt.Prompt, reply]]("stack", whole)
	runner, err = pipeline.Start(tb.Context(), run, asset)
	require.NoError(tb, err)
	return runner, p
}

// TestStackAllocates: the bound holds on any machine, unlike times.
func TestStackAllocates(t *testing.T) {
	runner, p := stack(t)
	allocations := testing.AllocsPerRun(200, func() {
		out, err := runner.Run(t.Context(), p)
		if err != nil || len(out) != 10 {
			t.Fatal(out, err)
		}
	})
	t.Logf("%.0f allocations a call", allocations)
	require.LessOrEqual(t, allocations, 200.0)
}

// BenchmarkStack prints what a call costs where the model costs nothing: 26 messages of 56 kB, ten criteria. The ceiling is 100 us and 200
// allocations.
func BenchmarkStack(b *testing.B) {
	runner, p := stack(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := runner.Run(b.Context(), p); err != nil {
			b.Fatal(err)
		}
	}
}
