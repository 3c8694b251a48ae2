package exemplarllm

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSplitWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                               {},
		" \n.,;1234":                     {},
		"Don't stop":                     {"don't", "stop"},
		"@PERSON1 said: \"Yes!\"":        {"@person", "said", "yes"},
		"well-known A1b2":                {"well", "known", "a", "b"},
		"caf\u00e9s ma\u00f1ana":         {"caf", "s", "ma", "ana"},
		"end":                            {"end"},
		"tabs\tand\nlines":               {"tabs", "and", "lines"},
		"trailing space ":                {"trailing", "space"},
		"\u201cquoted\u201d rock'n'roll": {"quoted", "rock'n'roll"},
	} {
		assert.Equal(t, want, splitWords(text), text)
	}
}

func TestMeasureByHand(t *testing.T) {
	t.Parallel()
	// 9 words of 2+3+3+4+7+8+3+3+3 = 36 letters; "the" and "cat" twice, so 7 distinct; two long words; 2 sentences; 1 comma.
	text := "So the cat, like another creature... The cat ran!"
	got := measure(text, splitWords(text), 7)
	want := features{math.Log(10), math.Log(8), 4.5, 4, 2.0 / 9, 100.0 / 9}
	assert.InDeltaSlice(t, want[:], got[:], 1e-12)
}

func TestMeasureOfATextWithoutWords(t *testing.T) {
	t.Parallel()
	assert.Equal(t, features{}, measure("", nil, 0))
	assert.Equal(t, features{5: 300}, measure("1, 2, 3,", nil, 0))
	assert.Equal(t, features{math.Log(2), math.Log(2), 1, 3, 0, 0}, measure("end", splitWords("end"), 1), "no full stop is one sentence")
}

func TestSentenceEnds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"": 0, "one": 0, "one.": 1, "one... two": 1, "one?! two.": 2, "...": 1, ". . .": 3,
	} {
		assert.Equal(t, want, sentenceEnds(text), text)
	}
}

func FuzzSplitWords(f *testing.F) {
	for _, seed := range []string{"", "Don't stop, @PERSON1!", "a--b\xff'c'", "\u00e9t\u00e9"} {
		f.Add(seed)
	}
	word := regexp.MustCompile(`[A-Za-z@']+`)
	ends := regexp.MustCompile(`[.!?]+`)
	f.Fuzz(func(t *testing.T, text string) {
		want := []string{}
		for _, w := range word.FindAllString(text, -1) {
			want = append(want, strings.ToLower(w))
		}
		assert.Equal(t, want, splitWords(text))
		assert.Len(t, ends.FindAllString(text, -1), sentenceEnds(text))
	})
}
