package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// MeanInterval returns the mean of values, one per item, and its t interval.
//
// The standard error is cluster-robust: sqrt(C/(C-1) * sum over clusters of
// (sum of deviations from the mean)^2) / n, with C-1 degrees of freedom. For
// independent items this is the usual s/sqrt(n) with n-1. The C/(C-1) factor and
// the t quantile keep the interval honest with few clusters, where the normal
// one covers too little. (Cameron and Miller, A Practitioner's Guide to
// Cluster-Robust Inference, 2015; Miller, Adding Error Bars to Evals, 2024,
// without the factor.)
//
// The mean weights items equally, whatever the size of their cluster. The bounds
// are undefined for fewer than two clusters and where no cluster deviates from
// the mean, since data without spread cannot tell how large an error is.
//
// It is an error if a value is not finite, clusters covers another number of
// items, or level is invalid.
func MeanInterval(values []float64, clusters Clusters, level float64) (Interval, error) {
	level, err := checkMean(values, clusters, level)
	if err != nil {
		return Interval{}, fmt.Errorf("stats: mean interval: %w", err)
	}
	return meanInterval(values, clusters, level, largest(values)), nil
}

func checkMean(values []float64, clusters Clusters, level float64) (float64, error) {
	if len(values) != clusters.Items() {
		return 0, fmt.Errorf("%d values, but clusters of %d items: want one value per item", len(values), clusters.Items())
	}
	if err := checkFinite("values", values); err != nil {
		return 0, err
	}
	return checkLevel(level)
}

// meanInterval takes checked arguments. magnitude is the size of the numbers that
// values were computed from; spread below its rounding counts as none.
func meanInterval(values []float64, clusters Clusters, level, magnitude float64) Interval {
	iv := Interval{Level: level, Method: StudentT, Items: len(values), Clusters: clusters.count()}
	if clusters.declared {
		iv.Method = ClusterT
	}
	if len(values) == 0 {
		iv.Point, iv.StdErr = Undefined("no items"), Undefined("no items")
		return iv.unbounded("no items")
	}
	center := mean(values)
	iv.Point = Of(center)
	if clusters.Len() < 2 {
		iv.StdErr = tooFew(clusters)
		return iv.unbounded(iv.StdErr.Reason())
	}
	iv.DF = clusters.Len() - 1
	stderr := clusterStdErr(values, center, clusters)
	if stderr <= rounding(magnitude) {
		iv.StdErr = Of(0)
		return iv.unbounded(fmt.Sprintf("no spread between %d %ss", clusters.Len(), clusters.unit()))
	}
	iv.StdErr = Of(stderr)
	half := tQuantile(0.5+level/2, iv.DF) * stderr
	return iv.bounded(center-half, center+half)
}

func clusterStdErr(values []float64, center float64, clusters Clusters) float64 {
	var sumOfSquares float64
	for _, members := range clusters.members {
		var deviation float64
		for _, i := range members {
			deviation += values[i] - center
		}
		sumOfSquares += deviation * deviation
	}
	c := float64(clusters.Len())
	return math.Sqrt(c/(c-1)*sumOfSquares) / float64(len(values))
}

// mean is the arithmetic mean in two passes: the second takes out the rounding of
// the first, so that equal values deviate from their mean by nothing.
func mean(values []float64) float64 {
	first := stat.Mean(values, nil)
	var residue float64
	for _, v := range values {
		residue += v - first
	}
	return first + residue/float64(len(values))
}

func tQuantile(p float64, df int) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(df)}.Quantile(p)
}

// tTwoSided is the probability of a t statistic at least as far from 0 as t.
func tTwoSided(t float64, df int) float64 {
	return 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(df)}.CDF(-math.Abs(t))
}
