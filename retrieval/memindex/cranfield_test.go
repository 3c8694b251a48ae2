package memindex_test

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/embed"
	"github.com/gloss-sdk/gloss/embed/hashembed"
	"github.com/gloss-sdk/gloss/internal/datatest"
	"github.com/gloss-sdk/gloss/retrieval"
	"github.com/gloss-sdk/gloss/retrieval/memindex"
)

// TestCranfield measures nDCG@10 on the Cranfield collection (1,400 abstracts, 225 queries), the text field alone. The
// reference for BM25 is .375, computed independently; hashed n-grams, which offer to stand in for an embedder, fall behind it.
func TestCranfield(t *testing.T) {
	t.Parallel()
	c := loadCranfield(t)
	ndcg := map[memindex.Similarity]float64{}
	for _, similarity := range similarities() {
		index := newIndex(t, c.records, similarity)
		ndcg[similarity] = c.meanNDCG(func(query string) []string {
			hits, err := index.Retrieve(t.Context(), all(query, 10))
			require.NoError(t, err)
			found := make([]string, len(hits))
			for i, hit := range hits {
				found[i] = hit.Record.ID
			}
			return found
		})
	}
	hashed := c.meanNDCG(c.hashed(t))
	t.Logf("nDCG@10 on Cranfield: bm25 %.4f, tfidf_cosine %.4f, hashed n-grams %.4f",
		ndcg[memindex.BM25], ndcg[memindex.TFIDFCosine], hashed)
	assert.InDelta(t, .375, ndcg[memindex.BM25], .01)
	assert.Less(t, hashed, ndcg[memindex.BM25]-.02)
}

type cranfield struct {
	records  []retrieval.Record
	queries  []string
	relevant []map[string]float64 // gain by record, of each query
}

func loadCranfield(t *testing.T) cranfield {
	t.Helper()
	dir := datatest.Dir(t, "cranfield")
	var c cranfield
	document := regexp.MustCompile(`(?s)<docno>(\d+)</docno>.*?<text>(.*?)</text>`)
	for _, m := range document.FindAllStringSubmatch(read(t, dir, "cran.all.1400.xml"), -1) {
		c.records = append(c.records, retrieval.Record{ID: m[1], Text: m[2]})
	}
	query := regexp.MustCompile(`(?s)<top>.*?<title>(.*?)</title>`)
	for _, m := range query.FindAllStringSubmatch(read(t, dir, "cran.qry.xml"), -1) {
		c.queries = append(c.queries, m[1])
		c.relevant = append(c.relevant, map[string]float64{})
	}
	for line := range strings.Lines(read(t, dir, "cranqrel.trec.txt")) {
		var (
			number, unused int
			record         string
			gain           float64
		)
		_, err := fmt.Sscan(line, &number, &unused, &record, &gain)
		require.NoError(t, err, line)
		c.relevant[number-1][record] = gain // judgements number the queries by their place in the file
	}
	require.Len(t, c.records, 1400)
	require.Len(t, c.queries, 225)
	return c
}

func read(t *testing.T, elem ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elem...))
	require.NoError(t, err)
	return string(data)
}

// meanNDCG is the mean over the queries of nDCG@10 with linear gains.
func (c cranfield) meanNDCG(search func(query string) []string) float64 {
	var sum float64
	for i, query := range c.queries {
		var found, ideal []float64
		for _, id := range search(query) {
			found = append(found, c.relevant[i][id])
		}
		for _, gain := range c.relevant[i] {
			ideal = append(ideal, gain)
		}
		slices.SortFunc(ideal, func(a, b float64) int { return cmp.Compare(b, a) })
		sum += discounted(found) / discounted(ideal)
	}
	return sum / float64(len(c.queries))
}

func discounted(gains []float64) float64 {
	var sum float64
	for i, gain := range gains[:min(10, len(gains))] {
		sum += gain / math.Log2(float64(i+2))
	}
	return sum
}

// hashed searches by the cosine of hashed n-grams.
func (c cranfield) hashed(t *testing.T) func(query string) []string {
	embedder, err := hashembed.New()
	require.NoError(t, err)
	texts := make([]string, len(c.records))
	for i, r := range c.records {
		texts[i] = r.Text
	}
	vectors, err := embedder.Embed(t.Context(), embed.Document, texts)
	require.NoError(t, err)
	return func(query string) []string {
		asked, err := embedder.Embed(t.Context(), embed.Query, []string{query})
		require.NoError(t, err)
		similarity := make([]float64, len(vectors))
		order := make([]int, len(vectors))
		for i, v := range vectors {
			order[i] = i
			for j, x := range v {
				similarity[i] += float64(x) * float64(asked[0][j])
			}
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(similarity[b], similarity[a]) })
		found := make([]string, 10)
		for i := range found {
			found[i] = c.records[order[i]].ID
		}
		return found
	}
}
