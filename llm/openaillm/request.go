package openaillm

import (
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/packages/param"

	"github.com/gloss-sdk/gloss/llm"
)

// MaxTokensField is the name under which the limit of the answer is sent.
type MaxTokensField string

// The names of the limit. OpenAI's reasoning models refuse max_tokens; many other servers know only that one and pass over the other without a word.
const (
	MaxCompletionTokens MaxTokensField = "max_completion_tokens"
	MaxTokens           MaxTokensField = "max_tokens"
)

// params returns the body for a valid request.
func (m *Model) params(req llm.Request) openai.ChatCompletionNewParams {
	p := openai.ChatCompletionNewParams{Model: m.model, Messages: m.messages(req), ResponseFormat: m.replyMode.format(req.Reply)}
	if req.Temperature != nil {
		p.Temperature = param.NewOpt(*req.Temperature)
	}
	if req.Seed != nil {
		p.Seed = param.NewOpt(*req.Seed)
	}
	if req.MaxTokens > 0 && m.maxTokensField == MaxTokens {
		p.MaxTokens = param.NewOpt(int64(req.MaxTokens))
	} else if req.MaxTokens > 0 {
		p.MaxCompletionTokens = param.NewOpt(int64(req.MaxTokens))
	}
	return p
}

// messages returns the conversation with what the reply mode adds to the system text.
func (m *Model) messages(req llm.Request) []openai.ChatCompletionMessageParamUnion {
	turns := req.Messages
	system := ""
	if turns[0].Role == llm.System {
		system, turns = turns[0].Text, turns[1:]
	}
	if added := m.replyMode.instruction(req.Reply); added != "" && system != "" {
		system += "\n\n" + added
	} else {
		system += added
	}
	var out []openai.ChatCompletionMessageParamUnion
	if system != "" {
		out = append(out, openai.SystemMessage(system))
	}
	for _, t := range turns {
		if t.Role == llm.Assistant {
			out = append(out, openai.AssistantMessage(t.Text))
		} else {
			out = append(out, openai.UserMessage(t.Text))
		}
	}
	return out
}
