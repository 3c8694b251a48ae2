package memindex_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/retrieval"
	"github.com/gloss-sdk/gloss/retrieval/memindex"
)

const (
	poolSize   = 2000
	essayWords = 350
)

// essays makes a pool of essays whose words are drawn by Zipf's law from a vocabulary of 30,000, one of four per student.
func essays() []retrieval.Record {
	r := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(r, 1.1, 8, 30_000)
	records := make([]retrieval.Record, poolSize)
	for i := range records {
		var b strings.Builder
		for range essayWords {
			fmt.Fprintf(&b, "%s ", spell(zipf.Uint64()))
		}
		records[i] = retrieval.Record{ID: fmt.Sprintf("e%04d", i), Text: b.String(), Keys: retrieval.Keys{
			Class: "c", Student: fmt.Sprintf("s%d", i/4), Document: fmt.Sprintf("e%04d", i)}}
	}
	return records
}

// spell writes a number in letters, common words short.
func spell(n uint64) string {
	word := string(rune('a' + n%26))
	for n /= 26; n > 0; n /= 26 {
		word += string(rune('a' + n%26))
	}
	return word + "o"
}

func BenchmarkRetrieve(b *testing.B) {
	records := essays()
	for _, similarity := range similarities() {
		index := newIndex(b, records, similarity)
		for _, query := range []struct {
			name  string
			text  string
			scope retrieval.Scope
		}{
			{"short", "ao bo cado", retrieval.Scope{Class: "c"}},
			{"essay", records[7].Text, retrieval.Scope{Class: "c"}},
			{"essay without one student", records[7].Text,
				retrieval.Scope{Class: "c", ExcludeStudent: "s1", ExcludeDocuments: []string{"e0007"}}},
		} {
			b.Run(fmt.Sprintf("%s/%s", similarity, query.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					_, err := index.Retrieve(b.Context(), retrieval.Query{Text: query.text, K: 20, Scope: query.scope})
					require.NoError(b, err)
				}
			})
		}
	}
}

func BenchmarkNew(b *testing.B) {
	records := essays()
	for _, similarity := range similarities() {
		b.Run(string(similarity), func(b *testing.B) {
			for b.Loop() {
				_, err := memindex.New(records, similarity)
				require.NoError(b, err)
			}
		})
	}
}
