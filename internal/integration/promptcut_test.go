package integration_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
)

const sentence = "The road along the harbor is loud, and the market is quiet. "

// The server answers a prompt that is longer than its window as if nothing was wrong: it drops old turns, and then the front of the text.
func TestPromptCutSeesSilentTruncation(t *testing.T) {
	s := ownServer(t)
	m := s.open(t, narrowModel)
	history := func(turns int) llm.Request {
		req := llm.Request{Messages: []llm.Message{{Role: llm.System, Text: "Answer."}}}
		for range turns {
			req.Messages = append(req.Messages,
				llm.Message{Role: llm.User, Text: strings.Repeat(sentence, 2)}, llm.Message{Role: llm.Assistant, Text: "Yes."})
		}
		req.Messages = append(req.Messages, llm.Message{Role: llm.User, Text: "And now?"})
		return req
	}
	for name, test := range map[string]struct {
		req     llm.Request
		counter llm.Counter
		window  int
		cut     bool
	}{
		"fits":                               {ask(strings.Repeat(sentence, 4)), nil, narrowWindow, false},
		"fits, window unknown":               {ask(strings.Repeat(sentence, 4)), nil, 0, false},
		"too long":                           {ask(strings.Repeat(sentence, 40)), nil, narrowWindow, true},
		"too long, window unknown":           {ask(strings.Repeat(sentence, 80)), nil, 0, true},
		"a little too long":                  {ask(strings.Repeat(sentence, 14)), measured(t, m), narrowWindow, true},
		"examples fit":                       {history(2), nil, narrowWindow, false},
		"examples were dropped":              {history(40), nil, narrowWindow, true},
		"examples were dropped, unknown":     {history(40), nil, 0, true},
		"a few examples were dropped":        {history(8), measured(t, m), narrowWindow, true},
		"counted as the model does and fits": {ask(strings.Repeat(sentence, 4)), measured(t, m), narrowWindow, false},
	} {
		t.Run(name, func(t *testing.T) {
			resp, err := m.Generate(t.Context(), test.req)
			require.NoError(t, err, "the server says nothing")
			assert.LessOrEqual(t, resp.Usage.Input, narrowWindow)
			reason, cut := llm.PromptCut(test.req, resp, test.counter, test.window)
			assert.Equal(t, test.cut, cut, "usage %+v, counted %d: %s", resp.Usage, llm.CountRequest(test.counter, test.req), reason)
		})
	}
}

// The same prompt passes uncut, and unflagged, where the window is wide enough.
func TestPromptCutIsQuietWhereThePromptFits(t *testing.T) {
	s := ownServer(t)
	req := ask(strings.Repeat(sentence, 40))
	resp, err := s.open(t, wideModel).Generate(t.Context(), req)
	require.NoError(t, err)
	assert.Greater(t, resp.Usage.Input, narrowWindow)
	reason, cut := llm.PromptCut(req, resp, nil, wideWindow)
	assert.False(t, cut, reason)
}

// measured counts tokens as the model does, by the length that the server reports of a text that fits.
func measured(t *testing.T, m llm.Model) llm.Counter {
	t.Helper()
	sample := strings.Repeat(sentence, 5)
	resp, err := m.Generate(t.Context(), ask(sample))
	require.NoError(t, err)
	require.Less(t, resp.Usage.Input, narrowWindow)
	return llm.CounterFunc(func(text string) int { return (len(text)*resp.Usage.Input + len(sample) - 1) / len(sample) })
}
