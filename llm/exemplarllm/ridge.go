package exemplarllm

import "math"

// ridge is a regression of the scores on the first columns of the features. The features are standardized by the mean and
// standard deviation of the examples and the scores are centred, so that the fit shrinks towards the mean score.
type ridge struct {
	columns int     // 1 uses the length alone
	penalty float64 // per example: the penalty of a fit to k examples is k times this
}

const (
	spreadFloor = 1e-6 // added to a standard deviation, so that a constant feature divides by something
	maxDeviance = 3    // a text further from the examples than this many standard deviations counts as that far
)

func lengthRidge() ridge  { return ridge{columns: 1, penalty: .25} }
func featureRidge() ridge { return ridge{columns: len(features{}), penalty: .3} }

// predict returns the score of the held text from the other examples of s, clipped to their range; see [sample].
func (r ridge) predict(s sample, held int) float64 {
	mean, spread := r.standard(s, held)
	centre, low, high := s.center(held)
	var gram [len(features{})]features
	var moment features
	k := 0.0
	for i, x := range s.features {
		if i == held {
			continue
		}
		k++
		z := standardize(x, mean, spread)
		for a := range r.columns {
			moment[a] += z[a] * (s.scores[i] - centre)
			for b := range a + 1 {
				gram[a][b] += z[a] * z[b]
			}
		}
	}
	for a := range r.columns {
		gram[a][a] += r.penalty * k
	}
	slopes := solve(gram, moment, r.columns)
	score := centre
	for a, z := range standardize(s.text(held), mean, spread) {
		score += slopes[a] * min(max(z, -maxDeviance), maxDeviance)
	}
	return min(max(score, low), high)
}

// standard returns the mean and standard deviation of every feature over the examples other than the held one.
func (r ridge) standard(s sample, held int) (mean, spread features) {
	k := float64(s.others(held))
	for i, x := range s.features {
		if i == held {
			continue
		}
		for a := range r.columns {
			mean[a] += x[a] / k
		}
	}
	for i, x := range s.features {
		if i == held {
			continue
		}
		for a := range r.columns {
			spread[a] += (x[a] - mean[a]) * (x[a] - mean[a]) / k
		}
	}
	for a := range spread {
		spread[a] = math.Sqrt(spread[a]) + spreadFloor
	}
	return mean, spread
}

func standardize(x, mean, spread features) features {
	for a := range x {
		x[a] = (x[a] - mean[a]) / spread[a]
	}
	return x
}

// solve returns x with gram x = moment for a positive definite matrix of which the lower triangle of the first n rows is
// given, by Cholesky decomposition. The other elements of x are zero.
func solve(gram [len(features{})]features, moment features, n int) features {
	for a := range n {
		for b := range a + 1 {
			sum := gram[a][b]
			for c := range b {
				sum -= gram[a][c] * gram[b][c]
			}
			if a == b {
				gram[a][a] = math.Sqrt(sum)
			} else {
				gram[a][b] = sum / gram[b][b]
			}
		}
	}
	var x features
	for a := range n {
		x[a] = moment[a]
		for b := range a {
			x[a] -= gram[a][b] * x[b]
		}
		x[a] /= gram[a][a]
	}
	for a := n - 1; a >= 0; a-- {
		for b := a + 1; b < n; b++ {
			x[a] -= gram[b][a] * x[b]
		}
		x[a] /= gram[a][a]
	}
	return x
}
