package agreement_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/stats"
)

type pairMeasure = func(a, b []float64) (stats.Estimate, error)

// kappas are the three weightings on one scale.
func kappas(scale agreement.Scale) (quadratic, linear, unweighted pairMeasure) {
	return func(a, b []float64) (stats.Estimate, error) { return agreement.QWK(a, b, scale) },
		func(a, b []float64) (stats.Estimate, error) { return agreement.LinearKappa(a, b, scale) },
		func(a, b []float64) (stats.Estimate, error) { return agreement.Kappa(a, b, scale) }
}

// measured returns the value of a measure that must be defined.
func measured(t *testing.T, m pairMeasure, a, b []float64) float64 {
	t.Helper()
	e, err := m(a, b)
	require.NoError(t, err)
	v, ok := e.Value()
	require.True(t, ok, "want a value, have %v", e)
	return v
}

// Ten and twelve double-scored essays; reference values from scikit-learn and scipy.
var (
	tenA    = []float64{4, 3, 5, 2, 4, 6, 1, 3, 4, 5}
	tenB    = []float64{4, 4, 5, 3, 3, 6, 2, 3, 5, 5}
	twelveA = []float64{2, 3, 3, 4, 4, 4, 5, 2, 1, 3, 4, 5}
	twelveB = []float64{3, 3, 4, 4, 4, 5, 5, 2, 2, 3, 3, 4}
)

func TestKappaReferenceValues(t *testing.T) {
	t.Parallel()
	oneToSix := agreement.Scale{Min: 1, Max: 6, Step: 1}
	for _, tc := range []struct {
		a, b                          []float64
		scale                         agreement.Scale
		quadratic, linear, unweighted float64
		tolerance                     float64 // 1e-9 unless the source prints fewer digits
	}{
		// skll, after the tests of the ASAP competition.
		{[]float64{1, 2, 3}, []float64{1, 2, 3}, oneToSix, 1, 1, 1, 0},
		{[]float64{1, 2, 1}, []float64{1, 2, 2}, oneToSix, .4, .4, .4, 0},
		{[]float64{1, 2, 3, 1, 2, 2, 3}, []float64{1, 2, 3, 1, 2, 3, 2}, oneToSix, .75, .65, .5625, 0},
		{[]float64{1, 2, 3, 3, 2, 1}, []float64{1, 1, 1, 2, 2, 2}, oneToSix, 0, 0, 0, 0},
		{[]float64{-1, 0, 1, 2}, []float64{-1, 0, 0, 2}, agreement.Scale{Min: -1, Max: 2, Step: 1}, .9, .8, 2. / 3, 0},
		{[]float64{5, 6, 7, 8}, []float64{5, 6, 6, 8}, agreement.Scale{Min: 5, Max: 8, Step: 1}, .9, .8, 2. / 3, 0},
		{[]float64{1, 1, 2, 2}, []float64{3, 3, 4, 4}, oneToSix, 1. / 9, 0, 0, 0},
		{[]float64{1, 1, 3, 3}, []float64{2, 2, 4, 4}, oneToSix, 2. / 3, 1. / 3, 0, 0},
		{[]float64{1, 1, 4, 4}, []float64{2, 2, 3, 3}, oneToSix, .6, 1. / 3, 0, 0},
		{[]float64{1, 2, 4}, []float64{1, 2, 4}, oneToSix, 1, 1, 1, 0},
		{[]float64{1, 2, 4}, []float64{1, 2, 2}, oneToSix, .4, .4, .5, 0},
		{tenA, tenB, oneToSix, .8571428571428572, .6621621621621622, .375, 0},
		{twelveA, twelveB, oneToSix, .7857142857142857, .5813953488372092, 1. / 3, 0},
	} {
		quadratic, linear, unweighted := kappas(tc.scale)
		for _, pair := range [][2][]float64{{tc.a, tc.b}, {tc.b, tc.a}} {
			a, b := pair[0], pair[1]
			assert.InDelta(t, tc.quadratic, measured(t, quadratic, a, b), 1e-9, "quadratic %v %v", a, b)
			assert.InDelta(t, tc.linear, measured(t, linear, a, b), 1e-9, "linear %v %v", a, b)
			assert.InDelta(t, tc.unweighted, measured(t, unweighted, a, b), 1e-9, "unweighted %v %v", a, b)
		}
	}
}

// blocks repeats each level as often as it counts, in order.
func blocks(counts ...int) []float64 {
	var ratings []float64
	for level, n := range counts {
		for range n {
			ratings = append(ratings, float64(level))
		}
	}
	return ratings
}

// table lists the pairs of a contingency table.
func table(rows ...[]int) (a, b []float64) {
	for i, row := range rows {
		for j, n := range row {
			for range n {
				a, b = append(a, float64(i)), append(b, float64(j))
			}
		}
	}
	return a, b
}

func TestKappaReferenceTables(t *testing.T) {
	t.Parallel()
	quadratic, linear, unweighted := kappas(agreement.Scale{Min: 0, Max: 2, Step: 1})

	// scikit-learn's own tests.
	a, b := table([]int{20, 20}, []int{10, 50})
	assert.InDelta(t, .348, measured(t, unweighted, a, b), 5e-4)
	a, b = blocks(46, 44, 10), blocks(52, 32, 16)
	assert.InDelta(t, .8013245033112583, measured(t, unweighted, a, b), 1e-9)
	b = blocks(50, 40, 10)
	assert.InDelta(t, .9315068493150684, measured(t, unweighted, a, b), 1e-9)
	assert.InDelta(t, .9411764705882353, measured(t, linear, a, b), 1e-9)
	assert.InDelta(t, .9541284403669725, measured(t, quadratic, a, b), 1e-9)

	// The kappa paradox: nine in ten agree, less than by chance.
	a, b = table([]int{90, 5}, []int{5, 0})
	assert.InDelta(t, -.05263157894736836, measured(t, unweighted, a, b), 1e-9)
	assert.InDelta(t, .9, measured(t, agreement.Exact, a, b), 1e-9)
	// A judge against a human.
	a = []float64{1, 1, 1, 0, 0, 1, 0, 1, 1, 0}
	b = []float64{1, 1, 0, 0, 1, 1, 0, 1, 1, 1}
	assert.InDelta(t, .34782608695652173, measured(t, unweighted, a, b), 1e-9)
}

func TestQWKUsesTheDeclaredScale(t *testing.T) {
	t.Parallel()
	quadratic, _, _ := kappas(agreement.Scale{Min: 1, Max: 6, Step: 1})
	a, b := []float64{1, 3, 6, 3}, []float64{1, 6, 6, 3}
	// Weights by rank of the levels seen would give 0.8.
	assert.InDelta(t, .7272727272727273, measured(t, quadratic, a, b), 1e-9)
	ranks, _, _ := kappas(agreement.Scale{Min: 1, Max: 3, Step: 1})
	assert.InDelta(t, .8, measured(t, ranks, []float64{1, 2, 3, 2}, []float64{1, 3, 3, 2}), 1e-9)

	// RSMTool's test, on 3..12.
	wide, _, _ := kappas(agreement.Scale{Min: 3, Max: 12, Step: 1})
	assert.InDelta(t, -.09210526315789469, measured(t, wide, []float64{8, 4, 6, 3}, []float64{9, 4, 5, 12}), 1e-9)
}

func TestContinuousQWKReferenceValues(t *testing.T) {
	t.Parallel()
	m := []float64{2.2, 3.3, 4.1, 4.6, 2.9, 2.4, 4.4, 3.8}
	h1 := []float64{2, 3, 4, 5, 3, 2, 4, 4}
	h2 := []float64{2, 4, 4, 5, 2, 2, 5, 3}
	assert.InDelta(t, .9510770354143848, measured(t, agreement.ContinuousQWK, m, h1), 1e-9)
	assert.InDelta(t, .7974683544303798, measured(t, agreement.ContinuousQWK, h1, h2), 1e-9)
}

func TestKappaUndefined(t *testing.T) {
	t.Parallel()
	quadratic, linear, unweighted := kappas(agreement.Scale{Min: 1, Max: 6, Step: 1})
	threes := []float64{3, 3, 3}
	for name, m := range map[string]pairMeasure{"quadratic": quadratic, "linear": linear, "unweighted": unweighted} {
		e, err := m(threes, threes)
		require.NoError(t, err)
		assert.Equal(t, "all ratings are 3, so chance agrees as often as the raters", e.Reason(), name)
		e, err = m(nil, nil)
		require.NoError(t, err)
		assert.Equal(t, "no ratings", e.Reason(), name)
		// A rater who never varies agrees as chance would, which is 0 and not undefined.
		assert.Zero(t, measured(t, m, threes, []float64{2, 3, 4}), name)
		assert.Zero(t, measured(t, m, threes, []float64{4, 4, 4}), name)
	}
	tenths := []float64{.1, .1, .1, .1, .1, .1, .1}
	e, err := agreement.ContinuousQWK(tenths, tenths)
	require.NoError(t, err)
	assert.Equal(t, "all scores are 0.1, so chance agrees as often as the raters", e.Reason())
	e, err = agreement.ContinuousQWK(nil, nil)
	require.NoError(t, err)
	assert.Equal(t, "no scores", e.Reason())
	assert.Zero(t, measured(t, agreement.ContinuousQWK, threes, []float64{4, 4, 4}))
}

func TestKappaErrors(t *testing.T) {
	t.Parallel()
	scale := agreement.Scale{Min: 1, Max: 6, Step: 1}
	for want, tc := range map[string]struct {
		a, b  []float64
		scale agreement.Scale
	}{
		"agreement: quadratic weighted kappa: a[1] = 7 is off the scale 1..6 step 1":   {[]float64{1, 7}, []float64{1, 1}, scale},
		"agreement: quadratic weighted kappa: b[0] = 2.5 is off the scale 1..6 step 1": {[]float64{1}, []float64{2.5}, scale},
		"agreement: quadratic weighted kappa: a[0] = 0 is off the scale 1..6 step 1\nb[1] = -1 is off the scale 1..6 step 1": {
			[]float64{0, 1}, []float64{1, -1}, scale,
		},
		"agreement: quadratic weighted kappa: 2 values of a and 1 of b: want pairs": {[]float64{1, 2}, []float64{1}, scale},
		"agreement: quadratic weighted kappa: b[0] is NaN: want finite values; leave out pairs that were not scored": {
			[]float64{1}, []float64{math.NaN()}, scale,
		},
		"agreement: quadratic weighted kappa: scale 0..0 step 0: want min < max and step > 0": {[]float64{1}, []float64{1}, agreement.Scale{}},
	} {
		_, err := agreement.QWK(tc.a, tc.b, tc.scale)
		require.EqualError(t, err, want)
	}
	_, err := agreement.ContinuousQWK([]float64{1, 2}, []float64{1})
	require.EqualError(t, err, "agreement: continuous quadratic weighted kappa: 2 values of a and 1 of b: want pairs")
}

// ratings draws n ratings of a scale with the given number of levels.
func ratings(rng *rand.Rand, scale agreement.Scale, levels, n int) []float64 {
	r := make([]float64, n)
	for i := range r {
		r[i] = scale.Min + scale.Step*float64(rng.IntN(levels))
	}
	return r
}

func TestKappaProperties(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(11, 12))
	for range 500 {
		levels := 2 + rng.IntN(8)
		scale := agreement.Scale{Min: float64(rng.IntN(5) - 2), Step: .5}
		scale.Max = scale.Min + scale.Step*float64(levels-1)
		n := 2 + rng.IntN(40)
		a, b := ratings(rng, scale, levels, n), ratings(rng, scale, levels, n)
		a[0], b[0] = scale.Min, scale.Max // not all equal
		affine := agreement.Scale{Min: 10 - 3*scale.Max, Max: 10 - 3*scale.Min, Step: 3 * scale.Step}
		var turnedA, turnedB []float64
		for _, i := range rng.Perm(n) {
			turnedA, turnedB = append(turnedA, 10-3*a[i]), append(turnedB, 10-3*b[i])
		}
		both := slices.Concat(a, b)
		onScale, onAffine := list(kappas(scale)), list(kappas(affine))
		for w, m := range onScale {
			kappa := measured(t, m, a, b)
			require.GreaterOrEqual(t, kappa, -1.0)
			require.Less(t, kappa, 1.0)
			require.InDelta(t, kappa, measured(t, m, b, a), 0, "symmetric")
			require.InDelta(t, kappa, measured(t, onAffine[w], turnedA, turnedB), 0, "same under relabelling and order")
			require.InDelta(t, 1, measured(t, m, both, both), 0, "1 for perfect agreement")
		}
		require.InDelta(t, measured(t, onScale[0], a, b), measured(t, agreement.ContinuousQWK, a, b), 1e-12,
			"the continuous form is the same on a scale")
	}
}

func list(quadratic, linear, unweighted pairMeasure) []pairMeasure {
	return []pairMeasure{quadratic, linear, unweighted}
}

func TestWeightingsAgreeOnTwoLevels(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	scale := agreement.Scale{Min: 0, Max: 1, Step: 1}
	a, b := ratings(rng, scale, 2, 50), ratings(rng, scale, 2, 50)
	quadratic, linear, unweighted := kappas(scale)
	assert.InDelta(t, measured(t, quadratic, a, b), measured(t, unweighted, a, b), 0)
	assert.InDelta(t, measured(t, linear, a, b), measured(t, unweighted, a, b), 0)
}

func TestWiderScaleKeepsKappa(t *testing.T) {
	t.Parallel()
	// Distance counts, so levels that nobody used change nothing.
	for _, wide := range []agreement.Scale{{Min: 1, Max: 6, Step: 1}, {Min: -50, Max: 50, Step: 1}, {Min: 0, Max: 10, Step: .5}} {
		quadratic, linear, _ := kappas(wide)
		assert.InDelta(t, .8571428571428572, measured(t, quadratic, tenA, tenB), 1e-12)
		assert.InDelta(t, .6621621621621622, measured(t, linear, tenA, tenB), 1e-12)
	}
}
