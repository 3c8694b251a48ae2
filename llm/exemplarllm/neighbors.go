package exemplarllm

import (
	"math"
	"slices"
)

// term is a word of a text with its weight.
type term struct {
	word   int
	weight float64
}

// lexicon numbers the words of the shown texts and knows how rare each of them is.
type lexicon struct {
	words  map[string]int
	rarity []float64 // inverse document frequency, by word
}

// count returns the distinct words of a text, in the order of their numbers, weighted by 1+ln of how often they occur.
func (l *lexicon) count(words []string) []term {
	ids := make([]int, len(words))
	for i, w := range words {
		id, known := l.words[w]
		if !known {
			id = len(l.words)
			l.words[w] = id
		}
		ids[i] = id
	}
	slices.Sort(ids)
	terms := make([]term, 0, len(ids))
	for start := 0; start < len(ids); {
		next := start
		for next < len(ids) && ids[next] == ids[start] {
			next++
		}
		terms = append(terms, term{word: ids[start], weight: 1 + math.Log(float64(next-start))})
		start = next
	}
	return terms
}

// weigh turns the counts of all shown texts into TF-IDF vectors of unit length, in place. The inverse document frequency of
// a word is ln((1+n)/(1+texts with the word)) + 1.
func (l *lexicon) weigh(texts [][]term) {
	l.rarity = make([]float64, len(l.words))
	for _, terms := range texts {
		for _, t := range terms {
			l.rarity[t.word]++
		}
	}
	for i, df := range l.rarity {
		l.rarity[i] = math.Log(float64(1+len(texts))/(1+df)) + 1
	}
	for _, terms := range texts {
		square := 0.0
		for i := range terms {
			terms[i].weight *= l.rarity[terms[i].word]
			square += terms[i].weight * terms[i].weight
		}
		for i := range terms {
			terms[i].weight /= math.Sqrt(square)
		}
	}
}

// cosine returns the similarity of two vectors of unit length.
func cosine(a, b []term) float64 {
	sum := 0.0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].word < b[j].word:
			i++
		case a[i].word > b[j].word:
			j++
		default:
			sum += a[i].weight * b[j].weight
			i++
			j++
		}
	}
	return sum
}

// neighbors predicts the score of the held text: the mean score of the other examples of s, weighted by similarity. Where
// nothing is similar it is the plain mean.
func neighbors(s sample, held int) float64 {
	similar := s.toTarget
	if held >= 0 {
		similar = s.between[held]
	}
	sum, weights := 0.0, 0.0
	for i, y := range s.scores {
		if i != held {
			sum += similar[i] * y
			weights += similar[i]
		}
	}
	centre, low, high := s.center(held)
	if weights == 0 {
		return centre
	}
	return min(max(sum/weights, low), high)
}
