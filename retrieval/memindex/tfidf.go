package memindex

import (
	"iter"
	"math"
	"strings"
	"unicode"
)

// tfidf is [TFIDFCosine].
type tfidf struct{}

func (tfidf) words(text string) iter.Seq[string] {
	return strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool {
		return !isLetter(r) && !isApostrophe(r) && r != '@'
	})
}

func (tfidf) term(word string) string { return plainApostrophes(word) }

func (tfidf) weight(count int) float64 { return 1 + math.Log(float64(count)) }

// scorer computes the norms anew for every query: they depend on every document frequency, which one exclusion can change.
func (tfidf) scorer(p *pool, query vector) func(vector) float64 {
	n := float64(len(p.members))
	idf := p.idf(func(df float64) float64 { return math.Log((1+n)/(1+df)) + 1 })
	asked := make([]float64, len(idf))
	var askedSquare float64
	for i, t := range query.terms {
		if p.df[t] > 0 {
			asked[t] = query.weights[i] * idf[t]
			askedSquare += asked[t] * asked[t]
		}
	}
	return func(record vector) float64 {
		var dot, square float64
		for i, t := range record.terms {
			w := record.weights[i] * idf[t]
			dot += w * asked[t]
			square += w * w
		}
		if dot == 0 {
			return 0
		}
		return dot / math.Sqrt(askedSquare*square)
	}
}

func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) }

func isApostrophe(r rune) bool { return r == '\'' || r == '’' }

func plainApostrophes(word string) string { return strings.ReplaceAll(word, "’", "'") }
