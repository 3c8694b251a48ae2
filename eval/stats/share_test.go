package stats_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/stats"
)

func TestWilsonReferenceValues(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		passed, items int
		low, high     float64
	}{
		{0, 10, 0, .2775327998628892},
		{8, 10, .49016247153664183, .9433178485456247},
		{10, 10, .7224672001371107, 1},
		{83, 100, .7445199523239887, .8910643388594006},
	} {
		iv, err := stats.Wilson(tc.passed, tc.items, 0)
		require.NoError(t, err)
		near(t, float64(tc.passed)/float64(tc.items), iv.Point, "share")
		near(t, tc.low, iv.Low, "low")
		near(t, tc.high, iv.High, "high")
		assert.Equal(t, stats.WilsonScore, iv.Method)
		assert.False(t, iv.StdErr.Defined(), "no standard error that could be 0")
	}
}

func TestWilsonEndsAreExact(t *testing.T) {
	t.Parallel()
	for n := 1; n < 300; n++ {
		none, err := stats.Wilson(0, n, .9)
		require.NoError(t, err)
		require.Equal(t, stats.Of(0), none.Low)
		all, err := stats.Wilson(n, n, .9)
		require.NoError(t, err)
		require.Equal(t, stats.Of(1), all.High)
	}
}

func TestWilsonMirrorsAndStaysInside(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 40; n++ {
		for k := 0; k <= n; k++ {
			iv, err := stats.Wilson(k, n, 0)
			require.NoError(t, err)
			low, high := bounds(t, iv)
			require.GreaterOrEqual(t, low, 0.0)
			require.LessOrEqual(t, high, 1.0)
			mirror, err := stats.Wilson(n-k, n, 0)
			require.NoError(t, err)
			require.InDelta(t, 1-high, value(t, mirror.Low), 1e-12)
		}
	}
}

func TestWilsonWithoutItems(t *testing.T) {
	t.Parallel()
	iv, err := stats.Wilson(0, 0, 0)
	require.NoError(t, err)
	assert.Equal(t, "no items", iv.Point.Reason())
	assert.Equal(t, "no items", iv.Reason())

	for _, bad := range [][2]int{{-1, 5}, {6, 5}, {0, -1}} {
		_, err := stats.Wilson(bad[0], bad[1], 0)
		require.ErrorContains(t, err, "want counts with 0 <= passed <= items")
	}
}

func TestFisherZReferenceValues(t *testing.T) {
	t.Parallel()
	iv, err := stats.FisherZ(stats.Of(.8), 30, 0)
	require.NoError(t, err)
	near(t, .6177862851491421, iv.Low, "low")
	near(t, .9006795310331298, iv.High, "high")
	near(t, .8, iv.Point, "r")

	negative, err := stats.FisherZ(stats.Of(-.8), 30, 0)
	require.NoError(t, err)
	near(t, -.9006795310331298, negative.Low, "mirrored")
}

func TestFisherZUndefined(t *testing.T) {
	t.Parallel()
	for want, tc := range map[string]struct {
		r     stats.Estimate
		items int
	}{
		"one series is constant":                           {stats.Undefined("one series is constant"), 30},
		"Fisher's transform needs at least 4 items, not 3": {stats.Of(.5), 3},
		"a perfect correlation has no Fisher transform":    {stats.Of(-1), 30},
	} {
		iv, err := stats.FisherZ(tc.r, tc.items, 0)
		require.NoError(t, err)
		assert.Equal(t, want, iv.Reason())
		assert.Equal(t, tc.r, iv.Point)
	}
	// Bounds that fall together are no interval.
	iv, err := stats.FisherZ(stats.Of(math.Nextafter(1, 0)), math.MaxInt, 0)
	require.NoError(t, err)
	assert.Equal(t, "the computation gave bounds 0.9999999999999999 and 0.9999999999999999", iv.Reason())
	for _, r := range []float64{1.1, -2} {
		_, err := stats.FisherZ(stats.Of(r), 30, 0)
		require.ErrorContains(t, err, "want -1 <= r <= 1")
	}
	_, err = stats.FisherZ(stats.Of(0), -1, 0)
	require.ErrorContains(t, err, "items >= 0")
}

func FuzzShares(f *testing.F) {
	f.Add(3, 10, .5, .95)
	f.Add(0, 0, 1.0, 0.0)
	f.Add(math.MaxInt, math.MaxInt, 1-1e-16, 1-1e-16)
	f.Fuzz(func(t *testing.T, passed, items int, r, level float64) {
		if iv, err := stats.Wilson(passed, items, level); err == nil {
			sound(t, iv)
		}
		if iv, err := stats.FisherZ(stats.Of(r), items, level); err == nil {
			sound(t, iv)
		}
	})
}
