package agreement

import (
	"fmt"
	"math"

	"github.com/gloss-sdk/gloss/eval/stats"
)

// Exact returns the share of pairs with equal scores. Scores that differ by less
// than 1e-9, or by less than that share of their size, count as equal, so that
// 0.1+0.2 is 0.3.
//
// It is undefined without pairs. It is an error if the series differ in length or
// a score is not finite.
func Exact(a, b []float64) (stats.Estimate, error) { return agreeing("exact", a, b, 0) }

// Adjacent returns the share of pairs at most tolerance apart, in units of the
// score; commonly one step of the scale. Comparison allows for rounding as in
// [Exact]. It is an error if tolerance is negative or not finite, and otherwise as
// in [Exact].
func Adjacent(a, b []float64, tolerance float64) (stats.Estimate, error) {
	if !(tolerance >= 0) || math.IsInf(tolerance, 0) {
		return stats.Estimate{}, fmt.Errorf("agreement: adjacent agreement: tolerance %g: want a distance of 0 or more", tolerance)
	}
	return agreeing("adjacent", a, b, tolerance)
}

func agreeing(name string, a, b []float64, tolerance float64) (stats.Estimate, error) {
	if err := check("a", "b", a, b); err != nil {
		return stats.Estimate{}, fmt.Errorf("agreement: %s agreement: %w", name, err)
	}
	if len(a) == 0 {
		return stats.Undefined("no scores"), nil
	}
	agreed := 0
	for i := range a {
		slack := 1e-9 * max(1, math.Abs(a[i]), math.Abs(b[i]))
		if math.Abs(a[i]-b[i]) <= tolerance+slack {
			agreed++
		}
	}
	return stats.Of(float64(agreed) / float64(len(a))), nil
}
