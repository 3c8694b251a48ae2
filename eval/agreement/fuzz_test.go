package agreement_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/stats"
)

// floats reads eight bytes a number, so that a fuzzer reaches NaN and subnormals,
// and stops at 64 numbers, since Kendall's tau is quadratic.
func floats(data []byte) []float64 {
	var values []float64
	for ; len(data) >= 8 && len(values) < 64; data = data[8:] {
		values = append(values, math.Float64frombits(binary.LittleEndian.Uint64(data)))
	}
	return values
}

func bytesOf(values ...float64) []byte {
	var data []byte
	for _, v := range values {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
	}
	return data
}

func requireFinite(t *testing.T, e stats.Estimate) {
	t.Helper()
	v, ok := e.Value()
	require.False(t, math.IsNaN(v) || math.IsInf(v, 0))
	require.Equal(t, ok, e.Reason() == "")
}

func FuzzMeasures(f *testing.F) {
	f.Add(bytesOf(1, 2, 3), bytesOf(1, 3, 3), 1.0)
	f.Add(bytesOf(math.MaxFloat64, -math.MaxFloat64), bytesOf(-math.MaxFloat64, 1), 0.0)
	f.Add(bytesOf(5e-324, 0), bytesOf(0, 5e-324), math.Inf(1))
	f.Add(bytesOf(1), bytesOf(math.NaN()), -1.0)
	f.Fuzz(func(t *testing.T, dataA, dataB []byte, tolerance float64) {
		a, b := floats(dataA), floats(dataB)
		for name, tc := range map[string]struct {
			measure   pairMeasure
			low, high float64
		}{
			"continuous QWK": {agreement.ContinuousQWK, -1, 1},
			"pearson":        {agreement.Pearson, -1, 1},
			"spearman":       {agreement.Spearman, -1, 1},
			"tau-b":          {agreement.KendallTauB, -1, 1},
			"exact":          {agreement.Exact, 0, 1},
			"adjacent":       {adjacent(tolerance), 0, 1},
			"MAE":            {agreement.MAE, 0, math.Inf(1)},
			"RMSE":           {agreement.RMSE, 0, math.Inf(1)},
			"SMD":            {agreement.SMD, math.Inf(-1), math.Inf(1)},
			"pooled SMD":     {agreement.PooledSMD, math.Inf(-1), math.Inf(1)},
			"SD ratio":       {agreement.SDRatio, 0, math.Inf(1)},
			"DSM":            {dsm(agreement.PopulationOf(a), agreement.PopulationOf(b)), math.Inf(-1), math.Inf(1)},
		} {
			e, err := tc.measure(a, b)
			if len(a) != len(b) {
				require.Error(t, err, name)
			}
			if v, ok := e.Value(); ok {
				require.NoError(t, err, name)
				require.GreaterOrEqual(t, v, tc.low, name)
				require.LessOrEqual(t, v, tc.high, name)
			}
			requireFinite(t, e)
		}
	})
}

func FuzzKappa(f *testing.F) {
	f.Add([]byte{1, 2, 3}, []byte{1, 3, 3}, 1.0, 1.0, uint8(5))
	f.Add([]byte{0, 0}, []byte{0, 0}, 0.0, .1, uint8(1))
	f.Add([]byte{9}, []byte{}, -1e300, 1e300, uint8(200))
	f.Fuzz(func(t *testing.T, stepsA, stepsB []byte, low, step float64, levels uint8) {
		scale := agreement.Scale{Min: low, Max: low + step*float64(levels), Step: step}
		a, b := make([]float64, len(stepsA)), make([]float64, len(stepsB))
		for i, s := range stepsA {
			a[i] = low + step*float64(s)
		}
		for i, s := range stepsB {
			b[i] = low + step*float64(s)
		}
		for _, m := range list(kappas(scale)) {
			e, err := m(a, b)
			back, errBack := m(b, a)
			require.Equal(t, err == nil, errBack == nil)
			require.Equal(t, e.Defined(), back.Defined())
			requireFinite(t, e)
			if v, ok := e.Value(); ok {
				require.NoError(t, err)
				require.LessOrEqual(t, math.Abs(v), 1.0)
				require.Equal(t, e, back)
			}
			if scale.Validate() != nil {
				require.Error(t, err)
			}
		}
	})
}

func FuzzSetF1(f *testing.F) {
	f.Add([]byte("ab"), []byte("bc"), 3)
	f.Add([]byte{}, []byte{}, 0)
	f.Fuzz(func(t *testing.T, predicted, truth []byte, total int) {
		item := agreement.LabelSets[byte]{Predicted: predicted, Truth: truth}
		s := agreement.SetF1([]agreement.LabelSets[byte]{item, item})
		require.Equal(t, agreement.CountLabels(item).Plus(agreement.CountLabels(item)), s.Counts)
		require.GreaterOrEqual(t, min(s.Counts.TP, s.Counts.FP, s.Counts.FN), 0)
		for _, e := range []stats.Estimate{s.Precision, s.Recall, s.F1} {
			v, _ := e.Value()
			require.GreaterOrEqual(t, v, 0.0)
			require.LessOrEqual(t, v, 1.0)
		}
		chance, err := agreement.ChanceSetF1([]agreement.LabelSets[byte]{item}, total)
		if v, ok := chance.Value(); ok {
			require.NoError(t, err)
			require.Greater(t, v, 0.0)
			require.LessOrEqual(t, v, 1.0)
		}
	})
}
