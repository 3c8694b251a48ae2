package einollm_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cloudwego/eino/components/model"
	"github.com/cloudwego/eino/schema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/einollm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
)

const goodGrade = `{"label":"accept","score":3,"reason":"Clear."}`

func grader() *llmtest.Fake {
	return llmtest.ByPrompt(llmtest.Containing("Grade the submission", goodGrade), llmtest.Containing("rainbow", "red"))
}

// A provider that writes the schema only where it was told of it, and knows nothing of contexts.
func TestConformance(t *testing.T) {
	t.Parallel()
	for name, newChat := range map[string]func() model.BaseChatModel{
		"a chat model": func() model.BaseChatModel {
			return &chat{answer: func(_ context.Context, input []*schema.Message) (*schema.Message, error) {
				if strings.Contains(input[0].Content, "JSON Schema") {
					return schema.AssistantMessage(goodGrade, nil), nil
				}
				return schema.AssistantMessage("red", nil), nil
			}}
		},
		"there and back": func() model.BaseChatModel { return einollm.AsChatModel(grader()) },
		"there and back, reported": func() model.BaseChatModel {
			return einollm.AsChatModel(llm.Wrap(grader(), einollm.Callbacks()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			llmtest.RunConformance(t, func(t *testing.T) llm.Model { return newModel(t, newChat()) })
		})
	}
	t.Run("callbacks", func(t *testing.T) {
		t.Parallel()
		llmtest.RunConformance(t, func(*testing.T) llm.Model { return llm.Wrap(grader(), einollm.Callbacks()) })
	})
}

// whole passes everything that a request can hold.
func whole(t testing.TB, m llm.Model) *einollm.Model {
	t.Helper()
	return newModel(t, einollm.AsChatModel(m),
		einollm.WithReplyOptions(func(s *llm.Schema) []model.Option { return []model.Option{einollm.ReplySchema(s)} }),
		einollm.WithRequestOptions(func(r llm.Request) []model.Option {
			if r.Seed == nil {
				return nil
			}
			return []model.Option{einollm.Seed(*r.Seed)}
		}))
}

func TestRequestsAndResponsesSurviveTheWayThereAndBack(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	finishes := []llm.Finish{llm.FinishStop, llm.FinishLength, llm.FinishRefused, llm.FinishUnknown}
	for i := range 500 {
		sent := randomRequest(r)
		answer := llm.Response{Text: randomText(r), Finish: finishes[i%4], Model: "inner-1"}
		if i%3 > 0 {
			answer.Usage = llm.Usage{Input: 10 + r.IntN(90), Output: 5 + r.IntN(90), Cached: r.IntN(10), Reasoning: r.IntN(5)}
		}
		var got llm.Request
		m := whole(t, llm.Func(func(_ context.Context, req llm.Request) (llm.Response, error) {
			got = req
			return answer, nil
		}))
		resp, err := m.Generate(t.Context(), sent)
		require.NoError(t, err)
		require.Equal(t, sent, got)
		require.Equal(t, answer, resp)
	}
}

func TestErrorsSurviveTheWayThereAndBack(t *testing.T) {
	t.Parallel()
	for _, code := range []llm.Code{
		llm.CodeThrottled, llm.CodeUnavailable, llm.CodeTimeout, llm.CodeContextTooLong, llm.CodeRefused, llm.CodeInvalid, llm.CodeAuth,
		llm.CodeBudget, llm.CodeCanceled, llm.CodeUnknown,
	} {
		inner := &llm.Error{Code: code, Model: "inner-1", Status: 499, RetryAfter: 7, Err: errors.New("down")}
		_, err := whole(t, llm.Func(func(context.Context, llm.Request) (llm.Response, error) { return llm.Response{}, inner })).
			Generate(t.Context(), ask("x"))
		outer, ok := errors.AsType[*llm.Error](err)
		require.True(t, ok)
		assert.Equal(t, llm.Error{Code: code, Model: "test-model", Status: 499, RetryAfter: 7, Err: inner}, *outer)
	}
}
