package record

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPercentilesAreWithinTheStatedError(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 5))
	for range 200 {
		var l latencies
		var all []time.Duration
		top := time.Duration(1) << (1 + random.IntN(50))
		for range 1 + random.IntN(300) {
			d := time.Duration(random.Int64N(int64(top)))
			all = append(all, d)
			l.add(d)
		}
		slices.Sort(all)
		got := l.latency()
		require.Equal(t, len(all), got.Count)
		require.Equal(t, all[len(all)-1], got.Max)
		for p, d := range map[int]time.Duration{50: got.P50, 95: got.P95} {
			want := all[(len(all)*p+99)/100-1]
			require.InDelta(t, float64(want), float64(d), float64(want)/32, "p%d of %d", p, len(all))
		}
	}
	assert.Zero(t, (&latencies{}).latency())
	var l latencies
	l.add(-5)
	l.add(1<<63 - 1)
	assert.Equal(t, time.Duration(1<<63-1), l.latency().Max)
	assert.Less(t, len(l.buckets), 1024, "the size is bounded")
}

func TestLatenciesDoNotDependOnTheOrder(t *testing.T) {
	t.Parallel()
	var up, down latencies
	for i := range 1000 {
		up.add(time.Duration(i * i))
		down.add(time.Duration((999 - i) * (999 - i)))
	}
	assert.Equal(t, up.latency(), down.latency())
	assert.Equal(t, time.Duration(332833), up.latency().Mean)
}
