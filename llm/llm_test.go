package llm_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
)

func upper(_ context.Context, req llm.Request) (llm.Response, error) {
	if len(req.Messages) == 0 {
		return llm.Response{}, &llm.Error{Code: llm.CodeInvalid, Err: errors.New("no messages")}
	}
	return llm.Response{Text: "re: " + req.Messages[0].Text}, nil
}

func TestFuncCallsTheFunction(t *testing.T) {
	t.Parallel()
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "carried")
	req := llm.Request{Messages: []llm.Message{{Role: llm.User, Text: "hello"}}, MaxTokens: 7}
	var got llm.Request
	var model llm.Model = llm.Func(func(ctx context.Context, req llm.Request) (llm.Response, error) {
		got = req
		return llm.Response{Text: ctx.Value(key{}).(string)}, nil
	})

	resp, err := model.Generate(ctx, req)
	require.NoError(t, err)
	assert.Equal(t, "carried", resp.Text)
	assert.Equal(t, req, got)
}

func TestGenerationIsTheModelAsAStage(t *testing.T) {
	t.Parallel()
	var stage interface {
		Run(ctx context.Context, req llm.Request) (llm.Response, error)
	} = llm.Generation{Model: llm.Func(upper)}

	resp, err := stage.Run(t.Context(), llm.Request{Messages: []llm.Message{{Role: llm.User, Text: "hello"}}})
	require.NoError(t, err)
	assert.Equal(t, "re: hello", resp.Text)

	_, err = stage.Run(t.Context(), llm.Request{})
	var failed *llm.Error
	require.ErrorAs(t, err, &failed)
	assert.Same(t, err, error(failed), "the model's own error is not wrapped")
}

func TestResponseTokenUsage(t *testing.T) {
	t.Parallel()
	input, output, cached, reasoning := llm.Response{Usage: llm.Usage{Input: 1, Output: 2, Cached: 3, Reasoning: 4}}.TokenUsage()
	assert.Equal(t, []int{1, 2, 3, 4}, []int{input, output, cached, reasoning})
}

func ExampleFunc() {
	model := llm.Func(func(_ context.Context, req llm.Request) (llm.Response, error) {
		last := req.Messages[len(req.Messages)-1]
		return llm.Response{Text: "You wrote: " + last.Text, Finish: llm.FinishStop, Model: "parrot"}, nil
	})
	resp, err := model.Generate(context.Background(), llm.Request{
		Messages: []llm.Message{{Role: llm.User, Text: "Whales sing."}},
	})
	fmt.Println(resp.Text, err)
	// Output: You wrote: Whales sing. <nil>
}
