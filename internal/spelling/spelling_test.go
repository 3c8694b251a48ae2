package spelling_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/internal/spelling"
)

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"rubric", "rubrics", 1}, {"exemplar", "exemplars", 1}, {"ab", "ba", 2},
	} {
		assert.Equal(t, tc.want, spelling.Distance(tc.a, tc.b), "%s %s", tc.a, tc.b)
	}
}

func TestDistanceIsAMetric(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		b := make([]byte, r.IntN(6))
		for i := range b {
			b[i] = "abc"[r.IntN(3)]
		}
		return string(b)
	}
	for range 2000 {
		a, b, c := word(), word(), word()
		ab := spelling.Distance(a, b)
		require.Equal(t, byDefinition(a, b), ab, "%s %s", a, b)
		require.Equal(t, ab, spelling.Distance(b, a))
		require.Equal(t, a == b, ab == 0)
		require.LessOrEqual(t, ab, spelling.Distance(a, c)+spelling.Distance(c, b), "%s %s %s", a, b, c)
		require.LessOrEqual(t, ab, max(len(a), len(b)))
	}
}

// byDefinition is the distance as it is defined, without a table.
func byDefinition(a, b string) int {
	switch {
	case a == "":
		return len(b)
	case b == "":
		return len(a)
	case a[0] == b[0]:
		return byDefinition(a[1:], b[1:])
	}
	return 1 + min(byDefinition(a[1:], b), byDefinition(a, b[1:]), byDefinition(a[1:], b[1:]))
}
