package exemplarllm

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reply fills a schema from examples, and checks that the answer fits it.
func reply(t *testing.T, document, target string, examples ...example) string {
	t.Helper()
	s, err := readSchema([]byte(document))
	require.NoError(t, err)
	v, err := validator([]byte(document))
	require.NoError(t, err)
	answer := newFiller(conversation{target: target, examples: examples}, "").reply(s, readReplies(examples))
	require.NoError(t, validate(v, answer), answer)
	return answer
}

// ofLength returns a text of n words.
func ofLength(n int) string { return strings.TrimSpace(strings.Repeat("word ", n)) }

// scored returns examples whose score grows with their length, 10 words for each point, in a field.
func scored(format string, scores ...int) []example {
	var out []example
	for _, n := range scores {
		out = append(out, example{ofLength(10 * n), fmt.Sprintf(format, n)})
	}
	return out
}

func TestFillWithoutExamples(t *testing.T) {
	t.Parallel()
	got := reply(t, `{"type":"object","properties":{
		"text":{"type":"string"},
		"score":{"type":"integer","minimum":0,"maximum":3},
		"half":{"type":"number","minimum":1,"maximum":2,"multipleOf":0.5},
		"label":{"enum":["accept","revise"]},
		"late":{"type":"boolean"},
		"short":{"type":"string","maxLength":9},
		"maybe":{"type":["string","null"]},
		"steps":{"type":"array","items":{"type":"string"}},
		"two":{"type":"array","items":{"type":"string"},"minItems":2},
		"areas":{"type":"array","minItems":1,"items":{"type":"object","properties":{"of":{"enum":["x","y"]},"why":{"type":"string"}},"required":["of"]}},
		"more":{"type":"array","minItems":1,"items":{"type":"object","properties":{"of":{"enum":["x","y"]}},"required":["of"]}}
		}}`, "Whales sing.")
	assert.Equal(t, `{"text":"`+noExamples+`","score":1,"half":1.5,"label":"accept","late":false,"short":"No graded",`+
		`"maybe":"`+noExamples+`","steps":[],"two":["`+noExamples+`","`+noExamples+`"],`+
		`"areas":[{"of":"x","why":"`+noExamples+`"}],"more":[{"of":"y"}]}`, got)
}

func TestFillNumbersWhereverTheyAre(t *testing.T) {
	t.Parallel()
	const scale = `{"type":"integer","minimum":1,"maximum":6}`
	for name, test := range map[string]struct{ schema, example, want string }{
		"root":      {scale, `%d`, `3`},
		"property":  {`{"type":"object","properties":{"score":` + scale + `}}`, `{"score":%d}`, `{"score":3}`},
		"nested":    {`{"type":"object","properties":{"a":{"type":"object","properties":{"b":` + scale + `}}}}`, `{"a":{"b":%d}}`, `{"a":{"b":3}}`},
		"item":      {`{"type":"array","items":` + scale + `}`, `[%d,1]`, `[3,1]`},
		"criterion": {`{"type":"array","items":{"type":"object","properties":{"of":{"enum":["x","y"]},"score":` + scale + `}}}`, `[{"of":"y","score":1},{"of":"x","score":%d}]`, `[{"of":"x","score":3},{"of":"y","score":1}]`},
		"unordered": {`{"type":"object","properties":{"why":{"type":"string"},"score":` + scale + `}}`, `{"score":%[1]d,"why":"for %[1]d"}`, `{"why":"for 3","score":3}`},
	} {
		got := reply(t, test.schema, ofLength(30), scored(test.example, 1, 2, 3, 4, 5, 6)...)
		assert.Equal(t, test.want, got, name)
	}
}

func TestFillUsesTheExamplesThatShowTheField(t *testing.T) {
	t.Parallel()
	const schema = `{"type":"object","properties":{"score":{"type":"integer","minimum":1,"maximum":6}},"required":["score"]}`
	examples := []example{
		{ofLength(10), `{"score":2}`}, {ofLength(20), `{"score":2}`},
		{ofLength(30), `{}`},              // shows none
		{ofLength(30), `not JSON`},        // teaches nothing
		{ofLength(30), `[6]`},             // is no object
		{ofLength(30), `{"score":"six"}`}, // is no number
		{ofLength(30), `{"score":60}`},    // is off the scale
		{ofLength(30), `{"score":1e300}`}, // and far off
		{ofLength(30), `{"score":null}`},  // is nothing
	}
	assert.Equal(t, `{"score":2}`, reply(t, schema, ofLength(30), examples...))
	assert.Equal(t, `{"score":3}`, reply(t, schema, ofLength(30), examples[2:]...), "none shows one: the middle")
}

func TestFillKeepsNumbersFinite(t *testing.T) {
	t.Parallel()
	const schema = `{"type":"object","properties":{"score":{"type":"number"}},"required":["score"]}`
	got := reply(t, schema, "a b", example{"a", `{"score":1.7e308}`}, example{"b", `{"score":-1.7e308}`}, example{"c d e", `{"score":7}`})
	assert.Equal(t, `{"score":7}`, got)
}

func TestVote(t *testing.T) {
	t.Parallel()
	const schema = `{"enum":["no","yes","maybe"]}`
	like, unlike := "whales sing in the sea", "dogs bark at night"
	for name, test := range map[string]struct {
		examples []example
		want     string
	}{
		"majority":                 {[]example{{like, `"no"`}, {like + " ", `"yes"`}, {like + "  ", `"yes"`}}, `"yes"`},
		"the similar count more":   {[]example{{unlike, `"no"`}, {unlike + " the", `"no"`}, {like, `"yes"`}}, `"yes"`},
		"ties by the enum's order": {[]example{{like, `"maybe"`}, {like, `"yes"`}}, `"yes"`},
		"nothing similar":          {[]example{{"x", `"yes"`}, {"y", `"maybe"`}, {"z", `"maybe"`}}, `"maybe"`},
		"unknown values":           {[]example{{like, `"never"`}, {like, `7`}, {unlike, `"maybe"`}}, `"no"`},
	} {
		if name == "unknown values" {
			test.examples[2].text = like
			test.want = `"maybe"`
		}
		assert.Equal(t, test.want, reply(t, schema, like, test.examples...), name)
	}
	assert.Equal(t, `true`, reply(t, `{"type":"boolean"}`, like, example{like, `true`}))
	assert.Equal(t, `null`, reply(t, `{"enum":["a",null]}`, like, example{like, `null`}), "null may be a value")
	assert.Equal(t, `{"b":1}`, reply(t, `{"enum":["a",{"b":1}]}`, like, example{like, `{ "b": 1.0 }`}), "equal however written")
}

func TestOptionalAndNullableFieldsFollowTheMajority(t *testing.T) {
	t.Parallel()
	const schema = `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":["string","null"]},"c":{"type":["string","null"]}},"required":["c"]}`
	for name, test := range map[string]struct {
		replies []string
		want    string
	}{
		"all there":     {[]string{`{"a":"1","b":"2","c":"3"}`}, `{"a":"1","b":"2","c":"3"}`},
		"half there":    {[]string{`{"a":"1","b":"2","c":"3"}`, `{"b":null,"c":null}`}, `{"a":"1","b":"2","c":"3"}`},
		"mostly absent": {[]string{`{"a":"1","b":"2","c":"3"}`, `{}`, `{}`}, `{"c":"3"}`},
		"mostly null":   {[]string{`{"a":"1","b":null,"c":null}`, `{"a":"1","b":"2","c":"3"}`, `{"a":"1","b":null,"c":null}`}, `{"a":"1","b":null,"c":null}`},
	} {
		var examples []example
		for i, r := range test.replies {
			examples = append(examples, example{fmt.Sprint("essay", i), r})
		}
		assert.Equal(t, test.want, reply(t, schema, "target", examples...), name)
	}
}

func TestEncodedTextIsTheTextGiven(t *testing.T) {
	t.Parallel()
	got := reply(t, `{"type":"object","properties":{"<why>":{"type":"string"}}}`, "target",
		example{"essay", `{"<why>":"a < b & \"c\"\n\u2028\u00e9"}`})
	assert.Equal(t, `{"<why>":"a < b & \"c\"\n\u2028é"}`, got)
}
