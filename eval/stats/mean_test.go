package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/stats"
)

// Twelve verdicts in four classes; statsmodels' cluster-robust OLS gives the
// standard error and the interval.
var (
	passes      = []float64{1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1, 0}
	passClasses = []string{"a", "a", "a", "b", "b", "b", "c", "c", "c", "d", "d", "d"}
)

func count(n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = float64(i)
	}
	return values
}

func modulo(n, m int) []int {
	keys := make([]int, n)
	for i := range keys {
		keys[i] = i % m
	}
	return keys
}

func TestMeanIntervalReferenceValues(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		values         []float64
		clusters       stats.Clusters
		mean, stderr   float64
		df             int
		method         stats.Method
		wantLow, wantH float64 // checked unless both are 0
	}{
		"0..19, cluster i mod 4": {
			values: count(20), clusters: stats.ClusterBy(modulo(20, 4)),
			mean: 9.5, stderr: .6454972243679028, df: 3, method: stats.ClusterT,
		},
		"0..19, independent": {
			values: count(20), clusters: stats.Independent(20),
			mean: 9.5, stderr: 1.3228756555322954, df: 19, method: stats.StudentT,
		},
		"verdicts in four classes": {
			values: passes, clusters: stats.ClusterBy(passClasses),
			mean: 7. / 12, stderr: .15957118462605635, df: 3, method: stats.ClusterT,
			wantLow: .0755066063903, wantH: 1.0911600602764,
		},
		"verdicts, independent": {
			values: passes, clusters: stats.Independent(12),
			mean: 7. / 12, stderr: .1486470975026408, df: 11, method: stats.StudentT,
		},
		"paired differences as values": {
			values: []float64{.05, .03, -.01, .06, .07, .02, .05, .04, 0, .07}, clusters: stats.Independent(10),
			mean: .038, stderr: .008793937305515283, df: 9, method: stats.StudentT,
			wantLow: .018106731735633392, wantH: .057893268264366624,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			iv, err := stats.MeanInterval(tc.values, tc.clusters, 0)
			require.NoError(t, err)
			near(t, tc.mean, iv.Point, "mean")
			near(t, tc.stderr, iv.StdErr, "standard error")
			assert.Equal(t, tc.df, iv.DF)
			assert.Equal(t, tc.method, iv.Method)
			assert.Equal(t, len(tc.values), iv.Items)
			if tc.wantLow != 0 || tc.wantH != 0 {
				near(t, tc.wantLow, iv.Low, "low")
				near(t, tc.wantH, iv.High, "high")
			}
			sound(t, iv)
		})
	}
}

func TestClusterStandardErrorCorrection(t *testing.T) {
	t.Parallel()
	// The published uncorrected errors differ by the factor sqrt((C-1)/C).
	for _, tc := range []struct {
		values      []float64
		clusters    stats.Clusters
		uncorrected float64
	}{
		{count(20), stats.ClusterBy(modulo(20, 4)), .5590169943749475},
		{passes, stats.ClusterBy(passClasses), .13819269959814165},
	} {
		iv, err := stats.MeanInterval(tc.values, tc.clusters, 0)
		require.NoError(t, err)
		c := float64(tc.clusters.Len())
		assert.InDelta(t, tc.uncorrected, value(t, iv.StdErr)*math.Sqrt((c-1)/c), 1e-9)
	}
}

func TestMeanIntervalRefusesWhatDataCannotTell(t *testing.T) {
	t.Parallel()
	alike := make([]float64, 1_000_000) // enough for a plain sum to be off by 1e-12
	for i := range alike {
		alike[i] = 0.7
	}
	for name, tc := range map[string]struct {
		values   []float64
		clusters stats.Clusters
		point    string
		stderr   string
		reason   string
	}{
		"no items":      {nil, stats.Independent(0), "undefined (no items)", "undefined (no items)", "no items"},
		"zero clusters": {nil, stats.Clusters{}, "undefined (no items)", "undefined (no items)", "no items"},
		"one item": {
			[]float64{3}, stats.Independent(1),
			"3", "undefined (fewer than 2 items show no sampling error)", "fewer than 2 items show no sampling error",
		},
		"one cluster": {
			[]float64{1, 2, 3}, stats.ClusterBy([]int{7, 7, 7}),
			"2", "undefined (fewer than 2 clusters show no sampling error)", "fewer than 2 clusters show no sampling error",
		},
		"all equal": {[]float64{1, 1, 1}, stats.Independent(3), "1", "0", "no spread between 3 items"},
		"all equal, sums that round": {
			alike, stats.Independent(len(alike)), "0.7", "0", "no spread between 1000000 items",
		},
		"all equal, two clusters": {
			alike, stats.ClusterBy(modulo(len(alike), 2)), "0.7", "0", "no spread between 2 clusters",
		},
		"spread inside clusters only": {
			[]float64{0.1, 0.7, 0.7, 0.1}, stats.ClusterBy([]int{1, 1, 2, 2}),
			"0.4", "0", "no spread between 2 clusters",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			iv, err := stats.MeanInterval(tc.values, tc.clusters, 0)
			require.NoError(t, err)
			assert.Equal(t, tc.point, iv.Point.String())
			assert.Equal(t, tc.stderr, iv.StdErr.String())
			assert.Equal(t, tc.reason, iv.Reason())
			sound(t, iv)
		})
	}
}

func TestMeanIntervalErrors(t *testing.T) {
	t.Parallel()
	_, err := stats.MeanInterval([]float64{1, 2}, stats.Independent(3), 0)
	require.EqualError(t, err, "stats: mean interval: 2 values, but clusters of 3 items: want one value per item")
	_, err = stats.MeanInterval([]float64{1, math.NaN()}, stats.Independent(2), 0)
	require.EqualError(t, err, "stats: mean interval: values[1] is NaN: want finite values; leave out what was not measured")
	_, err = stats.MeanInterval([]float64{math.Inf(1), 1}, stats.Independent(2), 0)
	require.ErrorContains(t, err, "values[0] is +Inf")
}

func TestMeanIntervalOverflowIsUndefined(t *testing.T) {
	t.Parallel()
	iv, err := stats.MeanInterval([]float64{math.MaxFloat64, math.MaxFloat64, -1}, stats.Independent(3), 0)
	require.NoError(t, err)
	assert.False(t, iv.Defined())
	sound(t, iv)
}

func TestSingletonClustersAreIndependentItems(t *testing.T) {
	t.Parallel()
	plain, err := stats.MeanInterval(passes, stats.Independent(12), 0)
	require.NoError(t, err)
	keyed, err := stats.MeanInterval(passes, stats.ClusterBy(modulo(12, 12)), 0)
	require.NoError(t, err)
	assert.Equal(t, plain.Low, keyed.Low)
	assert.Equal(t, plain.High, keyed.High)
	assert.Equal(t, 12, keyed.Clusters, "declared clusters are reported")
	assert.Zero(t, plain.Clusters)
}

func TestMeanIntervalFollowsShiftScaleAndOrder(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n := 2 + rng.IntN(30)
		values, keys := make([]float64, n), make([]int, n)
		for i := range values {
			values[i], keys[i] = rng.NormFloat64(), i%(2+rng.IntN(n))
		}
		keys[0], keys[1] = -1, -2
		original, err := stats.MeanInterval(values, stats.ClusterBy(keys), 0)
		require.NoError(t, err)
		low, high := bounds(t, original)
		require.InDelta(t, value(t, original.Point), (low+high)/2, 1e-9, "symmetric around the mean")

		moved, movedKeys := make([]float64, n), make([]int, n)
		for to, from := range rng.Perm(n) {
			moved[to], movedKeys[to] = 5-2*values[from], keys[from]
		}
		turned, err := stats.MeanInterval(moved, stats.ClusterBy(movedKeys), 0)
		require.NoError(t, err)
		lowTurned, highTurned := bounds(t, turned)
		require.InDelta(t, 5-2*high, lowTurned, 1e-9)
		require.InDelta(t, 5-2*low, highTurned, 1e-9)
	}
}

func TestClusterBy(t *testing.T) {
	t.Parallel()
	c := stats.ClusterBy([]string{"b", "a", "b", "c"})
	assert.Equal(t, 4, c.Items())
	assert.Equal(t, 3, c.Len())
	assert.Equal(t, 0, stats.Independent(-2).Items())
	assert.Equal(t, 5, stats.Independent(5).Len())
}

func FuzzMeanInterval(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, uint8(3), 0.95)
	f.Add(math.MaxFloat64, -math.MaxFloat64, 0.0, uint8(1), 0.5)
	f.Add(5e-324, 5e-324, 0.0, uint8(2), 0.9999999999999999)
	f.Fuzz(func(t *testing.T, a, b, c float64, clusters uint8, level float64) {
		values := []float64{a, b, c, a, b, a}
		groups := stats.ClusterBy(modulo(len(values), 1+int(clusters)%6))
		iv, err := stats.MeanInterval(values, groups, level)
		if err == nil {
			sound(t, iv)
		}
		d, err := stats.MeanDifference(values, []float64{c, b, a, b, b, a}, groups, level)
		if err == nil {
			sound(t, d.Interval)
		}
	})
}
