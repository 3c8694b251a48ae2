package eval_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval"
)

// requirePartition checks that each sample is held out once and known in all other folds, and returns the fold of each.
func requirePartition(t *testing.T, f eval.Folds, n int) []int {
	t.Helper()
	foldOf := make([]int, n)
	times := make([]int, n)
	for i := range f.Len() {
		known, held := f.Split(i)
		require.NotEmpty(t, held)
		require.NotEmpty(t, known)
		require.True(t, slices.IsSorted(known))
		require.True(t, slices.IsSorted(held))
		all := slices.Sorted(slices.Values(slices.Concat(known, held)))
		for place, p := range all {
			require.Equal(t, place, p)
		}
		require.Len(t, all, n)
		for _, p := range held {
			foldOf[p] = i
			times[p]++
		}
	}
	require.Equal(t, slices.Repeat([]int{1}, n), times)
	return foldOf
}

func sizes(f eval.Folds) []int {
	var s []int
	for i := range f.Len() {
		_, held := f.Split(i)
		s = append(s, len(held))
	}
	return s
}

func TestFoldsArePartitions(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		n := 2 + r.IntN(60)
		k := 2 + r.IntN(n-1)
		f, err := eval.RandomFolds(n, k, seed)
		require.NoError(t, err)
		require.Equal(t, k, f.Len())
		requirePartition(t, f, n)
		require.LessOrEqual(t, slices.Max(sizes(f))-slices.Min(sizes(f)), 1)

		keys := make([]string, n)
		groups := map[string]bool{}
		for i := range keys {
			keys[i] = fmt.Sprint("w", r.IntN(1+n/2))
			groups[keys[i]] = true
		}
		if len(groups) < 2 {
			continue
		}
		byGroup, err := eval.GroupFolds(keys)
		require.NoError(t, err)
		require.Equal(t, len(groups), byGroup.Len())
		requireGroupsWhole(t, keys, requirePartition(t, byGroup, n))

		k = 2 + r.IntN(len(groups)-1)
		byK, err := eval.GroupKFolds(keys, k)
		require.NoError(t, err)
		require.Equal(t, k, byK.Len())
		requireGroupsWhole(t, keys, requirePartition(t, byK, n))
	}
}

func requireGroupsWhole(t *testing.T, keys []string, foldOf []int) {
	t.Helper()
	of := map[string]int{}
	for i, key := range keys {
		if f, seen := of[key]; seen {
			require.Equal(t, f, foldOf[i], "group %s crosses folds", key)
		}
		of[key] = foldOf[i]
	}
}

func TestRandomFoldsAreFixedByTheirSeed(t *testing.T) {
	t.Parallel()
	one, err := eval.RandomFolds(30, 5, 1)
	require.NoError(t, err)
	again, err := eval.RandomFolds(30, 5, 1)
	require.NoError(t, err)
	two, err := eval.RandomFolds(30, 5, 2)
	require.NoError(t, err)
	assert.Equal(t, one, again)
	assert.NotEqual(t, one, two)
	_, held := one.Split(0)
	assert.Equal(t, []int{5, 14, 16, 18, 25, 28}, held, "the draw is pinned: it must not change with the Go release")
}

func TestRandomFoldsPutEverySampleAnywhere(t *testing.T) {
	t.Parallel()
	counts := make([]int, 4)
	for seed := range uint64(4000) {
		f, err := eval.RandomFolds(4, 4, seed)
		require.NoError(t, err)
		_, held := f.Split(0)
		counts[held[0]]++
	}
	for place, n := range counts {
		assert.InDelta(t, 1000, n, 150, "sample %d", place)
	}
}

func TestGroupFoldsFollowTheirKeys(t *testing.T) {
	t.Parallel()
	f, err := eval.GroupFolds([]string{"b", "a", "", "b", "", "a"})
	require.NoError(t, err)
	var all [][]int
	for i := range f.Len() {
		_, held := f.Split(i)
		all = append(all, held)
	}
	assert.Equal(t, [][]int{{0, 3}, {1, 5}, {2}, {4}}, all)

	f, err = eval.GroupKFolds([]string{"s", "l", "l", "l", "m", "m", "x", "y"}, 3)
	require.NoError(t, err)
	all = nil
	for i := range f.Len() {
		_, held := f.Split(i)
		all = append(all, held)
	}
	assert.Equal(t, [][]int{{1, 2, 3}, {4, 5, 7}, {0, 6}}, all)
}

func TestFoldsRefuseWhatCannotBeDivided(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		make func() (eval.Folds, error)
		want string
	}{
		{func() (eval.Folds, error) { return eval.RandomFolds(5, 1, 0) }, "1 folds of 5 samples"},
		{func() (eval.Folds, error) { return eval.RandomFolds(5, 6, 0) }, "6 folds of 5 samples"},
		{func() (eval.Folds, error) { return eval.RandomFolds(-1, 2, 0) }, "2 folds of -1 samples"},
		{func() (eval.Folds, error) { return eval.GroupFolds([]string{"a", "a"}) }, "2 samples make 1 groups"},
		{func() (eval.Folds, error) { return eval.GroupFolds(nil) }, "0 samples make 0 groups"},
		{func() (eval.Folds, error) { return eval.GroupKFolds([]string{"a", "b"}, 3) }, "3 folds of 2 groups"},
		{func() (eval.Folds, error) { return eval.GroupKFolds([]string{"a", "b"}, 1) }, "1 folds of 2 groups"},
	} {
		f, err := tc.make()
		require.ErrorContains(t, err, tc.want)
		assert.Zero(t, f.Len())
	}
	f, err := eval.RandomFolds(5, 2, 0)
	require.NoError(t, err)
	for _, i := range []int{-1, 2} {
		known, held := f.Split(i)
		assert.Empty(t, known)
		assert.Empty(t, held)
	}
}
