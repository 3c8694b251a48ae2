package exemplarllm

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

const (
	near = "whales sing long songs in the deep sea"
	far  = "whales and dogs do not live together here"
	goal = "whales sing long songs in the deep sea at night"
)

func TestTextIsFromTheNearestExampleWithThePredictedNumber(t *testing.T) {
	t.Parallel()
	// All texts are as long, so that the prediction is the mean of the scores, 2.
	const schema = `{"type":"object","properties":{"score":{"type":"integer","minimum":1,"maximum":4},"why":{"type":"string"}}}`
	got := reply(t, schema, goal,
		example{near, `{"score":1,"why":"near, another score"}`},
		example{"a b c d e f g h", `{"score":2,"why":"far, same score"}`},
		example{far, `{"score":2,"why":"nearer, same score"}`},
		example{"i j k l m n o p", `{"score":3,"why":"far, another score"}`},
	)
	assert.Equal(t, `{"score":2,"why":"nearer, same score"}`, got)
}

func TestTextIsFromTheNextNumberWhereNoneHasThePredictedOne(t *testing.T) {
	t.Parallel()
	const schema = `{"type":"object","properties":{"score":{"type":"integer","minimum":1,"maximum":9},"why":{"type":"string"}}}`
	got := reply(t, schema, "a b c d e f g h",
		example{near, `{"score":1,"why":"one"}`},
		example{far, `{"score":4,"why":"four"}`},
		example{far, `{"score":9,"why":" "}`},
		example{near + "!", `{"why":"without a number"}`},
	)
	assert.Equal(t, `{"score":5,"why":"four"}`, got)
}

func TestTextOnAScaleWithoutStepsToleratesATenthOfTheRange(t *testing.T) {
	t.Parallel()
	const schema = `{"type":"object","properties":{"score":{"type":"number","minimum":0,"maximum":1},"why":{"type":"string"}}}`
	got := reply(t, schema, goal,
		example{far, `{"score":0.49,"why":"closer number"}`},
		example{near, `{"score":0.53,"why":"more similar"}`},
		example{far + ".", `{"score":0,"why":"low"}`},
		example{far + "!", `{"score":1,"why":"high"}`},
	)
	assert.Contains(t, got, `"why":"more similar"`)
}

func TestTextGoesWithTheClosestNumber(t *testing.T) {
	t.Parallel()
	const schema = `{"type":"object","properties":{
		"a":{"type":"integer","minimum":1,"maximum":3},"why_a":{"type":"string"},
		"b":{"type":"integer","minimum":1,"maximum":3},"why_b":{"type":"string"}}}`
	got := reply(t, schema, "q r s t u v w x",
		example{near, `{"a":1,"why_a":"a1","b":3,"why_b":"b3"}`},
		example{"a b c d e f g h", `{"a":2,"why_a":"a2","b":1,"why_b":"b1"}`},
		example{"i j k l m n o p", `{"a":3,"why_a":"a3","b":2,"why_b":"b2"}`},
	)
	assert.Equal(t, `{"a":2,"why_a":"a2","b":2,"why_b":"b2"}`, got)
}

func TestTextGoesWithTheMeanOfTheNumbersInsideItsSiblings(t *testing.T) {
	t.Parallel()
	const schema = `{"type":"object","properties":{
		"summary":{"type":"string"},
		"scores":{"type":"object","properties":{"a":{"type":"integer","minimum":1,"maximum":5},"b":{"type":"integer","minimum":1,"maximum":5}}},
		"more":{"type":"array","items":{"type":"integer","minimum":1,"maximum":5}}}}`
	got := reply(t, schema, goal,
		example{near, `{"summary":"low","scores":{"a":1,"b":1},"more":[1]}`},
		example{"a b c d e f g h i", `{"summary":"middle","scores":{"a":5,"b":1},"more":[3]}`},
		example{"j k l m n o p q r", `{"summary":"high","scores":{"a":3,"b":5},"more":[5]}`},
	)
	assert.Contains(t, got, `"summary":"middle"`)
}

func TestTextInsideAnObjectGoesWithTheNumberOutside(t *testing.T) {
	t.Parallel()
	const schema = `{"type":"object","properties":{"score":{"type":"integer","minimum":1,"maximum":3},
		"feedback":{"type":"object","properties":{"why":{"type":"string"}}}}}`
	got := reply(t, schema, near+" today",
		example{near + " again", `{"score":1,"feedback":{"why":"one"}}`},
		example{"selahw gnis gnol sgnos ni eht peed aes yadot", `{"score":2,"feedback":{"why":"two"}}`},
		example{"lawehs ings nlog ngsos nn hte epde sae dayto", `{"score":3,"feedback":{"why":"three"}}`},
	)
	assert.Equal(t, `{"score":2,"feedback":{"why":"two"}}`, got)
}

func TestTextWithoutANumberIsFromTheNearestExample(t *testing.T) {
	t.Parallel()
	got := reply(t, `{"type":"string"}`, goal, example{far, `"far"`}, example{near, `"near"`})
	assert.Equal(t, `"near"`, got)
	got = reply(t, `{"type":"string"}`, goal, example{"a", `"first"`}, example{"b", `"second"`})
	assert.Equal(t, `"first"`, got, "nothing is similar: the first in sorted order")
}

func TestTextIsNeverACopyOfTheTarget(t *testing.T) {
	t.Parallel()
	const target = "Whales sing.\n\nThey  sing long songs."
	for name, copied := range map[string]string{
		"all of it":         target,
		"a part":            "sing long",
		"other white space": "They sing\tlong songs.",
		"other case":        "WHALES SING.",
		"other punctuation": "They sing: long, songs",
	} {
		got := reply(t, `{"type":"object","properties":{"why":{"type":"string"}}}`, target,
			example{"Whales sing.", `{"why":"` + jsonText(copied) + `"}`},
			example{"Dogs bark.", `{"why":"A remark."}`})
		assert.Equal(t, `{"why":"A remark."}`, got, name)
	}
	got := reply(t, `{"type":"string"}`, target, example{"Dogs bark.", `"sing long"`})
	assert.Equal(t, `"`+noText+`"`, got, "and nothing is said rather than a copy")
	for _, text := range []string{"Sing.", "songs", "hey sing"} {
		got := reply(t, `{"type":"string"}`, target, example{"Dogs bark.", `"` + text + `"`})
		assert.Equal(t, `"`+text+`"`, got, "a single word, or a part of one, is no copy")
	}
	assert.Equal(t, `"`+noText+`"`, reply(t, `{"type":"string"}`, "Routers", example{"Switches", `"routers."`}), "but the whole target is")
}

// jsonText returns the inside of a JSON string.
func jsonText(s string) string {
	b := appendString(nil, s)
	return string(b[1 : len(b)-1])
}

func TestTextHasTheLengthAskedFor(t *testing.T) {
	t.Parallel()
	examples := []example{{near, `"brief"`}, {far, `"ex\u00e9mplary and long"`}}
	assert.Equal(t, `"exémpla"`, reply(t, `{"type":"string","minLength":6,"maxLength":7}`, goal, examples...))
	assert.Equal(t, `"brief"`, reply(t, `{"type":"string","maxLength":7}`, goal, examples...))
	assert.Equal(t, `"`+noText+`"`, reply(t, `{"type":"string","minLength":40}`, goal, examples...))
	assert.Equal(t, `""`, reply(t, `{"type":"string","maxLength":0}`, goal, examples...))
}
