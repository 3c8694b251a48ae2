package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Wilson returns the share of items that passed and its Wilson score interval
// (Wilson 1927), which stays inside [0, 1] and holds up for shares near its ends.
//
// It assumes one verdict per item and independent items. Pooling several verdicts
// per item makes it far too narrow: average repeats and use [MeanInterval].
//
// It is an error if passed is not within 0..items or level is invalid. Without
// items the interval is undefined.
func Wilson(passed, items int, level float64) (Interval, error) {
	if items < 0 || passed < 0 || passed > items {
		return Interval{}, fmt.Errorf("stats: wilson: %d of %d items passed: want counts with 0 <= passed <= items", passed, items)
	}
	level, err := checkLevel(level)
	if err != nil {
		return Interval{}, fmt.Errorf("stats: wilson: %w", err)
	}
	iv := Interval{Level: level, Method: WilsonScore, Items: items}
	iv.StdErr = Undefined("a Wilson interval uses none")
	if items == 0 {
		iv.Point = Undefined("no items")
		return iv.unbounded("no items"), nil
	}
	n := float64(items)
	share := float64(passed) / n
	iv.Point = Of(share)
	z := normalQuantile(0.5 + level/2)
	center := (share + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
	low, high := center-half, center+half
	// The closed form is exactly 0 or 1 at the ends; rounding is not.
	if passed == 0 {
		low = 0
	}
	if passed == items {
		high = 1
	}
	return iv.bounded(low, high), nil
}

// FisherZ returns the interval of a Pearson correlation r over independent items
// by Fisher's transform: tanh(atanh r ± z/sqrt(n-3)). It assumes two values that
// are close to jointly normal; for ratings with few levels prefer [Bootstrap].
//
// The interval is undefined if r is, for fewer than four items, and for a perfect
// correlation. It is an error if r is outside [-1, 1], items is negative or level
// is invalid.
func FisherZ(r Estimate, items int, level float64) (Interval, error) {
	if items < 0 || math.Abs(r.value) > 1 {
		return Interval{}, fmt.Errorf("stats: fisher z: r = %v over %d items: want -1 <= r <= 1 and items >= 0", r, items)
	}
	level, err := checkLevel(level)
	if err != nil {
		return Interval{}, fmt.Errorf("stats: fisher z: %w", err)
	}
	iv := Interval{Point: r, Level: level, Method: FisherTransform, Items: items}
	iv.StdErr = Undefined("a Fisher z interval uses none on the scale of r")
	switch {
	case !r.defined:
		return iv.unbounded(r.Reason()), nil
	case items < 4:
		return iv.unbounded(fmt.Sprintf("Fisher's transform needs at least 4 items, not %d", items)), nil
	case math.Abs(r.value) == 1:
		return iv.unbounded("a perfect correlation has no Fisher transform"), nil
	}
	half := normalQuantile(0.5+level/2) / math.Sqrt(float64(items-3))
	z := math.Atanh(r.value)
	return iv.bounded(math.Tanh(z-half), math.Tanh(z+half)), nil
}

func normalQuantile(p float64) float64 { return distuv.UnitNormal.Quantile(p) }
