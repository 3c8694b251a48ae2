package exemplarllm

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// lengths returns a sample with nothing but the first feature.
func lengths(target float64, x, y []float64) sample {
	s := sample{target: features{target}, scores: y}
	for _, v := range x {
		s.features = append(s.features, features{v})
	}
	return s
}

func TestLengthRidgeByHand(t *testing.T) {
	t.Parallel()
	// x = 1, 2, 3 has the mean 2 and the variance 2/3, so z = -+sqrt(3/2) and 0, and the sum of z^2 is 3. y = 1, 2, 6 has the
	// mean 3; the sum of z(y-3) is sqrt(3/2) * (2+3). The slope is 5 sqrt(3/2) / (3 + .75), and x = 2.5 has z = sqrt(3/2)/2.
	s := lengths(2.5, []float64{1, 2, 3}, []float64{1, 2, 6})
	assert.InDelta(t, 3+5*1.5/2/3.75, lengthRidge().predict(s, target), 1e-5)

	// Without the third example z = -1 and 1, y = 1 and 2, and the slope is 1 / (2 + .5); x = 3 has z = 3.
	assert.InDelta(t, 2, lengthRidge().predict(s, 2), 0, "1.5 + 3/2.5, clipped to the range of the other two")
}

func TestRidgeClips(t *testing.T) {
	t.Parallel()
	s := lengths(1e9, []float64{1, 2, 3, 4}, []float64{2, 3, 3, 4})
	assert.InDelta(t, 4, lengthRidge().predict(s, target), 0, "a long text scores no higher than the best example")
	s.target = features{-1e9}
	assert.InDelta(t, 2, lengthRidge().predict(s, target), 0)

	// The target is 3 standard deviations away at most: with a slope of .01/sd the prediction moves by .03 at most, not to the bound.
	flat := lengths(1e9, []float64{1, 2, 3, 4}, []float64{0, 10, 10, 0.1})
	_, low, high := flat.center(target)
	got := lengthRidge().predict(flat, target)
	slope := bruteForce(flat, 1, .25)[0]
	assert.InDelta(t, 5.025+3*slope, got, 1e-9)
	assert.Greater(t, got, low)
	assert.Less(t, got, high)
}

func TestRidgeWithoutVariance(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]sample{
		"one example":    lengths(9, []float64{1}, []float64{3}),
		"equal lengths":  lengths(9, []float64{2, 2}, []float64{1, 5}),
		"equal scores":   lengths(9, []float64{1, 2, 3}, []float64{3, 3, 3}),
		"equal examples": lengths(9, []float64{2, 2, 2}, []float64{3, 3, 3}),
	} {
		for _, r := range []ridge{lengthRidge(), featureRidge()} {
			assert.InDelta(t, 3, r.predict(s, target), 1e-9, name)
		}
	}
}

// bruteForce fits by Gauss-Jordan elimination of the normal equations on explicit matrices.
func bruteForce(s sample, d int, penalty float64) []float64 {
	k := float64(len(s.scores))
	meanScore := 0.0
	for _, y := range s.scores {
		meanScore += y / k
	}
	z := zScores(s, d)
	system := make([][]float64, d)
	for a := range d {
		system[a] = make([]float64, d+1)
		for i := range s.scores {
			for b := range d {
				system[a][b] += z[i][a] * z[i][b]
			}
			system[a][d] += z[i][a] * (s.scores[i] - meanScore)
		}
		system[a][a] += penalty * k
	}
	for a := range d {
		for b := range d {
			if a == b {
				continue
			}
			factor := system[b][a] / system[a][a]
			for c := range d + 1 {
				system[b][c] -= factor * system[a][c]
			}
		}
	}
	slopes := make([]float64, d)
	for a := range d {
		slopes[a] = system[a][d] / system[a][a]
	}
	return slopes
}

// zScores standardizes the examples and, in the last row, the target.
func zScores(s sample, d int) [][]float64 {
	z := make([][]float64, len(s.scores)+1)
	for i := range z {
		z[i] = make([]float64, d)
	}
	for a := range d {
		mean, square := 0.0, 0.0
		for _, x := range s.features {
			mean += x[a]
			square += x[a] * x[a]
		}
		mean /= float64(len(s.features))
		spread := math.Sqrt(max(0, square/float64(len(s.features))-mean*mean)) + 1e-6
		for i, x := range append(append([]features(nil), s.features...), s.target) {
			z[i][a] = (x[a] - mean) / spread
		}
	}
	return z
}

func bruteForcePredict(s sample, d int, penalty float64) float64 {
	z := zScores(s, d)
	mean, low, high := 0.0, math.Inf(1), math.Inf(-1)
	for _, y := range s.scores {
		mean += y / float64(len(s.scores))
		low, high = math.Min(low, y), math.Max(high, y)
	}
	for a, slope := range bruteForce(s, d, penalty) {
		mean += slope * math.Max(-3, math.Min(3, z[len(z)-1][a]))
	}
	return math.Max(low, math.Min(high, mean))
}

func randomSample(rng *rand.Rand, k int) sample {
	var s sample
	draw := func() (f features) {
		for a := range f {
			f[a] = 5 + rng.NormFloat64()*float64(a+1)
		}
		return f
	}
	s.target = draw()
	for i := range k {
		x := draw()
		s.features = append(s.features, x)
		s.scores = append(s.scores, math.Round(x[0]+x[3]/2+rng.NormFloat64()))
		s.toTarget = append(s.toTarget, rng.Float64())
		s.between = append(s.between, make([]float64, k))
		for j := range i {
			s.between[i][j] = rng.Float64()
			s.between[j][i] = s.between[i][j]
		}
	}
	return s
}

// without returns s with example i as its target.
func (s sample) without(i int) sample {
	out := sample{target: s.features[i]}
	for j := range s.scores {
		if j != i {
			out.features = append(out.features, s.features[j])
			out.scores = append(out.scores, s.scores[j])
			out.toTarget = append(out.toTarget, s.between[i][j])
		}
	}
	return out
}

func TestRidgeAgainstBruteForce(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		s := randomSample(rng, 2+rng.IntN(40))
		assert.InDelta(t, bruteForcePredict(s, 1, .25), LengthRidge.predict(s, target), 1e-6)
		assert.InDelta(t, bruteForcePredict(s, 6, .3), FeatureRidge.predict(s, target), 1e-6)
	}
}

func TestHeldOutExampleIsPredictedFromTheOthers(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		s := randomSample(rng, 3+rng.IntN(20))
		held := rng.IntN(len(s.scores))
		for _, p := range []Predictor{LengthRidge, FeatureRidge, Neighbors} {
			assert.InDelta(t, p.predict(s.without(held), target), p.predict(s, held), 1e-9, p)
		}
		changed := s
		changed.scores = append([]float64(nil), s.scores...)
		changed.scores[held] += 100
		for _, p := range []Predictor{LengthRidge, FeatureRidge, Neighbors} {
			assert.InDelta(t, p.predict(s, held), p.predict(changed, held), 0, "%s must not see the score it predicts", p)
		}
	}
}
