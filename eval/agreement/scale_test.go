package agreement_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/agreement"
)

func TestScaleValidate(t *testing.T) {
	t.Parallel()
	for _, valid := range []agreement.Scale{
		{Min: 1, Max: 6, Step: 1},
		{Min: 0, Max: 1, Step: .1},
		{Min: -2.5, Max: 2.5, Step: .5},
		{Min: 0, Max: 100, Step: .1},
		{Min: .3, Max: .9, Step: .3},
	} {
		require.NoError(t, valid.Validate(), "%v", valid)
	}
	for want, invalid := range map[string]agreement.Scale{
		"scale 0..0 step 0: want min < max and step > 0":                                       {},
		"scale 1..6 step 0: want min < max and step > 0":                                       {Min: 1, Max: 6},
		"scale 1..6 step -1: want min < max and step > 0":                                      {Min: 1, Max: 6, Step: -1},
		"scale 6..1 step 1: want min < max and step > 0":                                       {Min: 6, Max: 1, Step: 1},
		"scale 1..1 step 1: want min < max and step > 0":                                       {Min: 1, Max: 1, Step: 1},
		"scale 1..6 step 2: the range is 2.5 steps: want a whole number":                       {Min: 1, Max: 6, Step: 2},
		"scale 1..2 step 3: the range is 0.3333333333333333 steps: want a whole number":        {Min: 1, Max: 2, Step: 3},
		"scale 0..100 step 0.01: 10001 levels: want at most 1001; finer scores are continuous": {Max: 100, Step: .01},
		"scale NaN..6 step 1: want finite numbers":                                             {Min: math.NaN(), Max: 6, Step: 1},
		"scale 1..+Inf step 1: want finite numbers":                                            {Min: 1, Max: math.Inf(1), Step: 1},
	} {
		require.EqualError(t, invalid.Validate(), want)
	}
}

func TestScaleOfFractions(t *testing.T) {
	t.Parallel()
	// 0.1+0.2 is not 0.3 in binary, yet it is the fourth level.
	scale := agreement.Scale{Min: 0, Max: 1, Step: .1}
	tenth, fifth := .1, .2
	e, err := agreement.QWK([]float64{tenth + fifth, .7, 1}, []float64{.3, .7, 1 - tenth}, scale)
	require.NoError(t, err)
	v, ok := e.Value()
	require.True(t, ok)
	assert.InDelta(t, 1-3./131, v, 1e-12)

	_, err = agreement.QWK([]float64{.35}, []float64{.3}, scale)
	require.ErrorContains(t, err, "a[0] = 0.35 is off the scale 0..1 step 0.1")
}

func TestScaleEnds(t *testing.T) {
	t.Parallel()
	scale := agreement.Scale{Min: -1, Max: 1, Step: 1}
	for rating, on := range map[float64]bool{-1: true, 0: true, 1: true, -2: false, 2: false, 1e300: false, -1e300: false} {
		_, err := agreement.Kappa([]float64{rating}, []float64{0}, scale)
		assert.Equal(t, on, err == nil, "%g: %v", rating, err)
	}
}
