package stats

import (
	"fmt"
	"math"
)

// DefaultLevel is the confidence level that 0 stands for.
const DefaultLevel = 0.95

// Method names how an interval was made.
type Method string

// The methods of this package.
const (
	StudentT            Method = "t"                    // mean of independent items, n-1 degrees of freedom
	ClusterT            Method = "cluster t"            // mean of clustered items, C-1 degrees of freedom
	BCaBootstrap        Method = "BCa bootstrap"        // bias-corrected and accelerated percentiles of the draws
	PercentileBootstrap Method = "percentile bootstrap" // plain percentiles of the draws
	WilsonScore         Method = "Wilson"               // share of passes, one verdict per item
	FisherTransform     Method = "Fisher z"             // correlation
)

// Interval is a point estimate with the bounds of its confidence interval and
// what is needed to judge them. The point can be defined where the bounds are
// not. Bounds are as computed, not cut to the range of the score: a cluster t
// interval of a pass rate can reach above 1.
//
// The zero value is an undefined interval. Interval marshals to JSON and back
// without loss.
type Interval struct {
	// Point is the statistic on all items.
	Point Estimate `json:"point"`
	// StdErr is the standard error that the bounds rest on: by formula for t
	// intervals, the standard deviation of the draws for a bootstrap; undefined
	// for methods that use none. It is 0 where no spread was seen; the bounds are
	// then undefined.
	StdErr Estimate `json:"stderr"`
	// Low and High are the bounds: both defined, or both undefined for the same
	// reason.
	Low  Estimate `json:"low"`
	High Estimate `json:"high"`
	// Level is the confidence level, above 0 and below 1.
	Level float64 `json:"level"`
	// Method names how the bounds were made, or would have been.
	Method Method `json:"method"`
	// Items is the number of items behind the point.
	Items int `json:"items"`
	// Clusters is the number of clusters, 0 if the items were declared
	// independent.
	Clusters int `json:"clusters,omitzero"`
	// DF is the degrees of freedom of a t interval, otherwise 0.
	DF int `json:"df,omitzero"`
	// Draws is the number of bootstrap draws, UndefinedDraws how many of them had
	// no value and were left out; 0 for other methods.
	Draws          int `json:"draws,omitzero"`
	UndefinedDraws int `json:"undefined_draws,omitzero"`
	// Note says why a fallback method was used, otherwise empty.
	Note string `json:"note,omitzero"`
}

// Bounds returns the interval, or ok = false if it is undefined.
func (i Interval) Bounds() (low, high float64, ok bool) {
	return i.Low.value, i.High.value, i.Defined()
}

// Defined reports whether the interval has bounds.
func (i Interval) Defined() bool { return i.Low.defined && i.High.defined }

// Reason says why there are no bounds; it is empty if there are.
func (i Interval) Reason() string {
	if i.Low.defined {
		return i.High.Reason()
	}
	return i.Low.Reason()
}

// String returns point, bounds to four significant digits, level, method and
// counts on one line.
func (i Interval) String() string {
	bounds := "undefined: " + i.Reason()
	if low, high, ok := i.Bounds(); ok {
		bounds = fmt.Sprintf("%.4g, %.4g", low, high)
	}
	point := "undefined"
	if v, ok := i.Point.Value(); ok {
		point = fmt.Sprintf("%.4g", v)
	}
	s := fmt.Sprintf("%s [%s] (%g%% %s, n=%d", point, bounds, 100*i.Level, i.Method, i.Items)
	if i.Clusters > 0 {
		s += fmt.Sprintf(", clusters=%d", i.Clusters)
	}
	return s + ")"
}

// bounded sets the bounds, unless they overflowed or fell together by rounding.
func (i Interval) bounded(low, high float64) Interval {
	if !finite(low) || !finite(high) || low >= high {
		return i.unbounded(fmt.Sprintf("the computation gave bounds %g and %g", low, high))
	}
	i.Low, i.High = Of(low), Of(high)
	return i
}

func (i Interval) unbounded(reason string) Interval {
	i.Low, i.High = Undefined(reason), Undefined(reason)
	return i
}

// checkLevel resolves the default of a confidence level.
func checkLevel(level float64) (float64, error) {
	if level == 0 {
		return DefaultLevel, nil
	}
	if !(level > 0 && level < 1) {
		return 0, fmt.Errorf("level %g: want a share above 0 and below 1, such as 0.95, or 0 for the default", level)
	}
	return level, nil
}

// checkFinite names the first value that is NaN or infinite.
func checkFinite(name string, values []float64) error {
	for i, v := range values {
		if !finite(v) {
			return fmt.Errorf("%s[%d] is %g: want finite values; leave out what was not measured", name, i, v)
		}
	}
	return nil
}

// rounding is the size of differences that are no more than the rounding of
// sums over values of the given magnitude.
func rounding(magnitude float64) float64 { return 1e-13 * magnitude }

func largest(values []float64) float64 {
	m := 0.0
	for _, v := range values {
		m = math.Max(m, math.Abs(v))
	}
	return m
}
