package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
)

// Difference is a mean paired difference with its t interval and the test that
// the true difference is 0.
type Difference struct {
	Interval

	// SD is the standard deviation of the items' differences (n-1).
	SD Estimate `json:"sd"`
	// EffectSize is Cohen's d_z: mean difference / SD.
	EffectSize Estimate `json:"effect_size"`
	// T is mean difference / standard error, with DF degrees of freedom.
	T Estimate `json:"t"`
	// P is the two-sided p-value of T, unadjusted for other comparisons.
	P Estimate `json:"p"`
}

// MeanDifference returns the mean of other[i] - base[i] over items scored twice,
// with the interval that [MeanInterval] gives for these differences. Pairing
// removes what makes items easy or hard for both sides, which shortens the
// interval wherever the two sides correlate.
//
// Where the differences have no spread, as between a run and its identical copy,
// the point is defined and the bounds, EffectSize, T and P are not.
//
// It is an error if base and other differ in length, a value is not finite,
// clusters covers another number of items, or level is invalid.
func MeanDifference(base, other []float64, clusters Clusters, level float64) (Difference, error) {
	diffs, level, err := pairedDifferences(base, other, clusters, level)
	if err != nil {
		return Difference{}, fmt.Errorf("stats: mean difference: %w", err)
	}
	magnitude := math.Max(largest(base), largest(other))
	d := Difference{Interval: meanInterval(diffs, clusters, level, magnitude)}
	d.SD = spread(diffs)
	d.EffectSize = ratio(d.Point, d.SD, magnitude)
	d.T = ratio(d.Point, d.StdErr, magnitude)
	d.P = d.T
	if t, ok := d.T.Value(); ok {
		d.P = Of(tTwoSided(t, d.DF))
	}
	return d, nil
}

func pairedDifferences(base, other []float64, clusters Clusters, level float64) ([]float64, float64, error) {
	if len(base) != len(other) {
		return nil, 0, fmt.Errorf("%d base values and %d others: want pairs", len(base), len(other))
	}
	if err := checkFinite("base", base); err != nil {
		return nil, 0, err
	}
	if err := checkFinite("other", other); err != nil {
		return nil, 0, err
	}
	diffs := make([]float64, len(base))
	for i := range diffs {
		diffs[i] = other[i] - base[i]
	}
	level, err := checkMean(diffs, clusters, level)
	return diffs, level, err
}

func spread(values []float64) Estimate {
	if len(values) < 2 {
		return Undefined(fmt.Sprintf("a standard deviation needs at least 2 items, not %d", len(values)))
	}
	return Of(stat.StdDev(values, nil))
}

// ratio divides by a spread, unless that is no more than rounding.
func ratio(mean, sd Estimate, magnitude float64) Estimate {
	if !mean.defined {
		return mean
	}
	if !sd.defined {
		return sd
	}
	if sd.value <= rounding(magnitude) {
		return Undefined("the differences have no spread")
	}
	return Of(mean.value / sd.value)
}
