package exemplarllm

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func vectors(texts ...string) [][]term {
	l := lexicon{words: map[string]int{}}
	var out [][]term
	for _, text := range texts {
		out = append(out, l.count(splitWords(text)))
	}
	l.weigh(out)
	return out
}

func TestTermWeightsByHand(t *testing.T) {
	t.Parallel()
	// Of two texts "cat" is in both and "dog" in one: the weights before scaling are 1 * (ln(3/3)+1) and (1+ln 2) * (ln(3/2)+1).
	v := vectors("cat dog dog", "cat")
	cat, dog := 1.0, (1+math.Log(2))*(math.Log(1.5)+1)
	length := math.Hypot(cat, dog)
	assert.Len(t, v[0], 2)
	assert.InDelta(t, cat/length, v[0][0].weight, 1e-12)
	assert.InDelta(t, dog/length, v[0][1].weight, 1e-12)
	assert.InDelta(t, cat/length, cosine(v[0], v[1]), 1e-12)
}

func TestCosine(t *testing.T) {
	t.Parallel()
	v := vectors("the cat sat", "sat the cat cat", "a dog ran", "")
	assert.InDelta(t, 1, cosine(v[0], v[0]), 1e-12)
	assert.Greater(t, cosine(v[0], v[1]), .9)
	assert.Less(t, cosine(v[0], v[1]), 1.0)
	assert.InDelta(t, cosine(v[0], v[1]), cosine(v[1], v[0]), 0)
	assert.Zero(t, cosine(v[0], v[2]))
	assert.Zero(t, cosine(v[0], v[3]))
	assert.Zero(t, cosine(v[3], v[3]), "an empty text is similar to nothing")
}

func TestNeighborsIsTheWeightedMean(t *testing.T) {
	t.Parallel()
	s := sample{scores: []float64{1, 4}, features: make([]features, 2), toTarget: []float64{.1, .3}}
	assert.InDelta(t, (.1*1+.3*4)/.4, neighbors(s, target), 1e-12)
	s.toTarget = []float64{0, 0}
	assert.InDelta(t, 2.5, neighbors(s, target), 1e-12, "the mean where nothing is similar")
	s.toTarget = []float64{0, 1}
	assert.InDelta(t, 4, neighbors(s, target), 1e-12)
}
