package llm_test

import (
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
)

const private = "Whales sing, and I told nobody."

// roleOf spells conversations as words: "sua" is a system message, one of the user's and one of the assistant's. Another letter is a role
// that does not exist.
var roleOf = map[rune]llm.Role{'s': llm.System, 'u': llm.User, 'a': llm.Assistant}

func talk(word string) llm.Request {
	var req llm.Request
	for _, letter := range word {
		role, ok := roleOf[letter]
		if !ok {
			role = "critic"
		}
		req.Messages = append(req.Messages, llm.Message{Role: role, Text: private})
	}
	return req
}

func TestRequestValidate(t *testing.T) {
	t.Parallel()
	with := func(edit func(*llm.Request)) llm.Request {
		req := talk("u")
		edit(&req)
		return req
	}
	temperature := func(v float64) llm.Request { return with(func(r *llm.Request) { r.Temperature = &v }) }
	limit := func(n int) llm.Request { return with(func(r *llm.Request) { r.MaxTokens = n }) }
	schema := func(name, document string) llm.Request {
		return with(func(r *llm.Request) { r.Reply = &llm.Schema{Name: name, JSON: json.RawMessage(document)} })
	}
	const turns = ", for user and assistant take turns, the user first"
	for name, test := range map[string]struct {
		req  llm.Request
		want []string // lines; none is a valid request
	}{
		"a question":                   {talk("u"), nil},
		"with a system message":        {talk("su"), nil},
		"with worked examples":         {talk("suauau"), nil},
		"an empty text":                {llm.Request{Messages: []llm.Message{{Role: llm.User}}}, nil},
		"the zero value":               {llm.Request{}, []string{"there is no user message; want at least one"}},
		"a system message alone":       {talk("s"), []string{"there is no user message; want at least one"}},
		"the assistant first":          {talk("au"), []string{`message 1 has the role "assistant"; want "user"` + turns}},
		"the assistant last":           {talk("sua"), []string{`the last message has the role "assistant"; want "user"`}},
		"two of the user":              {talk("suu"), []string{`message 3 has the role "user"; want "assistant"` + turns}},
		"two of the assistant":         {talk("uaau"), []string{`message 3 has the role "assistant"; want "user"` + turns}},
		"two system messages":          {talk("ssu"), []string{`message 2 has the role "system"; want at most one such message, the first`}},
		"system in between":            {talk("uasu"), []string{`message 3 has the role "system"; want at most one such message, the first`}},
		"an unknown role":              {talk("cu"), []string{`message 1 has the role "critic"; want "system", "user" or "assistant"`}},
		"either after an unknown role": {talk("cau"), []string{`message 1 has the role "critic"; want "system", "user" or "assistant"`}},
		"an unknown role last": {talk("uc"), []string{
			`message 2 has the role "critic"; want "system", "user" or "assistant"`, `the last message has the role "critic"; want "user"`,
		}},

		"a limit":                  {limit(math.MaxInt), nil},
		"a limit below 0":          {limit(-1), []string{"the limit of the answer is -1 tokens; want 0 or more"}},
		"temperature 0":            {temperature(0), nil},
		"a high temperature":       {temperature(math.MaxFloat64), nil},
		"a temperature below 0":    {temperature(-0.1), []string{"the temperature is -0.1; want a number of 0 or more"}},
		"a temperature of no sort": {temperature(math.NaN()), []string{"the temperature is NaN; want a number of 0 or more"}},
		"an infinite temperature":  {temperature(math.Inf(1)), []string{"the temperature is +Inf; want a number of 0 or more"}},

		"a schema":                {schema("grade", " \n{}\t"), nil},
		"a schema of no name":     {schema("", "{}"), []string{"the reply schema has no name"}},
		"no document":             {schema("grade", ""), []string{`the reply schema "grade" is not a JSON object`}},
		"a cut document":          {schema("grade", `{"type":`), []string{`the reply schema "grade" is not a JSON object`}},
		"two documents":           {schema("grade", "{}{}"), []string{`the reply schema "grade" is not a JSON object`}},
		"a schema that is a list": {schema("grade", "[]"), []string{`the reply schema "grade" is not a JSON object`}},
		"a schema that is null":   {schema("grade", "null"), []string{`the reply schema "grade" is not a JSON object`}},
		"a schema that is true":   {schema("grade", "true"), []string{`the reply schema "grade" is not a JSON object`}},

		"everything at once": {
			llm.Request{Messages: talk("aasua").Messages, MaxTokens: -2, Temperature: new(-1.0), Reply: &llm.Schema{}},
			[]string{
				`message 1 has the role "assistant"; want "user"` + turns, `message 2 has the role "assistant"; want "user"` + turns,
				`message 3 has the role "system"; want at most one such message, the first`,
				`the last message has the role "assistant"; want "user"`,
				"the limit of the answer is -2 tokens; want 0 or more", "the temperature is -1; want a number of 0 or more",
				"the reply schema has no name", `the reply schema "" is not a JSON object`,
			},
		},
	} {
		err := test.req.Validate()
		if test.want == nil {
			assert.NoError(t, err, name)
			continue
		}
		assert.EqualError(t, err, strings.Join(test.want, "\n"), name)
	}
}

// conversation is the rule of the messages in another form.
var conversation = regexp.MustCompile(`^s?(ua)*u$`)

func TestEveryShortConversationIsJudgedByTheRule(t *testing.T) {
	t.Parallel()
	words, valid := []string{""}, 0
	for at := 0; at < len(words); at++ {
		word := words[at]
		err := talk(word).Validate()
		require.Equal(t, conversation.MatchString(word), err == nil, "%q: %v", word, err)
		if err == nil {
			valid++
		}
		if len(word) == 6 {
			continue
		}
		for _, letter := range "suac" {
			words = append(words, word+string(letter))
		}
	}
	assert.Len(t, words, 5461)
	assert.Equal(t, 6, valid, "u, uau and uauau, each with and without a system message")
}

func FuzzRequestValidate(f *testing.F) {
	f.Add("suau", 0, 0.7, "grade", []byte(`{"type":"object"}`))
	f.Add("", -1, -0.1, "", []byte("null"))
	f.Add("uu", 1, math.Inf(-1), "grade", []byte("{}{}"))
	f.Add("x", math.MinInt, math.NaN(), "", []byte("\ufeff{}"))
	f.Fuzz(func(t *testing.T, word string, limit int, temperature float64, name string, document []byte) {
		req := talk(word)
		req.MaxTokens, req.Temperature, req.Reply = limit, &temperature, &llm.Schema{Name: name, JSON: document}
		var object map[string]json.RawMessage
		decoded := json.Unmarshal(document, &object) == nil && object != nil
		want := conversation.MatchString(word) && limit >= 0 && temperature >= 0 && temperature <= math.MaxFloat64 && name != "" && decoded

		err := req.Validate()
		assert.Equal(t, want, err == nil, "%v", err)
		if err != nil && !strings.Contains(name, private) {
			assert.NotContains(t, err.Error(), private)
		}
	})
}

func TestRequestJSONRoundTrip(t *testing.T) {
	t.Parallel()
	temperature, seed := 0.0, int64(0)
	full := llm.Request{
		Messages:    []llm.Message{{Role: llm.System, Text: "s"}, {Role: llm.User, Text: "<b>"}},
		Reply:       &llm.Schema{Name: "grade", JSON: json.RawMessage(`{"properties":{"b":{},"a":{}}}`)},
		Temperature: &temperature,
		MaxTokens:   5,
		Seed:        &seed,
	}
	for name, req := range map[string]llm.Request{"zero": {}, "full": full} {
		b, err := json.Marshal(req)
		require.NoError(t, err, name)
		var got llm.Request
		require.NoError(t, json.Unmarshal(b, &got), name)
		assert.Equal(t, req, got, name)
	}
	b, err := json.Marshal(full)
	require.NoError(t, err)
	assert.Contains(t, string(b), `"temperature":0`, "a temperature of zero is not the default")
	assert.Contains(t, string(b), `{"properties":{"b":{},"a":{}}}`, "the order of the properties is kept")
}
