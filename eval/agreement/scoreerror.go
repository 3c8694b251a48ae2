package agreement

import (
	"fmt"
	"math"

	"github.com/gloss-sdk/gloss/eval/stats"
)

// MAE returns the mean absolute error, in units of the score.
//
// It is undefined without pairs. It is an error if the series differ in length or
// a score is not finite.
func MAE(a, b []float64) (stats.Estimate, error) {
	return meanError("mean absolute error", a, b, math.Abs)
}

// RMSE returns the root mean squared error, in units of the score. Undefined values
// and errors are those of [MAE].
func RMSE(a, b []float64) (stats.Estimate, error) {
	mean, err := meanError("root mean squared error", a, b, func(d float64) float64 { return d * d })
	if v, ok := mean.Value(); ok {
		return stats.Of(math.Sqrt(v)), err
	}
	return mean, err
}

func meanError(name string, a, b []float64, loss func(difference float64) float64) (stats.Estimate, error) {
	if err := check("a", "b", a, b); err != nil {
		return stats.Estimate{}, fmt.Errorf("agreement: %s: %w", name, err)
	}
	if len(a) == 0 {
		return stats.Undefined("no scores"), nil
	}
	var sum float64
	for i := range a {
		sum += loss(a[i] - b[i])
	}
	return stats.Of(sum / float64(len(a))), nil
}
