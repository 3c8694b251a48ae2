package einollm_test

import (
	"testing"

	"github.com/cloudwego/eino/schema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/einollm"
)

func TestFinishReasons(t *testing.T) {
	t.Parallel()
	for finish, reasons := range map[llm.Finish][]string{
		llm.FinishStop:    {"stop", "STOP", "end_turn", "stop_sequence", "completed"},
		llm.FinishLength:  {"length", "max_tokens", "MAX_TOKENS", "max_output_tokens", "model_context_window_exceeded"},
		llm.FinishRefused: {"content_filter", "refusal", "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "guardrail_intervened"},
		llm.FinishUnknown: {"", "null", "OTHER", "LANGUAGE", "tool_calls", "tool_use", "function_call", "MALFORMED_FUNCTION_CALL", "pause_turn", "load"},
	} {
		for _, reason := range reasons {
			m := &schema.Message{Content: "x", ResponseMeta: &schema.ResponseMeta{FinishReason: reason}}
			assert.Equal(t, llm.Response{Text: "x", Finish: finish, Model: "m"}, einollm.ToResponse("m", m), reason)
		}
	}
}

func TestMessagesWithoutMeta(t *testing.T) {
	t.Parallel()
	assert.Equal(t, llm.Response{Finish: llm.FinishUnknown, Model: "m"}, einollm.ToResponse("m", nil))
	assert.Equal(t, llm.Response{Text: "x", Finish: llm.FinishUnknown, Model: "m"}, einollm.ToResponse("m", schema.AssistantMessage("x", nil)))
	odd := &schema.Message{Content: "x", Extra: map[string]any{"gloss_model": 4}}
	assert.Equal(t, "m", einollm.ToResponse("m", odd).Model)
}

func counts(prompt, cached, completion, reasoning, total int) *schema.Message {
	return &schema.Message{ResponseMeta: &schema.ResponseMeta{Usage: &schema.TokenUsage{
		PromptTokens: prompt, PromptTokenDetails: schema.PromptTokenDetails{CachedTokens: cached},
		CompletionTokens: completion, CompletionTokensDetails: schema.CompletionTokensDetails{ReasoningTokens: reasoning}, TotalTokens: total,
	}}}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		message *schema.Message
		want    llm.Usage
	}{
		"reasoning within the completion": {counts(100, 60, 50, 30, 150), llm.Usage{Input: 100, Output: 50, Cached: 60, Reasoning: 30}},
		"reasoning beside the completion": {counts(100, 60, 50, 80, 230), llm.Usage{Input: 100, Output: 130, Cached: 60, Reasoning: 80}},
		"no total":                        {counts(100, 0, 50, 30, 0), llm.Usage{Input: 100, Output: 50, Reasoning: 30}},
		"more cached than there was":      {counts(10, 60, 5, 0, 15), llm.Usage{Input: 10, Output: 5, Cached: 10}},
		"more reasoning than there was":   {counts(10, 0, 5, 8, 15), llm.Usage{Input: 10, Output: 5, Reasoning: 5}},
		"below 0":                         {counts(-1, -1, -1, -1, -1), llm.Usage{}},
	} {
		assert.Equal(t, test.want, einollm.ToResponse("m", test.message).Usage, name)
	}
}

func FuzzUsageIsConsistent(f *testing.F) {
	f.Add(100, 60, 50, 30, 150)
	f.Add(1, 2, 3, 4, 8)
	f.Add(-1, -2, -3, 4, 1<<62)
	f.Fuzz(func(t *testing.T, prompt, cached, completion, reasoning, total int) {
		const limit = 1 << 40 // no sum of three overflows
		if max(prompt, completion, reasoning) > limit {
			t.Skip()
		}
		u := einollm.ToResponse("m", counts(prompt, cached, completion, reasoning, total)).Usage
		require.GreaterOrEqual(t, u.Cached, 0)
		require.GreaterOrEqual(t, u.Reasoning, 0)
		require.LessOrEqual(t, u.Cached, u.Input)
		require.LessOrEqual(t, u.Reasoning, u.Output)
		require.GreaterOrEqual(t, u.Output, completion)
	})
}
