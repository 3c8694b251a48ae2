package agreement

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/gloss-sdk/gloss/eval/stats"
)

// Pearson returns the product-moment correlation, in [-1, 1]. It says whether
// scores rise together, not whether they agree.
//
// It is undefined for fewer than two pairs and where a series is constant. It is an
// error if the series differ in length or a score is not finite.
func Pearson(a, b []float64) (stats.Estimate, error) {
	return correlate("pearson", a, b, pearson)
}

// Spearman returns the rank correlation: [Pearson] of ranks, ties sharing their
// mean rank. Time is n log n.
func Spearman(a, b []float64) (stats.Estimate, error) {
	return correlate("spearman", a, b, func(a, b []float64) float64 { return pearson(ranks(a), ranks(b)) })
}

// KendallTauB returns Kendall's tau-b: concordant less discordant pairs of items,
// over the geometric mean of the pairs not tied in a and those not tied in b
// (Kendall 1945). Undefined values and errors are those of [Pearson]. Time is
// quadratic in the number of pairs.
func KendallTauB(a, b []float64) (stats.Estimate, error) {
	return correlate("kendall tau-b", a, b, tauB)
}

func correlate(name string, a, b []float64, measure func(a, b []float64) float64) (stats.Estimate, error) {
	if err := check("a", "b", a, b); err != nil {
		return stats.Estimate{}, fmt.Errorf("agreement: %s: %w", name, err)
	}
	if len(a) < 2 {
		return stats.Undefined(fmt.Sprintf("a correlation needs at least 2 pairs, not %d", len(a))), nil
	}
	if constant(a) {
		return stats.Undefined(fmt.Sprintf("all values of a are %g", a[0])), nil
	}
	if constant(b) {
		return stats.Undefined(fmt.Sprintf("all values of b are %g", b[0])), nil
	}
	return within(measure(a, b), -1, 1), nil
}

func pearson(a, b []float64) float64 { return stat.Correlation(a, b, nil) }

// ranks returns 1-based ranks, ties sharing their mean rank.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(values[i], values[j]) })
	ranks := make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = float64(from+1+to) / 2
		}
		from = to
	}
	return ranks
}

func tauB(a, b []float64) float64 {
	var balance, untiedA, untiedB float64
	for i := range a {
		for j := range i {
			signA, signB := cmp.Compare(a[i], a[j]), cmp.Compare(b[i], b[j])
			balance += float64(signA * signB)
			untiedA += float64(signA * signA)
			untiedB += float64(signB * signB)
		}
	}
	return balance / math.Sqrt(untiedA*untiedB)
}

func constant(values []float64) bool {
	for _, v := range values {
		if v != values[0] {
			return false
		}
	}
	return true
}

// within cuts what rounding carried past the ends of a measure's range.
func within(v, low, high float64) stats.Estimate {
	if math.IsInf(v, 0) {
		return stats.Of(v)
	}
	return stats.Of(min(max(v, low), high))
}
