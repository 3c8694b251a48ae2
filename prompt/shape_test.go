package prompt_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/prompt"
)

func TestBounds(t *testing.T) {
	t.Parallel()
	s, err := prompt.ShapeOf[verdict]().
		With([]string{"rationale"}, prompt.MaxLength(5)).
		With([]string{"quotes"}, prompt.MaxItems(2)).
		With([]string{"quotes", "*"}, prompt.MaxLength(3)).Schema("bounded")
	require.NoError(t, err)
	raw, err := json.Marshal(s)
	require.NoError(t, err)
	require.Contains(t, string(raw), `"quotes":{"items":{"type":"string","maxLength":3},"type":"array","maxItems":2}`)
	for text, problem := range map[string]string{
		`{"quotes":["ééé","abc"],"rationale":"naïve","score":1}`:                 "",
		`{"quotes":["\"\u00e9\n"],"rationale":"\ud83d\ude00\n\n\n\n","score":1}`: "",
		`{"quotes":[],"rationale":"naïvel","score":1}`:                           "/rationale: maxLength: got 6, want 5",
		`{"quotes":["a","b","c"],"rationale":"","score":1}`:                      "/quotes: maxItems: got 3, want 2",
		`{"quotes":["a","bcde"],"rationale":"","score":1}`:                       "/quotes/1: maxLength: got 4, want 3",
	} {
		_, err := prompt.Parse[verdict](s, llm.Response{Text: text})
		if problem == "" {
			require.NoError(t, err, text)
			continue
		}
		require.ErrorContains(t, err, problem)
	}
	for _, shape := range []prompt.Shape{
		prompt.ShapeOf[verdict]().With([]string{"quotes"}, prompt.MaxLength(5)),
		prompt.ShapeOf[verdict]().With([]string{"rationale"}, prompt.MaxItems(5)),
		prompt.ShapeOf[verdict]().With([]string{"rationale"}, prompt.MaxLength(0)),
		prompt.ShapeOf[verdict]().With([]string{"quotes"}, prompt.MaxItems(-1)),
	} {
		_, err := shape.Schema("x")
		require.ErrorContains(t, err, "at least 1")
	}
}

// TestOrderOnTheWire: a server that holds a model to a schema while it writes follows the order of the schema's text.
func TestOrderOnTheWire(t *testing.T) {
	t.Parallel()
	type part struct {
		Zeta  string  `json:"zeta"`
		Alpha float64 `json:"alpha"`
	}
	type reply struct {
		Quotes    []string `json:"quotes"`
		Parts     []part   `json:"parts"`
		Rationale string   `json:"rationale"`
		Apt       bool     `json:"apt"`
		Score     float64  `json:"score"`
	}
	s, err := prompt.ShapeOf[reply]().With([]string{"parts", "*", "alpha"}, prompt.Within(0, 1, 0.1)).
		With([]string{"rationale"}, prompt.MaxLength(9)).With([]string{"score"}, prompt.Within(1, 6, 1)).Schema("ordered")
	require.NoError(t, err)
	req, err := prompt.Prompt{User: []prompt.Section{{Text: "x"}}, Reply: s}.Request()
	require.NoError(t, err)
	wire := string(req.Reply.JSON)
	at := -1
	for _, name := range []string{"quotes", "parts", "zeta", "alpha", "rationale", "apt", "score"} {
		next := strings.Index(wire, `"`+name+`":{`)
		require.Greater(t, next, at, "%s in %s", name, wire)
		at = next
	}
	require.Contains(t, wire, `"required":["quotes","parts","rationale","apt","score"]`)
}
