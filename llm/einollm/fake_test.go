package einollm_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/cloudwego/eino/components/model"
	"github.com/cloudwego/eino/schema"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/einollm"
)

// chat is an eino chat model as a provider would write it: it answers by a function and remembers what it was told.
type chat struct {
	answer func(ctx context.Context, input []*schema.Message) (*schema.Message, error)

	mu     sync.Mutex
	inputs [][]*schema.Message
	opts   [][]model.Option
}

var _ model.BaseChatModel = (*chat)(nil)

func (c *chat) Generate(ctx context.Context, input []*schema.Message, opts ...model.Option) (*schema.Message, error) {
	c.mu.Lock()
	c.inputs, c.opts = append(c.inputs, input), append(c.opts, opts)
	c.mu.Unlock()
	return c.answer(ctx, input)
}

func (c *chat) Stream(ctx context.Context, input []*schema.Message, opts ...model.Option) (*schema.StreamReader[*schema.Message], error) {
	m, err := c.Generate(ctx, input, opts...)
	if err != nil {
		return nil, err
	}
	return schema.StreamReaderFromArray([]*schema.Message{m}), nil
}

// GetType is what providers have.
func (*chat) GetType() string { return "Fake" }

// answering returns a chat model with one answer.
func answering(text string) *chat {
	return &chat{answer: func(context.Context, []*schema.Message) (*schema.Message, error) {
		return &schema.Message{Role: schema.Assistant, Content: text, ResponseMeta: &schema.ResponseMeta{
			FinishReason: "stop", Usage: &schema.TokenUsage{PromptTokens: 3, CompletionTokens: 2, TotalTokens: 5},
		}}, nil
	}}
}

// failing returns a chat model that fails.
func failing(err error) *chat {
	return &chat{answer: func(context.Context, []*schema.Message) (*schema.Message, error) { return nil, err }}
}

func newModel(t testing.TB, c model.BaseChatModel, opts ...einollm.Option) *einollm.Model {
	t.Helper()
	m, err := einollm.New("test-model", c, opts...)
	require.NoError(t, err)
	return m
}

func ask(text string) llm.Request {
	return llm.Request{Messages: []llm.Message{{Role: llm.User, Text: text}}}
}

// randomRequest returns a valid request; its temperature has no more digits than a float32 holds.
func randomRequest(r *rand.Rand) llm.Request {
	var req llm.Request
	if r.IntN(2) == 0 {
		req.Messages = append(req.Messages, llm.Message{Role: llm.System, Text: randomText(r)})
	}
	for range r.IntN(3) {
		req.Messages = append(req.Messages,
			llm.Message{Role: llm.User, Text: randomText(r)}, llm.Message{Role: llm.Assistant, Text: randomText(r)})
	}
	req.Messages = append(req.Messages, llm.Message{Role: llm.User, Text: randomText(r)})
	if r.IntN(2) == 0 {
		req.Reply = &llm.Schema{Name: "a" + randomText(r), JSON: fmt.Appendf(nil, `{"maxLength":%d}`, r.IntN(1000))}
	}
	if r.IntN(2) == 0 {
		t := float64(r.IntN(2000)) / 1000
		req.Temperature = &t
	}
	if r.IntN(2) == 0 {
		req.MaxTokens = 1 + r.IntN(4096)
	}
	if r.IntN(2) == 0 {
		seed := r.Int64() - r.Int64()
		req.Seed = &seed
	}
	return req
}

func randomText(r *rand.Rand) string {
	words := []string{"essay", "grün", "文", "{x}", "", "\n", "{{.A}}", "the", "\"q\""}
	var b strings.Builder
	for range r.IntN(6) {
		b.WriteString(words[r.IntN(len(words))])
		b.WriteByte(' ')
	}
	return b.String()
}
