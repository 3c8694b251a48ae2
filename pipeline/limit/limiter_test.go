package limit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/limit"
)

// model is the call of most tests.
func model() pipeline.CallInfo { return pipeline.CallInfo{Resource: "model", Stage: "score"} }

func newLimiter(t testing.TB, opts ...limit.Option) *limit.Limiter {
	t.Helper()
	l, err := limit.New(opts...)
	require.NoError(t, err)
	return l
}

// fixed has n calls in flight at most.
func fixed(n int) limit.Option { return limit.InFlight(limit.Bounds{Min: n, Start: n, Max: n}) }

// returning answers with out and err after a time.
func returning(after time.Duration, out any, err error) func(context.Context) (any, error) {
	return func(ctx context.Context) (any, error) {
		if ended := pause(ctx, after); ended != nil {
			return nil, ended
		}
		return out, err
	}
}

// failure is an error of a class.
type failure string

func (f failure) Error() string      { return string(f) }
func (f failure) ErrorClass() string { return string(f) }

func TestInterceptPassesOutcomes(t *testing.T) {
	t.Parallel()
	l := newLimiter(t)
	out, err := l.Intercept(t.Context(), model(), nil, returning(0, 7, nil))
	assert.Equal(t, 7, out)
	require.NoError(t, err)
	want := errors.New("broken")
	out, err = l.Intercept(t.Context(), model(), nil, returning(0, 8, want))
	assert.Equal(t, 8, out)
	assert.Same(t, want, err)
	assert.Equal(t, limit.State{Limit: 16}, zeroed(l.State()))
}

// zeroed leaves the limit and what should be zero.
func zeroed(s limit.State) limit.State {
	s.Limit = 16
	return s
}

// TestOrder: calls are sent in the order in which they came, the large ones in their turn.
func TestOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, fixed(3), limit.TokensPerMinute(60_000), limit.TokenBurst(1000))
		var mu sync.Mutex
		var sent []int
		for i := range 40 {
			size := 100
			if i%5 == 0 {
				size = 3000 // more than the bucket holds
			}
			go func() {
				_, err := l.Intercept(t.Context(), model(), prompt{input: size}, func(ctx context.Context) (any, error) {
					mu.Lock()
					sent = append(sent, i)
					mu.Unlock()
					return returning(100*time.Millisecond, answer{size, 1}, nil)(ctx)
				})
				assert.NoError(t, err)
			}()
			synctest.Wait()
		}
		assert.Positive(t, l.State().Waiting)
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.True(t, slices.IsSorted(sent), "%v", sent)
		assert.Len(t, sent, 40)
		assert.Zero(t, l.State().Waiting)
	})
}

// estimate is an input that says what it takes.
type estimate struct{ input, output int }

func (e estimate) TokenEstimate() (input, maxOutput int) { return e.input, e.output }

// waits returns how long the next call waits to be sent.
func waits(t *testing.T, l *limit.Limiter, in any) time.Duration {
	begin := time.Now()
	var sent time.Time
	_, err := l.Intercept(t.Context(), model(), in, func(context.Context) (any, error) {
		sent = time.Now()
		return nil, failure("invalid_request") // takes nothing
	})
	require.Equal(t, failure("invalid_request"), err)
	return sent.Sub(begin)
}

// TestReconciliation: after a call the quota holds what the call left.
func TestReconciliation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		in   any
		out  any
		err  error
		want time.Duration // until the bucket of 1000, filled by 100 in a second, is full
	}{
		{"as estimated", estimate{300, 100}, answer{300, 100}, nil, 4 * time.Second},
		{"less", estimate{300, 100}, answer{100, 50}, nil, 1500 * time.Millisecond},
		{"more", estimate{300, 100}, answer{300, 500}, nil, 8 * time.Second},
		{"more than there is", estimate{300, 100}, answer{300, 2000}, nil, 23 * time.Second},
		{"no usage", estimate{300, 100}, "text", nil, 4 * time.Second},
		{"usage of nothing", estimate{300, 100}, answer{}, nil, 4 * time.Second},
		{"no estimate", "text", answer{100, 50}, nil, 1500 * time.Millisecond},
		{"neither", "text", "text", nil, 0},
		{"no bound of the output", estimate{300, 0}, "text", nil, 6 * time.Second},
		{"invalid", estimate{300, 100}, nil, failure("invalid_request"), 0},
		{"unavailable", estimate{300, 100}, nil, fmt.Errorf("wrapped: %w", failure("unavailable")), 0},
		{"timeout", estimate{300, 100}, nil, failure("timeout"), 4 * time.Second},
		{"no class", estimate{300, 100}, nil, errors.New("broken"), 4 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := newLimiter(t, limit.TokensPerMinute(6000), limit.TokenBurst(1000), limit.ExpectedOutput(300))
				_, err := l.Intercept(t.Context(), model(), c.in, returning(0, c.out, c.err))
				require.Equal(t, c.err, err)
				assert.InDelta(t, c.want, waits(t, l, estimate{10_000, 1}), float64(time.Microsecond))
			})
		})
	}
}

// TestRefusal: what a refused call reserved is given back, and what seemed to be left beyond it is forgotten when calls are sent again.
func TestRefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, limit.TokensPerMinute(6000), limit.TokenBurst(1000), limit.RequestsPerMinute(600))
		_, err := l.Intercept(t.Context(), model(), estimate{900, 100}, returning(0, nil, &refusal{2 * time.Second}))
		require.Error(t, err)
		assert.Equal(t, 1, l.State().Throttled)
		assert.Equal(t, time.Now().Add(2*time.Second), l.State().PausedUntil)
		assert.InDelta(t, 5*time.Second, waits(t, l, estimate{200, 100}), float64(time.Microsecond), "the pause, then what 300 tokens take")
		assert.InDelta(t, 7*time.Second, waits(t, l, estimate{1000, 1}), float64(time.Microsecond), "the 300 were given back")
	})
}

// TestRetryAfter: a refusal holds everything back until then, and those who have gathered are spread over a round trip.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, fixed(10))
		begin := time.Now()
		_, err := l.Intercept(t.Context(), model(), nil, returning(time.Second, answer{1, 1}, nil))
		require.NoError(t, err)
		_, err = l.Intercept(t.Context(), model(), nil, returning(0, nil, fmt.Errorf("wrapped: %w", &refusal{5 * time.Second})))
		require.Error(t, err)
		var mu sync.Mutex
		var sent []time.Duration
		var calls sync.WaitGroup
		for range 30 {
			calls.Go(func() {
				_, err := l.Intercept(t.Context(), model(), nil, func(ctx context.Context) (any, error) {
					mu.Lock()
					sent = append(sent, time.Since(begin))
					mu.Unlock()
					return returning(time.Second, answer{1, 1}, nil)(ctx)
				})
				assert.NoError(t, err)
			})
		}
		synctest.Wait()
		assert.Equal(t, 30, l.State().Waiting)
		assert.Equal(t, begin.Add(6*time.Second), l.State().PausedUntil)
		calls.Wait()
		for i, at := range sent[:10] {
			assert.Equal(t, 6*time.Second+time.Duration(i)*100*time.Millisecond, at, "call %d", i)
		}
	})
}

// TestWaitingEndsWithTheContext: a call that is not sent leaves nothing behind, and those behind it move up.
func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, limit.TokensPerMinute(60), limit.TokenBurst(100), limit.ExpectedOutput(1))
		_, err := l.Intercept(t.Context(), model(), estimate{99, 1}, returning(0, answer{99, 1}, nil))
		require.NoError(t, err)
		reason := errors.New("the class is over")
		ctx, cancel := context.WithCancelCause(t.Context())
		var calls sync.WaitGroup
		calls.Go(func() {
			_, err := l.Intercept(ctx, model(), estimate{99, 1}, func(context.Context) (any, error) {
				assert.Fail(t, "sent")
				return nil, nil
			})
			assert.ErrorIs(t, err, reason)
			assert.EqualError(t, err, "limit: waiting to call model: the class is over")
		})
		synctest.Wait()
		begin := time.Now()
		calls.Go(func() {
			_, err := l.Intercept(t.Context(), model(), estimate{9, 1}, returning(0, answer{9, 1}, nil))
			assert.NoError(t, err)
			assert.Equal(t, 10*time.Second, time.Since(begin), "not after the hundred tokens of the one in front")
		})
		synctest.Wait()
		assert.Equal(t, 2, l.State().Waiting)
		time.Sleep(time.Second)
		cancel(reason)
		calls.Wait()
		assert.Zero(t, l.State().Waiting+l.State().InFlight)

		_, err = l.Intercept(ctx, model(), nil, returning(0, nil, nil))
		require.ErrorIs(t, err, reason, "a context that has ended sends nothing, also where nothing waits")
	})
}

func TestOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		models := newLimiter(t, limit.Only("model"), limit.RequestsPerMinute(1))
		embedders := newLimiter(t, limit.Only("embedder", "reranker"), limit.RequestsPerMinute(2))
		both := func(resource string) time.Duration {
			begin := time.Now()
			call := pipeline.CallInfo{Resource: resource}
			_, err := models.Intercept(t.Context(), call, nil, func(ctx context.Context) (any, error) {
				return embedders.Intercept(ctx, call, nil, returning(0, answer{1, 1}, nil))
			})
			require.NoError(t, err)
			return time.Since(begin)
		}
		assert.Zero(t, both("model")+both("embedder")+both("index")+both("index"))
		assert.InDelta(t, time.Minute, both("model"), float64(time.Microsecond))
		assert.Zero(t, both("reranker"))
		assert.InDelta(t, time.Minute/2, both("embedder"), float64(time.Microsecond))
	})
}

// TestCallInsideACall does not wait for the place that the outer call holds.
func TestCallInsideACall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		run, err := pipeline.NewRun(pipeline.WithInterceptor(newLimiter(t, fixed(1))))
		require.NoError(t, err)
		inner := pipeline.Call("model", pipeline.Fn(func(_ context.Context, n int) (int, error) { return n + 1, nil }))
		outer := pipeline.Call("agent", pipeline.Fn(inner.Run))
		runner, err := pipeline.Start(t.Context(), run, pipeline.Tool("agent", outer))
		require.NoError(t, err)
		out, err := runner.Run(t.Context(), 1)
		require.NoError(t, err)
		assert.Equal(t, 2, out)
	})
}

// broken is an output whose usage cannot be read.
type broken struct{}

func (*broken) TokenUsage() (input, output, cached, reasoning int) { panic("no usage") }

// TestPanics: neither an input nor an output that panics costs a place, or the lock.
func TestPanics(t *testing.T) {
	t.Parallel()
	l := newLimiter(t, fixed(1), limit.TokensPerMinute(1_000_000))
	for range 3 {
		assert.Panics(t, func() { _, _ = l.Intercept(t.Context(), model(), nil, returning(0, &broken{}, nil)) })
		assert.Panics(t, func() { _, _ = l.Intercept(t.Context(), model(), (*estimate)(nil), returning(0, nil, nil)) })
	}
	assert.Zero(t, l.State().InFlight)
	_, err := l.Intercept(t.Context(), model(), nil, returning(0, nil, nil))
	require.NoError(t, err)
}

func TestStateOfARun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, fixed(2))
		for range 5 {
			go func() { _, _ = l.Intercept(t.Context(), model(), nil, returning(time.Second, nil, nil)) }()
		}
		synctest.Wait()
		assert.Equal(t, limit.State{Limit: 2, InFlight: 2, Waiting: 3}, l.State())
		time.Sleep(2500 * time.Millisecond)
		assert.Equal(t, limit.State{Limit: 2, InFlight: 1}, l.State())
		time.Sleep(time.Second)
	})
}
