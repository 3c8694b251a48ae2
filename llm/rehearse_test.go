package llm_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
)

// ownAnswer is a model that makes up its own answers.
type ownAnswer struct{ llm.Model }

func (ownAnswer) Rehearse(_ context.Context, req llm.Request) (llm.Response, error) {
	return llm.Response{Text: "my own", Usage: llm.Usage{Output: req.MaxTokens}}, nil
}

func TestRehearse(t *testing.T) {
	t.Parallel()
	fake := llmtest.Echo()
	req := ask(strings.Repeat("Whales sing. ", 50))
	resp, err := llm.Rehearse(t.Context(), fake, req)
	require.NoError(t, err)
	assert.Empty(t, fake.Requests(), "nothing is sent")
	assert.Len(t, resp.Text, 1000)
	assert.Equal(t, llm.Response{
		Text: resp.Text, Finish: llm.FinishStop, Model: "llmtest/echo",
		Usage: llm.Usage{Input: llm.CountRequest(llm.Estimate{}, req), Output: llm.Estimate{}.CountTokens(resp.Text)},
	}, resp)
	assert.Equal(t, "llmtest/echo", resp.ModelName())

	whole := resp.Usage.Output
	req.MaxTokens = whole - 1
	resp, err = llm.Rehearse(t.Context(), fake, req)
	require.NoError(t, err)
	assert.Equal(t, whole-1, resp.Usage.Output, "an answer is never counted beyond its bound")

	resp, err = llm.Rehearse(t.Context(), ownAnswer{fake}, req)
	require.NoError(t, err)
	assert.Equal(t, "my own", resp.Text)

	resp, err = llm.Rehearse(t.Context(), fails(context.Canceled), asked(`{"type":"object","properties":{"score":{"const":2}}}`))
	require.NoError(t, err)
	assert.Equal(t, `{"score":2}`, resp.Text)
	assert.Empty(t, resp.Model)
}

func TestMiddlewaresPassOnWhatAModelSays(t *testing.T) {
	t.Parallel()
	fake := llmtest.Echo()
	model := llm.Wrap(ownAnswer{fake}, llm.Defaults(llm.Settings{MaxTokens: 77}), llm.Fallback(llmtest.Echo()))
	resp, err := llm.Rehearse(t.Context(), model, ask("hello"))
	require.NoError(t, err)
	assert.Equal(t, llm.Response{Text: "my own", Usage: llm.Usage{Output: 77}}, resp, "the settings are filled in")

	model = llm.Wrap(fake, llm.Fallback(named("acme/spare")), llm.Defaults(llm.Settings{MaxTokens: 77}))
	provider, name := llm.ModelInfoOf(model)
	assert.Equal(t, []string{"llmtest", "llmtest/echo"}, []string{provider, name}, "the one that is asked first")
	provider, name = llm.ModelInfoOf(llm.Wrap(nil, llm.Defaults(llm.Settings{MaxTokens: 1})))
	assert.Equal(t, []string{"", ""}, []string{provider, name})
}

func TestAGenerationSaysWhatAnswers(t *testing.T) {
	t.Parallel()
	silent := fails(context.Canceled)
	for name, test := range map[string]struct {
		model                     llm.Model
		identity, provider, asked string
	}{
		"a model":             {llmtest.Echo(), "llmtest/echo", "llmtest", "llmtest/echo"},
		"none":                {nil, "", "", ""},
		"a function":          {silent, "", "", ""},
		"around a function":   {llm.Wrap(silent, llm.Defaults(llm.Settings{MaxTokens: 1})), "", "", ""},
		"a fallback on one":   {llm.Wrap(llmtest.Echo(), llm.Fallback(silent)), "", "llmtest", "llmtest/echo"},
		"around a model":      {llm.Wrap(llmtest.Echo(), llm.Defaults(llm.Settings{MaxTokens: 1})), "defaults(max_tokens=1) llmtest/echo", "llmtest", "llmtest/echo"},
		"one with its own id": {named("acme/one"), "acme/one", "", ""},
	} {
		g := llm.Generation{Model: test.model}
		assert.Equal(t, test.identity, g.Identity(), name)
		provider, asked := g.ModelInfo()
		assert.Equal(t, []string{test.provider, test.asked}, []string{provider, asked}, name)
	}
	resp, err := llm.Generation{Model: llmtest.Echo()}.Rehearse(t.Context(), ask("hello"))
	require.NoError(t, err)
	assert.Len(t, resp.Text, 1000)
}

func TestTokenEstimate(t *testing.T) {
	t.Parallel()
	req := asked(`{"type":"object"}`)
	input, bound := req.TokenEstimate()
	assert.Equal(t, llm.CountRequest(nil, req), input)
	assert.Zero(t, bound)
	req.MaxTokens = 300
	_, bound = req.TokenEstimate()
	assert.Equal(t, 300, bound)
}
