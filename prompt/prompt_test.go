package prompt_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/prompt"
)

var (
	_ pipeline.Stage[prompt.Prompt, llm.Request] = prompt.Rendering{}
	_ pipeline.Stage[llm.Response, verdict]      = prompt.Parsing[verdict]{}
)

// verdict is a reply with evidence before the rationale and the rationale before the score.
type verdict struct {
	Quotes    []string `json:"quotes"`
	Rationale string   `json:"rationale,omitempty" jsonschema:"description=why"`
	Score     float64  `json:"score"`
}

func TestRequestRendersSectionsInOrder(t *testing.T) {
	t.Parallel()
	p := prompt.Prompt{
		System: []prompt.Section{
			{Text: "Score it."}, {Tag: prompt.Assignment, Text: "Write."}, {Tag: prompt.Rubric}, {Tag: prompt.Documents, Text: "Read."},
		},
		Examples: []prompt.Example{{User: []prompt.Section{{Tag: prompt.Submission, Text: "old"}}, Reply: `{"score":1}`}},
		User:     []prompt.Section{{Tag: prompt.PriorDraft}, {Tag: prompt.Submission, Text: "new"}},
	}
	req, err := p.Request()
	require.NoError(t, err)
	require.Equal(t, []llm.Message{
		{Role: llm.System, Text: "Score it.\n\n<assignment>\nWrite.\n</assignment>\n\n<class_documents>\nRead.\n</class_documents>"},
		{Role: llm.User, Text: "<submission>\nold\n</submission>"},
		{Role: llm.Assistant, Text: `{"score":1}`},
		{Role: llm.User, Text: "<submission>\nnew\n</submission>"},
	}, req.Messages)
	require.Nil(t, req.Reply)
}

func TestRequestWithoutSystemHasNoSystemMessage(t *testing.T) {
	t.Parallel()
	req, err := prompt.Prompt{User: []prompt.Section{{Text: "hello"}}}.Request()
	require.NoError(t, err)
	require.Equal(t, []llm.Message{{Role: llm.User, Text: "hello"}}, req.Messages)
}

func TestRequestRefusesNothingToAsk(t *testing.T) {
	t.Parallel()
	_, err := prompt.Prompt{System: []prompt.Section{{Text: "x"}}, User: []prompt.Section{{Tag: prompt.Submission}}}.Request()
	require.ErrorContains(t, err, "nothing to ask")
	_, err = prompt.Prompt{User: []prompt.Section{{Text: "x"}}, Examples: []prompt.Example{{Reply: "{}"}}}.Request()
	require.ErrorContains(t, err, "example 1")
}

func schema(t testing.TB) *prompt.Schema {
	t.Helper()
	s, err := prompt.ShapeOf[verdict]().With([]string{"score"}, prompt.Within(1, 6, 1)).Schema("verdict")
	require.NoError(t, err)
	return s
}

func TestShapeKeepsOrderAndClosesObjects(t *testing.T) {
	t.Parallel()
	one := prompt.ShapeOf[verdict]().With([]string{"score"}, prompt.Within(1, 4, 1))
	s, err := prompt.Object(
		prompt.Field{Name: "thesis", Shape: one},
		prompt.Field{Name: "evidence", Shape: one.With([]string{"quotes", "*"}, prompt.OneOf("a", "b"))},
	).Schema("rubric")
	require.NoError(t, err)
	raw, err := json.Marshal(s)
	require.NoError(t, err)
	require.Equal(t, `{"name":"rubric","json":{"properties":{`+
		`"thesis":{"properties":{"quotes":{"items":{"type":"string"},"type":"array"},"rationale":{"type":"string","description":"why"},`+
		`"score":{"type":"integer","maximum":4,"minimum":1}},"additionalProperties":false,"type":"object","required":["quotes","rationale","score"]},`+
		`"evidence":{"properties":{"quotes":{"items":{"type":"string","enum":["a","b"]},"type":"array"},"rationale":{"type":"string","description":"why"},`+
		`"score":{"type":"integer","maximum":4,"minimum":1}},"additionalProperties":false,"type":"object","required":["quotes","rationale","score"]}},`+
		`"additionalProperties":false,"type":"object","required":["thesis","evidence"]}}`, string(raw))
}

func TestWithCopies(t *testing.T) {
	t.Parallel()
	base := prompt.ShapeOf[verdict]()
	narrow := base.With([]string{"score"}, prompt.Within(1, 2, 1))
	wide, err := base.Schema("wide")
	require.NoError(t, err)
	tight, err := narrow.Schema("tight")
	require.NoError(t, err)
	resp := llm.Response{Text: `{"quotes":[],"rationale":"","score":9}`}
	_, err = prompt.Parse[verdict](wide, resp)
	require.NoError(t, err, "editing a copy must not narrow the original")
	_, err = prompt.Parse[verdict](tight, resp)
	require.Error(t, err)
}

func TestShapeErrors(t *testing.T) {
	t.Parallel()
	base := prompt.ShapeOf[verdict]()
	for name, tc := range map[string]struct {
		shape prompt.Shape
		id    string
		want  string
	}{
		"bad name":         {base, "My Schema", "lower-case"},
		"empty":            {prompt.Shape{}, "x", "empty"},
		"no such field":    {base.With([]string{"scores"}, prompt.OneOf("a")), "x", `no field "scores"`},
		"not a list":       {base.With([]string{"score", "*"}, prompt.OneOf("a")), "x", "not a list"},
		"not an object":    {base.With([]string{"score", "x"}, prompt.OneOf("a")), "x", "not an object"},
		"enum on number":   {base.With([]string{"score"}, prompt.OneOf("a")), "x", "needs a string"},
		"range on string":  {base.With([]string{"rationale"}, prompt.Within(1, 2, 1)), "x", "needs a number"},
		"twice":            {prompt.Object(prompt.Field{Name: "a", Shape: base}, prompt.Field{Name: "a", Shape: base}), "x", "named twice"},
		"error in a field": {prompt.Object(prompt.Field{Name: "a", Shape: base.With([]string{"z"})}), "x", `no field "z"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tc.shape.Schema(tc.id)
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	s := schema(t)
	got, err := prompt.Parse[verdict](s, llm.Response{Text: ` {"quotes":["a"],"rationale":"because","score":4} `})
	require.NoError(t, err)
	require.Equal(t, verdict{[]string{"a"}, "because", 4}, got)
	for name, tc := range map[string]struct{ text, want string }{
		"not JSON":        {`Sure! {"score":4}`, "not JSON"},
		"fenced":          {"```json\n{}\n```", "not JSON"},
		"cut":             {`{"quotes":["a"`, "not JSON"},
		"more behind":     {`{"quotes":[],"rationale":"","score":4} ok`, "not JSON"},
		"missing field":   {`{"quotes":[],"score":4}`, "rationale"},
		"unknown field":   {`{"quotes":[],"rationale":"","score":4,"mood":1}`, "mood"},
		"off the scale":   {`{"quotes":[],"rationale":"","score":7}`, "/score"},
		"off the grid":    {`{"quotes":[],"rationale":"","score":4.5}`, "/score"},
		"wrong type":      {`{"quotes":"a","rationale":"","score":4}`, "/quotes"},
		"null":            {`{"quotes":null,"rationale":"","score":4}`, "/quotes"},
		"duplicate":       {`{"quotes":[],"rationale":"","score":4,"score":5}`, "score"},
		"twice, not both": {`{"quotes":[],"score":4,"score":4}`, "duplicate property 'score'"},
		"other case":      {`{"quotes":[],"rationale":"","Score":4}`, "score"},
		"nothing at all":  {``, "not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := prompt.Parse[verdict](s, llm.Response{Text: tc.text, Finish: llm.FinishStop})
			var parse *prompt.ParseError
			require.ErrorAs(t, err, &parse)
			require.Equal(t, tc.text, parse.Text)
			require.Equal(t, llm.FinishStop, parse.Finish)
			require.Contains(t, strings.Join(parse.Problems, "; "), tc.want)
			require.Equal(t, "parse", parse.ErrorClass())
		})
	}
}

func TestParsing(t *testing.T) {
	t.Parallel()
	got, err := prompt.Parsing[verdict]{Schema: schema(t)}.Run(t.Context(), llm.Response{Text: good})
	require.NoError(t, err)
	require.Equal(t, 4.0, got.Score)
}

func TestParseNamesEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := prompt.Parse[verdict](schema(t), llm.Response{Text: `{"quotes":"a","rationale":3,"score":9}`})
	var parse *prompt.ParseError
	require.ErrorAs(t, err, &parse)
	require.Len(t, parse.Problems, 3)
}

func TestParseErrorDoesNotQuoteTheReply(t *testing.T) {
	t.Parallel()
	_, err := prompt.Parse[verdict](schema(t), llm.Response{Text: `{"quotes":["My name is Ana"],"rationale":"","score":9}`})
	require.NotContains(t, err.Error(), "Ana")
}

func TestHalfSteps(t *testing.T) {
	t.Parallel()
	s, err := prompt.ShapeOf[verdict]().With([]string{"score"}, prompt.Within(0, 5, 0.5)).Schema("half")
	require.NoError(t, err)
	_, err = prompt.Parse[verdict](s, llm.Response{Text: `{"quotes":[],"rationale":"","score":3.5}`})
	require.NoError(t, err)
	_, err = prompt.Parse[verdict](s, llm.Response{Text: `{"quotes":[],"rationale":"","score":3.4}`})
	require.Error(t, err)
}

func FuzzParse(f *testing.F) {
	s := schema(f)
	f.Add(`{"quotes":["a"],"rationale":"because","score":4}`)
	f.Add(`{"quotes":[],"rationale":"","score":4,"score":5}`)
	f.Add("```json\n{}\n```")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := prompt.Parse[verdict](s, llm.Response{Text: text})
		if err != nil {
			var parse *prompt.ParseError
			require.ErrorAs(t, err, &parse)
			require.NotEmpty(t, parse.Problems)
			return
		}
		require.GreaterOrEqual(t, got.Score, 1.0)
		require.LessOrEqual(t, got.Score, 6.0)
		require.NotNil(t, got.Quotes)
	})
}

func ExamplePrompt_Request() {
	p := prompt.Prompt{
		System: []prompt.Section{{Text: "Score the text from 1 to 6."}, {Tag: prompt.Rubric, Text: ""}},
		User:   []prompt.Section{{Tag: prompt.Submission, Text: "Harbor Road should be closed."}},
	}
	req, err := p.Request()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range req.Messages {
		fmt.Printf("%s: %s\n", m.Role, m.Text)
	}
	// Output:
	// system: Score the text from 1 to 6.
	// user: <submission>
	// Harbor Road should be closed.
	// </submission>
}

func ExampleParse() {
	type reply struct {
		Rationale string  `json:"rationale"`
		Score     float64 `json:"score"`
	}
	s, err := prompt.ShapeOf[reply]().With([]string{"score"}, prompt.Within(1, 6, 1)).Schema("score")
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := prompt.Parse[reply](s, llm.Response{Text: `{"rationale": "clear position", "score": 4}`})
	fmt.Println(r.Score, err)
	_, err = prompt.Parse[reply](s, llm.Response{Text: `{"rationale": "clear position", "score": 9}`, Finish: llm.FinishStop})
	fmt.Println(err)
	// Output:
	// 4 <nil>
	// reply (43 bytes, finish stop) does not fit schema score: /score: maximum: got 9, want 6 or less
}

func ExampleRendering() {
	req, err := prompt.Rendering{}.Run(context.Background(), prompt.Prompt{User: []prompt.Section{{Text: "Hello"}}})
	fmt.Println(len(req.Messages), err)
	// Output: 1 <nil>
}
