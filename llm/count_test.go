package llm_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gloss-sdk/gloss/llm"
)

// words counts what white space separates.
func words() llm.Counter {
	return llm.CounterFunc(func(text string) int { return len(strings.Fields(text)) })
}

func TestCountRequest(t *testing.T) {
	t.Parallel()
	conversation := []llm.Message{
		{Role: llm.System, Text: "Grade the essay."},
		{Role: llm.User, Text: "Whales sing."},
		{Role: llm.Assistant, Text: "4"},
		{Role: llm.User, Text: ""},
	}
	schema := &llm.Schema{Name: "grade", JSON: json.RawMessage(`{ "type": "object" }`)}
	for name, test := range map[string]struct {
		req  llm.Request
		want int
	}{
		"nothing":        {llm.Request{}, 3},
		"one message":    {ask("a b c"), 3 + 4 + 3},
		"a conversation": {llm.Request{Messages: conversation}, 3 + 4*4 + 3 + 2 + 1 + 0},
		"a schema":       {llm.Request{Messages: conversation, Reply: schema}, 3 + 4*4 + 6 + 1 + 4},
		"other settings": {llm.Request{Messages: conversation, MaxTokens: 900}, 3 + 4*4 + 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, llm.CountRequest(words(), test.req))
		})
	}
}

func TestCountRequestEstimatesWithoutACounter(t *testing.T) {
	t.Parallel()
	req := ask("Whales sing, and the sea is large.")
	req.Reply = &llm.Schema{Name: "grade", JSON: json.RawMessage(`{"type":"object"}`)}
	assert.Equal(t, llm.CountRequest(llm.Estimate{}, req), llm.CountRequest(nil, req))
	assert.Greater(t, llm.CountRequest(nil, req), llm.CountRequest(nil, ask(req.Messages[0].Text)))
}

func BenchmarkCountRequest(b *testing.B) {
	req := ask(strings.Repeat("Whales sing, and the sea is large. ", 60))
	req.Reply = &llm.Schema{Name: "grade", JSON: json.RawMessage(`{"type":"object"}`)}
	b.ReportAllocs()
	for b.Loop() {
		llm.CountRequest(nil, req)
	}
}
