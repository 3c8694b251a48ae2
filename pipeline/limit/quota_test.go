package limit_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/limit"
)

// The quota of the simulation: 56 requests of 711 tokens in a second.
const (
	perSecond = 40_000
	burst     = 20_000
)

// How long a token takes in the simulation: fast answers take 0.2 s on average, and 12 calls in flight use the quota up; slow ones take
// 1.5 s and need 86.
const (
	fast = 400 * time.Microsecond
	slow = 3 * time.Millisecond
)

// patient never gives an item up, so that figures count refusals and not lost items. Its backoff is short enough for the fixed pool to come
// close to the least time that the quota allows.
func patient() pipeline.Retry {
	return pipeline.Retry{Attempts: 10_000, Initial: 100 * time.Millisecond, Max: time.Second}
}

func tokenQuota(retryAfter func(time.Duration) time.Duration, perToken time.Duration) func() *simulation {
	return func() *simulation {
		return &simulation{tokens: newAllowance(perSecond, burst), retryAfter: retryAfter, perToken: perToken}
	}
}

func knownTokens() []limit.Option {
	return []limit.Option{limit.TokensPerMinute(60 * perSecond), limit.TokenBurst(burst)}
}

// TestQuota holds the bars: of the refusals of a fixed pool of 200 in flight at most 5 % remain when the quota is configured and at most
// 15 % when it is not known, and it takes no longer than 1.1 times as long. The retries of a pipeline are random, so no two runs are alike.
func TestQuota(t *testing.T) {
	t.Parallel()
	s := setting{"tokens", tokenQuota(exact, fast), knownTokens(), 1, 400}
	fixed := s.pools(t, 10)
	for _, f := range fixed {
		require.Greater(t, f.refused, 1500, "the fixed pool is refused often")
		require.Less(t, f.took, 10*time.Second, "and is fast nevertheless: the quota alone takes 6.6 s")
	}
	for _, policy := range []struct {
		name string
		opts []limit.Option
		bar  float64
	}{
		{"known", s.configured, 0.05},
		{"known without its burst", s.configured[:1], 0.05},
		{"unknown", nil, 0.15},
	} {
		t.Run(policy.name, func(t *testing.T) {
			refused, mean, worst := s.compare(t, fixed, policy.name, policy.opts...)
			assert.LessOrEqual(t, refused, policy.bar)
			assert.LessOrEqual(t, mean, 1.1)
			assert.LessOrEqual(t, worst, 1.2, "the fixed pool's own time varies by as much")
		})
	}
}

// TestQuotaOfAnotherKind holds the same refusals where the quota, the provider or the load is another.
func TestQuotaOfAnotherKind(t *testing.T) {
	t.Parallel()
	known := knownTokens()
	halves := []limit.Option{limit.TokensPerMinute(60 * perSecond / 2), limit.TokenBurst(burst / 2)}
	requests := func() *simulation {
		return &simulation{requests: newAllowance(50, 25), retryAfter: exact, perToken: fast}
	}
	halved := func() *simulation {
		s := tokenQuota(exact, fast)()
		s.halveAfter = 3 * time.Second
		return s
	}
	for _, c := range []struct {
		setting
		knownTime, unknownTime float64
	}{
		{setting{"requests", requests, []limit.Option{limit.RequestsPerMinute(60 * 50), limit.RequestBurst(25)}, 1, 400}, 1.1, 1.1},
		{setting{"halved in the middle", halved, known, 1, 400}, 1.1, 1.1},
		{setting{"no Retry-After", tokenQuota(silent, fast), known, 1, 400}, 1.1, 1.1},
		{setting{"shared by two processes", tokenQuota(exact, fast), known, 2, 400}, 1.1, 1.1},
		{setting{"divided between two processes", tokenQuota(exact, fast), halves, 2, 400}, 1.1, 1.1},
		{setting{"slow answers", tokenQuota(exact, slow), known, 1, 1200}, 1.1, 1.1},
		// The bucket is full after half a second, and a pause of a whole one is honored: what runs over meanwhile is lost.
		{setting{"Retry-After in seconds", tokenQuota(seconds, fast), known, 1, 400}, 1.1, 1.35},
	} {
		t.Run(c.name, func(t *testing.T) {
			fixed := c.pools(t, 5)
			refused, took, _ := c.compare(t, fixed, "known", c.configured...)
			assert.LessOrEqual(t, refused, 0.05)
			assert.LessOrEqual(t, took, c.knownTime)
			refused, took, _ = c.compare(t, fixed, "unknown")
			assert.LessOrEqual(t, refused, 0.15)
			assert.LessOrEqual(t, took, c.unknownTime)
		})
	}
}

// TestNoQuota shows what it costs to find out that there is none: the round trips in which the limit doubles.
func TestNoQuota(t *testing.T) {
	t.Parallel()
	s := setting{"none", func() *simulation { return &simulation{perToken: slow} }, nil, 1, 2000}
	refused, took, _ := s.compare(t, s.pools(t, 3), "unknown")
	assert.Zero(t, refused)
	assert.LessOrEqual(t, took, 1.5)
}

// TestDefaultRetries shows why it matters: with the retries that a run has by default the fixed pool loses items for good.
func TestDefaultRetries(t *testing.T) {
	t.Parallel()
	lost := map[bool]int{}
	for seed := range uint64(3) {
		for _, limited := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				var l *limit.Limiter
				if limited {
					l = newLimiter(t)
				}
				provider, begin := tokenQuota(exact, fast)(), time.Now()
				n := respond(t, provider, l, pipeline.DefaultRetry(), prompts(seed, 400))
				t.Logf("limited %t: %d of 400 items lost, %d refused, %.2f s", limited, n, provider.refused, time.Since(begin).Seconds())
				lost[limited] += n
			})
		}
	}
	assert.Positive(t, lost[false])
	assert.Zero(t, lost[true])
}

// TestSharedByRuns gives one limiter to two runs of a process: the quota belongs to the account.
func TestSharedByRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, knownTokens()...)
		provider := tokenQuota(exact, fast)()
		var runs sync.WaitGroup
		for i := range uint64(2) {
			runs.Go(func() { assert.Zero(t, respond(t, provider, l, patient(), prompts(i, 400))) })
		}
		runs.Wait()
		assert.Less(t, provider.refused, 100)
		assert.Equal(t, provider.refused, l.State().Throttled)
		assert.Zero(t, l.State().InFlight+l.State().Waiting)
	})
}

// BenchmarkQuota is TestQuota in real time, about 8 s for each run: -bench Quota -benchtime 1x.
func BenchmarkQuota(b *testing.B) {
	for _, policy := range []struct {
		name string
		opts []limit.Option
	}{
		{"fixed", nil},
		{"known", knownTokens()},
		{"unknown", nil},
	} {
		b.Run(policy.name, func(b *testing.B) {
			refused := 0
			for i := range b.N {
				var l *limit.Limiter
				if policy.name != "fixed" {
					l = newLimiter(b, policy.opts...)
				}
				provider := tokenQuota(exact, fast)()
				require.Zero(b, respond(b, provider, l, patient(), prompts(uint64(i), 400)))
				refused += provider.refused
			}
			b.ReportMetric(float64(refused)/float64(b.N), "refused/op")
		})
	}
}
