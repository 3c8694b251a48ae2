package agreement_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/stats"
)

func adjacent(tolerance float64) pairMeasure {
	return func(a, b []float64) (stats.Estimate, error) { return agreement.Adjacent(a, b, tolerance) }
}

func TestShareReferenceValues(t *testing.T) {
	t.Parallel()
	assert.InDelta(t, .5, measured(t, agreement.Exact, tenA, tenB), 1e-9)
	assert.InDelta(t, 1, measured(t, adjacent(1), tenA, tenB), 1e-9)
	assert.InDelta(t, .5, measured(t, adjacent(.5), tenA, tenB), 1e-9)
	assert.InDelta(t, .5, measured(t, adjacent(0), tenA, tenB), 1e-9)
}

func TestSharesAllowForRounding(t *testing.T) {
	t.Parallel()
	tenth, fifth := .1, .2
	assert.InDelta(t, 1, measured(t, agreement.Exact, []float64{tenth + fifth}, []float64{.3}), 0)
	assert.InDelta(t, 1, measured(t, agreement.Exact, []float64{3*tenth - .3}, []float64{0}), 0)
	assert.InDelta(t, 1, measured(t, adjacent(.1), []float64{1.1}, []float64{1}), 0)
	assert.InDelta(t, 1, measured(t, agreement.Exact, []float64{1e12}, []float64{1e12 + 1}), 0)
	assert.InDelta(t, 0, measured(t, agreement.Exact, []float64{1}, []float64{1.00001}), 0)
	assert.InDelta(t, 0, measured(t, adjacent(.1), []float64{1.11}, []float64{1}), 0)
}

func TestShareOfNothing(t *testing.T) {
	t.Parallel()
	for _, m := range []pairMeasure{agreement.Exact, adjacent(1)} {
		e, err := m(nil, nil)
		require.NoError(t, err)
		assert.Equal(t, "no scores", e.Reason())
	}
}

func TestShareErrors(t *testing.T) {
	t.Parallel()
	_, err := agreement.Exact([]float64{1}, nil)
	require.EqualError(t, err, "agreement: exact agreement: 1 values of a and 0 of b: want pairs")
	_, err = agreement.Adjacent([]float64{math.NaN()}, []float64{math.Inf(1)}, 1)
	require.ErrorContains(t, err, "a[0] is NaN")
	require.ErrorContains(t, err, "b[0] is +Inf")
	for _, bad := range []float64{-1, math.NaN(), math.Inf(1)} {
		_, err = agreement.Adjacent(nil, nil, bad)
		require.ErrorContains(t, err, "want a distance of 0 or more")
	}
}
