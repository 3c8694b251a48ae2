package llmtest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
)

func ask(text string) llm.Request {
	return llm.Request{Messages: []llm.Message{{Role: llm.User, Text: text}}}
}

func TestScriptedGivesItsResponsesInOrder(t *testing.T) {
	t.Parallel()
	given := []llm.Response{{Text: "one"}, {Text: "two", Model: "m-2", Finish: llm.FinishLength, Usage: llm.Usage{Input: 7}}}
	m := llmtest.Scripted(given...)
	given[0].Text = "changed after construction"

	first, err := m.Generate(t.Context(), ask("first of five words here"))
	require.NoError(t, err)
	assert.Equal(t, llm.Response{
		Text: "one", Finish: llm.FinishStop, Model: "llmtest/scripted",
		Usage: llm.Usage{Input: 12, Output: 1}, // the framing of a request with one message counts 7
	}, first)

	second, err := m.Generate(t.Context(), ask("second"))
	require.NoError(t, err)
	assert.Equal(t, llm.Response{Text: "two", Finish: llm.FinishLength, Model: "m-2", Usage: llm.Usage{Input: 7}}, second)

	_, err = m.Generate(t.Context(), ask("third"))
	assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err))
	assert.ErrorContains(t, err, "the script has 2 responses; this is request 3")
}

func TestAFakeDoesNotLookLikeAServerThatCutThePrompt(t *testing.T) {
	t.Parallel()
	for name, req := range map[string]llm.Request{
		"prose":   ask(strings.Repeat("Whales sing in the sea, and they don't mind. ", 100)),
		"symbols": ask(strings.Repeat("{}[]()==&&", 400)), // a single word
		"with a schema": {
			Messages: ask(strings.Repeat("Whales sing. ", 400)).Messages,
			Reply:    &llm.Schema{Name: "grade", JSON: []byte(`{"type":"object"}`)},
		},
	} {
		resp, err := llmtest.Echo().Generate(t.Context(), req)
		require.NoError(t, err, name)
		assert.Equal(t, llm.CountRequest(llm.Estimate{}, req), resp.Usage.Input, name)
		assert.Equal(t, llm.Estimate{}.CountTokens(resp.Text), resp.Usage.Output, name)
		reason, cut := llm.PromptCut(req, resp, nil, 0)
		assert.False(t, cut, "%s: %s", name, reason)
	}
}

func TestRefusedRequestsTakeNoTurn(t *testing.T) {
	t.Parallel()
	m := llmtest.Scripted(llm.Response{Text: "one"})
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	expired, cancelExpired := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancelExpired()

	for _, test := range []struct {
		ctx  context.Context
		req  llm.Request
		code llm.Code
		is   error
	}{
		{canceled, ask("a"), llm.CodeCanceled, context.Canceled},
		{expired, ask("b"), llm.CodeTimeout, context.DeadlineExceeded},
		{t.Context(), llm.Request{}, llm.CodeInvalid, nil},
		{t.Context(), llm.Request{Messages: []llm.Message{{Role: llm.Assistant, Text: "c"}}}, llm.CodeInvalid, nil},
		{t.Context(), llm.Request{Messages: ask("e").Messages, MaxTokens: -1}, llm.CodeInvalid, nil},
	} {
		_, err := m.Generate(test.ctx, test.req)
		assert.Equal(t, test.code, llm.CodeOf(err))
		if test.is != nil {
			assert.ErrorIs(t, err, test.is)
		}
	}

	resp, err := m.Generate(t.Context(), ask("d"))
	require.NoError(t, err)
	assert.Equal(t, "one", resp.Text)
	assert.Len(t, m.Requests(), 6, "refused requests are remembered")
}

func TestByPromptTakesTheFirstRuleThatMatches(t *testing.T) {
	t.Parallel()
	m := llmtest.ByPrompt(
		llmtest.Containing("rubric", "by the rubric"),
		llmtest.Rule{Match: func(req llm.Request) bool { return req.Reply != nil }, Reply: "{}"},
		llmtest.Containing("essay", "by the essay"),
	)
	for _, test := range []struct {
		req  llm.Request
		want string
	}{
		{ask("an essay and a rubric"), "by the rubric"},
		{ask("an essay"), "by the essay"},
		{llm.Request{Messages: ask("an essay").Messages, Reply: &llm.Schema{Name: "grade", JSON: []byte("{}")}}, "{}"},
		{llm.Request{Messages: []llm.Message{{Role: llm.System, Text: "rubric"}, {Role: llm.User, Text: "text"}}}, "by the rubric"},
	} {
		resp, err := m.Generate(t.Context(), test.req)
		require.NoError(t, err)
		assert.Equal(t, test.want, resp.Text)
		assert.Equal(t, "llmtest/by_prompt", resp.Model)
	}

	_, err := m.Generate(t.Context(), ask("a poem"))
	assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err))
	assert.ErrorContains(t, err, `none of the 3 rules matches the request that ends with "a poem"`)
}

func TestARuleWithoutMatchIsForEveryRequest(t *testing.T) {
	t.Parallel()
	resp, err := llmtest.ByPrompt(llmtest.Rule{Reply: "always"}).Generate(t.Context(), ask("anything"))
	require.NoError(t, err)
	assert.Equal(t, "always", resp.Text)
}

func TestEcho(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]*llmtest.Fake{"echo": llmtest.Echo(), "zero value": {}} {
		resp, err := m.Generate(t.Context(), llm.Request{Messages: []llm.Message{
			{Role: llm.User, Text: "a"}, {Role: llm.Assistant, Text: "b"}, {Role: llm.User, Text: "c"},
		}})
		require.NoError(t, err, name)
		assert.Equal(t, "c", resp.Text, name)
		assert.Equal(t, "llmtest/echo", m.Identity(), name)
	}
}

func TestFailingFailsAndThenAnswers(t *testing.T) {
	t.Parallel()
	then := llmtest.Scripted(llm.Response{Text: "one"})
	m := llmtest.Failing(2, llm.CodeThrottled, then)
	for n := range 2 {
		_, err := m.Generate(t.Context(), ask("a"))
		assert.Equal(t, llm.CodeThrottled, llm.CodeOf(err))
		assert.ErrorContains(t, err, fmt.Sprintf("failure %d of 2", n+1))
	}
	assert.Empty(t, then.Requests())

	resp, err := m.Generate(t.Context(), ask("a"))
	require.NoError(t, err)
	assert.Equal(t, "one", resp.Text)
	assert.Equal(t, "llmtest/scripted", resp.Model, "the model that answered is named")

	_, err = m.Generate(t.Context(), ask("a"))
	assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err), "then's own error is passed on")
}

func TestFailingWithoutAModelEchoes(t *testing.T) {
	t.Parallel()
	resp, err := llmtest.Failing(-1, llm.CodeThrottled, nil).Generate(t.Context(), ask("a"))
	require.NoError(t, err)
	assert.Equal(t, "a", resp.Text)
}

func TestRequestsAreNotSharedWithTheCaller(t *testing.T) {
	t.Parallel()
	m := llmtest.Echo()
	req := ask("as sent")
	_, err := m.Generate(t.Context(), req)
	require.NoError(t, err)
	req.Messages[0].Text = "changed by the caller"
	m.Requests()[0] = llm.Request{}

	require.Len(t, m.Requests(), 1)
	assert.Equal(t, "as sent", m.Requests()[0].Messages[0].Text)
}

func TestConcurrentRequestsEachTakeOneTurn(t *testing.T) {
	t.Parallel()
	const n = 50
	var responses []llm.Response
	for i := range n {
		responses = append(responses, llm.Response{Text: fmt.Sprintf("%02d", i)})
	}
	m := llmtest.Failing(5, llm.CodeUnavailable, llmtest.Scripted(responses...))

	var mu sync.Mutex
	var texts []string
	failed := 0
	var wg sync.WaitGroup
	for range n + 5 {
		wg.Go(func() {
			resp, err := m.Generate(t.Context(), ask("a"))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed++
				return
			}
			texts = append(texts, resp.Text)
		})
	}
	wg.Wait()

	assert.Equal(t, 5, failed)
	slices.Sort(texts)
	require.Len(t, slices.Compact(texts), n, "no response is given twice")
	assert.Len(t, m.Requests(), n+5)
}
