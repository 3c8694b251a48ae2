package exemplarllm

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
)

// author writes random schemas, replies that fit them and essays.
type author struct{ *rand.Rand }

func (a author) essay() string {
	words := []string{"whales", "sing", "dogs", "bark", "the", "a", "of", "because", "however", "people", "evidence", "school", "I", "think"}
	var b strings.Builder
	for range 1 + a.IntN(12) {
		for range 1 + a.IntN(14) {
			b.WriteString(words[a.IntN(len(words))] + " ")
		}
		b.WriteString([]string{". ", "! ", ", ", ".\n\n"}[a.IntN(4)])
	}
	return b.String()
}

// schema returns a random schema as a tree of ordered fields.
func (a author) schema(depth int) object {
	kinds := 6
	if depth > 0 {
		kinds = 9
	}
	set := func(name, format string, args ...any) member {
		return member{name, json.RawMessage(fmt.Sprintf(format, args...))}
	}
	switch a.IntN(kinds) {
	case 0:
		low := a.IntN(5) - 2
		return object{set("type", `"integer"`), set("minimum", "%d", low), set("maximum", "%d", low+a.IntN(6))}
	case 1:
		step := []string{"0.1", "0.25", "0.5", "3"}[a.IntN(4)]
		if a.IntN(2) == 0 {
			return object{set("type", `"number"`), set("enum", "[0,%s,1e1,7]", step)}
		}
		return object{set("type", `"number"`), set("minimum", "0"), set("maximum", "%d", 3+a.IntN(20)), set("multipleOf", "%s", step)}
	case 2:
		return object{set("type", `["number","null"]`), set("maximum", "1")}
	case 3:
		return object{set("type", `"boolean"`)}
	case 4:
		return object{set("type", `"string"`), set("enum", `["red","green","blue","gray"]`)}
	case 5:
		return object{set("type", `"string"`), set("maxLength", "%d", 20+a.IntN(200)), set("minLength", "%d", a.IntN(3))}
	case 6:
		least := a.IntN(3)
		return object{set("type", `"array"`), {"items", a.schema(depth - 1)}, set("minItems", "%d", least), set("maxItems", "%d", least+a.IntN(4))}
	default:
		var properties object
		var required []string
		for i := range 1 + a.IntN(5) {
			name := fmt.Sprintf("%c%d", 'z'-i, a.IntN(100))
			properties = append(properties, member{name, a.schema(depth - 1)})
			if a.IntN(3) > 0 {
				required = append(required, name)
			}
		}
		return object{set("type", `"object"`), {"properties", properties}, set("required", "%s", keyOf(slices.Clip(append([]string{}, required...)))),
			set("additionalProperties", "false")}
	}
}

// reply returns a random value that fits a schema.
func (a author) reply(s *schema, essay string) any {
	if s.nullable && a.IntN(4) == 0 {
		return nil
	}
	switch s.kind {
	case kindNumber:
		low, high := s.scale.bounds()
		return s.scale.nearest(max(low, -50)+a.Float64()*(min(high, 50)-max(low, -50)), low, high)
	case kindChoice:
		return s.choices[a.IntN(len(s.choices))].literal
	case kindText:
		if a.IntN(2) == 0 {
			return cutRunes(firstWords(essay, 5)+"   ", s.maxLength)
		}
		return cutRunes("A remark on "+a.essay(), s.maxLength)
	case kindArray:
		out := array{}
		for range s.minItems + a.IntN(s.maxItems-s.minItems+1) {
			out = append(out, a.reply(s.items, essay))
		}
		return out
	default:
		var out object
		for _, p := range s.properties {
			if p.required || a.IntN(3) > 0 {
				out = append(out, member{p.name, a.reply(p.schema, essay)})
			}
		}
		return out
	}
}

// request returns a random request whose worked examples fit its schema.
func (a author) request(t *testing.T, k int) (llm.Request, *schema) {
	t.Helper()
	document := appendValue(nil, a.schema(3))
	s, err := readSchema(document)
	require.NoError(t, err, "%s", document)
	v, err := validator(document)
	require.NoError(t, err, "%s", document)
	var messages []llm.Message
	for range k {
		essay := a.essay()
		reply := string(appendValue(nil, a.reply(s, essay)))
		require.NoError(t, validate(v, reply), "the generator must write replies that fit: %s %s", document, reply)
		messages = append(messages, llm.Message{Role: llm.User, Text: essay}, llm.Message{Role: llm.Assistant, Text: reply})
	}
	messages = append(messages, llm.Message{Role: llm.User, Text: a.essay()})
	return llm.Request{Messages: messages, Reply: &llm.Schema{Name: "random", JSON: document}}, s
}

func generate(t *testing.T, req llm.Request) string {
	t.Helper()
	m, err := New()
	require.NoError(t, err)
	resp, err := m.Generate(t.Context(), req)
	require.NoError(t, err)
	return resp.Text
}

func TestEveryAnswerFitsItsSchema(t *testing.T) {
	t.Parallel()
	a := author{rand.New(rand.NewPCG(21, 22))}
	for range 400 {
		req, s := a.request(t, a.IntN(14))
		v, err := validator(req.Reply.JSON)
		require.NoError(t, err)
		answer := generate(t, req)
		require.NoError(t, validate(v, answer), "%s\n%s", req.Reply.JSON, answer)
		requireOrder(t, s, []byte(answer))
	}
}

// requireOrder checks that the properties of every object are in the order of its schema.
func requireOrder(t *testing.T, s *schema, answer json.RawMessage) {
	t.Helper()
	if string(answer) == "null" {
		return
	}
	switch s.kind {
	case kindObject:
		fields, err := readFields(answer)
		require.NoError(t, err)
		next := 0
		for _, f := range fields {
			i := slices.IndexFunc(s.properties, func(p property) bool { return p.name == f.name })
			require.GreaterOrEqual(t, i, next, "%s", answer)
			requireOrder(t, s.properties[i].schema, f.raw)
			next = i + 1
		}
	case kindArray:
		var list []json.RawMessage
		require.NoError(t, json.Unmarshal(answer, &list))
		for _, item := range list {
			requireOrder(t, s.items, item)
		}
	}
}

func TestTheAnswerDependsOnNothingButTheRequest(t *testing.T) {
	t.Parallel()
	a := author{rand.New(rand.NewPCG(23, 24))}
	for range 150 {
		req, _ := a.request(t, a.IntN(14))
		want := generate(t, req)
		assert.Equal(t, want, generate(t, req))

		shuffled := req
		shuffled.Messages = slices.Clone(req.Messages)
		a.Shuffle(len(req.Messages)/2, func(i, j int) {
			for r := range 2 {
				shuffled.Messages[2*i+r], shuffled.Messages[2*j+r] = shuffled.Messages[2*j+r], shuffled.Messages[2*i+r]
			}
		})
		assert.Equal(t, want, generate(t, shuffled), "the order of the examples changes nothing")

		temperature, seed := 1.5, int64(9)
		shuffled.Temperature, shuffled.Seed = &temperature, &seed
		assert.Equal(t, want, generate(t, shuffled))
	}
}

func TestNumbersStayInTheRangeOfTheExamples(t *testing.T) {
	t.Parallel()
	a := author{rand.New(rand.NewPCG(25, 26))}
	const schema = `{"type":"object","properties":{"n":{"type":"integer","minimum":-9,"maximum":99},"x":{"type":"number"}},"required":["n","x"]}`
	for range 300 {
		low, high := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
		var examples []example
		for range 1 + a.IntN(25) {
			v := [2]float64{float64(a.IntN(40)), a.NormFloat64()}
			examples = append(examples, example{a.essay(), fmt.Sprintf(`{"n":%v,"x":%v}`, v[0], v[1])})
			for i := range v {
				low[i], high[i] = min(low[i], v[i]), max(high[i], v[i])
			}
		}
		var got struct{ N, X float64 }
		require.NoError(t, json.Unmarshal([]byte(reply(t, schema, a.essay(), examples...)), &got))
		for i, v := range []float64{got.N, got.X} {
			assert.GreaterOrEqual(t, v, low[i])
			assert.LessOrEqual(t, v, high[i])
		}
	}
}

// TestAnEnumOfAScaleIsTheScale: a reply does not depend on whether the steps of a scale are written as multiples or as a list.
func TestAnEnumOfAScaleIsTheScale(t *testing.T) {
	t.Parallel()
	a := author{rand.New(rand.NewPCG(29, 30))}
	for _, of := range []struct{ stepped, listed string }{
		{`"type":"number","minimum":0,"maximum":3,"multipleOf":0.5`, `"type":"number","enum":[0,0.5,1,1.5,2,2.5,3],"minimum":0,"maximum":3`},
		{`"type":"number","minimum":-0.2,"maximum":0.3,"multipleOf":0.1`, `"type":"number","enum":[-0.2,-0.1,0,0.1,0.2,0.3]`},
		{`"type":"integer","minimum":0,"maximum":20,"multipleOf":5`, `"type":"integer","enum":[0,5,10,15,20],"minimum":0,"maximum":20`},
		{`"type":"integer","minimum":2,"maximum":8,"multipleOf":2`, `"type":"integer","enum":[8,2,6,4],"maximum":8,"minimum":2`},
	} {
		const format = `{"type":"object","properties":{"of":{"type":"array","items":{"type":"object","properties":{"n":{%[1]s},"why":{"type":"string"}},
			"required":["n"]}},"score":{%[1]s},"why":{"type":"string"}},"required":["score"]}`
		s, err := readSchema(fmt.Appendf(nil, format, of.stepped))
		require.NoError(t, err)
		score := s.properties[1].schema
		for k := range 40 {
			var examples []example
			for range k % 15 {
				one := func() string { return a.reply(score, "").(number).literal }
				examples = append(examples, example{a.essay(), fmt.Sprintf(`{"of":[{"n":%s,"why":"as %d"}],"score":%s,"why":"for %d"}`, one(), a.IntN(9), one(), a.IntN(9))})
			}
			target := a.essay()
			want := reply(t, fmt.Sprintf(format, of.stepped), target, examples...)
			assert.Equal(t, want, reply(t, fmt.Sprintf(format, of.listed), target, examples...))
		}
	}
}

func TestAScaleThatDoesNotCountFromZero(t *testing.T) {
	t.Parallel()
	const schema = `{"type":"object","properties":{"score":{"type":"integer","enum":[1,3,5],"minimum":1,"maximum":5}},"required":["score"]}`
	examples := scored(`{"score":%d}`, 1, 3, 5)
	for words, want := range map[int]string{10: `{"score":1}`, 30: `{"score":3}`, 500: `{"score":5}`} {
		assert.Equal(t, want, reply(t, schema, ofLength(words), examples...))
	}
	assert.Equal(t, `{"score":3}`, reply(t, schema, ofLength(10)), "without examples it is the middle")
}

func TestQuotesAreVerbatim(t *testing.T) {
	t.Parallel()
	a := author{rand.New(rand.NewPCG(27, 28))}
	const schema = `{"type":"object","properties":{"areas":{"type":"array","items":{"type":"object","properties":{
		"of":{"enum":["x","y","z"]},"quote":{"type":"string"}},"required":["of","quote"]}}}}`
	quotes := 0
	for range 200 {
		var examples []example
		for range 1 + a.IntN(8) {
			essay := a.essay()
			var items array
			for range a.IntN(3) {
				items = append(items, object{
					{"of", json.RawMessage(fmt.Sprintf("%q", string("xyz"[a.IntN(3)])))},
					{"quote", firstWords(essay[strings.LastIndex(essay[:a.IntN(len(essay))], " ")+1:], 2+a.IntN(5))},
				})
			}
			examples = append(examples, example{essay, string(appendValue(nil, object{{"areas", items}}))})
		}
		target := a.essay()
		var got struct{ Areas []struct{ Quote string } }
		require.NoError(t, json.Unmarshal([]byte(reply(t, schema, target, examples...)), &got))
		for _, area := range got.Areas {
			quotes++
			assert.Contains(t, target, area.Quote)
			assert.LessOrEqual(t, len(strings.Fields(area.Quote)), 20)
		}
	}
	assert.Greater(t, quotes, 100, "the generator must lead to quotations")
}

func FuzzGenerate(f *testing.F) {
	f.Add("Whales sing.", `{"score":3,"why":"good","areas":[{"of":"x","quote":"Whales sing."}]}`, "Dogs bark. They do.")
	f.Add("", `{"score":1e308,"areas":[{}]}`, "<submission>")
	f.Add("a", `{"score":null,"areas":[null,{"of":7}],"why":1}`, "a\xff.")
	f.Add("a", `[`, "</submission>")
	const document = `{"type":"object","properties":{"why":{"type":"string","maxLength":30},"score":{"type":"number","minimum":0,"maximum":5,"multipleOf":0.5},
		"free":{"type":["number","null"]},"areas":{"type":"array","minItems":1,"items":{"type":"object","properties":{"of":{"enum":["x","y"]},
		"quote":{"type":"string"}},"required":["of","quote"]}}},"required":["why","score","areas"]}`
	v, err := validator([]byte(document))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, essay, reply, target string) {
		req := llm.Request{
			Messages: turns(essay, reply, "Dogs bark.", `{"score":2,"why":"short","free":0.3,"areas":[]}`, target),
			Reply:    &llm.Schema{Name: "fuzz", JSON: json.RawMessage(document)},
		}
		answer := generate(t, req)
		assert.NoError(t, validate(v, answer), answer)
	})
}
