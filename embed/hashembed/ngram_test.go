package hashembed

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNGramsOfWords(t *testing.T) {
	t.Parallel()
	for text, grams := range map[string][]string{
		"":     nil,
		"-- ?": nil,
		"a":    {" a "},
		"Ab":   {" ab", "ab ", " ab "},
		"leaf": {" le", "lea", "eaf", "af ", " lea", "leaf", "eaf ", " leaf", "leaf "},
		"a-a":  {" a ", " a "},
		"éß2":  {" éß", "éß2", "ß2 ", " éß2", "éß2 ", " éß2 "},
	} {
		want := make([]uint64, len(grams))
		for i, gram := range grams {
			want[i] = hash(gram)
		}
		assert.ElementsMatch(t, want, hashes(text), "%q", text)
	}
}

// TestHashSpreads requires that neither the sign nor the place of similar n-grams follows their letters.
func TestHashSpreads(t *testing.T) {
	t.Parallel()
	const places = 16
	negative, taken := 0, make([]int, places)
	for _, a := range "abcdefghijklmnop" {
		for _, b := range "abcdefghijklmnop" {
			h := hash(" " + string(a) + string(b))
			negative += int(h >> 63)
			taken[h%places]++
		}
	}
	assert.InDelta(t, 128, negative, 32, "half of 256, within four standard deviations")
	assert.Greater(t, slices.Min(taken), 2, "16 per place on average")
	assert.Less(t, slices.Max(taken), 36)
}
