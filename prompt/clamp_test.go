package prompt_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/invopop/jsonschema"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/prompt"
)

// TestClampIsNearest compares repairs with a search through the whole scale. All numbers are multiples of 1/8, which floats hold exactly.
func TestClampIsNearest(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(11, 13))
	for range 500 {
		step := []float64{0.125, 0.25, 0.5, 1, 2, 3}[rng.IntN(6)]
		from := step * float64(rng.IntN(20)-10)
		to := from + step*float64(rng.IntN(12))
		s, err := prompt.ShapeOf[float64]().With(nil, prompt.Within(from, to, step)).Schema("number")
		require.NoError(t, err)
		is := float64(rng.IntN(1000)-500) / 16
		want := from
		for v := from; v <= to; v += step {
			if math.Abs(v-is) <= math.Abs(want-is) { // a tie goes to the larger
				want = v
			}
		}
		r, err := s.Read(llm.Response{Text: strconv.FormatFloat(is, 'f', -1, 64)}, prompt.Tolerance{OutOfRange: true})
		require.NoError(t, err)
		got, err := prompt.Decode[float64](s, r)
		require.NoError(t, err)
		name := fmt.Sprintf("%v on %v to %v by %v", is, from, to, step)
		require.Equal(t, want, got, name)
		require.Equal(t, is != want, len(r.Repairs) == 1, name)
	}
}

func TestClampWithoutAWayOut(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]prompt.Edit{
		"no number is allowed":   prompt.Within(4, 1, 1),
		"no multiple is allowed": func(s *jsonschema.Schema) error { s.Minimum, s.Maximum, s.MultipleOf = "5", "9", "10"; return nil },
	} {
		s, err := prompt.ShapeOf[verdict]().With([]string{"score"}, edit).Schema("odd")
		require.NoError(t, err)
		_, err = s.Read(llm.Response{Text: scored("7")}, prompt.Tolerance{OutOfRange: true})
		require.Error(t, err, name)
	}
}
