package limit

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// roundTrip has as many calls answered as the window allows, while others take their places.
func (w *window) roundTrip(sent, now time.Time) {
	for range w.size() {
		w.inFlight = w.size()
		w.grow(now, sent)
	}
}

func TestWindowDoublesUntilTheFirstRefusal(t *testing.T) {
	t.Parallel()
	w, now := newWindow(Bounds{Min: 1, Start: 4, Max: 30}), time.Now()
	for _, want := range []int{8, 16, 30, 30} {
		w.roundTrip(now, now)
		assert.Equal(t, want, w.size())
	}
}

func TestWindowIncreasesByOneInARoundTrip(t *testing.T) {
	t.Parallel()
	w, now := newWindow(Bounds{Min: 1, Start: 100, Max: 1000}), time.Now()
	w.inFlight = 100
	w.shrink(now, now)
	assert.InDelta(t, 70, w.limit, 1e-9)
	w.roundTrip(now, now)
	assert.InDelta(t, 71, w.limit, 0.02)
	w.roundTrip(now, now)
	assert.InDelta(t, 72, w.limit, 0.04)
}

func TestWindowFindsItsWayBack(t *testing.T) {
	t.Parallel()
	w, now := newWindow(Bounds{Min: 1, Start: 200, Max: 1000}), time.Now()
	w.inFlight = 200
	w.shrink(now, now)
	require.Equal(t, 140, w.size())
	const call = 30 * time.Second
	for i := range 2 {
		sent := now.Add(time.Duration(i) * call)
		w.roundTrip(sent, sent.Add(call))
	}
	assert.Greater(t, w.size(), 200, "after two round trips of half a minute, not after sixty")

	w = newWindow(Bounds{Min: 1, Start: 200, Max: 1000})
	w.inFlight = 200
	w.shrink(now, now)
	plateau := now.Add(5313 * time.Millisecond) // the cube root of 200*0.3/0.4 s
	assert.InDelta(t, 200, w.cubic(plateau), 0.01)
	assert.InDelta(t, 140, w.cubic(now), 0.01)
}

func TestWindowCountsOnlyWhatItLimits(t *testing.T) {
	t.Parallel()
	w, now := newWindow(Bounds{Min: 1, Start: 10, Max: 100}), time.Now()
	w.inFlight = 9
	w.grow(now, now)
	assert.Equal(t, 10, w.size(), "not reached")
	w.inFlight = 10
	w.shrink(now, now)
	w.inFlight = 10
	w.grow(now.Add(time.Second), now.Add(-time.Second))
	assert.Equal(t, 7, w.size(), "sent under another limit")
}

func TestWindowShrinksOnce(t *testing.T) {
	t.Parallel()
	w, now := newWindow(Bounds{Min: 3, Start: 100, Max: 100}), time.Now()
	w.inFlight = 100
	later := now.Add
	w.shrink(now, now)
	w.shrink(later(time.Second), later(-time.Second))
	assert.Equal(t, 70, w.size(), "sent before the reduction")
	w.shrink(later(199*time.Millisecond), later(time.Millisecond))
	assert.Equal(t, 70, w.size(), "too soon after it")
	w.shrink(later(200*time.Millisecond), later(time.Millisecond))
	assert.Equal(t, 49, w.size())
	w.inFlight = 5
	w.shrink(later(time.Second), later(time.Second))
	assert.Equal(t, 14, w.size(), "a limit out of reach comes down to four times what is in flight")
	for i := range 20 {
		at := later(time.Duration(2+i) * time.Second)
		w.shrink(at, at)
	}
	assert.Equal(t, 3, w.size(), "not below the least")
}

// TestWindowStaysInBounds holds for whatever comes.
func TestWindowStaysInBounds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		b := Bounds{Min: 1 + rnd.IntN(10)}
		b.Start = b.Min + rnd.IntN(20)
		b.Max = b.Start + rnd.IntN(100)
		w, now := newWindow(b), time.Now()
		for range 2000 {
			sent := now
			now = now.Add(time.Duration(rnd.Int64N(int64(time.Second))))
			if !w.full() {
				w.enter()
			}
			switch rnd.IntN(4) {
			case 0:
				w.shrink(now, sent)
			default:
				w.grow(now, sent)
			}
			require.GreaterOrEqual(t, w.size(), b.Min)
			require.LessOrEqual(t, w.size(), b.Max)
			if rnd.IntN(3) == 0 && w.inFlight > 0 {
				w.leave()
			}
		}
	}
}
