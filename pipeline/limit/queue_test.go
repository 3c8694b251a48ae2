package limit

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestGiveUp: what gives up is gone, whether it was still in the queue or was admitted at that moment.
func TestGiveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, err := New(TokensPerMinute(6000), RequestsPerMinute(600), InFlight(Bounds{Min: 1, Start: 1, Max: 1}))
		require.NoError(t, err)
		join := func() (w *waiter, giveUp func()) {
			w = &waiter{demand{stated: true, input: 50, bound: 10}, make(chan admission, 1)}
			place := l.queue.PushBack(w)
			l.advance()
			return w, func() { l.giveUp(w, place) }
		}
		first, firstGivesUp := join()
		require.Len(t, first.ready, 1, "admitted, and not yet sent")
		_, secondGivesUp := join()
		third, _ := join()
		assert.Equal(t, State{Limit: 1, InFlight: 1, Waiting: 2}, l.State())
		secondGivesUp()
		assert.Equal(t, State{Limit: 1, InFlight: 1, Waiting: 1}, l.State())
		firstGivesUp()
		assert.Len(t, third.ready, 1, "the third takes the place")
		assert.Equal(t, State{Limit: 1, InFlight: 1}, l.State())
		now := time.Now()
		assert.InDelta(t, 100-60, l.tokens.limiter.TokensAt(now), 1e-6, "and only what it takes is taken")
		assert.InDelta(t, 10-1, l.requests.limiter.TokensAt(now), 1e-6)
	})
}
