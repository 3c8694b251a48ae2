package stats_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/stats"
)

// bounds returns the bounds of a defined interval and fails the test otherwise.
func bounds(t *testing.T, iv stats.Interval) (low, high float64) {
	t.Helper()
	low, high, ok := iv.Bounds()
	require.True(t, ok, "want bounds, have %v", iv)
	return low, high
}

// sound checks what every interval promises, whatever went in.
func sound(t *testing.T, iv stats.Interval) {
	t.Helper()
	require.Equal(t, iv.Low.Defined(), iv.High.Defined(), "half an interval: %v", iv)
	require.Equal(t, iv.Defined(), iv.Reason() == "", "%v", iv)
	if iv.Point.Defined() {
		require.False(t, math.IsNaN(value(t, iv.Point)))
	}
	if low, high, ok := iv.Bounds(); ok {
		require.True(t, iv.Point.Defined(), "bounds around nothing: %v", iv)
		require.Less(t, low, high, "an interval without width: %v", iv)
		require.False(t, math.IsInf(low, 0) || math.IsInf(high, 0), "%v", iv)
	}
}

func TestZeroIntervalIsUndefined(t *testing.T) {
	t.Parallel()
	var iv stats.Interval
	_, _, ok := iv.Bounds()
	assert.False(t, ok)
	assert.False(t, iv.Defined())
	assert.Equal(t, "not computed", iv.Reason())
}

func TestHalfAnIntervalIsUndefined(t *testing.T) {
	t.Parallel()
	iv := stats.Interval{Low: stats.Of(1), High: stats.Undefined("open")}
	assert.False(t, iv.Defined())
	assert.Equal(t, "open", iv.Reason())
}

func TestIntervalText(t *testing.T) {
	t.Parallel()
	clustered, err := stats.MeanInterval(passes, stats.ClusterBy(passClasses), 0)
	require.NoError(t, err)
	assert.Equal(t, "0.5833 [0.07551, 1.091] (95% cluster t, n=12, clusters=4)", clustered.String())

	single, err := stats.MeanInterval([]float64{3}, stats.Independent(1), 0.9)
	require.NoError(t, err)
	assert.Equal(t, "3 [undefined: fewer than 2 items show no sampling error] (90% t, n=1)", single.String())

	none, err := stats.MeanInterval(nil, stats.Independent(0), 0)
	require.NoError(t, err)
	assert.Equal(t, "undefined [undefined: no items] (95% t, n=0)", none.String())
}

func TestIntervalJSONRoundTrip(t *testing.T) {
	t.Parallel()
	defined, err := stats.MeanInterval(passes, stats.ClusterBy(passClasses), 0)
	require.NoError(t, err)
	undefined, err := stats.MeanInterval([]float64{3}, stats.Independent(1), 0)
	require.NoError(t, err)
	drawn, err := stats.Bootstrap(stats.Independent(12), meanOf(passes), stats.Resampling{Seed: 1, Draws: 200})
	require.NoError(t, err)

	for _, iv := range []stats.Interval{defined, undefined, drawn} {
		data, err := json.Marshal(iv)
		require.NoError(t, err)
		var back stats.Interval
		require.NoError(t, json.Unmarshal(data, &back))
		assert.Equal(t, iv, back)
	}
}

func TestIntervalJSONNames(t *testing.T) {
	t.Parallel()
	iv, err := stats.MeanInterval([]float64{3}, stats.Independent(1), 0)
	require.NoError(t, err)
	data, err := json.Marshal(iv)
	require.NoError(t, err)
	why := `{"undefined":"fewer than 2 items show no sampling error"}`
	assert.JSONEq(t, `{"point":3,"stderr":`+why+`,"low":`+why+`,"high":`+why+`,"level":0.95,"method":"t","items":1}`, string(data))
}

func TestLevels(t *testing.T) {
	t.Parallel()
	interval := map[string]func(level float64) (stats.Interval, error){
		"mean": func(l float64) (stats.Interval, error) {
			return stats.MeanInterval(passes, stats.Independent(12), l)
		},
		"difference": func(l float64) (stats.Interval, error) {
			d, err := stats.MeanDifference(before, after, stats.Independent(10), l)
			return d.Interval, err
		},
		"wilson":    func(l float64) (stats.Interval, error) { return stats.Wilson(7, 10, l) },
		"fisher":    func(l float64) (stats.Interval, error) { return stats.FisherZ(stats.Of(0.5), 30, l) },
		"bootstrap": bootstrapAt,
	}
	for name, at := range interval {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			byDefault, err := at(0)
			require.NoError(t, err)
			stated, err := at(stats.DefaultLevel)
			require.NoError(t, err)
			assert.Equal(t, stated, byDefault)

			narrow, err := at(0.8)
			require.NoError(t, err)
			lowWide, highWide := bounds(t, stated)
			lowNarrow, highNarrow := bounds(t, narrow)
			assert.Less(t, lowWide, lowNarrow)
			assert.Greater(t, highWide, highNarrow)

			for _, bad := range []float64{-0.1, 1, 95, math.NaN(), math.Inf(1)} {
				_, err := at(bad)
				require.ErrorContains(t, err, "want a share above 0 and below 1")
			}
		})
	}
}

func bootstrapAt(level float64) (stats.Interval, error) {
	return stats.Bootstrap(stats.Independent(12), meanOf(passes), stats.Resampling{Level: level})
}
