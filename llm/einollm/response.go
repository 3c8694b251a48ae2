package einollm

import (
	"strings"

	"github.com/cloudwego/eino/schema"

	"github.com/gloss-sdk/gloss/llm"
)

// extraModel is the key under which a message of [AsChatModel] keeps the model that answered.
const extraModel = "gloss_model"

// ToResponse reads the message of a chat model. A nil message is an empty response.
//
// The text is the message's content. The finish reason is told from the spellings that providers use ("stop", "end_turn",
// "MAX_TOKENS", "content_filter", ...); one that is not known, or that is about tools, is [llm.FinishUnknown]. Usage is zero
// where the message has none. eino's messages do not name the model that answered: it is taken to be the one named model, but for a
// message of [AsChatModel], which keeps what its model said.
func ToResponse(model string, m *schema.Message) llm.Response {
	resp := llm.Response{Finish: llm.FinishUnknown, Model: model}
	if m == nil {
		return resp
	}
	resp.Text = m.Content
	if answered, ok := m.Extra[extraModel].(string); ok && answered != "" {
		resp.Model = answered
	}
	if m.ResponseMeta != nil {
		resp.Finish = finishOf(m.ResponseMeta.FinishReason)
		resp.Usage = usageOf(m.ResponseMeta.Usage)
	}
	return resp
}

// finishOf reads a finish reason as OpenAI, Anthropic, Gemini, Ollama and their kin spell it.
func finishOf(reason string) llm.Finish {
	switch strings.ToLower(reason) {
	case "stop", "end_turn", "stop_sequence", "eos", "complete", "completed":
		return llm.FinishStop
	case "length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded":
		return llm.FinishLength
	case "content_filter", "content_filtered", "refusal", "safety", "image_safety", "recitation", "blocklist",
		"prohibited_content", "spii", "sensitive", "guardrail_intervened":
		return llm.FinishRefused
	default:
		return llm.FinishUnknown
	}
}

// usageOf reads counts. Providers differ in whether the tokens of reasoning are among those of the completion: the total tells.
// What is still inconsistent is cut to what [llm.Usage] allows.
func usageOf(u *schema.TokenUsage) llm.Usage {
	if u == nil {
		return llm.Usage{}
	}
	reasoning := max(u.CompletionTokensDetails.ReasoningTokens, 0)
	out := llm.Usage{Input: max(u.PromptTokens, 0), Output: max(u.CompletionTokens, 0)}
	if out.Input+out.Output+reasoning == u.TotalTokens {
		out.Output += reasoning
	}
	out.Cached = min(max(u.PromptTokenDetails.CachedTokens, 0), out.Input)
	out.Reasoning = min(reasoning, out.Output)
	return out
}

// toMessage returns a response as eino's message.
func toMessage(resp llm.Response) *schema.Message {
	m := &schema.Message{
		Role: schema.Assistant, Content: resp.Text,
		ResponseMeta: &schema.ResponseMeta{FinishReason: finishReason(resp.Finish)},
	}
	if resp.Model != "" {
		m.Extra = map[string]any{extraModel: resp.Model}
	}
	if u := resp.Usage; u != (llm.Usage{}) {
		m.ResponseMeta.Usage = &schema.TokenUsage{
			PromptTokens: u.Input, PromptTokenDetails: schema.PromptTokenDetails{CachedTokens: u.Cached},
			CompletionTokens: u.Output, CompletionTokensDetails: schema.CompletionTokensDetails{ReasoningTokens: u.Reasoning},
			TotalTokens: u.Input + u.Output,
		}
	}
	return m
}

// finishReason spells a finish as most of eino's models do.
func finishReason(f llm.Finish) string {
	switch f {
	case llm.FinishStop:
		return "stop"
	case llm.FinishLength:
		return "length"
	case llm.FinishRefused:
		return "content_filter"
	default:
		return ""
	}
}
