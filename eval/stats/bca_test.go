package stats

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPercentile(t *testing.T) {
	t.Parallel()
	sorted := []float64{1, 2, 4, 8}
	for share, want := range map[float64]float64{0: 1, 1. / 3: 2, .5: 3, 5. / 6: 6, 1: 8} {
		assert.InDelta(t, want, percentile(sorted, share), 1e-12, "share %g", share)
	}
	assert.InDelta(t, 7, percentile([]float64{7}, .5), 0)
}

func TestShareBelowCountsTiesHalf(t *testing.T) {
	t.Parallel()
	sorted := []float64{1, 2, 2, 2, 3}
	for point, want := range map[float64]float64{0: 0, 1: .1, 1.5: .2, 2: .5, 3: .9, 4: 1} {
		assert.InDelta(t, want, shareBelow(sorted, point), 1e-12, "point %g", point)
	}
}

// The bootstrap data of Efron and Tibshirani (1993), chapter 14, where the
// acceleration of the variance is printed as .061.
func TestAccelerationAgreesWithEfronAndTibshirani(t *testing.T) {
	t.Parallel()
	data := []float64{
		48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6,
		0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41,
	}
	a, err := accelerate(Independent(len(data)), func(indices []int) Estimate {
		center := mean(Select(data, indices))
		var squares float64
		for _, v := range Select(data, indices) {
			squares += (v - center) * (v - center)
		}
		return Of(squares / float64(len(indices)))
	})
	require.NoError(t, err)
	assert.InDelta(t, .061, a, 5e-4)
}

func TestBCaShares(t *testing.T) {
	t.Parallel()
	sorted := make([]float64, 10_000)
	for i := range sorted {
		sorted[i] = float64(i)
	}
	// Leaving out one of two opposite items moves the statistic by as much either
	// way: no acceleration, so that only the bias shifts the shares.
	symmetric := func(indices []int) Estimate { return Of(float64(indices[0])) }
	low, high, err := bcaShares(sorted, 6914.5, .9, Independent(2), symmetric)
	require.NoError(t, err)
	// 69.15% of the draws below the point is a bias of half a standard error.
	assert.InDelta(t, normalCDF(2*.5-1.6448536), low, 1e-4)
	assert.InDelta(t, normalCDF(2*.5+1.6448536), high, 1e-4)

	// One item that decides nearly everything, far out in the tail.
	outlier := func(indices []int) Estimate {
		if indices[0] == 0 {
			return Of(0)
		}
		return Of(-1)
	}
	_, _, err = bcaShares(sorted, 9998.5, .9999, Independent(100), outlier)
	require.EqualError(t, err, "acceleration 0.164 is too large")
}

func normalCDF(z float64) float64 { return .5 * math.Erfc(-z/math.Sqrt2) }
