package memindex

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/retrieval"
)

// vector is a text as an index sees it.
type vector struct {
	terms   []int32   // ascending
	weights []float64 // of terms
	length  int       // counted terms of the text
}

// lexicon numbers the terms of an index in the order of their letters. The order of the sums of a score is that of the numbers, so
// it must not depend on which other records an index holds.
type lexicon struct {
	numbers map[string]int32
	weight  func(count int) float64
}

// analyze makes the lexicon of records and their vectors.
func analyze(records []retrieval.Record, m measure) (lexicon, []vector) {
	term := remembered(m.term)
	numbers := map[string]int32{}
	bags := make([]map[string]int, len(records))
	for i, r := range records {
		bags[i] = bag(r.Text, m.words, term)
		for t := range bags[i] {
			numbers[t] = 0
		}
	}
	for i, t := range slices.Sorted(maps.Keys(numbers)) {
		numbers[t] = int32(i)
	}
	x := lexicon{numbers: numbers, weight: m.weight}
	vectors := make([]vector, len(records))
	for i := range bags {
		vectors[i] = x.vector(bags[i])
	}
	return x, vectors
}

// vector leaves out the terms that no record of the index holds.
func (x lexicon) vector(counts map[string]int) vector {
	byNumber := make(map[int32]int, len(counts))
	for t, count := range counts {
		if number, known := x.numbers[t]; known {
			byNumber[number] = count
		}
	}
	v := vector{terms: slices.Sorted(maps.Keys(byNumber)), weights: make([]float64, len(byNumber))}
	for i, number := range v.terms {
		v.weights[i] = x.weight(byNumber[number])
		v.length += byNumber[number]
	}
	return v
}

// bag counts the terms of a text.
func bag(text string, words func(string) iter.Seq[string], term func(string) string) map[string]int {
	spellings := map[string]int{}
	for w := range words(text) {
		spellings[w]++
	}
	counts := make(map[string]int, len(spellings))
	for w, count := range spellings {
		if t := term(w); t != "" {
			counts[t] += count
		}
	}
	return counts
}

// remembered returns term without its repeated work; stemming is most of the cost of building an index.
func remembered(term func(string) string) func(string) string {
	known := map[string]string{}
	return func(word string) string {
		t, ok := known[word]
		if !ok {
			t = strings.Clone(term(word)) // a term must not keep the whole text alive that it is cut from
			known[word] = t
		}
		return t
	}
}
