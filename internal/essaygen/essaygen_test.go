package essaygen_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/internal/essaygen"
)

func TestGenerateIsSeeded(t *testing.T) {
	t.Parallel()
	c := essaygen.Default()
	c.PerGroup = 20
	first := essaygen.Generate(c)
	require.Equal(t, first, essaygen.Generate(c))
	d := c
	d.Seed++
	require.NotEqual(t, essaygen.Generate(c), essaygen.Generate(d))
	ids := map[string]bool{}
	for _, e := range essaygen.Generate(c) {
		require.False(t, ids[e.ID], e.ID)
		ids[e.ID] = true
		require.GreaterOrEqual(t, e.Score, c.Min)
		require.LessOrEqual(t, e.Score, c.Max)
		require.NotEmpty(t, e.Text)
	}
	require.Len(t, ids, c.Groups*20)
}

// Two raters see the same quality with independent noise, so their correlation estimates the explained share of the variance, whose
// root is what Best states.
func TestBestAgreesWithTheCorpus(t *testing.T) {
	t.Parallel()
	for _, reliability := range []float64{0.5, 0.8, 0.95} {
		c := essaygen.Config{Seed: 3, Groups: 1, PerGroup: 6000, Min: 1, Max: 6, Reliability: reliability}
		var n, sx, sy, sxx, syy, sxy float64
		for _, e := range essaygen.Generate(c) {
			x, y := float64(e.Rater1), float64(e.Rater2)
			n, sx, sy, sxx, syy, sxy = n+1, sx+x, sy+y, sxx+x*x, syy+y*y, sxy+x*y
		}
		r := (n*sxy - sx*sy) / math.Sqrt((n*sxx-sx*sx)*(n*syy-sy*sy))
		require.InDelta(t, math.Sqrt(r), c.Best(), 0.02, "reliability %v", reliability)
	}
}

func TestBestGrowsWithReliability(t *testing.T) {
	t.Parallel()
	c := essaygen.Default()
	c.Reliability = 0.3
	low := c.Best()
	c.Reliability = 0.99
	require.Less(t, low, c.Best())
	require.Less(t, c.Best(), 1.0)
}
