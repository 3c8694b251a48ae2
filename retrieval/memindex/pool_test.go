package memindex

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/retrieval"
)

func TestPoolIsExactlyTheScope(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 3))
		var records []retrieval.Record
		for i := range 1 + r.IntN(30) {
			records = append(records, retrieval.Record{
				ID:   fmt.Sprintf("%02d", i),
				Text: fmt.Sprintf("w%d x%d x%d y", r.IntN(3), r.IntN(5), r.IntN(9)),
				Keys: retrieval.Keys{Class: string(rune('a' + r.IntN(2))), Student: string(rune('p' + r.IntN(3))),
					Document: fmt.Sprint(r.IntN(4)), Time: time.Unix(int64(r.IntN(4)), 0)},
			})
		}
		x, err := New(records, BM25)
		require.NoError(t, err)
		for _, s := range []retrieval.Scope{
			{Everything: true},
			{Class: "a", ExcludeStudent: "p"},
			{Class: "b", ExcludeDocuments: []string{"0", "3"}, Before: time.Unix(2, 0)},
			{Documents: []string{"1", "2"}, ExcludeStudent: "q"},
			{Documents: []string{}, ExcludeStudent: "q"},
			{Class: "a", ExcludeStudent: "nobody"},
			{Class: "a", Before: time.Unix(-5, 0)},
		} {
			got, want := x.pool(s), x.gather(s)
			require.Equal(t, want.df, got.df, "seed %d, %+v", seed, s)
			require.Equal(t, want.length, got.length)
			require.True(t, slices.Equal(want.members, got.members), "want %v, got %v", want.members, got.members)
		}
	}
}

func TestPoolsAreKept(t *testing.T) {
	t.Parallel()
	x, err := New([]retrieval.Record{{ID: "a", Text: "one", Keys: retrieval.Keys{Class: "c", Document: "d"}}}, BM25)
	require.NoError(t, err)
	first := x.pool(retrieval.Scope{Class: "c"})
	assert.Same(t, first, x.pool(retrieval.Scope{Class: "c"}))
	assert.NotSame(t, first, x.pool(retrieval.Scope{Class: "c", Documents: []string{"d"}}))
	assert.NotSame(t, x.pool(retrieval.Scope{Documents: []string{"a", "b"}}), x.pool(retrieval.Scope{Documents: []string{`a" "b`}}))
	for i := range 3 * maxPools {
		x.pool(retrieval.Scope{Class: fmt.Sprint(i)})
		require.LessOrEqual(t, len(x.pools), maxPools)
	}
}

func TestPoolKeepsNoCallersSlice(t *testing.T) {
	t.Parallel()
	x, err := New([]retrieval.Record{{ID: "a", Text: "one", Keys: retrieval.Keys{Document: "d"}}}, BM25)
	require.NoError(t, err)
	names := []string{"d"}
	require.Len(t, x.pool(retrieval.Scope{Documents: names}).members, 1)
	names[0] = "e"
	assert.Empty(t, x.pool(retrieval.Scope{Documents: names}).members)
	assert.Len(t, x.pool(retrieval.Scope{Documents: []string{"d"}}).members, 1)
}

func TestRankingIsAFullSort(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 4))
		n := r.IntN(60)
		var want []scored
		best := ranking{k: r.IntN(n + 1)}
		for i := range n {
			score := float64(r.IntN(8)) / 4
			best.add(i, score)
			if score > 0 {
				want = append(want, scored{i, score})
			}
		}
		slices.SortStableFunc(want, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
		want = want[:min(best.k, len(want))]
		require.True(t, slices.Equal(want, best.sorted()), "seed %d, k %d: want %v, got %v", seed, best.k, want, best.sorted())
	}
}
