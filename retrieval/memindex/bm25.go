package memindex

import (
	"iter"
	"math"
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
)

// maxK1 is far beyond the largest k1 that makes sense and keeps every score finite.
const maxK1 = 1000

// bm25 is [BM25].
type bm25 struct{ k1, b float64 }

func (bm25) words(text string) iter.Seq[string] {
	return strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool {
		return !isLetter(r) && !unicode.IsNumber(r) && !isApostrophe(r)
	})
}

func (bm25) term(word string) string {
	word = strings.Trim(plainApostrophes(word), "'")
	if isStopWord(word) {
		return ""
	}
	env := snowballstem.NewEnv(word)
	english.Stem(env)
	return env.Current()
}

func (bm25) weight(count int) float64 { return float64(count) }

func (m bm25) scorer(p *pool, query vector) func(vector) float64 {
	n := float64(len(p.members))
	idf := p.idf(func(df float64) float64 { return math.Log(1 + (n-df+0.5)/(df+0.5)) })
	asked := make([]float64, len(idf))
	for i, t := range query.terms {
		asked[t] = query.weights[i] * idf[t]
	}
	average := float64(p.length) / n
	return func(record vector) float64 {
		penalty := m.k1 * (1 - m.b + m.b*float64(record.length)/average)
		var sum float64
		for i, t := range record.terms {
			tf := record.weights[i]
			sum += asked[t] * tf / (tf + penalty) // a branch on asked[t] costs more than adding its zeros
		}
		return sum
	}
}

// isStopWord reports whether a word is one of the 33 of Lucene's English analyzer.
func isStopWord(word string) bool {
	switch word {
	case "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no", "not",
		"of", "on", "or", "such", "that", "the", "their", "then", "there", "these", "they", "this", "to", "was", "will", "with":
		return true
	}
	return false
}
