package stats

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// DefaultDraws is the number of bootstrap draws that 0 stands for.
const DefaultDraws = 2000

// MaxUndefinedShare is the largest share of draws that may have no value. Draws
// without a value are left out, and the rest then describe only the samples on
// which the statistic exists; above this share that is no longer the sampling
// distribution, and the interval is undefined.
const MaxUndefinedShare = 0.05

// Statistic computes a number from a sample of items, given by their indices; an
// item can occur several times. It must depend on nothing else. The slice is
// reused: a statistic must not keep or change it. Calls come one after another.
type Statistic func(indices []int) Estimate

// PairStatistic returns the statistic that hands a measure of two parallel
// series, such as human and machine scores, the values of each sample. An error
// of the measure becomes an undefined value with its text. The statistic reuses
// its buffers: the measure must not keep its arguments, and bootstraps that run
// at the same time need a statistic each.
func PairStatistic(a, b []float64, measure func(a, b []float64) (Estimate, error)) Statistic {
	var sampleA, sampleB []float64
	return func(indices []int) Estimate {
		if len(indices) > 0 && slices.Max(indices) >= min(len(a), len(b)) {
			return Undefined(fmt.Sprintf("item %d has no pair of values", slices.Max(indices)))
		}
		sampleA = appendAt(sampleA[:0], a, indices)
		sampleB = appendAt(sampleB[:0], b, indices)
		e, err := measure(sampleA, sampleB)
		if err != nil {
			return Undefined(err.Error())
		}
		return e
	}
}

// Select returns the values at the given indices, in their order. An index
// outside values panics, as it does in a slice expression.
func Select(values []float64, indices []int) []float64 {
	return appendAt(make([]float64, 0, len(indices)), values, indices)
}

func appendAt(dst, values []float64, indices []int) []float64 {
	for _, i := range indices {
		dst = append(dst, values[i])
	}
	return dst
}

// Resampling says how a bootstrap draws. It is plain data, to be logged with the
// result.
type Resampling struct {
	// Seed fixes the draws; 0 is a seed like any other.
	Seed uint64 `json:"seed"`
	// Draws is the number of resamples; 0 means DefaultDraws. It must reach
	// 2/(1-Level), one draw in each tail.
	Draws int `json:"draws"`
	// Level is the confidence level; 0 means DefaultLevel.
	Level float64 `json:"level"`
}

func (r Resampling) resolve() (Resampling, error) {
	level, err := checkLevel(r.Level)
	if err != nil {
		return r, err
	}
	r.Level = level
	if r.Draws == 0 {
		r.Draws = DefaultDraws
	}
	// The subtraction of a decimal level leaves rounding that would ask for one more.
	if need := math.Ceil(2/(1-level) - 1e-6); float64(r.Draws) < need {
		return r, fmt.Errorf("%d draws: level %g needs at least %g; 0 means %d", r.Draws, level, need, DefaultDraws)
	}
	return r, nil
}

// Bootstrap returns the interval of a statistic that has no formula for one, such
// as a kappa or an F1, by drawing whole clusters with replacement. For means use
// [MeanInterval]: a bootstrap of few items or clusters covers too little, near 89%
// instead of 95% for the mean of 10 skewed scores (TestCoverage measures it).
//
// Bounds are bias-corrected and accelerated percentiles (BCa; Efron, Better
// Bootstrap Confidence Intervals, 1987), the acceleration coming from a jackknife
// over clusters. Where BCa is undefined they are plain percentiles; Method and
// Note then say so. Percentiles interpolate linearly between order statistics.
//
// The bounds are undefined if the statistic is undefined on all items, for fewer
// than two clusters, if more than [MaxUndefinedShare] of the draws have no value,
// and if all draws give the same value.
//
// Draws come from a PCG generator; equal arguments give equal bytes. With C
// clusters, n items and B draws, the statistic is called 1 + B + C times on about
// n indices each, one call after another; memory is O(n + B + C).
//
// It is an error if statistic is nil or the level or the number of draws is
// invalid.
func Bootstrap(clusters Clusters, statistic Statistic, r Resampling) (Interval, error) {
	r, err := r.resolve()
	if err != nil {
		return Interval{}, fmt.Errorf("stats: bootstrap: %w", err)
	}
	if statistic == nil {
		return Interval{}, errors.New("stats: bootstrap: the statistic is nil")
	}
	iv := Interval{Level: r.Level, Method: BCaBootstrap, Items: clusters.Items(), Clusters: clusters.count()}
	iv.Point = statistic(allItems(clusters.Items()))
	if !iv.Point.defined {
		iv.StdErr = Undefined(iv.Point.Reason())
		return iv.unbounded(iv.Point.Reason()), nil
	}
	if clusters.Len() < 2 {
		iv.StdErr = tooFew(clusters)
		return iv.unbounded(iv.StdErr.Reason()), nil
	}
	values := draw(clusters, statistic, r)
	iv.Draws, iv.UndefinedDraws = r.Draws, r.Draws-len(values)
	return iv.fromDraws(values, clusters, statistic), nil
}

// BootstrapDifference is [Bootstrap] of other - base, both computed on the same
// items in every draw. It is undefined on a draw on which either is. For a
// difference of means use [MeanDifference].
func BootstrapDifference(clusters Clusters, base, other Statistic, r Resampling) (Interval, error) {
	if base == nil || other == nil {
		return Interval{}, errors.New("stats: bootstrap difference: a statistic is nil")
	}
	return Bootstrap(clusters, func(indices []int) Estimate {
		b, o := base(indices), other(indices)
		if !b.defined {
			return Undefined("base: " + b.Reason())
		}
		if !o.defined {
			return Undefined("other: " + o.Reason())
		}
		return Of(o.value - b.value)
	}, r)
}

// draw returns the defined values of the statistic over r.Draws resamples, in the
// order drawn.
func draw(clusters Clusters, statistic Statistic, r Resampling) []float64 {
	source := rand.NewPCG(r.Seed, 0)
	values := make([]float64, 0, r.Draws)
	sample := make([]int, 0, clusters.Items())
	for range r.Draws {
		sample = sample[:0]
		for range clusters.members {
			// The high word of the product is uniform below Len up to a bias of
			// Len/2^64 and, unlike IntN, the same in every Go release.
			c, _ := bits.Mul64(source.Uint64(), uint64(clusters.Len()))
			sample = append(sample, clusters.members[c]...)
		}
		if v, ok := statistic(sample).Value(); ok {
			values = append(values, v)
		}
	}
	return values
}

func (i Interval) fromDraws(values []float64, clusters Clusters, statistic Statistic) Interval {
	if share := float64(i.UndefinedDraws) / float64(i.Draws); share > MaxUndefinedShare {
		reason := fmt.Sprintf("the statistic is undefined on %d of %d draws, more than %g%%",
			i.UndefinedDraws, i.Draws, 100*MaxUndefinedShare)
		i.StdErr = Undefined(reason)
		return i.unbounded(reason)
	}
	slices.Sort(values)
	if last := len(values) - 1; values[last]-values[0] <= rounding(largest(values)) {
		i.StdErr = Of(0)
		return i.unbounded(fmt.Sprintf("all draws give %.4g", values[0]))
	}
	i.StdErr = Of(stat.StdDev(values, nil))
	low, high, err := bcaShares(values, i.Point.value, i.Level, clusters, statistic)
	if err != nil {
		i.Method, i.Note = PercentileBootstrap, "BCa undefined: "+err.Error()
		low, high = 0.5-i.Level/2, 0.5+i.Level/2
	}
	return i.bounded(percentile(values, low), percentile(values, high))
}

// percentile interpolates linearly between the order statistics of sorted values,
// share 0 being the first and 1 the last.
func percentile(sorted []float64, share float64) float64 {
	at := share * float64(len(sorted)-1)
	below := int(at)
	if below >= len(sorted)-1 {
		return sorted[len(sorted)-1]
	}
	return sorted[below] + (at-float64(below))*(sorted[below+1]-sorted[below])
}
