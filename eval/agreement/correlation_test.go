package agreement_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/agreement"
)

func TestCorrelationReferenceValues(t *testing.T) {
	t.Parallel()
	assert.InDelta(t, .8941887724455002, measured(t, agreement.Pearson, tenA, tenB), 1e-9)
	assert.InDelta(t, .8794049625807093, measured(t, agreement.Spearman, tenA, tenB), 1e-9)
	assert.InDelta(t, .8207826816681234, measured(t, agreement.KendallTauB, tenA, tenB), 1e-9)
	assert.InDelta(t, .812403840463596, measured(t, agreement.Pearson, twelveA, twelveB), 1e-9)
}

func TestCorrelationProperties(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(8, 9))
	for range 200 {
		n := 3 + rng.IntN(20)
		a, b := make([]float64, n), make([]float64, n)
		for i := range a {
			a[i] = math.Round(4 * rng.NormFloat64()) // with ties
			b[i] = a[i] + math.Round(4*rng.NormFloat64())
		}
		a[0], a[1], b[0], b[1] = -9, 9, 8, -8 // not constant
		for name, m := range map[string]pairMeasure{
			"pearson": agreement.Pearson, "spearman": agreement.Spearman, "tau-b": agreement.KendallTauB,
		} {
			r := measured(t, m, a, b)
			require.LessOrEqual(t, math.Abs(r), 1.0)
			require.InDelta(t, r, measured(t, m, b, a), 1e-12, "%s is symmetric", name)
			require.InDelta(t, -r, measured(t, m, apply(a, func(v float64) float64 { return 3 - 2*v }), b), 1e-12, name)
			require.InDelta(t, 1, measured(t, m, a, a), 1e-12, name)
		}
		cubed := apply(a, func(v float64) float64 { return v * v * v })
		require.InDelta(t, measured(t, agreement.Spearman, a, b), measured(t, agreement.Spearman, cubed, b), 1e-12,
			"ranks do not see a monotone change")
		require.InDelta(t, measured(t, agreement.KendallTauB, a, b), measured(t, agreement.KendallTauB, cubed, b), 1e-12)
	}
}

func apply(values []float64, f func(float64) float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = f(v)
	}
	return out
}

func TestCorrelationLeavesInputsAlone(t *testing.T) {
	t.Parallel()
	a, b := []float64{3, 1, 2}, []float64{1, 3, 2}
	measured(t, agreement.Spearman, a, b)
	measured(t, agreement.KendallTauB, a, b)
	assert.Equal(t, []float64{3, 1, 2}, a)
	assert.Equal(t, []float64{1, 3, 2}, b)
}

func TestCorrelationUndefined(t *testing.T) {
	t.Parallel()
	for _, m := range []pairMeasure{agreement.Pearson, agreement.Spearman, agreement.KendallTauB} {
		for want, pair := range map[string][2][]float64{
			"a correlation needs at least 2 pairs, not 0": {nil, nil},
			"a correlation needs at least 2 pairs, not 1": {{1}, {2}},
			"all values of a are 0.1":                     {{.1, .1, .1}, {1, 2, 3}},
			"all values of b are 0.1":                     {{1, 2, 3}, {.1, .1, .1}},
		} {
			e, err := m(pair[0], pair[1])
			require.NoError(t, err)
			assert.Equal(t, want, e.Reason())
		}
		_, err := m([]float64{1}, []float64{1, 2})
		require.ErrorContains(t, err, "1 values of a and 2 of b: want pairs")
	}
}
