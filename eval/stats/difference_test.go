package stats_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/stats"
)

// Ten items scored by two systems; reference values from scipy.
var (
	before = []float64{.61, .72, .55, .80, .43, .68, .74, .59, .66, .71}
	after  = []float64{.66, .75, .54, .86, .50, .70, .79, .63, .66, .78}
)

func TestMeanDifferenceReferenceValues(t *testing.T) {
	t.Parallel()
	d, err := stats.MeanDifference(before, after, stats.Independent(10), 0)
	require.NoError(t, err)
	near(t, .038, d.Point, "mean difference")
	near(t, .027808871486152294, d.SD, "sd")
	near(t, .008793937305515283, d.StdErr, "standard error")
	near(t, 4.321158848399747, d.T, "t")
	near(t, .0019298991444983266, d.P, "p")
	near(t, 1.3664704092333444, d.EffectSize, "d_z")
	near(t, .018106731735633392, d.Low, "low")
	near(t, .057893268264366624, d.High, "high")
	assert.Equal(t, 9, d.DF)
	assert.Equal(t, stats.StudentT, d.Method)

	d, err = stats.MeanDifference([]float64{2, 3, 3, 5, 7}, []float64{1, 2, 3, 4, 5}, stats.Independent(5), 0)
	require.NoError(t, err)
	near(t, -3.162277660168379, d.T, "t")
	near(t, .034109423167409635, d.P, "p")
}

func TestClusteredMeanDifferenceReferenceValues(t *testing.T) {
	t.Parallel()
	base := make([]float64, 8)
	other := []float64{.1, .2, 0, .3, -.1, .2, .1, 0}
	d, err := stats.MeanDifference(base, other, stats.ClusterBy([]int{0, 0, 1, 1, 2, 2, 3, 3}), 0)
	require.NoError(t, err)
	near(t, .1, d.Point, "mean difference")
	near(t, .02886751345948129, d.StdErr, "clustered standard error")
	near(t, .1/.02886751345948129, d.T, "t uses the clustered standard error")
	near(t, .1/(.046291004988627565*math.Sqrt(8)), d.EffectSize, "d_z uses the items' sd")
	assert.Equal(t, 3, d.DF)
	assert.Equal(t, stats.ClusterT, d.Method)

	plain, err := stats.MeanDifference(base, other, stats.Independent(8), 0)
	require.NoError(t, err)
	near(t, .046291004988627565, plain.StdErr, "standard error of independent items")
}

func TestMeanDifferenceIsTheMeanIntervalOfDifferences(t *testing.T) {
	t.Parallel()
	diffs := make([]float64, len(before))
	for i := range diffs {
		diffs[i] = after[i] - before[i]
	}
	clusters := stats.ClusterBy(modulo(10, 5))
	want, err := stats.MeanInterval(diffs, clusters, .9)
	require.NoError(t, err)
	got, err := stats.MeanDifference(before, after, clusters, .9)
	require.NoError(t, err)
	assert.Equal(t, want, got.Interval)

	swapped, err := stats.MeanDifference(after, before, clusters, .9)
	require.NoError(t, err)
	near(t, -value(t, got.Low), swapped.High, "swapping the sides mirrors the interval")
	near(t, value(t, got.P), swapped.P, "and keeps p")
}

func TestMeanDifferenceWithoutSpread(t *testing.T) {
	t.Parallel()
	shifted := make([]float64, len(before))
	for i := range before {
		shifted[i] = before[i] + .1 // differs from item to item by rounding alone
	}
	for name, other := range map[string][]float64{"identical": before, "shifted": shifted} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := stats.MeanDifference(before, other, stats.Independent(10), 0)
			require.NoError(t, err)
			assert.True(t, d.Point.Defined())
			assert.Equal(t, stats.Of(0), d.StdErr)
			assert.Equal(t, "no spread between 10 items", d.Reason())
			assert.Equal(t, "the differences have no spread", d.EffectSize.Reason())
			assert.Equal(t, "the differences have no spread", d.T.Reason())
			assert.Equal(t, "the differences have no spread", d.P.Reason())
		})
	}
}

func TestMeanDifferenceOfFewItems(t *testing.T) {
	t.Parallel()
	none, err := stats.MeanDifference(nil, nil, stats.Independent(0), 0)
	require.NoError(t, err)
	assert.Equal(t, "no items", none.P.Reason())

	one, err := stats.MeanDifference([]float64{1}, []float64{3}, stats.Independent(1), 0)
	require.NoError(t, err)
	near(t, 2, one.Point, "the point needs one item")
	assert.Equal(t, "a standard deviation needs at least 2 items, not 1", one.EffectSize.Reason())
	assert.Equal(t, "fewer than 2 items show no sampling error", one.T.Reason())

	class, err := stats.MeanDifference(before, after, stats.ClusterBy(make([]int, 10)), 0)
	require.NoError(t, err)
	near(t, 1.3664704092333444, class.EffectSize, "d_z needs items, not clusters")
	assert.Equal(t, "fewer than 2 clusters show no sampling error", class.P.Reason())
}

func TestMeanDifferenceErrors(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for want, tc := range map[string]struct {
		base, other []float64
		clusters    stats.Clusters
	}{
		"stats: mean difference: 2 base values and 1 others: want pairs": {[]float64{1, 2}, []float64{1}, stats.Independent(2)},
		"stats: mean difference: base[0] is NaN":                         {[]float64{nan}, []float64{1}, stats.Independent(1)},
		"stats: mean difference: other[1] is NaN":                        {[]float64{1, 1}, []float64{1, nan}, stats.Independent(2)},
		"stats: mean difference: 1 values, but clusters of 2 items":      {[]float64{1}, []float64{1}, stats.Independent(2)},
	} {
		_, err := stats.MeanDifference(tc.base, tc.other, tc.clusters, 0)
		require.ErrorContains(t, err, want)
	}
}

func TestDifferenceJSONRoundTrip(t *testing.T) {
	t.Parallel()
	d, err := stats.MeanDifference(before, after, stats.Independent(10), 0)
	require.NoError(t, err)
	data, err := json.Marshal(d)
	require.NoError(t, err)
	var back stats.Difference
	require.NoError(t, json.Unmarshal(data, &back))
	assert.Equal(t, d, back)
}
