package prompt_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/prompt"
)

const good = `{"quotes":["a"],"rationale":"because","score":4}`

func scored(score string) string {
	return `{"quotes":["a"],"rationale":"because","score":` + score + `}`
}

func fenced() prompt.Repair { return prompt.Repair{Kind: prompt.Fenced} }

func dropped(before, after int) prompt.Repair {
	return prompt.Repair{Kind: prompt.Surrounded, Detail: fmt.Sprintf("%d bytes before and %d after", before, after)}
}

func TestReadSurrounded(t *testing.T) {
	t.Parallel()
	s := schema(t)
	for name, tc := range map[string]struct {
		text    string
		repairs []prompt.Repair
	}{
		"as asked":              {" \n" + good + "\r\n\t", nil},
		"fence":                 {"```\n" + good + "\n```", []prompt.Repair{fenced()}},
		"fence with a language": {"```json\n" + good + "\n```\n", []prompt.Repair{fenced()}},
		"tildes":                {"~~~JSON\n" + good + "\n~~~", []prompt.Repair{fenced()}},
		"fence on one line":     {"```json " + good + " ```", []prompt.Repair{fenced()}},
		"fence that stays open": {"```json\n" + good, []prompt.Repair{fenced()}},
		"fence in prose":        {"Sure!\n\n```json\n" + good + "\n```\nBye.", []prompt.Repair{fenced(), dropped(5, 4)}},
		"prose":                 {"The score: " + good + " Done.", []prompt.Repair{dropped(10, 5)}},
		"inline code":           {"`" + good + "`", []prompt.Repair{dropped(1, 1)}},
		"a mark at the start":   {"\ufeff" + good, []prompt.Repair{dropped(3, 0)}},
		"braces in prose":       {`In {curly} and [1] and {"x": <n>}: ` + good + " {see [2]}", []prompt.Repair{dropped(34, 9)}},
		"a brace that opens":    {"I write { and then " + good, []prompt.Repair{dropped(18, 0)}},
		"a string that opens":   {`I write {"and then ` + good, []prompt.Repair{dropped(18, 0)}},
		"doubled braces":        {"{" + good + "}", []prompt.Repair{dropped(1, 1)}},
		"another JSON value":    {`{"note": 1} ` + good, []prompt.Repair{dropped(11, 0)}},
		"the same twice":        {good + "\n" + strings.ReplaceAll(good, ":", ": "), []prompt.Repair{dropped(0, len(good)+3)}},
		"thoughts":              {"<think>Maybe {\"score\":3} or " + scored("2") + "?</think>\n" + good, []prompt.Repair{dropped(85, 0)}},
		"thoughts, no opening":  {"so " + scored("2") + "</Thinking>" + good, []prompt.Repair{dropped(62, 0)}},
		"thoughts and a fence":  {"<think>x</think>```json\n" + good + "\n```", []prompt.Repair{dropped(23, 3)}},
		"thoughts, then fence":  {"<think>x</think>\n```json\n" + good + "\n```", []prompt.Repair{fenced(), dropped(16, 0)}},
		"text is not UTF-8":     {"\xff\xfe" + good, []prompt.Repair{dropped(2, 0)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := s.Read(llm.Response{Text: tc.text}, prompt.Tolerance{Surrounded: true})
			require.NoError(t, err)
			require.Equal(t, good, string(r.JSON))
			require.Equal(t, tc.repairs, r.Repairs)
			got, err := prompt.Decode[verdict](s, r)
			require.NoError(t, err)
			require.Equal(t, verdict{[]string{"a"}, "because", 4}, got)

			_, err = s.Read(llm.Response{Text: tc.text}, prompt.Tolerance{OutOfRange: true})
			require.Equal(t, tc.repairs != nil, err != nil, "what is not tolerated is an error")
		})
	}
}

func TestReadSurroundedRefuses(t *testing.T) {
	t.Parallel()
	s := schema(t)
	for name, tc := range map[string]struct{ text, want string }{
		"nothing":                {"  ", "not JSON: there is no complete JSON object or list in the reply"},
		"prose":                  {"I would give it 4 {maybe}.", "no complete JSON object"},
		"two that differ":        {good + " or rather " + scored("5"), "fit but differ"},
		"one in the other":       {`{"reply": ` + good + `}`, "additional properties 'reply' not allowed, want only 'quotes', 'rationale', 'score'"},
		"a list of one":          {"[" + good + "]", "got array, want object"},
		"cut":                    {"```json\n" + good[:30], "unexpected EOF"},
		"cut in its thoughts":    {"<think>Perhaps " + good, "the reply ends before its thoughts do"},
		"only in its thoughts":   {"<think>" + good + "</think> It is fine.", "no complete JSON object"},
		"the only one is wrong":  {"Here: " + scored("9"), "/score: maximum: got 9, want 6 or less"},
		"all are wrong":          {scored("8") + " " + scored("9"), "none of 2 JSON values fits; of the last; /score: maximum: got 9"},
		"duplicate":              {`Here: {"quotes":[],"rationale":"","score":4,"score":4}`, "/: duplicate property 'score', want it once"},
		"in a duplicate":         {`Here: {"a":` + good + `,"a":1}`, "duplicate property 'a'"},
		"too many values":        {strings.Repeat("{}", 200) + good, "too much JSON"},
		"not UTF-8 in the value": {"Here: " + strings.Replace(good, "because", "\xff", 1), "not UTF-8"},
		"cut after a list":       {"Here: " + good[:20], "unexpected EOF: the value does not end within 26 bytes"},
		"cut wrapper":            {`{"reply": ` + good, "unexpected EOF"},
		"too many pieces":        {strings.Repeat(strings.Repeat("[1,", 95)+"x ", 20) + good, "too much JSON"},
		"too deep":               {strings.Repeat("[", 200) + good, "nested more than 100 deep"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := s.Read(llm.Response{Text: tc.text}, prompt.Tolerance{Surrounded: true})
			var parse *prompt.ParseError
			require.ErrorAs(t, err, &parse)
			require.Contains(t, strings.Join(parse.Problems, "; "), tc.want)
			require.Equal(t, tc.text, parse.Text)
		})
	}
}

func TestReadOutOfRange(t *testing.T) {
	t.Parallel()
	scale := func(from, to, step float64) *prompt.Schema {
		s, err := prompt.ShapeOf[verdict]().With([]string{"score"}, prompt.Within(from, to, step)).Schema("v")
		require.NoError(t, err)
		return s
	}
	for _, tc := range []struct {
		from, to, step float64
		is, becomes    string
	}{
		{1, 4, 1, "7", "4"}, {1, 4, 1, "0", "1"}, {1, 4, 1, "-3", "1"}, {1, 4, 1, "3.4", "3"},
		{1, 4, 1, "2.5", "3"}, {1, 4, 1, "2.4999999999999999999999", "2"}, {1, 4, 1, "4.4", "4"}, {1, 4, 1, "1e2", "4"}, {1, 4, 1, "1e300", "4"},
		{-4, -1, 1, "-2.5", "-2"}, {-2, 2, 1, "-0.5", "0"}, {-2, 2, 1, "-0.6", "-1"},
		{0, 5, 0.5, "3.4", "3.5"}, {0, 5, 0.5, "3.25", "3.5"}, {0, 5, 0.5, "5.1", "5"}, {0, 5, 0.5, "0.1", "0"},
		{0, 1, 0.1, "0.33", "0.3"}, {0, 100, 5, "98", "100"}, {0, 100, 5, "2", "0"}, {3, 9, 3, "10", "9"},
		{1, 5, 2, "2.4", "3"}, {1, 5, 2, "1.9", "1"}, {1, 5, 2, "2", "3"}, {1, 5, 2, "4", "5"}, {1, 5, 2, "6", "5"}, {1, 5, 2, "-1e9", "1"},
		{0.5, 3.5, 1, "4", "3.5"}, {0.5, 3.5, 1, "0", "0.5"}, {0.5, 3.5, 1, "2", "2.5"}, {-5, 5, 5, "-2.5", "0"}, {-5, 5, 5, "-2.51", "-5"},
		{0, 5, 2, "5", "4"}, {0, 20, 0.1, "3.14", "3.1"}, {0, 20, 0.1, "30", "20"},
		{1, 501, 2, "2.4", "2"}, {1, 501, 2, "900", "501"}, // bounds only: 2 is not on the scale, which the reader of the scale knows
	} {
		r, err := scale(tc.from, tc.to, tc.step).Read(llm.Response{Text: scored(tc.is)}, prompt.Tolerance{OutOfRange: true})
		require.NoError(t, err, "%+v", tc)
		require.Equal(t, scored(tc.becomes), string(r.JSON))
		require.Equal(t, []prompt.Repair{{Kind: prompt.Clamped, At: "/score", Detail: tc.is + " to " + tc.becomes}}, r.Repairs)
	}
	for _, allowed := range []string{"4", "4.0", "40e-1", "1"} {
		r, err := scale(1, 4, 1).Read(llm.Response{Text: scored(allowed)}, prompt.Tolerance{OutOfRange: true})
		require.NoError(t, err)
		require.Equal(t, prompt.Reply{JSON: json.RawMessage(scored(allowed))}, r)
	}
	for name, text := range map[string]string{
		"a score in words": scored(`"7"`), "null": scored("null"), "another fault": strings.Replace(scored("7"), `["a"]`, `"a"`, 1),
		"too large": scored("1e9999"), "too long": scored(strings.Repeat("9", 100)), "tiny": scored("1e-99999999999"),
	} {
		_, err := scale(1, 4, 1).Read(llm.Response{Text: text}, prompt.Tolerance{OutOfRange: true})
		require.Error(t, err, name)
	}
}

// TestReadKeepsTheRest: a repair touches the bytes of its number only, wherever numbers stand.
func TestReadKeepsTheRest(t *testing.T) {
	t.Parallel()
	score := prompt.ShapeOf[float64]().With(nil, prompt.Within(1, 6, 1))
	s, err := prompt.Object(
		prompt.Field{Name: "b/c~", Shape: prompt.ShapeOf[[]float64]().With([]string{"*"}, prompt.Within(1, 6, 1))},
		prompt.Field{Name: "a", Shape: score}, prompt.Field{Name: "free", Shape: prompt.ShapeOf[float64]()},
	).Schema("numbers")
	require.NoError(t, err)
	text := "So:\n```\n{ \"free\" : 7.5e3,\n\"b\\/c~\":[ 0, 3 ,9.5],\"a\" : 77 }\n```"
	r, err := s.Read(llm.Response{Text: text}, prompt.Tolerance{Surrounded: true, OutOfRange: true})
	require.NoError(t, err)
	require.Equal(t, "{ \"free\" : 7.5e3,\n\"b\\/c~\":[ 1, 3 ,6],\"a\" : 6 }", string(r.JSON))
	out, err := json.Marshal(r.Repairs)
	require.NoError(t, err)
	require.JSONEq(t, `[{"kind":"fenced"},{"kind":"surrounded","detail":"3 bytes before and 0 after"},{"kind":"clamped","at":"/b~1c~0/0","detail":"0 to 1"},
		{"kind":"clamped","at":"/b~1c~0/2","detail":"9.5 to 6"},{"kind":"clamped","at":"/a","detail":"77 to 6"}]`, string(out))

	many := `{"b/c~":[` + strings.Repeat("9,", 100) + `9],"a":1,"free":0}`
	_, err = s.Read(llm.Response{Text: strings.Replace(many, `"a":1`, `"a":"1"`, 1)}, prompt.Tolerance{OutOfRange: true})
	require.ErrorContains(t, err, "/b~1c~0/0: maximum: got 9", "a reply that fails is told everything that is wrong with it")
	_, err = s.Read(llm.Response{Text: many}, prompt.Tolerance{OutOfRange: true})
	require.ErrorContains(t, err, "/b~1c~0/100: maximum", "a reply that is wrong all over is not repaired")
}

// TestCutReplies: every beginning of a reply is seen to be cut, and nothing in it is taken for the reply.
func TestCutReplies(t *testing.T) {
	t.Parallel()
	s := schema(t)
	text := `{"a":["\u00e9\n",[]],"b":-1.5e+30,"c":true,"d":[false,null],"reply":` + good + `}`
	for n := 1; n < len(text); n++ {
		for _, tolerance := range []prompt.Tolerance{{}, {Surrounded: true, OutOfRange: true}} {
			_, err := s.Read(llm.Response{Text: text[:n], Finish: llm.FinishLength}, tolerance)
			require.ErrorContains(t, err, "not JSON: unexpected EOF", text[:n])
			var parse *prompt.ParseError
			require.ErrorAs(t, err, &parse)
			require.Equal(t, "truncated", parse.ErrorClass())
		}
	}
	for _, broken := range []string{`{"a":trve`, `{"a":01`, `{"a":1.}`, `{"a":1e}`, `{"a":-}`, `{"a":"\x"}`, `{"a":"\u00g0"}`, `{"a" 1}`, `{a:1}`, `[1 2]`, `[1,]`, `{"a":1,}`, `]`} {
		_, err := s.Read(llm.Response{Text: broken}, prompt.Tolerance{})
		require.ErrorContains(t, err, "does not belong there", broken)
		require.False(t, json.Valid([]byte(broken)))
	}
}

func TestZeroSchemaAcceptsNothing(t *testing.T) {
	t.Parallel()
	_, err := new(prompt.Schema).Read(llm.Response{Text: "Here: {}"}, prompt.Tolerance{Surrounded: true, OutOfRange: true})
	require.ErrorContains(t, err, "the zero Schema accepts nothing")
}

func TestErrorClass(t *testing.T) {
	t.Parallel()
	for finish, class := range map[llm.Finish]string{
		llm.FinishLength: "truncated", llm.FinishRefused: "refused", llm.FinishStop: "parse", llm.FinishUnknown: "parse", "": "parse",
	} {
		require.Equal(t, class, (&prompt.ParseError{Finish: finish}).ErrorClass())
	}
	err := &prompt.ParseError{Schema: "v", Text: "abc", Finish: llm.FinishStop, Attempt: 2, Problems: []string{"/a: x", "/b: y"}}
	require.EqualError(t, err, "reply (3 bytes, finish stop, attempt 2) does not fit schema v: /a: x; /b: y")
}

// TestProblemsAreACorrection: each problem has its place and says what would be right.
func TestProblemsAreACorrection(t *testing.T) {
	t.Parallel()
	type reply struct {
		Quotes []string `json:"quotes"`
		Kind   string   `json:"kind"`
		Half   float64  `json:"half"`
		Code   string   `json:"code" jsonschema:"pattern=^[a-c]+$"`
		When   string   `json:"when" jsonschema:"format=date"`
		Note   string   `json:"note"`
		Score  int      `json:"score"`
		Deep   []struct {
			X bool `json:"x"`
		} `json:"deep"`
	}
	s, err := prompt.ShapeOf[reply]().
		With([]string{"quotes"}, prompt.MaxItems(2)).With([]string{"kind"}, prompt.OneOf("praise", "question")).
		With([]string{"half"}, prompt.Within(0, 2, 0.5)).With([]string{"note"}, prompt.MaxLength(3)).
		With([]string{"score"}, prompt.Within(1, 4, 1)).Schema("all")
	require.NoError(t, err)
	text := `{"quotes":["Ana","Ana","Ana"],"kind":"Ana","half":0.3,"code":"Ana","when":"Ana","note":"Anana","score":2.5,"deep":[{"x":"Ana"},{}],"y":1,"x":2}`
	_, err = s.Read(llm.Response{Text: text}, prompt.Tolerance{Surrounded: true, OutOfRange: true})
	var parse *prompt.ParseError
	require.ErrorAs(t, err, &parse)
	require.Equal(t, []string{
		"/: additional properties 'x', 'y' not allowed, want only 'quotes', 'kind', 'half', 'code', 'when', 'note', 'score', 'deep'",
		"/code: pattern: want a string that matches ^[a-c]+$",
		"/deep/0/x: got string, want boolean",
		"/deep/1: missing property 'x'",
		"/half: enum: got 0.3, want one of 0, 0.5, 1, 1.5, 2",
		"/kind: value must be one of 'praise', 'question'",
		"/note: maxLength: got 5, want 3",
		"/quotes: maxItems: got 3, want 2",
		"/score: got number, want integer from 1 to 4",
	}, parse.Problems)
	require.NotContains(t, err.Error(), "Ana")
	for range 20 {
		_, again := s.Read(llm.Response{Text: text}, prompt.Tolerance{})
		require.EqualError(t, again, err.Error(), "the order of the problems is fixed")
	}
}

// TestProblemsAreBounded: a model that goes astray does not blow up the error.
func TestProblemsAreBounded(t *testing.T) {
	t.Parallel()
	s := schema(t)
	long := strings.Repeat("name\\n", 10000)
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprintf(`"%s%d":%d`, long[:60], i, i))
	}
	for _, text := range []string{
		`{"` + long + `":1,"` + long + `":2}`,
		`{"quotes":[` + strings.Repeat("1,", 5000) + `1],` + strings.Join(many, ",") + `}`,
		strings.Repeat(`{"a":`, 5000),
		strings.Repeat("[", 100000),
	} {
		_, err := s.Read(llm.Response{Text: text}, prompt.Tolerance{Surrounded: true, OutOfRange: true})
		require.Error(t, err)
		require.Less(t, len(err.Error()), 6000)
		require.NotContains(t, err.Error(), "\n")
	}
}

// TestHostileRepliesAreCheap: the work does not grow faster than the text.
func TestHostileRepliesAreCheap(t *testing.T) {
	t.Parallel()
	s := schema(t)
	const size = 1 << 18
	for _, piece := range []string{`{"a":`, "[", "{", `{"`, `{"a":[1,`, "{}", `{"a":1e9999999999,`, "<think>", "```json\n{", `"\`, "</think>", "[[]", `{"quotes":["a"],`} {
		text := strings.Repeat(piece, size/len(piece)) + good
		start := time.Now()
		_, _ = s.Read(llm.Response{Text: text}, prompt.Tolerance{Surrounded: true, OutOfRange: true})
		assert.Less(t, time.Since(start), 10*time.Second, "%q: quadratic work on 256 kB takes longer", piece)
	}
}

func TestDecodeOfAnotherType(t *testing.T) {
	t.Parallel()
	s := schema(t)
	r, err := s.Read(llm.Response{Text: good}, prompt.Tolerance{})
	require.NoError(t, err)
	_, err = prompt.Decode[struct {
		Quotes    []string
		Rationale string
	}](s, r)
	require.ErrorContains(t, err, `the schema has a field "score" that the type`)
	_, err = prompt.Decode[struct {
		Quotes    []string
		Rationale int `json:"rationale"`
		Score     int
	}](s, r)
	require.ErrorContains(t, err, "/rationale: got string, which the type")
	_, err = prompt.Decode[struct {
		Quotes    []string
		Rationale time.Time
		Score     int
	}](s, r)
	require.ErrorContains(t, err, "does not take the reply")
	require.NotContains(t, err.Error(), "because")

	_, err = prompt.Parse[[]int](s, llm.Response{Text: " " + good, Finish: llm.FinishStop})
	var parse *prompt.ParseError
	require.ErrorAs(t, err, &parse)
	require.Equal(t, " "+good, parse.Text)
	require.Equal(t, llm.FinishStop, parse.Finish)
}

// TestShapesBeyondTheFastPath: what only the validator knows is held to as well.
func TestShapesBeyondTheFastPath(t *testing.T) {
	t.Parallel()
	s, err := prompt.ShapeOf[map[string]int]().Schema("counts")
	require.NoError(t, err)
	got, err := prompt.Parse[map[string]int](s, llm.Response{Text: `{"b":1,"a":2}`})
	require.NoError(t, err)
	require.Equal(t, map[string]int{"a": 2, "b": 1}, got)
	_, err = prompt.Parse[map[string]int](s, llm.Response{Text: `{"b":1.5}`})
	require.ErrorContains(t, err, "/b: got number, want integer")
	_, err = prompt.Parse[map[string]int](s, llm.Response{Text: `{"b":1,"b":1}`})
	require.ErrorContains(t, err, "duplicate property 'b'")

	list, err := prompt.ShapeOf[[]verdict]().Schema("list")
	require.NoError(t, err)
	r, err := list.Read(llm.Response{Text: "Here: [" + good + "]."}, prompt.Tolerance{Surrounded: true})
	require.NoError(t, err)
	require.Equal(t, "["+good+"]", string(r.JSON))
}
