package integration_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
)

func TestAdapterConforms(t *testing.T) {
	s := server(t)
	llmtest.RunConformance(t, func(t *testing.T) llm.Model { return s.open(t, "") })
}

// ask is a request for free text.
func ask(text string) llm.Request {
	return llm.Request{Messages: []llm.Message{{Role: llm.User, Text: text}}}
}

// asking is a request for a reply of a schema.
func asking(text, schema string) llm.Request {
	req := ask(text)
	req.Reply = &llm.Schema{Name: "reply", JSON: json.RawMessage(schema)}
	return req
}

func TestSameSeedSameText(t *testing.T) {
	s := ownServer(t)
	m := s.open(t, "")
	generate := func(req llm.Request, temperature float64, seed int64) llm.Response {
		req.Temperature, req.Seed, req.MaxTokens = &temperature, &seed, 300
		resp, err := m.Generate(t.Context(), req)
		require.NoError(t, err)
		return resp
	}
	for name, req := range map[string]llm.Request{
		"free text": ask("Write a sentence about a harbor."),
		"schema":    asking("Write about a harbor.", `{"type":"array","items":{"type":"string","minLength":5,"maxLength":20},"minItems":2,"maxItems":4}`),
	} {
		for _, temperature := range []float64{0, 0.8} {
			first, second := generate(req, temperature, 11), generate(req, temperature, 11)
			assert.Equal(t, first.Text, second.Text, name)
			assert.Equal(t, first.Finish, second.Finish, name)
		}
		assert.NotEqual(t, generate(req, 0.8, 11).Text, generate(req, 0.8, 12).Text, name)
	}
}

func TestUsageIsCounted(t *testing.T) {
	s := server(t)
	m := s.open(t, "")
	short, err := m.Generate(t.Context(), ask("Name a color."))
	require.NoError(t, err)
	long, err := m.Generate(t.Context(), ask("Name a color. It should be the color of the sea on a day on which the sun is not to be seen."))
	require.NoError(t, err)
	assert.Positive(t, short.Usage.Input)
	assert.Positive(t, short.Usage.Output)
	assert.Greater(t, long.Usage.Input, short.Usage.Input)
	assert.NotEmpty(t, short.Model)
}
