package limit_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/gloss-sdk/gloss/pipeline/limit"
)

// setting is one provider, who uses it, and the options that say what its quota is.
type setting struct {
	name       string
	provider   func() *simulation
	configured []limit.Option
	processes  int
	items      int
}

// figure is how often the provider refused and how long a run took.
type figure struct {
	refused int
	took    time.Duration
}

// measure runs the setting in virtual time: as fixed pools, or with one limiter for each process.
func (s setting) measure(t *testing.T, seed uint64, limited bool, opts ...limit.Option) (f figure) {
	synctest.Test(t, func(t *testing.T) {
		provider, begin := s.provider(), time.Now()
		var processes sync.WaitGroup
		for i := range uint64(s.processes) {
			var l *limit.Limiter
			if limited {
				l = newLimiter(t, opts...)
			}
			processes.Go(func() {
				assert.Zero(t, respond(t, provider, l, patient(), prompts(seed*1000+i, s.items)), "items are lost")
			})
		}
		processes.Wait()
		f = figure{provider.refused, time.Since(begin)}
	})
	return f
}

// share returns how many refusals and how much time f took of what fixed took.
func (f figure) share(fixed figure) (refused, took float64) {
	return float64(f.refused) / float64(max(1, fixed.refused)), f.took.Seconds() / fixed.took.Seconds()
}

// compare measures a policy against the fixed pool for each seed, prints the figures, and returns the worst share of refusals and the mean
// and the worst share of time.
func (s setting) compare(t *testing.T, fixed []figure, policy string, opts ...limit.Option) (refused, mean, worst float64) {
	for seed, pool := range fixed {
		f := s.measure(t, uint64(seed), true, opts...)
		r, took := f.share(pool)
		t.Logf("seed %d: fixed pool %5d refused, %6.2f s; %s %4d refused, %6.2f s: %5.2f %% of the refusals, %.2f of the time", seed,
			pool.refused, pool.took.Seconds(), policy, f.refused, f.took.Seconds(), 100*r, took)
		refused, worst, mean = max(refused, r), max(worst, took), mean+took/float64(len(fixed))
	}
	t.Logf("%s: at most %.2f %% of the refusals; %.2f of the time, at most %.2f", policy, 100*refused, mean, worst)
	return refused, mean, worst
}

// pools measures the fixed pool.
func (s setting) pools(t *testing.T, seeds int) []figure {
	fixed := make([]figure, seeds)
	for seed := range fixed {
		fixed[seed] = s.measure(t, uint64(seed), false)
	}
	return fixed
}
