package exemplarllm

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// noise returns k examples whose scores no predictor explains.
func noise(rng *rand.Rand, k int) sample {
	s := randomSample(rng, k)
	for i := range s.scores {
		s.scores[i] = float64(rng.IntN(2))
	}
	return s
}

// likeScores makes the examples with equal scores the similar ones.
func likeScores(s sample) sample {
	for i, a := range s.scores {
		for j, b := range s.scores {
			s.between[i][j] = 0
			if a == b {
				s.between[i][j] = 1
			}
		}
	}
	return s
}

// equal makes all examples the same, so that all predictors are the mean.
func equal(s sample) sample {
	for i := range s.features {
		s.features[i] = features{}
	}
	for i := range s.between {
		s.between[i] = slices.Repeat([]float64{.5}, len(s.scores))
	}
	return s
}

func TestChooseOnATieTakesTheRidgeForTheNumberOfExamples(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	for k := 1; k < 30; k++ {
		want := LengthRidge
		if k >= 10 {
			want = FeatureRidge
		}
		assert.Equal(t, want, choose(equal(noise(rng, k))), "%d examples", k)
	}
}

func TestChooseTakesWhatIsClearlyBetter(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 8))
	assert.Equal(t, Neighbors, choose(likeScores(noise(rng, 20))))

	byLength := randomSample(rng, 20)
	for i, x := range byLength.features {
		byLength.scores[i] = x[0]
	}
	assert.Equal(t, LengthRidge, choose(byLength))

	byFeatures := randomSample(rng, 9)
	for i, x := range byFeatures.features {
		byFeatures.scores[i] = x[3] + x[4]
	}
	assert.Equal(t, FeatureRidge, choose(byFeatures))
}

func TestChooseKeepsTheRidgeOnANearTie(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(9, 10))
	kept, left := 0, 0
	for range 500 {
		s := noise(rng, 12)
		ridge, other := FeatureRidge.lossOf(s), min(LengthRidge.lossOf(s), Neighbors.lossOf(s))
		switch chosen := choose(s); {
		case other >= .8*ridge:
			require.Equal(t, FeatureRidge, chosen)
			if other < ridge {
				kept++
			}
		default:
			require.NotEqual(t, FeatureRidge, chosen)
			left++
		}
	}
	assert.Positive(t, kept, "the generator must reach near ties")
	assert.Positive(t, left, "and clear cases")
}

func TestLossIsTheSumOfSquaredErrors(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(11, 12))
	s := randomSample(rng, 15)
	for _, p := range []Predictor{LengthRidge, FeatureRidge, Neighbors} {
		want := 0.0
		for i, y := range s.scores {
			want += math.Pow(p.predict(s.without(i), target)-y, 2)
		}
		assert.InDelta(t, want, p.lossOf(s), 1e-6, p)
	}
}

func TestPredictionsStayInTheRangeShown(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(13, 14))
	for range 300 {
		s := randomSample(rng, 1+rng.IntN(15))
		for a := range s.target {
			s.target[a] *= 1 + 50*rng.NormFloat64()
		}
		low, high := slices.Min(s.scores), slices.Max(s.scores)
		for _, p := range []Predictor{LengthRidge, FeatureRidge, Neighbors} {
			got := p.predict(s, target)
			assert.GreaterOrEqual(t, got, low, p)
			assert.LessOrEqual(t, got, high, p)
		}
	}
}
