package stats_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/stats"
)

func TestAverageRepeatsReferenceValues(t *testing.T) {
	t.Parallel()
	// Rows 101, 001, 111, 010, given run by run rather than row by row.
	items := []string{"w", "x", "y", "z", "w", "x", "y", "z", "w", "x", "y", "z"}
	values := []float64{1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0}
	r, err := stats.AverageRepeats(items, values)
	require.NoError(t, err)
	assert.Equal(t, []string{"w", "x", "y", "z"}, r.Items)
	assert.InDeltaSlice(t, []float64{2. / 3, 1. / 3, 1, 1. / 3}, r.Means, 1e-15)
	assert.Equal(t, []int{3, 3, 3, 3}, r.Counts)
	near(t, .25, r.WithinVariance, "mean variance inside items")
	near(t, .10185185185185186, r.MeansVariance, "variance of item means")

	iv, err := stats.MeanInterval(r.Means, stats.Independent(len(r.Means)), 0)
	require.NoError(t, err)
	near(t, 7./12, iv.Point, "mean")
	near(t, .15957118462605635, iv.StdErr, "standard error over item means")
}

func TestAverageRepeatsOfUnequalCounts(t *testing.T) {
	t.Parallel()
	r, err := stats.AverageRepeats([]int{4, 2, 4, 9, 4}, []float64{1, 10, 2, 5, 6})
	require.NoError(t, err)
	assert.Equal(t, []int{4, 2, 9}, r.Items)
	assert.Equal(t, []float64{3, 10, 5}, r.Means)
	assert.Equal(t, []int{3, 1, 1}, r.Counts)
	near(t, 7, r.WithinVariance, "only the item with repeats")
	near(t, 13, r.MeansVariance, "variance of 3, 10, 5")
}

func TestAverageRepeatsUndefinedVariances(t *testing.T) {
	t.Parallel()
	r, err := stats.AverageRepeats([]int{1}, []float64{3})
	require.NoError(t, err)
	assert.Equal(t, "no item was measured more than once", r.WithinVariance.Reason())
	assert.Equal(t, "a variance needs at least 2 items, not 1", r.MeansVariance.Reason())

	r, err = stats.AverageRepeats[int](nil, nil)
	require.NoError(t, err)
	assert.Empty(t, r.Means)
	assert.False(t, r.MeansVariance.Defined())
}

func TestAverageRepeatsErrors(t *testing.T) {
	t.Parallel()
	_, err := stats.AverageRepeats([]int{1, 2}, []float64{1})
	require.EqualError(t, err, "stats: average repeats: 2 items and 1 values: want the item of every value")
	_, err = stats.AverageRepeats([]int{1, 2}, []float64{1, math.NaN()})
	require.ErrorContains(t, err, "values[1] is NaN")
}
