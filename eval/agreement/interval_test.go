package agreement_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/stats"
)

func TestBootstrapOfKappa(t *testing.T) {
	t.Parallel()
	quadratic, _, _ := kappas(agreement.Scale{Min: 1, Max: 6, Step: 1})
	statistic := stats.PairStatistic(twelveA, twelveB, quadratic)
	iv, err := stats.Bootstrap(stats.Independent(12), statistic, stats.Resampling{Seed: 3})
	require.NoError(t, err)
	low, high, ok := iv.Bounds()
	require.True(t, ok, "%v", iv)
	assert.InDelta(t, .7857142857142857, must(t, iv.Point), 1e-9)
	assert.Less(t, low, must(t, iv.Point))
	assert.Greater(t, high, must(t, iv.Point))
	assert.GreaterOrEqual(t, low, -1.0)
	assert.LessOrEqual(t, high, 1.0)
}

func TestBootstrapOfUndefinedKappa(t *testing.T) {
	t.Parallel()
	quadratic, _, _ := kappas(agreement.Scale{Min: 1, Max: 6, Step: 1})
	threes := []float64{3, 3, 3, 3}
	iv, err := stats.Bootstrap(stats.Independent(4), stats.PairStatistic(threes, threes, quadratic), stats.Resampling{})
	require.NoError(t, err)
	assert.Equal(t, "all ratings are 3, so chance agrees as often as the raters", iv.Reason())

	// Nearly all equal: too many draws see no spread.
	rare := []float64{3, 3, 3, 4}
	iv, err = stats.Bootstrap(stats.Independent(4), stats.PairStatistic(rare, rare, quadratic), stats.Resampling{})
	require.NoError(t, err)
	assert.InDelta(t, 1, must(t, iv.Point), 0)
	assert.Contains(t, iv.Reason(), "undefined on")
}

func TestCoverageOfQWK(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("simulation")
	}
	// Two raters of one latent quality; the truth is their kappa on many essays.
	rng := rand.New(rand.NewPCG(7, 7))
	scale := agreement.Scale{Min: 0, Max: 6, Step: 1}
	rate := func(quality float64) float64 {
		return min(max(float64(int(3.5+1.4*quality+.8*rng.NormFloat64())), 0), 6)
	}
	pairs := func(n int) (a, b []float64) {
		for range n {
			quality := rng.NormFloat64()
			a, b = append(a, rate(quality)), append(b, rate(quality))
		}
		return a, b
	}
	quadratic, _, _ := kappas(scale)
	manyA, manyB := pairs(400_000)
	truth := measured(t, quadratic, manyA, manyB)
	held := 0
	const samples, essays = 300, 60
	for seed := range samples {
		a, b := pairs(essays)
		iv, err := stats.Bootstrap(stats.Independent(essays), stats.PairStatistic(a, b, quadratic),
			stats.Resampling{Seed: uint64(seed), Draws: 600})
		require.NoError(t, err)
		if low, high, ok := iv.Bounds(); ok && low <= truth && truth <= high {
			held++
		}
	}
	assert.InDelta(t, .94, float64(held)/samples, .035)
}
