package limit

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"
)

// TestRate pins what the bucket relies on and the documentation of the limiter does not say, or says of other calls.
func TestRate(t *testing.T) {
	t.Parallel()
	now := time.Now()
	l := rate.NewLimiter(100, 500)
	l.ReserveN(now, 400)
	require.InDelta(t, 100, l.TokensAt(now), 1e-9)

	assert.True(t, l.ReserveN(now, -300).OK())
	assert.InDelta(t, 400, l.TokensAt(now), 1e-9, "a negative reservation refunds")
	l.ReserveN(now, -300)
	assert.InDelta(t, 500, l.TokensAt(now), 1e-9, "up to the burst")

	assert.False(t, l.ReserveN(now, 501).OK())
	assert.InDelta(t, 500, l.TokensAt(now), 1e-9, "more than the burst is refused and charges nothing")
	require.ErrorContains(t, l.WaitN(t.Context(), 501), "exceeds limiter's burst", "and is not waited for either")

	l.ReserveN(now, 500)
	l.ReserveN(now, 500)
	assert.InDelta(t, -500, l.TokensAt(now), 1e-9, "what is not there is owed")
	l.SetBurstAt(now, 1000)
	l.SetBurstAt(now, 500)
	assert.InDelta(t, -500, l.TokensAt(now), 1e-9, "and a change of the burst leaves it")
}

func TestBucket(t *testing.T) {
	t.Parallel()
	now := time.Now()
	after := now.Add
	b := newBucket(6000, 200)
	assert.Zero(t, b.wait(now, 200), "full at first")
	assert.Zero(t, b.wait(now, 5000), "what exceeds the burst waits for the burst alone")

	b.charge(now, 150)
	assert.Zero(t, b.wait(now, 50))
	assert.Equal(t, 10*time.Millisecond, b.wait(now, 51))
	assert.Zero(t, b.wait(after(10*time.Millisecond), 51), "the wait is long enough")

	b.charge(now, 650)
	assert.Equal(t, 6*time.Second+10*time.Millisecond, b.wait(now, 1), "what exceeds the burst is owed")
	assert.Zero(t, b.wait(after(9*time.Second), 200))
	assert.InDelta(t, time.Millisecond, b.wait(after(8*time.Second-time.Millisecond), 200), 10, "and the burst is what it was")

	b.charge(now, -700)
	assert.Zero(t, b.wait(now, 100), "a refund")
	b.charge(now, -700)
	b.charge(now, 1)
	assert.Equal(t, 10*time.Millisecond, b.wait(now, 200), "up to the burst")

	b.empty(now)
	assert.Equal(t, 10*time.Millisecond, b.wait(now, 1))
	b.charge(now, 100)
	b.empty(now)
	assert.Equal(t, time.Second+10*time.Millisecond, b.wait(now, 1), "what is owed stays")
}

func TestBucketOfOddSize(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var none *bucket
	none.charge(now, 1<<40)
	none.empty(now)
	assert.Zero(t, none.wait(now, 1<<40), "no quota")
	assert.Nil(t, newBucket(0, 0))

	assert.Equal(t, 1000, newBucket(60_000, 0).burst, "a second's worth")
	slow := newBucket(1, 0)
	assert.Equal(t, 1, slow.burst)
	slow.charge(now, 1)
	assert.InDelta(t, time.Minute, slow.wait(now, 1), float64(time.Microsecond))
	slow.charge(now, 1<<30)
	assert.Equal(t, time.Hour, slow.wait(now, 1), "asked again before numbers overflow")
}

// TestBucketAccount compares the bucket with a count of its own over random charges, refunds and waits, and holds the property that a
// provider counts by: what is admitted in any window is at most the burst and what the window adds.
func TestBucketAccount(t *testing.T) {
	t.Parallel()
	type charge struct {
		at time.Time
		n  int
	}
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		perSecond, burst := 1+rnd.IntN(1000), 1+rnd.IntN(2000)
		b := newBucket(60*perSecond, burst)
		now, level := time.Now(), float64(burst)
		var admitted []charge
		pass := func(d time.Duration) {
			now = now.Add(d)
			level = min(float64(burst), level+d.Seconds()*float64(perSecond))
		}
		for range 300 {
			n := 1 + rnd.IntN(burst)
			if wait := b.wait(now, n); wait > 0 {
				require.Greater(t, float64(n), level, "seed %d: a wait although the bucket holds enough", seed)
				pass(wait)
			}
			require.Zero(t, b.wait(now, n), "seed %d: the wait was long enough", seed)
			require.GreaterOrEqual(t, level+1e-3, float64(n), "seed %d: admitted although the bucket does not hold it", seed)
			b.charge(now, n)
			level -= float64(n)
			admitted = append(admitted, charge{now, n})
			if rnd.IntN(4) == 0 { // it was not sent
				b.charge(now, -n)
				level = min(float64(burst), level+float64(n))
				admitted = admitted[:len(admitted)-1]
			}
			pass(time.Duration(rnd.Int64N(int64(time.Second))))
		}
		for i := range admitted {
			sum := 0.0
			for _, c := range admitted[i:] {
				sum += float64(c.n)
				window := c.at.Sub(admitted[i].at).Seconds()
				require.LessOrEqual(t, sum, float64(burst)+window*float64(perSecond)+1e-3, "seed %d", seed)
			}
		}
	}
}
