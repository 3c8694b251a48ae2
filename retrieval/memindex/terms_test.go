package memindex

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func terms(m measure, text string) []string {
	var found []string
	for w := range m.words(text) {
		if t := m.term(w); t != "" {
			found = append(found, t)
		}
	}
	return found
}

func TestTerms(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		text        string
		tfidf, bm25 string
	}{
		{"", "", ""},
		{" \n\t.,;", "", ""},
		{"The cats, running!", "the cats running", "cat run"},
		{"Don't -- don’t", "don't don't", "don't don't"},
		{"the teacher's 'own' words", "the teacher's 'own' words", "teacher own word"},
		{"@PERSON1 and @CAPS2", "@person and @caps", "person1 caps2"},
		{"CO2 in 1969", "co in", "co2 1969"},
		{"well-known", "well known", "well known"},
		{"end.The next", "end the next", "end next"},
		{"Éléphants ÜBER", "éléphants über", "éléphant über"},
		{"e\u0301te\u0301", "e\u0301te\u0301", "e\u0301te\u0301"},
		{"Привет, мир", "привет мир", "привет мир"},
		{"a\xffb \xc3", "a b", "b"},
		{"''' ’", "''' '", ""},
		{"not in it", "not in it", ""},
	} {
		assert.Equal(t, strings.Fields(row.tfidf), append([]string{}, terms(tfidf{}, row.text)...), "tfidf of %q", row.text)
		assert.Equal(t, strings.Fields(row.bm25), append([]string{}, terms(bm25{}, row.text)...), "bm25 of %q", row.text)
	}
}

func TestStopWords(t *testing.T) {
	t.Parallel()
	count := 0
	for _, w := range strings.Fields(`a about an and are as at be but by for if in into is it no not of on or such that the
		their then there these they this to was were will with`) {
		if isStopWord(w) {
			count++
		}
	}
	assert.Equal(t, 33, count)
	assert.False(t, isStopWord("were"))
}

func TestTermNumbersFollowTheAlphabet(t *testing.T) {
	t.Parallel()
	x := lexicon{numbers: map[string]int32{"a": 0, "b": 1, "c": 2}, weight: bm25{}.weight}
	v := x.vector(map[string]int{"c": 2, "zebra": 7, "a": 1})
	assert.Equal(t, vector{terms: []int32{0, 2}, weights: []float64{1, 2}, length: 3}, v)
}

func FuzzTerms(f *testing.F) {
	for _, seed := range []string{"The cats' running’s", "'''", "\xff\xfea", "𐐀bc İstanbul", "yyyy's'", "ééé’ée"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, m := range []measure{tfidf{}, bm25{}} {
			found := terms(m, text)
			for _, term := range found {
				require.False(t, strings.ContainsFunc(term, unicode.IsSpace), "%T: term %q", m, term)
			}
			counts := bag(text, m.words, remembered(m.term))
			slices.Sort(found)
			require.Equal(t, slices.Compact(found), slices.Sorted(maps.Keys(counts)))
		}
	})
}
