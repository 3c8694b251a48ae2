package llm_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
)

// sent returns the request that reaches the model behind the defaults.
func sent(t *testing.T, s llm.Settings, req llm.Request) llm.Request {
	t.Helper()
	fake := llmtest.Echo()
	_, err := llm.Wrap(fake, llm.Defaults(s)).Generate(t.Context(), req)
	require.NoError(t, err)
	require.Len(t, fake.Requests(), 1)
	return fake.Requests()[0]
}

func TestDefaultsFillWhatIsUnset(t *testing.T) {
	t.Parallel()
	cold, warm := 0.0, 0.9
	zero, seven := int64(0), int64(7)
	all := llm.Settings{Temperature: &warm, MaxTokens: 300, Seed: &seven}
	for name, test := range map[string]struct {
		settings  llm.Settings
		req, want llm.Request
	}{
		"all of an empty request": {all, llm.Request{}, llm.Request{Temperature: &warm, MaxTokens: 300, Seed: &seven}},
		"none of a full request": {
			all, llm.Request{Temperature: &cold, MaxTokens: 5, Seed: &zero}, llm.Request{Temperature: &cold, MaxTokens: 5, Seed: &zero},
		},
		"only the temperature": {all, llm.Request{MaxTokens: 5, Seed: &zero}, llm.Request{Temperature: &warm, MaxTokens: 5, Seed: &zero}},
		"only the bound":       {all, llm.Request{Temperature: &cold, Seed: &zero}, llm.Request{Temperature: &cold, MaxTokens: 300, Seed: &zero}},
		"only the seed":        {all, llm.Request{Temperature: &cold, MaxTokens: 5}, llm.Request{Temperature: &cold, MaxTokens: 5, Seed: &seven}},
		"a default of 0":       {llm.Settings{Temperature: &cold, Seed: &zero}, llm.Request{}, llm.Request{Temperature: &cold, Seed: &zero}},
		"no settings":          {llm.Settings{}, llm.Request{MaxTokens: 5}, llm.Request{MaxTokens: 5}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.req.Messages = ask("hello").Messages
			test.want.Messages = ask("hello").Messages
			before := test.req
			assert.Equal(t, test.want, sent(t, test.settings, test.req))
			assert.Equal(t, before, test.req, "the caller's request is not modified")
		})
	}
}

func TestTheInnerDefaultsFillWhatTheOuterLeave(t *testing.T) {
	t.Parallel()
	fake := llmtest.Echo()
	seed := int64(7)
	model := llm.Wrap(fake, llm.Defaults(llm.Settings{MaxTokens: 10}), llm.Defaults(llm.Settings{MaxTokens: 20, Seed: &seed}))
	_, err := model.Generate(t.Context(), ask("hello"))
	require.NoError(t, err)
	got := fake.Requests()[0]
	assert.Equal(t, 10, got.MaxTokens)
	assert.Equal(t, &seed, got.Seed)
}

func TestDefaultsKeepTheirOwnCopyOfTheSettings(t *testing.T) {
	t.Parallel()
	temperature, seed := 0.5, int64(7)
	middleware := llm.Defaults(llm.Settings{Temperature: &temperature, Seed: &seed})
	temperature, seed = 9, 9
	fake := llmtest.Echo()
	model := llm.Wrap(fake, middleware)
	for range 2 {
		_, err := model.Generate(t.Context(), ask("hello"))
		require.NoError(t, err)
	}
	for _, req := range fake.Requests() {
		assert.InDelta(t, 0.5, *req.Temperature, 0)
		assert.Equal(t, int64(7), *req.Seed)
		*req.Temperature, *req.Seed = 3, 3 // what one call was given is not what the next one gets
	}
	_, err := model.Generate(t.Context(), ask("hello"))
	require.NoError(t, err)
	assert.InDelta(t, 0.5, *fake.Requests()[2].Temperature, 0)
	assert.Equal(t, int64(7), *fake.Requests()[2].Seed)
}

func TestDefaultsOfNothingAreTheModel(t *testing.T) {
	t.Parallel()
	m := llmtest.Echo()
	assert.Same(t, m, llm.Wrap(m, llm.Defaults(llm.Settings{})))
}
