package userdata_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task/userdata"
)

func TestScaleValidate(t *testing.T) {
	t.Parallel()
	for _, s := range []userdata.Scale{{Min: 1, Max: 6}, {Min: 0, Max: 1, Step: 0.1}, {Min: -2, Max: 2, Step: 4}, {Min: 1, Max: 4, Step: 1.5}} {
		require.NoError(t, s.Validate(), s.String())
	}
	for want, s := range map[string]userdata.Scale{
		"max 0 must be above min 0":                              {},
		"max 1 must be above min 6":                              {Min: 6, Max: 1},
		"step -1 is negative":                                    {Min: 1, Max: 6, Step: -1},
		"the range 1 to 6 is not a whole number of steps of 2":   {Min: 1, Max: 6, Step: 2},
		"the range 0 to 1.5 is not a whole number of steps of 1": {Max: 1.5},
		"a scale is made of finite numbers":                      {Min: math.Inf(-1), Max: 6},
	} {
		require.EqualError(t, s.Validate(), want)
	}
}

func TestScaleContains(t *testing.T) {
	t.Parallel()
	tenths := userdata.Scale{Min: 0, Max: 1, Step: 0.1}
	for i := range 11 {
		assert.True(t, tenths.Contains(float64(i)*0.1), i)
	}
	for _, v := range []float64{-0.1, 1.1, 0.05, math.NaN(), math.Inf(1)} {
		assert.False(t, tenths.Contains(v), v)
	}
	assert.False(t, userdata.Scale{}.Contains(1))
	assert.False(t, userdata.Scale{Min: 1, Max: 6}.Contains(2.5))
}

// TestScaleRound checks that every number rounds to a score of the scale, and that no other score is nearer.
func TestScaleRound(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		s := userdata.Scale{Min: float64(rng.IntN(5)), Step: []float64{0, 0.5, 0.25, 2}[rng.IntN(4)]}
		step := max(s.Step, 0.25)
		if s.Step == 0 {
			step = 1
		}
		s.Max = s.Min + step*float64(1+rng.IntN(8))
		v := rng.Float64()*16 - 4
		got := s.Round(v)
		require.True(t, s.Contains(got), "%v rounds to %v on %v", v, got, s)
		for score := s.Min; score <= s.Max; score += step {
			require.LessOrEqual(t, math.Abs(got-v), math.Abs(score-v)+1e-9)
		}
	}
	assert.InDelta(t, 3, userdata.Scale{Min: 1, Max: 6}.Round(2.5), 0, "a tie goes up")
}

func TestScaleWhole(t *testing.T) {
	t.Parallel()
	assert.True(t, userdata.Scale{Min: 1, Max: 6}.Whole())
	assert.True(t, userdata.Scale{Min: 0, Max: 10, Step: 2}.Whole())
	assert.False(t, userdata.Scale{Min: 0.5, Max: 6.5}.Whole())
	assert.False(t, userdata.Scale{Min: 1, Max: 6, Step: 0.5}.Whole())
}

func ExampleScale() {
	s := userdata.Scale{Min: 1, Max: 4, Step: 0.5}
	fmt.Println(s, s.Contains(2.5), s.Contains(2.7), s.Round(2.7))
	// Output:
	// 1 to 4 by 0.5 true false 2.5
}
