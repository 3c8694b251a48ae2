package memindex_test

import (
	"math"
	"strings"

	"github.com/gloss-sdk/gloss/retrieval"
)

// The formulas, written as they are printed, for texts of words that no stemmer changes and single spaces.

func counts(text string) map[string]float64 {
	found := map[string]float64{}
	for w := range strings.FieldsSeq(text) {
		found[w]++
	}
	return found
}

func frequencies(records []retrieval.Record) map[string]float64 {
	df := map[string]float64{}
	for _, r := range records {
		for w := range counts(r.Text) {
			df[w]++
		}
	}
	return df
}

func plainTFIDF(records []retrieval.Record, query string) map[string]float64 {
	df, n := frequencies(records), float64(len(records))
	vector := func(text string) (map[string]float64, float64) {
		v, square := map[string]float64{}, 0.0
		for w, tf := range counts(text) {
			if df[w] > 0 {
				v[w] = (1 + math.Log(tf)) * (math.Log((1+n)/(1+df[w])) + 1)
				square += v[w] * v[w]
			}
		}
		return v, math.Sqrt(square)
	}
	asked, askedNorm := vector(query)
	found := map[string]float64{}
	for _, r := range records {
		v, norm := vector(r.Text)
		var dot float64
		for w, x := range asked {
			dot += x * v[w]
		}
		if dot > 0 {
			found[r.ID] = dot / norm / askedNorm
		}
	}
	return found
}

func plainBM25(records []retrieval.Record, query string, k1, b float64) map[string]float64 {
	df, n := frequencies(records), float64(len(records))
	var total float64
	for _, r := range records {
		total += float64(len(strings.Fields(r.Text)))
	}
	found := map[string]float64{}
	for _, r := range records {
		length := float64(len(strings.Fields(r.Text)))
		held := counts(r.Text)
		for w := range strings.FieldsSeq(query) {
			if tf := held[w]; tf > 0 {
				found[r.ID] += math.Log(1+(n-df[w]+.5)/(df[w]+.5)) * tf / (tf + k1*(1-b+b*length/(total/n)))
			}
		}
	}
	return found
}
