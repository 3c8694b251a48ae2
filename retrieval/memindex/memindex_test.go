package memindex_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/retrieval"
	"github.com/gloss-sdk/gloss/retrieval/memindex"
	"github.com/gloss-sdk/gloss/retrieval/retrievaltest"
)

func similarities() []memindex.Similarity {
	return []memindex.Similarity{memindex.TFIDFCosine, memindex.BM25}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, similarity := range similarities() {
		t.Run(string(similarity), func(t *testing.T) {
			t.Parallel()
			retrievaltest.RunConformance(t, func(t *testing.T, records []retrieval.Record) retrieval.Index {
				return newIndex(t, records, similarity)
			})
		})
	}
}

func newIndex(tb testing.TB, records []retrieval.Record, similarity memindex.Similarity, opts ...memindex.Option) *memindex.Index {
	tb.Helper()
	index, err := memindex.New(records, similarity, opts...)
	require.NoError(tb, err)
	return index
}

// texts makes records "a", "b", ... of texts.
func texts(texts ...string) []retrieval.Record {
	records := make([]retrieval.Record, len(texts))
	for i, text := range texts {
		records[i] = retrieval.Record{ID: string(rune('a' + i)), Text: text}
	}
	return records
}

func all(text string, k int) retrieval.Query {
	return retrieval.Query{Text: text, K: k, Scope: retrieval.Scope{Everything: true}}
}

func scores(tb testing.TB, index retrieval.Retriever, q retrieval.Query) map[string]float64 {
	tb.Helper()
	hits, err := index.Retrieve(context.Background(), q)
	require.NoError(tb, err)
	found := map[string]float64{}
	for _, hit := range hits {
		found[hit.Record.ID] = hit.Score
	}
	return found
}

func TestTFIDFCosineByHand(t *testing.T) {
	t.Parallel()
	index := newIndex(t, texts("red red rose", "red sky", "sea"), memindex.TFIDFCosine)
	// n = 3; df: red 2, rose 1, sky 1, sea 1.
	red, rare := math.Log(4.0/3)+1, math.Log(4.0/2)+1
	redTwice := (1 + math.Log(2)) * red
	want := map[string]float64{
		"a": redTwice / math.Hypot(redTwice, rare),
		"b": red / math.Hypot(red, rare),
	}
	assert.InDeltaMapValues(t, want, scores(t, index, all("Red!", 9)), 1e-15)

	// "mauve" is in no record and is not part of the query's length.
	assert.InDeltaMapValues(t, want, scores(t, index, all("red mauve", 9)), 1e-15)
	assert.InDelta(t, 1, scores(t, index, all("sky RED", 9))["b"], 1e-15, "the same bag of words")
}

func TestBM25ByHand(t *testing.T) {
	t.Parallel()
	records := texts("red red rose", "the red sky", "sea")
	// n = 3; df: red 2, rose 1; lengths 3, 2, 1 without the stop word, 2 on average.
	red, rose := math.Log(1+1.5/2.5), math.Log(1+2.5/1.5)
	part := func(tf, length, k1, b float64) float64 { return tf / (tf + k1*(1-b+b*length/2)) }

	got := scores(t, newIndex(t, records, memindex.BM25), all("the roses, the reds", 9))
	assert.InDeltaMapValues(t, map[string]float64{
		"a": red*part(2, 3, 1.2, .75) + rose*part(1, 3, 1.2, .75),
		"b": red * part(1, 2, 1.2, .75),
	}, got, 1e-15)

	got = scores(t, newIndex(t, records, memindex.BM25, memindex.WithBM25(0.9, 0)), all("red red", 9))
	assert.InDeltaMapValues(t, map[string]float64{"a": 2 * red * part(2, 3, 0.9, 0), "b": 2 * red * part(1, 2, 0.9, 0)}, got, 1e-15)

	spellings := newIndex(t, texts("rose Rose roses", "rose rose rose"), memindex.BM25)
	got = scores(t, spellings, all("ROSES", 9))
	assert.Len(t, got, 2)
	assert.Equal(t, got["b"], got["a"], "spellings of one stem are one term")

	got = scores(t, newIndex(t, records, memindex.BM25, memindex.WithBM25(0, 1)), all("red", 9))
	assert.InDeltaMapValues(t, map[string]float64{"a": red, "b": red}, got, 1e-15)
}

func TestStatisticsAreThoseOfTheScope(t *testing.T) {
	t.Parallel()
	records := texts("red sky", "red sea", "red rose", "red fox")
	for i := range records {
		records[i].Keys = retrieval.Keys{Class: "x", Student: records[i].ID, Document: records[i].ID}
	}
	for _, similarity := range similarities() {
		three := newIndex(t, records[:3], similarity)
		four := newIndex(t, records, similarity)
		want := scores(t, three, all("red rose", 9))
		require.Len(t, want, 3)
		assert.NotEqual(t, want["a"], scores(t, four, all("red rose", 9))["a"], "a fourth record changes the statistics of everything")
		for name, scope := range map[string]retrieval.Scope{
			"documents": {Documents: []string{"a", "b", "c"}},
			"exclusion": {Class: "x", ExcludeDocuments: []string{"d"}},
			"student":   {Everything: true, ExcludeStudent: "d"},
		} {
			assert.Equal(t, want, scores(t, four, retrieval.Query{Text: "red rose", K: 9, Scope: scope}), "%s by %s", similarity, name)
		}
	}
}

func TestNoSimilarityIsNoHit(t *testing.T) {
	t.Parallel()
	records := texts("the red sky", "", "!?", "sea")
	for _, similarity := range similarities() {
		index := newIndex(t, records, similarity)
		for _, query := range []string{"", "?", "mauve", "skylight"} {
			hits, err := index.Retrieve(t.Context(), all(query, 9))
			require.NoError(t, err)
			assert.Empty(t, hits, "%s for %q", similarity, query)
		}
		assert.Len(t, scores(t, index, all("sky", 9)), 1)
	}
	assert.Empty(t, scores(t, newIndex(t, records, memindex.BM25), all("the", 9)), "a stop word alone")
	assert.Len(t, scores(t, newIndex(t, records, memindex.TFIDFCosine), all("the", 9)), 1, "TF-IDF drops no words")
}

func TestNewReportsEveryProblem(t *testing.T) {
	t.Parallel()
	records := texts("one", "two", "three", "four")
	records[1].ID, records[3].ID = "", "a"
	_, err := memindex.New(records, "bm26", memindex.WithBM25(-1, 2), memindex.WithBM25(math.NaN(), math.Inf(1)))
	require.Error(t, err)
	for _, want := range []string{
		`record 1 has no ID`,
		`record 3 has the ID "a" of record 0`,
		`unknown similarity "bm26"; there are "tfidf_cosine" and "bm25"`,
		`WithBM25 is set, but the similarity is "bm26"`,
		`k1 is -1`, `b is 2`, `k1 is NaN`, `b is +Inf`,
	} {
		assert.ErrorContains(t, err, want)
	}

	_, err = memindex.New(nil, memindex.TFIDFCosine, memindex.WithBM25(1.2, .75))
	assert.ErrorContains(t, err, `the similarity is "tfidf_cosine"`)
	_, err = memindex.New(nil, "")
	assert.ErrorContains(t, err, `unknown similarity ""`)
}

func TestNewCopiesItsRecords(t *testing.T) {
	t.Parallel()
	records := texts("red", "sea", "sky")
	slices.Reverse(records)
	index := newIndex(t, records, memindex.BM25)
	assert.Equal(t, "c", records[0].ID, "the caller's order stays")
	records[0].Text = "changed"
	hits, err := index.Retrieve(t.Context(), all("sky", 1))
	require.NoError(t, err)
	require.Len(t, hits, 1)
	assert.Equal(t, "sky", hits[0].Record.Text)
}

func TestTheOrderOfRecordsDoesNotMatter(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 1))
	records := randomRecords(r, 60, 30)
	shuffled := slices.Clone(records)
	r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for _, similarity := range similarities() {
		one, other := newIndex(t, records, similarity), newIndex(t, shuffled, similarity)
		for range 20 {
			query := all(randomText(r, 30), 60)
			want, err := one.Retrieve(t.Context(), query)
			require.NoError(t, err)
			got, err := other.Retrieve(t.Context(), query)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	}
}

// TestFirstQueriesAtOnce asks a fresh index, whose statistics are not computed yet, from several goroutines.
func TestFirstQueriesAtOnce(t *testing.T) {
	t.Parallel()
	records := randomRecords(rand.New(rand.NewPCG(4, 1)), 300, 20)
	for _, similarity := range similarities() {
		want := scores(t, newIndex(t, records, similarity), all("waf wbg wcf", 300))
		index := newIndex(t, records, similarity)
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				hits, err := index.Retrieve(t.Context(), all("waf wbg wcf", 300))
				assert.NoError(t, err)
				for _, hit := range hits {
					assert.Equal(t, want[hit.Record.ID], hit.Score)
				}
				assert.Len(t, hits, len(want))
			})
		}
		wg.Wait()
	}
}

func TestScoresAreThoseOfTheFormula(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		records := randomRecords(r, 30, 40)
		query := randomText(r, 1+r.IntN(50))
		for similarity, want := range map[memindex.Similarity]map[string]float64{
			memindex.TFIDFCosine: plainTFIDF(records, query),
			memindex.BM25:        plainBM25(records, query, 1.2, .75),
		} {
			got := scores(t, newIndex(t, records, similarity), all(query, len(records)))
			require.InDeltaMapValues(t, want, got, 1e-12, "seed %d, %s", seed, similarity)
		}
	}
}

// doneAfter is a context that is done from its n-th look on.
type doneAfter struct {
	context.Context
	looks *int
}

func (c doneAfter) Err() error {
	if *c.looks--; *c.looks < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

func TestRetrieveStopsWhileScoring(t *testing.T) {
	t.Parallel()
	index := newIndex(t, randomRecords(rand.New(rand.NewPCG(1, 1)), 2000, 3), memindex.BM25)
	looks := 3
	_, err := index.Retrieve(doneAfter{t.Context(), &looks}, all("w1", 3))
	require.ErrorIs(t, err, context.DeadlineExceeded)

	seen, looks := 0, 5
	for _, err = range index.Records(doneAfter{t.Context(), &looks}) {
		seen++
	}
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, 6, seen, "five records and the error")
}

func TestManyScopes(t *testing.T) {
	t.Parallel()
	records := randomRecords(rand.New(rand.NewPCG(2, 1)), 600, 3)
	for i := range records {
		records[i].Keys.Class = records[i].ID
		records[i].Text += " shared"
	}
	index := newIndex(t, records, memindex.TFIDFCosine)
	for range 2 {
		for _, r := range records {
			got := scores(t, index, retrieval.Query{Text: "shared", K: 5, Scope: retrieval.Scope{Class: r.ID}})
			require.Len(t, got, 1)
			require.Contains(t, got, r.ID)
		}
	}
}

// randomRecords makes n records of up to limit words.
func randomRecords(r *rand.Rand, n, limit int) []retrieval.Record {
	records := make([]retrieval.Record, n)
	for i := range records {
		records[i] = retrieval.Record{ID: fmt.Sprintf("%05d", i), Text: randomText(r, r.IntN(limit+1))}
	}
	return records
}

// randomText makes a text of words "w0", "w1", ..., the first ones common, the later ones rare.
func randomText(r *rand.Rand, words int) string {
	var b strings.Builder
	for range words {
		fmt.Fprintf(&b, "w%c%c ", 'a'+min(r.IntN(20), r.IntN(20)), 'f'+r.IntN(2))
	}
	return b.String()
}
