package llm_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
)

func TestSpanAttributesOfARequest(t *testing.T) {
	t.Parallel()
	zero, temperature, seed := 0.0, 0.7, int64(-3)
	for _, row := range []struct {
		req  llm.Request
		want map[string]any
	}{
		{llm.Request{}, map[string]any{"gen_ai.operation.name": "chat", "gen_ai.output.type": "text"}},
		{
			llm.Request{Temperature: &temperature, MaxTokens: 100, Seed: &seed, Reply: &llm.Schema{Name: "score"}},
			map[string]any{
				"gen_ai.operation.name": "chat", "gen_ai.output.type": "json", "gen_ai.request.temperature": 0.7,
				"gen_ai.request.max_tokens": 100, "gen_ai.request.seed": int64(-3),
			},
		},
		{llm.Request{Temperature: &zero}, map[string]any{
			"gen_ai.operation.name": "chat", "gen_ai.output.type": "text", "gen_ai.request.temperature": 0.0,
		}},
	} {
		assert.Equal(t, row.want, row.req.SpanAttributes())
	}
}

func TestSpanContentOfARequest(t *testing.T) {
	t.Parallel()
	req := llm.Request{Messages: []llm.Message{
		{Role: llm.System, Text: "Be fair."}, {Role: llm.User, Text: "One."}, {Role: llm.Assistant, Text: "A"},
		{Role: llm.User, Text: "\xff\"2\""},
	}}
	content := req.SpanContent()
	assert.JSONEq(t, `[{"type": "text", "content": "Be fair."}]`, content["gen_ai.system_instructions"].(string))
	assert.JSONEq(t, `[
		{"role": "user", "parts": [{"type": "text", "content": "One."}]},
		{"role": "assistant", "parts": [{"type": "text", "content": "A"}]},
		{"role": "user", "parts": [{"type": "text", "content": "�\"2\""}]}
	]`, content["gen_ai.input.messages"].(string))
	assert.Len(t, req.Messages, 4, "the request is as it was")

	content = llm.Request{Messages: req.Messages[1:2]}.SpanContent()
	assert.NotContains(t, content, "gen_ai.system_instructions")
	assert.Equal(t, map[string]any{"gen_ai.input.messages": "[]"}, llm.Request{}.SpanContent())
}

func TestSpanAttributesOfAResponse(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		res    llm.Response
		want   map[string]any
		finish string
	}{
		{llm.Response{}, map[string]any{}, "unknown"},
		{llm.Response{Finish: llm.FinishUnknown}, map[string]any{}, "unknown"},
		{llm.Response{Model: "m-1", Finish: llm.FinishStop},
			map[string]any{"gen_ai.response.model": "m-1", "gen_ai.response.finish_reasons": []string{"stop"}}, "stop"},
		{llm.Response{Finish: llm.FinishLength}, map[string]any{"gen_ai.response.finish_reasons": []string{"length"}}, "length"},
		{llm.Response{Finish: llm.FinishRefused}, map[string]any{"gen_ai.response.finish_reasons": []string{"content_filter"}}, "content_filter"},
	} {
		assert.Equal(t, row.want, row.res.SpanAttributes())
		row.res.Text = "A"
		assert.JSONEq(t, `[{"role": "assistant", "parts": [{"type": "text", "content": "A"}], "finish_reason": "`+row.finish+`"}]`,
			row.res.SpanContent()["gen_ai.output.messages"].(string))
	}
}

// No text gets among the attributes, whatever a request or an answer holds.
func TestSpanAttributesTellNoText(t *testing.T) {
	t.Parallel()
	const canary = "CANARY"
	req := llm.Request{
		Messages: []llm.Message{{Role: llm.System, Text: canary}, {Role: llm.User, Text: canary}},
		Reply:    &llm.Schema{Name: "score", JSON: json.RawMessage(`{"description": "` + canary + `"}`)},
	}
	assert.NotContains(t, fmt.Sprint(req.SpanAttributes()), canary)
	assert.NotContains(t, fmt.Sprint(llm.Response{Text: canary, Model: "m", Finish: llm.FinishStop}.SpanAttributes()), canary)
}

func FuzzSpanContent(f *testing.F) {
	f.Add("Be fair.", "My dog", "B")
	f.Add("", "\xff\x00", "<&>\u2028")
	f.Fuzz(func(t *testing.T, system, user, answer string) {
		content := llm.Request{Messages: []llm.Message{{Role: llm.System, Text: system}, {Role: llm.User, Text: user}}}.SpanContent()
		for key, value := range (llm.Response{Text: answer}).SpanContent() {
			content[key] = value
		}
		var back struct {
			System []struct{ Content string }
			In     []struct{ Parts []struct{ Content string } }
			Out    []struct{ Parts []struct{ Content string } }
		}
		require.NoError(t, json.Unmarshal([]byte(content["gen_ai.system_instructions"].(string)), &back.System))
		require.NoError(t, json.Unmarshal([]byte(content["gen_ai.input.messages"].(string)), &back.In))
		require.NoError(t, json.Unmarshal([]byte(content["gen_ai.output.messages"].(string)), &back.Out))
		require.Equal(t, utf8Of(system), back.System[0].Content)
		require.Equal(t, utf8Of(user), back.In[0].Parts[0].Content)
		require.Equal(t, utf8Of(answer), back.Out[0].Parts[0].Content)
	})
}

// utf8Of replaces every byte that is no UTF-8, as package json does.
func utf8Of(text string) string {
	var b strings.Builder
	for _, r := range text {
		b.WriteRune(r)
	}
	return b.String()
}
