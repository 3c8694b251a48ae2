package exemplarllm

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const criterionItem = `{"type":"object","properties":{"of":{"enum":["claim","style","evidence"]},"text":{"type":"string"}},"required":["of","text"]}`

func TestArrayHasTheMeanNumberOfItems(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		bounds  string
		replies []string
		want    int
	}{
		"rounded up":   {``, []string{`["a","b"]`, `["c"]`}, 2},
		"rounded down": {``, []string{`["a"]`, `["b"]`, `["c","d"]`}, 1},
		"empty ones":   {``, []string{`[]`, `[]`, `["c"]`}, 0},
		"at least":     {`,"minItems":3`, []string{`["a"]`}, 3},
		"at most":      {`,"maxItems":1`, []string{`["a","b","c"]`}, 1},
		"no arrays":    {``, []string{`"a"`, `7`}, 0},
	} {
		var examples []example
		for i, r := range test.replies {
			examples = append(examples, example{string(rune('a' + i)), r})
		}
		var got []string
		require.NoError(t, json.Unmarshal([]byte(reply(t, `{"type":"array","items":{"type":"string"}`+test.bounds+`}`, "target", examples...)), &got))
		assert.Len(t, got, test.want, name)
	}
}

func TestArrayOfTextsIsTheNearestExamplesAndThenTheNextOnes(t *testing.T) {
	t.Parallel()
	got := reply(t, `{"type":"array","items":{"type":"string"}}`, goal,
		example{far, `["far one","near one","far two"]`},
		example{near, `["near one","","whales sing long","near one"]`},
		example{"a b c", `["unlike"]`})
	assert.Equal(t, `["near one","far one","far two"]`, got, "no text twice, no empty one, no copy of the target")
}

func TestArrayOfTextsIsFilledUpWhereTheSchemaDemandsIt(t *testing.T) {
	t.Parallel()
	got := reply(t, `{"type":"array","items":{"type":"string"},"minItems":2}`, goal, example{near, `["only one","only one"]`})
	assert.Equal(t, `["only one","`+noText+`"]`, got)
}

func TestItemsAreForTheValuesRaisedMostOften(t *testing.T) {
	t.Parallel()
	got := reply(t, `{"type":"array","items":`+criterionItem+`}`, goal,
		example{"a b", `[{"of":"evidence","text":"e1"},{"of":"style","text":"s1"}]`},
		example{"c d", `[{"of":"evidence","text":"e2"},{"of":"style","text":"s2"}]`},
		example{"e f", `[{"of":"evidence","text":"e3"},{"of":"claim","text":"c3"}]`},
	)
	assert.Equal(t, `[{"of":"evidence","text":"e1"},{"of":"style","text":"s1"}]`, got)
}

func TestItemsOfSimilarTextsCountMore(t *testing.T) {
	t.Parallel()
	got := reply(t, `{"type":"array","items":`+criterionItem+`}`, goal,
		example{far, `[{"of":"claim","text":"c1"}]`},
		example{"a b sea", `[{"of":"claim","text":"c2"}]`},
		example{near, `[{"of":"style","text":"s3"}]`},
	)
	assert.Equal(t, `[{"of":"style","text":"s3"}]`, got)
}

func TestItemIsFromTheNearestExampleThatRaisedItsValue(t *testing.T) {
	t.Parallel()
	got := reply(t, `{"type":"array","items":`+criterionItem+`}`, goal,
		example{"a b", `[{"of":"claim","text":"unlike"}]`},
		example{far, `[{"of":"claim","text":"farther"}]`},
		example{far + " now", `[{"of":"claim","text":"farther"}]`},
		example{near + " now", `[{"of":"claim","text":"nearer"}]`},
		example{near, `[{"of":"style","text":"nearest, but of style"}]`},
		example{near + ".", `[{"text":"nearest, but of nothing"}]`},
	)
	assert.Equal(t, `[{"of":"claim","text":"nearer"}]`, got)
}

func TestItemsRepeatAValueOnlyWhereTheExamplesCommonlyDo(t *testing.T) {
	t.Parallel()
	once := `[{"of":"claim","text":"c"},{"of":"style","text":"s"}]`
	twice := `[{"of":"claim","text":"c1"},{"of":"claim","text":"c2"},{"of":"claim","text":"c3"},{"of":"style","text":"s"}]`
	values := func(replies ...string) []string {
		var examples []example
		for i, r := range replies {
			examples = append(examples, example{string(rune('a' + i)), r})
		}
		var items []struct{ Of, Text string }
		require.NoError(t, json.Unmarshal([]byte(reply(t, `{"type":"array","items":`+criterionItem+`}`, "target", examples...)), &items))
		var out []string
		for _, item := range items {
			out = append(out, item.Of+" "+item.Text)
		}
		return out
	}
	assert.Equal(t, []string{"claim c1", "claim c2", "claim c3", "style s"}, values(twice))
	assert.Equal(t, []string{"claim c1", "claim c2", "style s"}, values(twice, once, twice)[:3], "each is the next one of its value")
	assert.Equal(t, []string{"claim c", "style s"}, values(once, twice), "half is not commonly: two of the three items that are due")
}

func TestArraysBesideEachOtherShareNoValueUnlessAnExampleDoes(t *testing.T) {
	t.Parallel()
	const schema = `{"type":"object","properties":{
		"strengths":{"type":"array","items":` + criterionItem + `},
		"improvements":{"type":"array","items":` + criterionItem + `}}}`
	item := func(of string) string { return `[{"of":"` + of + `","text":"t"}]` }
	examples := []example{
		{"a", `{"strengths":` + item("claim") + `,"improvements":` + item("style") + `}`},
		{"b", `{"strengths":` + item("style") + `,"improvements":` + item("claim") + `}`},
		{"c", `{"strengths":` + item("claim") + `,"improvements":` + item("evidence") + `}`},
		{"d", `{"strengths":` + item("evidence") + `,"improvements":` + item("claim") + `}`},
		{"e", `{"strengths":` + item("claim") + `,"improvements":` + item("style") + `}`},
	}
	assert.Equal(t, `{"strengths":`+item("claim")+`,"improvements":`+item("style")+`}`, reply(t, schema, "target", examples...))

	examples = append(examples,
		example{"f", `{"strengths":` + item("claim") + `,"improvements":` + item("claim") + `}`},
	)
	assert.Equal(t, `{"strengths":`+item("claim")+`,"improvements":`+item("claim")+`}`, reply(t, schema, "target", examples...))
}

func TestTheArrayThatRaisesAValueMoreOftenGetsIt(t *testing.T) {
	t.Parallel()
	const schema = `{"type":"object","properties":{
		"strengths":{"type":"array","items":{"enum":["claim","style"]}},
		"other":{"type":"array","items":{"enum":["claim","style","evidence"]}},
		"improvements":{"type":"array","items":{"enum":["claim","style"]}}}}`
	examples := []example{
		{"a", `{"strengths":["style"],"improvements":["claim"],"other":["claim"]}`},
		{"b", `{"strengths":["claim"],"improvements":[],"other":["claim"]}`},
		{"c", `{"strengths":[],"improvements":["claim"],"other":["claim"]}`},
		{"d", `{"strengths":["claim"],"improvements":["style"],"other":["claim"]}`},
		{"e", `{"strengths":["style"],"improvements":["claim"],"other":["claim"]}`},
	}
	assert.Equal(t, `{"strengths":["style"],"other":["claim"],"improvements":["claim"]}`, reply(t, schema, "target", examples...),
		"an array with another enum is no sibling")
}

func TestItemsOfAnEnumAreTheValuesRaisedMostOften(t *testing.T) {
	t.Parallel()
	got := reply(t, `{"type":"array","items":{"enum":["a","b","c"]}}`, "target",
		example{"x", `["c","b"]`}, example{"y", `["c","a"]`}, example{"z", `["b","c","nothing"]`})
	assert.Equal(t, `["c","b"]`, got)
}

func TestTheEnumWithTheMostValuesTellsItemsApart(t *testing.T) {
	t.Parallel()
	got := reply(t, `{"type":"array","items":{"type":"object","properties":{
		"kind":{"enum":["praise","issue"]},"of":{"enum":["claim","style","evidence"]}}}}`, "target",
		example{"x", `[{"kind":"issue","of":"claim"},{"kind":"issue","of":"style"}]`},
		example{"y", `[{"kind":"issue","of":"claim"},{"kind":"praise","of":"evidence"}]`},
		example{"z", `[{"kind":"praise","of":"style"},{"kind":"praise","of":"evidence"}]`})
	assert.Equal(t, `[{"kind":"issue","of":"claim"},{"kind":"issue","of":"style"}]`, got)
}

func TestChoicesAndWordsOfAnItemBelongTogether(t *testing.T) {
	t.Parallel()
	got := reply(t, `{"type":"array","items":{"type":"object","properties":{
		"kind":{"enum":["praise","question"]},"of":{"enum":["claim","style","evidence"]},"text":{"type":"string"}}}}`, goal,
		example{far, `[{"kind":"praise","of":"claim","text":"Well said."}]`},
		example{far + " now", `[{"kind":"praise","of":"claim","text":"A good line."}]`},
		example{near, `[{"kind":"question","of":"claim","text":"Who says so?"}]`})
	assert.Equal(t, `[{"kind":"question","of":"claim","text":"Who says so?"}]`, got, "praise has the votes, but the words ask")
}

func TestItemsWithoutAnEnumAreToldApartByTheirPosition(t *testing.T) {
	t.Parallel()
	got := reply(t, `{"type":"array","items":{"type":"object","properties":{"text":{"type":"string"},"n":{"type":"integer"}}}}`, goal,
		example{near, `[{"text":"n1","n":1},{"text":"n2","n":7}]`},
		example{far, `[{"text":"f1","n":1},{"text":"f2","n":7},{"text":"f3","n":9}]`})
	assert.Equal(t, `[{"text":"n1","n":1},{"text":"n2","n":7},{"text":"f3","n":9}]`, got)
}

func TestItemsThatTheSchemaDemandsAreOfTheLeastUsedValues(t *testing.T) {
	t.Parallel()
	got := reply(t, `{"type":"array","minItems":5,"items":{"enum":["a","b","c"]}}`, "target", example{"x", `["b"]`})
	assert.Equal(t, `["b","a","c","a","b"]`, got)
}

func TestNullAndAbsentArraysTakeNoValues(t *testing.T) {
	t.Parallel()
	const list = `{"type":["array","null"],"items":{"enum":["a","b"]}}`
	const schema = `{"type":"object","properties":{"x":` + list + `,"y":` + list + `},"required":["y"]}`
	got := reply(t, schema, "target",
		example{"1", `{"x":["a"],"y":["b"]}`}, example{"2", `{"y":["a"]}`}, example{"3", `{"y":["a"]}`})
	assert.Equal(t, `{"y":["a"]}`, got)
	got = reply(t, schema, "target",
		example{"1", `{"x":["b"],"y":["a"]}`}, example{"2", `{"x":["a"],"y":null}`}, example{"3", `{"x":["a"],"y":null}`})
	assert.Equal(t, `{"x":["a"],"y":null}`, got)
	got = reply(t, schema, "target",
		example{"1", `{"x":["a"],"y":["b"]}`}, example{"2", `{"x":null,"y":["a"]}`}, example{"3", `{"x":null,"y":["a"]}`})
	assert.Equal(t, `{"x":null,"y":["a"]}`, got)
}

func TestArraysOfArrays(t *testing.T) {
	t.Parallel()
	got := reply(t, `{"type":"array","items":{"type":"array","items":{"type":"integer","minimum":0,"maximum":9}}}`, "a b c",
		example{"d e f", `[[1,2],[3]]`}, example{"g h i", `[[3,4],[5]]`}, example{"j k l", `[[2,3],[4],[]]`})
	assert.Equal(t, `[[2,3],[4]]`, got)
}

func TestArraysOfOtherThingsTeachNothing(t *testing.T) {
	t.Parallel()
	got := reply(t, `{"type":"object","properties":{"of":{"type":"array","items":{"enum":["a","b"]}},"n":{"type":"array","items":{"type":"boolean"}}}}`,
		"target", example{"x", `{"of":"b","n":{"a":1}}`}, example{"y", `{"of":["b"],"n":[true]}`}, example{"z", `{"of":7,"n":null}`})
	assert.Equal(t, `{"of":["b"],"n":[true]}`, got)
}

func TestTextsOfAnArrayGoWithThePredictedNumber(t *testing.T) {
	t.Parallel()
	const schema = `{"type":"object","properties":{"steps":{"type":"array","items":{"type":"string"}},"score":{"type":"integer","minimum":1,"maximum":3}}}`
	got := reply(t, schema, near+" today",
		example{near + " again", `{"score":1,"steps":["one"]}`},
		example{"selahw gnis gnol sgnos ni eht peed aes yadot", `{"score":2,"steps":["two"]}`},
		example{"lawehs ings nlog ngsos nn hte epde sae dayto", `{"score":3,"steps":["three"]}`},
	)
	assert.Equal(t, `{"steps":["two"],"score":2}`, got)
}

func TestItemsBeyondTheExamplesRepeatTheirTexts(t *testing.T) {
	t.Parallel()
	got := reply(t, `{"type":"array","minItems":4,"items":`+criterionItem+`}`, "target",
		example{"x", `[{"of":"claim","text":"c"},{"of":"style","text":"s"}]`})
	assert.Equal(t, `[{"of":"claim","text":"c"},{"of":"style","text":"s"},{"of":"evidence","text":"`+noText+`"},{"of":"claim","text":"c"}]`, got)
}
