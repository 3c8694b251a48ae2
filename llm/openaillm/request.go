package openaillm

import (
	"errors"
	"fmt"
	"math"

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

// params returns the body for req, or all that is wrong with req.
func (m *Model) params(req llm.Request) (openai.ChatCompletionNewParams, error) {
	if err := errors.Join(checkMessages(req.Messages), checkSettings(req), checkSchema(req.Reply)); err != nil {
		return openai.ChatCompletionNewParams{}, err
	}
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
	return p, nil
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

// checkMessages reports what breaks the rules of [llm.Request.Messages]. It shows no text.
func checkMessages(messages []llm.Message) error {
	turns := messages
	if len(turns) > 0 && turns[0].Role == llm.System {
		turns = turns[1:]
	}
	if len(turns) == 0 {
		return errors.New("there is no user message; want at least one")
	}
	var errs []error
	for i, t := range turns {
		want := llm.User
		if i%2 == 1 {
			want = llm.Assistant
		}
		if t.Role != want {
			errs = append(errs, fmt.Errorf("message %d has the role %q; want %q, for user and assistant take turns after at most one system message",
				len(messages)-len(turns)+i+1, t.Role, want))
		}
	}
	if len(turns)%2 == 0 {
		errs = append(errs, errors.New("the number of turns is even, so the last message is not the user's; want the user's last"))
	}
	return errors.Join(errs...)
}

func checkSettings(req llm.Request) error {
	var errs []error
	if t := req.Temperature; t != nil && (math.IsNaN(*t) || math.IsInf(*t, 0) || *t < 0) {
		errs = append(errs, fmt.Errorf("the temperature is %v; want 0 or more", *t))
	}
	if req.MaxTokens < 0 {
		errs = append(errs, fmt.Errorf("the limit is %d tokens; want 0 or more", req.MaxTokens))
	}
	return errors.Join(errs...)
}
