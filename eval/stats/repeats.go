package stats

import (
	"fmt"

	"gonum.org/v1/gonum/stat"
)

// Repeats is what repeated measurements of items come to once they are averaged
// inside each item.
type Repeats[K comparable] struct {
	// Items are the distinct items, in the order in which they first appear.
	Items []K
	// Means are the means of each item's values, Counts the numbers of values.
	Means  []float64
	Counts []int
	// WithinVariance is the variance (k-1) inside an item, averaged over the items
	// measured more than once: the noise that more repeats would reduce.
	WithinVariance Estimate
	// MeansVariance is the variance (n-1) of Means.
	MeansVariance Estimate
}

// AverageRepeats averages repeated measurements: values[i] belongs to items[i],
// in any order. An interval over the means respects that ten runs of one essay
// are not ten essays; an interval over all values would not.
//
// A repeat that failed is left out by the caller, who reports it. It is an error
// if the lengths differ or a value is not finite.
func AverageRepeats[K comparable](items []K, values []float64) (Repeats[K], error) {
	if len(items) != len(values) {
		return Repeats[K]{}, fmt.Errorf("stats: average repeats: %d items and %d values: want the item of every value", len(items), len(values))
	}
	if err := checkFinite("values", values); err != nil {
		return Repeats[K]{}, fmt.Errorf("stats: average repeats: %w", err)
	}
	distinct, indices := group(items)
	r := Repeats[K]{Items: distinct}
	var variances []float64
	for _, at := range indices {
		repeats := Select(values, at)
		r.Means = append(r.Means, mean(repeats))
		r.Counts = append(r.Counts, len(repeats))
		if len(repeats) > 1 {
			variances = append(variances, stat.Variance(repeats, nil))
		}
	}
	r.WithinVariance = Undefined("no item was measured more than once")
	if len(variances) > 0 {
		r.WithinVariance = Of(mean(variances))
	}
	r.MeansVariance = Undefined(fmt.Sprintf("a variance needs at least 2 items, not %d", len(distinct)))
	if len(distinct) > 1 {
		r.MeansVariance = Of(stat.Variance(r.Means, nil))
	}
	return r, nil
}
