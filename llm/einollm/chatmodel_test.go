package einollm_test

import (
	"context"
	"errors"
	"io"
	"math"
	"testing"

	"github.com/cloudwego/eino/components/model"
	"github.com/cloudwego/eino/schema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/einollm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
)

func TestChatModelAnswersWithMeta(t *testing.T) {
	t.Parallel()
	inner := llmtest.Scripted(llm.Response{
		Text: "fine", Finish: llm.FinishLength, Model: "inner-1", Usage: llm.Usage{Input: 10, Output: 6, Cached: 4, Reasoning: 2},
	})
	msg, err := einollm.AsChatModel(inner).Generate(t.Context(), []*schema.Message{schema.UserMessage("x")})
	require.NoError(t, err)
	assert.Equal(t, &schema.Message{
		Role: schema.Assistant, Content: "fine", Extra: map[string]any{"gloss_model": "inner-1"},
		ResponseMeta: &schema.ResponseMeta{FinishReason: "length", Usage: &schema.TokenUsage{
			PromptTokens: 10, PromptTokenDetails: schema.PromptTokenDetails{CachedTokens: 4},
			CompletionTokens: 6, CompletionTokensDetails: schema.CompletionTokensDetails{ReasoningTokens: 2}, TotalTokens: 16,
		}},
	}, msg)
}

func TestChatModelStreamsOneMessage(t *testing.T) {
	t.Parallel()
	stream, err := einollm.AsChatModel(llmtest.Echo()).Stream(t.Context(), []*schema.Message{schema.UserMessage("one two")})
	require.NoError(t, err)
	defer stream.Close()
	msg, err := stream.Recv()
	require.NoError(t, err)
	assert.Equal(t, "one two", msg.Content)
	assert.Equal(t, 9+2, msg.ResponseMeta.Usage.TotalTokens, "two words each way, and the framing of the request")
	_, err = stream.Recv()
	assert.ErrorIs(t, err, io.EOF)

	_, err = einollm.AsChatModel(llmtest.Failing(1, llm.CodeThrottled, nil)).Stream(t.Context(), []*schema.Message{schema.UserMessage("x")})
	assert.Equal(t, llm.CodeThrottled, llm.CodeOf(err))
}

func TestChatModelHonorsTheCommonOptions(t *testing.T) {
	t.Parallel()
	for _, written := range []float64{0, 0.1, 0.7, 1, 1.3, 2, 1e30} {
		inner := llmtest.Echo()
		_, err := einollm.AsChatModel(inner).Generate(t.Context(), []*schema.Message{schema.UserMessage("x")},
			model.WithTemperature(float32(written)), model.WithMaxTokens(12), einollm.Seed(3),
			model.WithToolChoice(schema.ToolChoiceForbidden), model.WithTools(nil))
		require.NoError(t, err)
		seed := int64(3)
		assert.Equal(t, llm.Request{Messages: ask("x").Messages, Temperature: &written, MaxTokens: 12, Seed: &seed}, inner.Requests()[0])
	}
	_, err := einollm.AsChatModel(llmtest.Echo()).Generate(t.Context(), []*schema.Message{schema.UserMessage("x")},
		model.WithTemperature(float32(math.Inf(1))))
	assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err))
	assert.ErrorContains(t, err, "the temperature is +Inf", "what is no temperature is passed on, not lost")
}

func TestChatModelRefusesOptionsThatItCannotHonor(t *testing.T) {
	t.Parallel()
	tool := &schema.ToolInfo{Name: "search"}
	for want, opt := range map[string]model.Option{
		"model (it is fixed)": model.WithModel("other"),
		"top p":               model.WithTopP(0.5),
		"stop words":          model.WithStop([]string{"end"}),
		"tools":               model.WithTools([]*schema.ToolInfo{tool}),
		"tools ":              model.WithDeferredTools([]*schema.ToolInfo{tool}),
		"tools  ":             model.WithToolSearchTool(tool),
		"tool choice":         model.WithToolChoice(schema.ToolChoiceForced),
		"tool choice ":        model.WithToolChoice(schema.ToolChoiceForbidden, "search"),
		"tool choice  ":       model.WithAgenticToolChoice(&schema.AgenticToolChoice{}),
	} {
		inner := llmtest.Echo()
		_, err := einollm.AsChatModel(inner).Generate(t.Context(), []*schema.Message{schema.UserMessage("x")}, opt)
		assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err), want)
		assert.ErrorContains(t, err, "the option "+want[:len("tools")])
		assert.Empty(t, inner.Requests(), want)
	}
}

func TestChatModelReadsTextParts(t *testing.T) {
	t.Parallel()
	inner := llmtest.Echo()
	_, err := einollm.AsChatModel(inner).Generate(t.Context(), []*schema.Message{
		{Role: schema.System, MultiContent: []schema.ChatMessagePart{{Type: schema.ChatMessagePartTypeText, Text: "old"}}}, //nolint:staticcheck // older templates write it
		{Role: schema.User, Content: "plain"},
		{
			Role: schema.Assistant, Content: "ab", ReasoningContent: "thought", Extra: map[string]any{"k": 1},
			ResponseMeta:             &schema.ResponseMeta{FinishReason: "stop"},
			MultiContent:             []schema.ChatMessagePart{{Type: schema.ChatMessagePartTypeText, Text: "ab"}}, //nolint:staticcheck // and some providers
			AssistantGenMultiContent: []schema.MessageOutputPart{{Type: schema.ChatMessagePartTypeText, Text: "a"}, {Type: schema.ChatMessagePartTypeText, Text: "b"}},
		},
		{Role: schema.User, UserInputMultiContent: []schema.MessageInputPart{{Type: schema.ChatMessagePartTypeText, Text: "c"}, {Type: schema.ChatMessagePartTypeText, Text: "d"}}},
	})
	require.NoError(t, err)
	assert.Equal(t, []llm.Message{
		{Role: llm.System, Text: "old"}, {Role: llm.User, Text: "plain"}, {Role: llm.Assistant, Text: "ab"}, {Role: llm.User, Text: "cd"},
	}, inner.Requests()[0].Messages)
}

func TestChatModelRefusesMessagesThatItCannotExpress(t *testing.T) {
	t.Parallel()
	inner := llmtest.Echo()
	_, err := einollm.AsChatModel(inner).Generate(t.Context(), []*schema.Message{
		schema.ToolMessage("found", "call-1"),
		schema.AssistantMessage("", []schema.ToolCall{{ID: "call-1"}}),
		nil,
		{Role: schema.User, Name: "ada", UserInputMultiContent: []schema.MessageInputPart{
			{Type: schema.ChatMessagePartTypeText, Text: "secret text"}, {Type: schema.ChatMessagePartTypeImageURL},
		}},
		schema.UserMessage("fine"),
	}, model.WithTopP(0.5))
	assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err))
	for _, want := range []string{
		`message 1: role "tool" has no counterpart`, "message 2: it calls tools", "message 3: it is nil", "message 4: it names a participant",
		`part 2 is of type "image_url"`, "the option top p",
	} {
		assert.ErrorContains(t, err, want)
	}
	assert.NotContains(t, err.Error(), "secret text")
	assert.NotContains(t, err.Error(), "message 5")
	assert.Empty(t, inner.Requests())
}

func TestChatModelPassesErrorsOn(t *testing.T) {
	t.Parallel()
	own := errors.New("own")
	_, err := einollm.AsChatModel(llm.Func(func(context.Context, llm.Request) (llm.Response, error) { return llm.Response{}, own })).
		Generate(t.Context(), []*schema.Message{schema.UserMessage("x")})
	assert.Equal(t, own, err)

	_, err = einollm.AsChatModel(nil).Generate(t.Context(), []*schema.Message{schema.UserMessage("x")})
	assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err))
}
