package exemplarllm

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const quoteSchema = `{"type":"object","properties":{"quote":{"type":"string"}},"required":["quote"]}`

func TestQuoteIsTheSentenceMostLikeTheDonors(t *testing.T) {
	t.Parallel()
	target := "I like most animals a lot. In my opinion, dogs should be allowed in schools.  They can help us to learn."
	got := reply(t, quoteSchema, target,
		example{"Cats sleep all day long. In my opinion, cats should be allowed in schools. They are quiet and warm.",
			`{"quote":"In my opinion, cats should be allowed"}`})
	assert.Equal(t, `{"quote":"In my opinion, dogs should be allowed in schools."}`, got)
}

func TestQuoteWithoutOverlapIsAtTheSamePlace(t *testing.T) {
	t.Parallel()
	target := "One two three four. Five six seven eight. Nine ten eleven twelve."
	for quote, want := range map[string]string{
		"ab ac ad ae.": "One two three four.",
		"bb bc bd be.": "Five six seven eight.",
		"cb cc cd ce.": "Nine ten eleven twelve.",
	} {
		got := reply(t, quoteSchema, target, example{"ab ac ad ae. bb bc bd be. cb cc cd ce.", `{"quote":"` + quote + `"}`})
		assert.Equal(t, `{"quote":"`+want+`"}`, got)
	}
}

func TestQuoteOfATextWithoutWords(t *testing.T) {
	t.Parallel()
	got := reply(t, quoteSchema, "1 2 3 4. 5 6 7 8.", example{"9 9 9 9. 0 0 0 0.", `{"quote":"0 0 0 0."}`})
	assert.Equal(t, `{"quote":"5 6 7 8."}`, got)
}

func TestQuoteIsAtMostTwentyWords(t *testing.T) {
	t.Parallel()
	got := reply(t, quoteSchema, strings.Repeat("on  and\non ", 20)+".", example{"A quoted sentence here.", `{"quote":"quoted sentence"}`})
	assert.Equal(t, `{"quote":"`+jsonText(strings.Repeat("on  and\non ", 6)+"on  and")+`"}`, got, "white space is kept as it is")
}

func TestQuoteIsRecognizedByTheExamples(t *testing.T) {
	t.Parallel()
	quoted := func(n int) []example {
		var out []example
		for i := range n {
			text := "Some sentence number " + string(rune('a'+i)) + " of an essay. And more."
			out = append(out, example{text, `{"quote":"sentence   number ` + string(rune('a'+i)) + `"}`})
		}
		return out
	}
	remark := example{"Another essay about a thing.", `{"quote":"Well done indeed."}`}
	for name, test := range map[string]struct {
		examples []example
		isQuote  bool
	}{
		"one, and it is":     {quoted(1), true},
		"one, and it is not": {[]example{remark}, false},
		"four of five":       {append(quoted(4), remark), true},
		"three of four":      {append(quoted(3), remark), false},
		"empty ones aside":   {append(quoted(1), example{"Empty.", `{"quote":" "}`}, example{"None.", `{}`}), true},
		"single words":       {[]example{{"A good essay.", `{"quote":"good"}`}}, false},
		"no examples":        {nil, false},
	} {
		got := reply(t, quoteSchema, "The target speaks of a sentence.", test.examples...)
		assert.Equal(t, test.isQuote, strings.Contains(got, "The target speaks of a sentence."), "%s: %s", name, got)
	}
}

func TestQuoteOfATargetWithoutSentences(t *testing.T) {
	t.Parallel()
	e := example{"A quoted sentence here.", `{"quote":"quoted sentence","quotes":["quoted sentence"],"items":[{"quote":"quoted sentence","why":"good"}]}`}
	const item = `{"type":"object","properties":{"quote":{"type":"string"},"why":{"type":"string"}}}`
	got := reply(t, `{"type":"object","properties":{"quote":{"type":"string"},"quotes":{"type":"array","items":{"type":"string"}},
		"items":{"type":"array","items":`+item+`},"at_least":{"type":"array","minItems":1,"items":`+item+`}}}`, " \n ", e)
	assert.Equal(t, `{"quote":"","quotes":[],"items":[]}`, got)

	got = reply(t, `{"type":"object","properties":{"items":{"type":"array","minItems":1,"items":`+item+`}}}`, "", e)
	assert.Equal(t, `{"items":[{"quote":"","why":"good"}]}`, got, "an item that the schema demands stays")

	got = reply(t, `{"type":"object","properties":{"quote":{"type":"string","minLength":1}}}`, "", e)
	assert.Equal(t, `{"quote":"`+noText+`"}`, got)
}

func TestQuotesOfOneReplyDifferAsLongAsThereAreOthers(t *testing.T) {
	t.Parallel()
	const schema = `{"type":"object","properties":{"quotes":{"type":"array","items":{"type":"string"}},"quote":{"type":"string"}}}`
	e := example{"The first one is here. The second one is here. The third one is here.",
		`{"quotes":["The first one is here.","The first one is","The first one"],"quote":"The first one is here."}`}
	assert.Equal(t, `{"quotes":["The first point is this.","The second point is this."],"quote":"The first point is this."}`,
		reply(t, schema, "The first point is this. The second point is this.", e))
}

func TestQuoteIsForTheBestDonorThatQuotes(t *testing.T) {
	t.Parallel()
	const schema = `{"type":"object","properties":{"score":{"type":"integer","minimum":1,"maximum":3},"quote":{"type":"string"}},"required":["quote"]}`
	examples := []example{
		{"Alpha beta gamma omega. Cats and dogs eat hay.", `{"score":2,"quote":" "}`},
		{"Alpha beta gamma delta. Cats and dogs eat fish.", `{"score":2,"quote":"Cats and dogs eat fish."}`},
		{"Alpha beta gamma delta. Cats and dogs eat meat.", `{"score":1,"quote":"Alpha beta gamma delta."}`},
		{"Alpha beta gamma delta. Cats and dogs eat rice.", `{"score":3,"quote":"Alpha beta gamma delta."}`},
	}
	got := reply(t, schema, "Alpha beta gamma omega. Cats and dogs eat soup.", examples...)
	assert.Equal(t, `{"score":2,"quote":"Cats and dogs eat soup."}`, got)
}

func TestQuoteForAValueThatNoExampleRaised(t *testing.T) {
	t.Parallel()
	got := reply(t, `{"type":"array","minItems":2,"items":{"type":"object","properties":{"of":{"enum":["x","y"]},"quote":{"type":"string"}},"required":["of","quote"]}}`,
		"The first one is this. The second one is this.",
		example{"One is here for us. Another is there for us.", `[{"of":"y","quote":"Another is there"}]`})
	assert.Equal(t, `[{"of":"y","quote":"The second one is this."},{"of":"x","quote":"The first one is this."}]`, got,
		"without a donor it is the first sentence that was not quoted")
}

func TestRareWordsCountMoreInAQuote(t *testing.T) {
	t.Parallel()
	examples := []example{
		{"The whales of old.", `{"quote":"The whales"}`},
		{"x the of.", `{}`}, {"y the of.", `{}`}, {"z the of.", `{}`},
	}
	got := reply(t, quoteSchema, "See the ab ac. See whales ad ae.", examples...)
	assert.Equal(t, `{"quote":"See whales ad ae."}`, got)
	got = reply(t, quoteSchema, "See ab ac the. See ad ae af.", examples...)
	assert.Equal(t, `{"quote":"See ab ac the."}`, got)
}

func TestSplitSentences(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                                 nil,
		" \n\t":                            nil,
		"one":                              {"one"},
		"This is the first. This is next!": {"This is the first.", "This is next!"},
		"He said \u201cthis is it.\u201d So we left then.":          {"He said \u201cthis is it.\u201d", "So we left then."},
		"It costs 3.50 dollars or so. Buy it.":                      {"It costs 3.50 dollars or so.", "Buy it."},
		"Mr. Smith went to town. Yes. He did.":                      {"Mr. Smith went to town.", "Yes. He did."},
		"My Title\n\nThe text is here":                              {"My Title", "The text is here"},
		"a line\r\n \r\nanother":                                    {"a line", "another"},
		"one line\nand its rest":                                    {"one line\nand its rest"},
		"  What is it? It is   this one...  ":                       {"What is it? It is   this one..."},
		"\u00c9t\u00e9 comme hiver, on va. L\u00e0-bas on est bien": {"\u00c9t\u00e9 comme hiver, on va.", "L\u00e0-bas on est bien"},
	} {
		var got []string
		for _, s := range splitSentences(text) {
			got = append(got, s.text)
			assert.Equal(t, strings.Index(text, s.text), int(s.place*float64(len(text))+.5), text)
		}
		assert.Equal(t, want, got, text)
	}
}

func FuzzSplitSentences(f *testing.F) {
	for _, seed := range []string{"", "A b c d. E", "a.\n\nb", "\"x.\" y z. \u201d.", "\xff. a b c d. \xf0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rest := text
		for _, s := range splitSentences(text) {
			before, after, found := strings.Cut(rest, s.text)
			assert.True(t, found, "verbatim and in order")
			assert.Empty(t, strings.TrimSpace(before), "nothing is left out")
			assert.NotEmpty(t, strings.TrimSpace(s.text))
			assert.GreaterOrEqual(t, s.place, 0.0)
			assert.Less(t, s.place, 1.0)
			quote := firstWords(s.text, maxQuote)
			assert.True(t, strings.HasPrefix(s.text, quote))
			assert.LessOrEqual(t, len(strings.Fields(quote)), maxQuote)
			rest = after
		}
		assert.Empty(t, strings.TrimSpace(rest))
	})
}

func TestFirstWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "a": "a", "a b": "a b", " a  b\tc d": " a  b", "\u00e9t\u00e9\u00a0ici l\u00e0": "\u00e9t\u00e9\u00a0ici"} {
		assert.Equal(t, want, firstWords(text, 2), text)
	}
}
