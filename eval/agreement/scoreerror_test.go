package agreement_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/stats"
)

func TestScoreErrorReferenceValues(t *testing.T) {
	t.Parallel()
	assert.InDelta(t, .7071067811865476, measured(t, agreement.RMSE, tenA, tenB), 1e-9)
	assert.InDelta(t, .5, measured(t, agreement.MAE, tenA, tenB), 1e-9)
	assert.InDelta(t, 2, measured(t, agreement.MAE, []float64{1, 5}, []float64{4, 4}), 1e-9)
	assert.InDelta(t, math.Sqrt(5), measured(t, agreement.RMSE, []float64{1, 5}, []float64{4, 4}), 1e-9)
}

func TestScoreErrorOfNothing(t *testing.T) {
	t.Parallel()
	for _, m := range []pairMeasure{agreement.MAE, agreement.RMSE} {
		e, err := m(nil, nil)
		require.NoError(t, err)
		assert.Equal(t, "no scores", e.Reason())
		_, err = m([]float64{1}, []float64{math.NaN()})
		require.ErrorContains(t, err, "b[0] is NaN")
		huge, err := m([]float64{math.MaxFloat64}, []float64{-math.MaxFloat64})
		require.NoError(t, err)
		assert.Equal(t, "the computation gave +Inf", huge.Reason())
	}
}

// RSMTool's test data: human, then machine.
var (
	rsmHuman   = []float64{8, 4, 6, 3}
	rsmMachine = []float64{9, 4, 5, 12}
)

func TestStandardizedReferenceValues(t *testing.T) {
	t.Parallel()
	assert.InDelta(t, .2007448815354616, measured(t, agreement.SMD, tenA, tenB), 1e-9)
	assert.InDelta(t, .21796176586341712, measured(t, agreement.PooledSMD, tenA, tenB), 1e-9)
	assert.InDelta(t, .8345761876158001, measured(t, agreement.SDRatio, tenA, tenB), 1e-9)

	// RSMTool's tests divide by n where gloss divides by n-1.
	byN := math.Sqrt(4. / 3)
	assert.InDelta(t, 1.171700198827415, measured(t, agreement.SMD, rsmHuman, rsmMachine)*byN, 1e-9)
	assert.InDelta(t, .8523247028586811, measured(t, agreement.PooledSMD, rsmHuman, rsmMachine)*byN, 1e-9)
}

func dsm(human, machine agreement.Population) pairMeasure {
	return func(h, m []float64) (stats.Estimate, error) { return agreement.DSM(h, m, human, machine) }
}

func TestDSMReferenceValues(t *testing.T) {
	t.Parallel()
	m := dsm(agreement.Population{Mean: 4.5, SD: 1.2}, agreement.Population{Mean: 5.1, SD: 1.8})
	assert.InDelta(t, .7083333333333336, measured(t, m, rsmHuman, rsmMachine), 1e-9)
	// With one population for both it is the SMD by that population's SD.
	m = dsm(agreement.Population{SD: 2.3}, agreement.Population{SD: 2.3})
	assert.InDelta(t, .9782608695652175, measured(t, m, rsmHuman, rsmMachine), 1e-9)
}

func TestDSMOfEveryoneIsZero(t *testing.T) {
	t.Parallel()
	m := dsm(agreement.PopulationOf(tenA), agreement.PopulationOf(tenB))
	assert.InDelta(t, 0, measured(t, m, tenA, tenB), 1e-12)
}

func TestSMDSign(t *testing.T) {
	t.Parallel()
	lenient := apply(tenA, func(v float64) float64 { return v + 1 })
	up := measured(t, agreement.SMD, tenA, lenient)
	assert.Positive(t, up)
	assert.InDelta(t, -up, measured(t, agreement.SMD, lenient, tenA), 1e-12)
	assert.InDelta(t, up, measured(t, agreement.PooledSMD, tenA, lenient), 1e-12, "equal SDs pool to the same")
	assert.InDelta(t, 1, measured(t, agreement.SDRatio, tenA, lenient), 1e-12)
}

func TestPopulationOf(t *testing.T) {
	t.Parallel()
	assert.Equal(t, agreement.Population{}, agreement.PopulationOf(nil))
	assert.Equal(t, agreement.Population{Mean: .1}, agreement.PopulationOf([]float64{.1, .1, .1}))
	p := agreement.PopulationOf([]float64{1, 2, 3})
	assert.InDelta(t, 2, p.Mean, 1e-12)
	assert.InDelta(t, 1, p.SD, 1e-12)
}

func TestStandardizedUndefined(t *testing.T) {
	t.Parallel()
	flat, rising := []float64{.1, .1, .1}, []float64{1, 2, 3}
	ratings := agreement.PopulationOf(rising)
	for name, tc := range map[string]struct {
		measure        pairMeasure
		human, machine []float64
		want           string
	}{
		"SMD, one pair":      {agreement.SMD, []float64{1}, []float64{2}, "a standard deviation needs at least 2 pairs, not 1"},
		"SMD, flat human":    {agreement.SMD, flat, rising, "the human scores have no spread"},
		"pooled, both flat":  {agreement.PooledSMD, flat, flat, "the scores of both have no spread"},
		"ratio, flat human":  {agreement.SDRatio, flat, rising, "the human scores have no spread"},
		"ratio, empty":       {agreement.SDRatio, nil, nil, "a standard deviation needs at least 2 pairs, not 0"},
		"DSM, empty":         {dsm(ratings, ratings), nil, nil, "no scores"},
		"DSM, flat humans":   {dsm(agreement.PopulationOf(flat), ratings), rising, rising, "all human scores have no spread"},
		"DSM, flat machines": {dsm(ratings, agreement.PopulationOf(flat)), rising, rising, "all machine scores have no spread"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := tc.measure(tc.human, tc.machine)
			require.NoError(t, err)
			assert.Equal(t, tc.want, e.Reason())
		})
	}
	assert.Positive(t, measured(t, agreement.PooledSMD, flat, rising), "one flat side still has a pooled SD")
	assert.Zero(t, measured(t, agreement.SDRatio, rising, flat), "a flat machine has ratio 0")
}

func TestStandardizedErrors(t *testing.T) {
	t.Parallel()
	_, err := agreement.SMD([]float64{1, 2}, []float64{1})
	require.EqualError(t, err, "agreement: standardized mean difference: 2 values of human and 1 of machine: want pairs")
	_, err = agreement.DSM(rsmHuman, rsmMachine, agreement.Population{SD: -1}, agreement.Population{SD: math.NaN()})
	require.ErrorContains(t, err, "population of human scores has mean 0 and SD -1: want finite numbers")
	require.ErrorContains(t, err, "population of machine scores has mean 0 and SD NaN")
}
