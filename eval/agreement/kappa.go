package agreement

import (
	"errors"
	"fmt"

	"gonum.org/v1/gonum/stat"

	"github.com/gloss-sdk/gloss/eval/stats"
)

// QWK returns the quadratic weighted kappa of paired ratings: 1 minus observed
// over expected disagreement, disagreement being the squared distance on the
// scale and its expectation that of ratings paired at random (Cohen 1968). It lies
// in [-1, 1]; 0 is agreement by chance.
//
// It is undefined without ratings and when all ratings of both series are equal.
// It is an error if the scale is invalid, the series differ in length or a rating
// is off the scale. Time is linear in ratings plus quadratic in levels used.
func QWK(a, b []float64, scale Scale) (stats.Estimate, error) {
	return kappa("quadratic weighted kappa", a, b, scale, func(steps int) int { return steps * steps })
}

// LinearKappa is [QWK] with disagreement growing as the distance on the scale.
func LinearKappa(a, b []float64, scale Scale) (stats.Estimate, error) {
	return kappa("linear weighted kappa", a, b, scale, func(steps int) int { return max(steps, -steps) })
}

// Kappa is Cohen's kappa, unweighted: [QWK] with every disagreement counting the
// same. Read it beside the shares of the levels: where nearly all ratings fall on
// one level, kappa is near 0 however often the raters agree.
func Kappa(a, b []float64, scale Scale) (stats.Estimate, error) {
	return kappa("kappa", a, b, scale, func(steps int) int { return min(steps*steps, 1) })
}

// kappa weighs disagreement by weight, a function of the signed difference in
// steps.
func kappa(name string, a, b []float64, scale Scale, weight func(steps int) int) (stats.Estimate, error) {
	at, bt, err := onScale(a, b, scale)
	if err != nil {
		return stats.Estimate{}, fmt.Errorf("agreement: %s: %w", name, err)
	}
	if len(a) == 0 {
		return stats.Undefined("no ratings"), nil
	}
	observed, expected := disagreement(at, bt, scale.levels(), weight)
	if expected == 0 {
		return stats.Undefined(fmt.Sprintf("all ratings are %g, so chance agrees as often as the raters", a[0])), nil
	}
	return within(1-observed/expected, -1, 1), nil
}

func onScale(a, b []float64, scale Scale) (at, bt []int, err error) {
	if err := scale.Validate(); err != nil {
		return nil, nil, err
	}
	if err := check("a", "b", a, b); err != nil {
		return nil, nil, err
	}
	at, errA := scale.positions("a", a)
	bt, errB := scale.positions("b", b)
	return at, bt, errors.Join(errA, errB)
}

// disagreement returns the summed weights of the pairs as given and as expected
// if the ratings of b were dealt to those of a at random.
func disagreement(a, b []int, levels int, weight func(steps int) int) (observed, expected float64) {
	countA, countB := make([]int, levels), make([]int, levels)
	for i := range a {
		countA[a[i]]++
		countB[b[i]]++
		observed += float64(weight(a[i] - b[i]))
	}
	for i, inA := range countA {
		if inA == 0 {
			continue
		}
		for j, inB := range countB {
			expected += float64(inA) * float64(inB) * float64(weight(i-j))
		}
	}
	return observed, expected / float64(len(a))
}

// ContinuousQWK is the quadratic weighted kappa of scores that need no scale:
// 2 cov(a, b) / (var a + var b + (mean a - mean b)^2), moments over n. On ratings of
// a scale it equals [QWK]; it is also Lin's concordance correlation.
//
// It is undefined without scores and when all scores of both series are equal. It
// is an error if the series differ in length or a score is not finite.
func ContinuousQWK(a, b []float64) (stats.Estimate, error) {
	if err := check("a", "b", a, b); err != nil {
		return stats.Estimate{}, fmt.Errorf("agreement: continuous quadratic weighted kappa: %w", err)
	}
	if len(a) == 0 {
		return stats.Undefined("no scores"), nil
	}
	if constant(a) && constant(b) && a[0] == b[0] {
		return stats.Undefined(fmt.Sprintf("all scores are %g, so chance agrees as often as the raters", a[0])), nil
	}
	meanA, varA := stat.PopMeanVariance(a, nil)
	meanB, varB := stat.PopMeanVariance(b, nil)
	var cov float64
	for i := range a {
		cov += (a[i] - meanA) * (b[i] - meanB)
	}
	cov /= float64(len(a))
	shift := meanA - meanB
	return within(2*cov/(varA+varB+shift*shift), -1, 1), nil
}
