package limit

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

// bucket is a quota per minute: a [rate.Limiter] that can be charged more than it holds, and be given back. A nil bucket sets no quota.
// The caller's lock guards it.
type bucket struct {
	limiter *rate.Limiter
	burst   int
}

// newBucket returns a full bucket, or nil without a quota. Without a burst it holds the quota of a second.
func newBucket(perMinute, burst int) *bucket {
	if perMinute == 0 {
		return nil
	}
	perSecond := float64(perMinute) / time.Minute.Seconds()
	if burst == 0 {
		burst = int(math.Ceil(perSecond))
	}
	return &bucket{rate.NewLimiter(rate.Limit(perSecond), burst), burst}
}

// wait returns how long it takes until the bucket holds n, or all that it can hold if that is less: the limiter itself would refuse what
// exceeds the burst for ever.
func (b *bucket) wait(now time.Time, n int) time.Duration {
	if b == nil {
		return 0
	}
	const (
		exact   = 1e-6 // of a token; what rounding leaves is nothing to wait for
		longest = time.Hour
	)
	missing := float64(min(n, b.burst)) - b.limiter.TokensAt(now)
	if missing < exact {
		return 0
	}
	seconds := min(missing/float64(b.limiter.Limit()), longest.Seconds()) // whoever waits asks again
	return time.Duration(math.Ceil(seconds * float64(time.Second)))
}

// charge takes n, also what the bucket does not hold, and gives back if n is negative. The limiter refuses to reserve more than its burst,
// which is raised for it; that a reservation of less than nothing refunds is not documented, and held by a test.
func (b *bucket) charge(now time.Time, n int) {
	if b == nil || n == 0 {
		return
	}
	if n > b.burst {
		b.limiter.SetBurstAt(now, n)
		defer b.limiter.SetBurstAt(now, b.burst)
	}
	b.limiter.ReserveN(now, n)
}

// empty takes what the bucket holds. What it owes stays.
func (b *bucket) empty(now time.Time) {
	if b != nil {
		b.charge(now, max(0, int(b.limiter.TokensAt(now))))
	}
}
