package limit_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/limit"
)

// prompt is a request to the simulated provider. The length of its answer is the provider's secret.
type prompt struct {
	id            string
	input, output int
}

func (p prompt) ItemID() string { return p.id }

// TokenEstimate is high by a quarter, as estimates that count characters are.
func (p prompt) TokenEstimate() (input, maxOutput int) { return p.input * 5 / 4, 4000 }

type answer struct{ input, output int }

func (a answer) TokenUsage() (input, output, cached, reasoning int) { return a.input, a.output, 0, 0 }

// refusal is what an adapter makes of a 429.
type refusal struct{ retryAfter time.Duration }

func (r *refusal) Error() string                     { return "429 too many requests" }
func (r *refusal) ErrorClass() string                { return "throttled" }
func (r *refusal) RetryDelay() (time.Duration, bool) { return r.retryAfter, true }

// prompts are those of a class: inputs of 100 to 300 tokens, log-normal outputs of 511 on average, so 711 tokens each.
func prompts(seed uint64, n int) []prompt {
	rnd := rand.New(rand.NewPCG(seed, 1))
	ps := make([]prompt, n)
	for i := range ps {
		ps[i] = prompt{fmt.Sprintf("%d", i), 100 + rnd.IntN(201), 1 + int(400*math.Exp(0.7*rnd.NormFloat64()))}
	}
	return ps
}

// allowance is one quota of a provider, counted by the provider itself.
type allowance struct {
	perSecond, burst float64
	level            float64
	last             time.Time
}

func newAllowance(perSecond, burst float64) *allowance {
	return &allowance{perSecond, burst, burst, time.Now()}
}

// missing returns how long it takes until the allowance has n.
func (a *allowance) missing(now time.Time, n float64) time.Duration {
	if a == nil {
		return 0
	}
	a.level = min(a.burst, a.level+a.perSecond*now.Sub(a.last).Seconds())
	a.last = now
	n = min(n, a.burst)
	if a.level >= n {
		return 0
	}
	return time.Duration((n-a.level)/a.perSecond*float64(time.Second)) + 1
}

func (a *allowance) take(n float64) {
	if a != nil {
		a.level -= n
	}
}

// simulation is a provider with a quota of tokens, of requests, or both. It takes what a request will cost when the request comes in, and
// an answer takes as long as it is.
type simulation struct {
	tokens, requests *allowance                        // nil: no quota
	retryAfter       func(time.Duration) time.Duration // what it names of the time until the request would be accepted
	perToken         time.Duration
	halveAfter       time.Duration // when the quota of tokens halves; 0: never

	mu      sync.Mutex
	begun   time.Time
	refused int
}

// exact names the time to the millisecond, as Retry-After-Ms does; seconds rounds it up, as Retry-After does; silent names none.
func exact(d time.Duration) time.Duration   { return d.Truncate(time.Millisecond) + time.Millisecond }
func seconds(d time.Duration) time.Duration { return d.Truncate(time.Second) + time.Second }
func silent(time.Duration) time.Duration    { return 0 }

func (s *simulation) Run(ctx context.Context, p prompt) (answer, error) {
	const refusing = 10 * time.Millisecond
	if wait := s.take(float64(p.input + p.output)); wait > 0 {
		if err := pause(ctx, refusing); err != nil {
			return answer{}, err
		}
		return answer{}, &refusal{s.retryAfter(wait)}
	}
	if err := pause(ctx, time.Duration(p.output)*s.perToken); err != nil {
		return answer{}, err
	}
	return answer{p.input, p.output}, nil
}

// take returns 0 if the request is accepted, otherwise how long until it could be.
func (s *simulation) take(n float64) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.begun.IsZero() {
		s.begun = now
	}
	if s.halveAfter > 0 && now.Sub(s.begun) >= s.halveAfter {
		s.halveAfter = 0
		s.tokens.perSecond /= 2
		s.tokens.burst /= 2
	}
	if wait := max(s.tokens.missing(now, n), s.requests.missing(now, 1)); wait > 0 {
		s.refused++
		return wait
	}
	s.tokens.take(n)
	s.requests.take(1)
	return 0
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// respond runs the prompts against the provider with 200 in flight, and returns how many were lost. Without a limiter it is the fixed pool.
func respond(t testing.TB, s *simulation, l *limit.Limiter, retry pipeline.Retry, ps []prompt) (lost int) {
	t.Helper()
	opts := []pipeline.RunOption{pipeline.WithInFlight(200), pipeline.WithRetry(retry)}
	if l != nil {
		opts = append(opts, pipeline.WithInterceptor(l))
	}
	run, err := pipeline.NewRun(opts...)
	require.NoError(t, err)
	task := pipeline.Tool[pipeline.Stage[prompt, answer]]("task", pipeline.Call[prompt, answer]("model", s))
	runner, err := pipeline.Start(t.Context(), run, task)
	require.NoError(t, err)
	for result := range runner.Stream(t.Context(), pipeline.Items(ps...)) {
		if result.Err != nil {
			lost++
		}
	}
	return lost
}
