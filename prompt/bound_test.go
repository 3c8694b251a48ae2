package prompt_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/prompt"
)

// wire returns the text of a shape's schema.
func wire(tb testing.TB, shape prompt.Shape) string {
	tb.Helper()
	s, err := shape.Schema("x")
	require.NoError(tb, err)
	raw, err := json.Marshal(s)
	require.NoError(tb, err)
	return string(raw)
}

func TestBoundedIsEverywhere(t *testing.T) {
	t.Parallel()
	type point struct {
		Kind string   `json:"kind" jsonschema:"enum=praise,enum=question"`
		Text string   `json:"text"`
		Tags []string `json:"tags"`
	}
	type reply struct {
		Points []point           `json:"points"`
		Notes  map[string]string `json:"notes"`
		Pages  map[int][]string  `json:"pages"`
		Either any               `json:"either" jsonschema:"oneof_type=string;array"`
		Score  float64           `json:"score"`
		Apt    bool              `json:"apt"`
	}
	base := prompt.ShapeOf[reply]()
	before := wire(t, base)
	got := wire(t, base.Bounded(9, 3))
	require.Equal(t, before, wire(t, base), "the shape itself is unchanged")
	for _, want := range []string{
		`"kind":{"type":"string","enum":["praise","question"]}`, `"text":{"type":"string","maxLength":9}`,
		`"tags":{"items":{"type":"string","maxLength":9},"type":"array","maxItems":3}`,
		`"required":["kind","text","tags"]},"type":"array","maxItems":3}`,
		`"notes":{"additionalProperties":{"type":"string","maxLength":9},"type":"object"}`,
		`{"items":{"type":"string","maxLength":9},"type":"array","maxItems":3}},"additionalProperties":false,"type":"object"}`,
		`"oneOf":[{"type":"string","maxLength":9},{"type":"array","maxItems":3}]`,
		`"score":{"type":"number"},"apt":{"type":"boolean"}`,
	} {
		require.Contains(t, got, want)
	}
	unbound := strings.NewReplacer(`,"maxLength":9`, "", `,"maxItems":3`, "")
	require.Equal(t, before, unbound.Replace(got), "nothing else changes, and the order stays")
}

func TestBoundedKeepsTighterBounds(t *testing.T) {
	t.Parallel()
	fixed := func(s *jsonschema.Schema) error { s.Const = "a long constant"; return nil }
	base := prompt.ShapeOf[verdict]().With([]string{"rationale"}, prompt.MaxLength(5)).With([]string{"quotes"}, prompt.MaxItems(2))
	for _, tc := range []struct {
		maxLength, maxItems int
		want                [3]string
	}{
		{0, 0, [3]string{`{"type":"string"}`, `"maxItems":2`, `"maxLength":5`}},
		{9, 0, [3]string{`{"type":"string","maxLength":9}`, `"maxItems":2`, `"maxLength":5`}},
		{0, 9, [3]string{`{"type":"string"}`, `"maxItems":2`, `"maxLength":5`}},
		{3, 1, [3]string{`{"type":"string","maxLength":3}`, `"maxItems":1`, `"maxLength":3`}},
		{5, 2, [3]string{`{"type":"string","maxLength":5}`, `"maxItems":2`, `"maxLength":5`}},
	} {
		got := wire(t, base.Bounded(tc.maxLength, tc.maxItems))
		require.Contains(t, got, `"quotes":{"items":`+tc.want[0]+`,"type":"array",`+tc.want[1]+`}`)
		require.Contains(t, got, `"rationale":{"type":"string",`+tc.want[2]+`,"description":"why"}`)
	}
	require.Contains(t, wire(t, base.With([]string{"rationale"}, fixed).Bounded(3, 0)), `"const":"a long constant","maxLength":5`)
}

func TestBoundedErrors(t *testing.T) {
	t.Parallel()
	base := prompt.ShapeOf[verdict]()
	for want, shape := range map[string]prompt.Shape{
		"Bounded needs bounds of 0 or more, not -1 and 0": base.Bounded(-1, 0),
		"Bounded needs bounds of 0 or more, not 0 and -2": base.Bounded(0, -2).Bounded(1, 1),
		`no field "z"`:       base.With([]string{"z"}).Bounded(-1, 1),
		"the shape is empty": prompt.Shape{}.Bounded(1, 1),
	} {
		_, err := shape.Schema("x")
		require.ErrorContains(t, err, want)
	}
}

// TestBoundedIsRead: a reply is held to the bounds.
func TestBoundedIsRead(t *testing.T) {
	t.Parallel()
	s, err := prompt.ShapeOf[verdict]().With([]string{"score"}, prompt.Within(1, 6, 1)).Bounded(7, 1).Schema("bounded")
	require.NoError(t, err)
	_, err = s.Read(llm.Response{Text: good}, prompt.Tolerance{})
	require.NoError(t, err)
	_, err = s.Read(llm.Response{Text: strings.Replace(good, `["a"]`, `["a","eight888"]`, 1)}, prompt.Tolerance{})
	require.ErrorContains(t, err, "/quotes/1: maxLength: got 8, want 7")
	require.ErrorContains(t, err, "/quotes: maxItems: got 2, want 1")
}

func ExampleShape_Bounded() {
	shape := prompt.ShapeOf[grade]().With([]string{"score"}, prompt.Within(1, 6, 1))
	s, err := shape.Bounded(600, 5).Schema("grade")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = s.Read(llm.Response{Text: `{"rationale": "` + strings.Repeat("clear ", 150) + `", "score": 4}`, Finish: llm.FinishStop}, prompt.Tolerance{})
	fmt.Println(err)
	// Output: reply (929 bytes, finish stop) does not fit schema grade: /rationale: maxLength: got 900, want 600
}
