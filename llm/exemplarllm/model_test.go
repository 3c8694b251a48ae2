package exemplarllm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/exemplarllm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
)

func newModel(t testing.TB, opts ...exemplarllm.Option) *exemplarllm.Model {
	t.Helper()
	m, err := exemplarllm.New(opts...)
	require.NoError(t, err)
	return m
}

func TestConformance(t *testing.T) {
	t.Parallel()
	llmtest.RunConformance(t, func(t *testing.T) llm.Model { return newModel(t) })
}

func ExampleNew() {
	m, err := exemplarllm.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := m.Generate(context.Background(), llm.Request{
		Messages: []llm.Message{
			{Role: llm.User, Text: "Dogs bark."},
			{Role: llm.Assistant, Text: `{"score":1,"rationale":"Say more: why do they bark?"}`},
			{Role: llm.User, Text: "Whales sing in the sea, and other whales far away answer them with the same song."},
			{Role: llm.Assistant, Text: `{"score":4,"rationale":"A full thought with a telling detail."}`},
			{Role: llm.User, Text: "Cats sleep."},
		},
		Reply: &llm.Schema{Name: "grade", JSON: json.RawMessage(`{
			"type": "object",
			"properties": {
				"score": {"type": "integer", "minimum": 1, "maximum": 4},
				"rationale": {"type": "string"}
			},
			"required": ["score", "rationale"]
		}`)},
	})
	fmt.Println(resp.Text, err)
	fmt.Println(resp.Model, resp.Usage.Input, resp.Usage.Output)
	// Output:
	// {"score":1,"rationale":"Say more: why do they bark?"} <nil>
	// exemplarllm/1 55 14
}

func ExampleWithPredictor() {
	m, err := exemplarllm.New(exemplarllm.WithPredictor(exemplarllm.LengthRidge))
	fmt.Println(m.Identity(), err)
	// Output: exemplarllm/1 length_ridge <nil>
}

func TestNewReportsEveryBadOption(t *testing.T) {
	t.Parallel()
	m, err := exemplarllm.New(exemplarllm.WithPredictor("median"), exemplarllm.WithPredictor(""))
	assert.Nil(t, m)
	assert.ErrorContains(t, err, `"median" is no predictor; want length_ridge, feature_ridge or neighbors`)
	assert.ErrorContains(t, err, `"" is no predictor`)
}

func TestWithPredictorDecidesTheNumbers(t *testing.T) {
	t.Parallel()
	// The text is long, as those with a score of 4 are, and has the words of those with a score of 1.
	messages := []llm.Message{
		{Role: llm.User, Text: "dogs bark"}, {Role: llm.Assistant, Text: "1"},
		{Role: llm.User, Text: "dogs bark at"}, {Role: llm.Assistant, Text: "1"},
		{Role: llm.User, Text: "whales sing songs " + strings.Repeat("and on ", 20)}, {Role: llm.Assistant, Text: "4"},
		{Role: llm.User, Text: "whales sing songs " + strings.Repeat("and on ", 22)}, {Role: llm.Assistant, Text: "4"},
		{Role: llm.User, Text: strings.Repeat("dogs bark ", 20)},
	}
	req := llm.Request{Messages: messages, Reply: &llm.Schema{Name: "grade", JSON: json.RawMessage(`{"type":"integer","minimum":1,"maximum":4}`)}}
	got := map[string]string{}
	for _, m := range []*exemplarllm.Model{
		newModel(t),
		newModel(t, exemplarllm.WithPredictor(exemplarllm.Neighbors), exemplarllm.WithPredictor(exemplarllm.LengthRidge)),
		newModel(t, exemplarllm.WithPredictor(exemplarllm.FeatureRidge)),
		newModel(t, exemplarllm.WithPredictor(exemplarllm.Neighbors)),
	} {
		resp, err := m.Generate(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, m.Identity(), resp.Model)
		got[m.Identity()] = resp.Text
	}
	assert.Equal(t, "4", got["exemplarllm/1 length_ridge"])
	assert.Equal(t, "1", got["exemplarllm/1 neighbors"])
	assert.Contains(t, got, "exemplarllm/1 feature_ridge")
	assert.Contains(t, got, "exemplarllm/1")
	assert.Len(t, got, 4)
}

func user(text string) llm.Request {
	return llm.Request{Messages: []llm.Message{{Role: llm.User, Text: text}}}
}

func TestFreeTextIsTheReplyToTheNearestExample(t *testing.T) {
	t.Parallel()
	req := llm.Request{Messages: []llm.Message{
		{Role: llm.System, Text: "Give feedback."},
		{Role: llm.User, Text: "<submission>Dogs bark at night.</submission>"}, {Role: llm.Assistant, Text: "Why do dogs bark?"},
		{Role: llm.User, Text: "<submission>Whales sing.</submission>"}, {Role: llm.Assistant, Text: "Which whales?"},
		{Role: llm.User, Text: "<submission>All whales sing songs.</submission>"},
	}}
	resp, err := newModel(t).Generate(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, "Which whales?", resp.Text)

	resp, err = newModel(t).Generate(t.Context(), user("Whales sing."))
	require.NoError(t, err)
	assert.Equal(t, "No graded examples were shown, so there is nothing to say about this text.", resp.Text)
}

func TestUsageAndLimitCountFourBytesAToken(t *testing.T) {
	t.Parallel()
	req := llm.Request{Messages: []llm.Message{
		{Role: llm.System, Text: "12345"},
		{Role: llm.User, Text: "123456"}, {Role: llm.Assistant, Text: "\u00e9\u00e9\u00e9\u00e9\u00e9"},
		{Role: llm.User, Text: ""},
	}}
	for limit, want := range map[int]llm.Response{
		0: {Text: "\u00e9\u00e9\u00e9\u00e9\u00e9", Finish: llm.FinishStop, Usage: llm.Usage{Input: 6, Output: 3}},
		3: {Text: "\u00e9\u00e9\u00e9\u00e9\u00e9", Finish: llm.FinishStop, Usage: llm.Usage{Input: 6, Output: 3}},
		2: {Text: "\u00e9\u00e9\u00e9\u00e9", Finish: llm.FinishLength, Usage: llm.Usage{Input: 6, Output: 2}},
		1: {Text: "\u00e9\u00e9", Finish: llm.FinishLength, Usage: llm.Usage{Input: 6, Output: 1}},
	} {
		req.MaxTokens = limit
		want.Model = "exemplarllm/1"
		resp, err := newModel(t).Generate(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, want, resp, "limit %d", limit)
	}
}

func TestTheLimitCutsBetweenCharacters(t *testing.T) {
	t.Parallel()
	req := llm.Request{MaxTokens: 1, Messages: []llm.Message{
		{Role: llm.User, Text: "a"}, {Role: llm.Assistant, Text: "a\u20ac\u20ac"}, {Role: llm.User, Text: "b"},
	}}
	resp, err := newModel(t).Generate(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, "a\u20ac", resp.Text)

	req.Messages[1].Text = "aa\u20ac\u20ac"
	resp, err = newModel(t).Generate(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, "aa", resp.Text)
	assert.True(t, utf8.ValidString(resp.Text))
}

func TestInvalidRequests(t *testing.T) {
	t.Parallel()
	schema := func(document string) llm.Request {
		req := user("a")
		req.Reply = &llm.Schema{Name: "x", JSON: json.RawMessage(document)}
		return req
	}
	negative := user("a")
	negative.MaxTokens = -1
	for want, req := range map[string]llm.Request{
		"exemplarllm/1: invalid_request: there is no user message; want at least one":                                                  {},
		"exemplarllm/1: invalid_request: the limit of the answer is -1 tokens; want 0 or more":                                         negative,
		"exemplarllm/1: invalid_request: the reply schema \"x\" is not a JSON object":                                                  schema(""),
		"exemplarllm/1: invalid_request: reply schema: #/properties/a: anyOf: is not supported":                                        schema(`{"type":"object","properties":{"a":{"anyOf":[]}}}`),
		"exemplarllm/1: invalid_request: reply schema: #: enum: json: cannot unmarshal number into Go value of type []json.RawMessage": schema(`{"enum":7}`),
	} {
		resp, err := newModel(t).Generate(t.Context(), req)
		assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err))
		assert.EqualError(t, err, want)
		assert.Zero(t, resp)
	}
}

func TestContextThatIsDone(t *testing.T) {
	t.Parallel()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newModel(t).Generate(canceled, user("a"))
	assert.Equal(t, llm.CodeCanceled, llm.CodeOf(err))
	assert.ErrorIs(t, err, context.Canceled)

	late, cancelLate := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancelLate()
	_, err = newModel(t).Generate(late, user("a"))
	assert.Equal(t, llm.CodeTimeout, llm.CodeOf(err))
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestConcurrentRequestsGetTheAnswerOfOne(t *testing.T) {
	t.Parallel()
	m := newModel(t)
	req := llm.Request{
		Messages: []llm.Message{
			{Role: llm.User, Text: "Dogs bark."}, {Role: llm.Assistant, Text: `{"score":1,"why":"short"}`},
			{Role: llm.User, Text: "Dogs bark at night when cats are near."}, {Role: llm.Assistant, Text: `{"score":3,"why":"fine"}`},
			{Role: llm.User, Text: "Whales sing at night."},
		},
		Reply: &llm.Schema{Name: "grade", JSON: json.RawMessage(`{"type":"object","properties":{"why":{"type":"string"},"score":{"type":"integer"}}}`)},
	}
	want, err := m.Generate(t.Context(), req)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			got, err := m.Generate(t.Context(), req)
			assert.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
	wg.Wait()
}

// The model is free and near: a rehearsal of it is its answer.
func TestARehearsalIsTheAnswer(t *testing.T) {
	t.Parallel()
	m := newModel(t)
	req := llm.Request{Messages: []llm.Message{
		{Role: llm.User, Text: "A short essay."}, {Role: llm.Assistant, Text: "2"}, {Role: llm.User, Text: "A longer essay than that."},
	}}
	want, err := m.Generate(t.Context(), req)
	require.NoError(t, err)
	got, err := llm.Rehearse(t.Context(), m, req)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	provider, model := m.ModelInfo()
	assert.Equal(t, []string{"gloss", want.Model}, []string{provider, model})
}
