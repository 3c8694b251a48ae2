package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// busyError is a failure that says what a retry can do about it.
type busyError struct {
	after    time.Duration
	hopeless bool
}

func (e *busyError) Error() string { return "busy" }

func (e *busyError) RetryDelay() (delay time.Duration, retryable bool) { return e.after, !e.hopeless }

// service is a stage that fails with errs, one a call, and then answers. It notes when it was called.
type service struct {
	errs []error

	mu    sync.Mutex
	times []time.Duration
	begin time.Time
}

func newService(errs ...error) *service { return &service{errs: errs, begin: time.Now()} }

func (s *service) Run(ctx context.Context, n int) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.times = append(s.times, time.Since(s.begin))
	if i := len(s.times) - 1; i < len(s.errs) && s.errs[i] != nil {
		return reply{}, s.errs[i]
	}
	return ask(ctx, n)
}

// longestBackoff draws the longest backoff there is, less a nanosecond.
func longestBackoff(n int64) int64 { return n - 1 }

// noBackoff draws no backoff.
func noBackoff(int64) int64 { return 0 }

func seconds(ns ...int) []time.Duration {
	var ds []time.Duration
	for _, n := range ns {
		ds = append(ds, time.Duration(n)*time.Second)
	}
	return ds
}

func TestRetryWaitsForWhatIsLonger(t *testing.T) {
	t.Parallel()
	busy := func(after int) error { return &busyError{after: time.Duration(after) * time.Second} }
	tests := map[string]struct {
		errs   []error
		random func(int64) int64
		want   []time.Duration // when each attempt is made
	}{
		"at once":               {nil, longestBackoff, seconds(0)},
		"backoff":               {[]error{busy(0), busy(0), busy(0), busy(0)}, longestBackoff, seconds(0, 1, 3, 7, 12)},
		"no backoff":            {[]error{busy(0), busy(0), busy(0), busy(0)}, noBackoff, seconds(0, 0, 0, 0, 0)},
		"asked for longer":      {[]error{busy(30), busy(600)}, longestBackoff, seconds(0, 30, 630)},
		"asked for shorter":     {[]error{busy(0), busy(1)}, longestBackoff, seconds(0, 1, 3)},
		"asked for the past":    {[]error{busy(-9)}, noBackoff, seconds(0, 0)},
		"asked without backoff": {[]error{busy(1), busy(2)}, noBackoff, seconds(0, 1, 3)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				model := newService(tt.errs...)
				runner := start(t, pipeline.Call("model", model), pipeline.WithRandom(tt.random),
					pipeline.WithRetry(pipeline.Retry{Attempts: 9, Initial: time.Second, Max: 5 * time.Second}))
				out, err := runner.Run(t.Context(), 3)
				require.NoError(t, err)
				assert.Equal(t, reply{"answer 3", 3}, out)
				for i := range model.times {
					model.times[i] = model.times[i].Round(time.Microsecond)
				}
				assert.Equal(t, tt.want, model.times)
			})
		})
	}
}

func TestBackoffIsDrawnBelowACeilingThatDoubles(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		retry pipeline.Retry
		want  []time.Duration
	}{
		"the default": {pipeline.Retry{}, seconds(1, 2, 4, 8)},
		"to the default's bound": {
			pipeline.Retry{Attempts: 10}, seconds(1, 2, 4, 8, 16, 32, 60, 60, 60),
		},
		"to a bound": {
			pipeline.Retry{Attempts: 5, Initial: 2 * time.Second, Max: 8 * time.Second}, seconds(2, 4, 8, 8),
		},
		"to an odd bound":         {pipeline.Retry{Attempts: 5, Initial: 2, Max: 5}, []time.Duration{2, 4, 5, 5}},
		"always the same":         {pipeline.Retry{Attempts: 4, Initial: 7, Max: 7}, []time.Duration{7, 7, 7}},
		"above the default bound": {pipeline.Retry{Attempts: 3, Initial: time.Hour}, []time.Duration{time.Hour, time.Hour}},
		"without overflow": {
			pipeline.Retry{Attempts: 6, Initial: 1 << 60, Max: 1<<63 - 1},
			[]time.Duration{1 << 60, 1 << 61, 1 << 62, 1<<63 - 1, 1<<63 - 1},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ceilings []time.Duration
			note := func(n int64) int64 {
				ceilings = append(ceilings, time.Duration(n))
				return 0
			}
			model := newService(slices.Repeat([]error{&busyError{}}, 99)...)
			_, err := start(t, pipeline.Call("model", model), pipeline.WithRandom(note), pipeline.WithRetry(tt.retry)).Run(t.Context(), 1)
			require.Error(t, err)
			assert.Equal(t, tt.want, ceilings)
			assert.Len(t, model.times, len(tt.want)+1)
		})
	}
}

func TestBackoffsOfARunDiffer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 200
		failed := map[int]bool{}
		var mu sync.Mutex
		begin := time.Now()
		var again []time.Duration
		model := pipeline.Call("model", pipeline.Fn(func(_ context.Context, n int) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			if !failed[n] {
				failed[n] = true
				return 0, &busyError{}
			}
			again = append(again, time.Since(begin))
			return n, nil
		}))
		for res := range start(t, model, pipeline.WithInFlight(n)).Stream(t.Context(), numbered(n)) {
			require.NoError(t, res.Err)
		}
		require.Len(t, again, n)
		assert.Less(t, slices.Max(again), time.Second)
		slices.Sort(again)
		assert.Greater(t, len(slices.Compact(again)), n/2, "what failed together does not come back together")
		assert.InDelta(t, 500, again[n/2].Milliseconds(), 150, "the jitter is full")
	})
}

func TestWhatIsSentAgain(t *testing.T) {
	t.Parallel()
	wrapped := fmt.Errorf("answer 1: %w", &busyError{})
	panicking := pipeline.Fn(func(context.Context, int) (reply, error) { panic(&busyError{}) })
	leaving := pipeline.Fn(func(context.Context, int) (reply, error) { runtime.Goexit(); return reply{}, nil })
	failing := func(err error) pipeline.Stage[int, reply] {
		return pipeline.Fn(func(context.Context, int) (reply, error) { return reply{}, err })
	}
	tests := map[string]struct {
		stage pipeline.Stage[int, reply]
		want  int
		err   string
	}{
		"what a retry can help":    {failing(&busyError{}), 3, "busy"},
		"the same, wrapped":        {failing(wrapped), 3, "answer 1: busy"},
		"the same, in a stage":     {pipeline.Named("ask", failing(wrapped)), 3, "stage ask: answer 1: busy"},
		"what a retry cannot":      {failing(&busyError{hopeless: true}), 1, "busy"},
		"what says nothing":        {failing(errBoom), 1, "boom"},
		"a deadline of its own":    {failing(context.DeadlineExceeded), 1, "context deadline exceeded"},
		"a panic":                  {panicking, 1, "panic: busy"},
		"a panic in a stage":       {pipeline.Named("ask", panicking), 1, "stage ask: panic: busy"},
		"the end of a goroutine":   {leaving, 1, "runtime.Goexit was called (t.FailNow does so)"},
		"the first that has a say": {failing(errors.Join(errBoom, &busyError{hopeless: true}, &busyError{})), 1, "boom\nbusy\nbusy"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events := &recorder{}
			runner := start(t, pipeline.Call("model", tt.stage), pipeline.WithRetry(pipeline.Retry{Attempts: 3}),
				pipeline.WithRandom(noBackoff), pipeline.WithObserver(events))
			for res := range runner.Stream(t.Context(), numbered(1)) {
				require.EqualError(t, res.Err, "item n0: "+tt.err, "the last error, and nothing of the attempts")
				assert.Equal(t, pipeline.Usage{Calls: tt.want}, res.Usage)
			}
			assert.Len(t, events.of(pipeline.KindCall), tt.want)
			assert.Len(t, events.of(pipeline.KindCallStarted), tt.want)
		})
	}
}

func TestEveryAttemptIsToldAndIntercepted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		model := newService(&busyError{after: time.Minute}, &busyError{after: time.Hour})
		events := &recorder{}
		var intercepted []pipeline.CallInfo
		note := pipeline.InterceptorFunc(
			func(ctx context.Context, c pipeline.CallInfo, _ any, next func(context.Context) (any, error)) (any, error) {
				intercepted = append(intercepted, c)
				time.Sleep(time.Second)
				return next(ctx)
			})
		stage := pipeline.Named("ask", pipeline.Call("model", model))
		runner := start(t, stage, pipeline.WithObserver(events), pipeline.WithInterceptor(note), pipeline.WithRandom(noBackoff))
		results := slices.Collect(runner.Stream(t.Context(), numbered(1)))
		require.NoError(t, results[0].Err)
		assert.Equal(t, pipeline.Usage{Calls: 3, Cached: 2, Reasoning: 1}, results[0].Usage, "Calls counts attempts")
		assert.Equal(t, time.Hour+time.Minute+3*time.Second, results[0].Elapsed)

		at := seconds(0, 61, 61+3601)
		ended := events.of(pipeline.KindCall)
		require.Len(t, ended, 3)
		for i, e := range events.of(pipeline.KindCallStarted) {
			want := pipeline.CallInfo{Resource: "model", Item: "n0", Stage: "ask", Seq: 1, Attempt: i + 1}
			assert.Equal(t, want, *e.Call)
			assert.Equal(t, want, *ended[i].Call)
			assert.Equal(t, want, intercepted[i])
			assert.Equal(t, at[i]+time.Second, e.Time.Sub(begin), "it is sent when the interceptors let it go")
			assert.Equal(t, at[i], ended[i].Time.Sub(begin))
			assert.Equal(t, time.Second, ended[i].Waited)
			assert.Equal(t, time.Second, ended[i].Elapsed, "the wait between attempts belongs to none")
			assert.Equal(t, i < 2, ended[i].Err != nil)
			assert.Equal(t, 1, ended[i].Usage.Calls)
		}
		assert.Equal(t, reply{"answer 0", 0}, ended[2].Out)
	})
}

func TestRetriesEndWithTheContext(t *testing.T) {
	t.Parallel()
	stop := errors.New("enough")
	tests := map[string]struct {
		err  error
		want string
	}{
		"plain": {&busyError{after: time.Hour}, "item n0: stage all: enough before the call could be sent again: busy"},
		"with a path": {&pipeline.StageError{Stage: "ask", Err: &busyError{after: time.Hour}},
			"item n0: stage all/ask: enough before the call could be sent again: busy"},
		"the end itself": {errors.Join(stop, &busyError{after: time.Hour}), "item n0: stage all: enough\nbusy"},
	}
	for name, tt := range tests {
		for _, after := range []time.Duration{0, time.Minute} {
			t.Run(fmt.Sprintf("%s after %s", name, after), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithCancelCause(t.Context())
					calls := 0
					stage := pipeline.Named("all", pipeline.Call("model", pipeline.Fn(func(context.Context, int) (int, error) {
						calls++
						if after == 0 {
							cancel(stop)
						} else {
							time.AfterFunc(after, func() { cancel(stop) })
						}
						return 0, tt.err
					})))
					for res := range start(t, stage).Stream(ctx, numbered(1)) {
						require.EqualError(t, res.Err, tt.want)
						require.ErrorIs(t, res.Err, stop)
						_, busy := errors.AsType[*busyError](res.Err)
						assert.True(t, busy, "what was waited for is not forgotten")
						assert.Equal(t, after, res.Elapsed, "the wait ends at once")
					}
					assert.Equal(t, 1, calls)
				})
			})
		}
	}
}

func TestACallThatCompletedIsNotSentAgain(t *testing.T) {
	t.Parallel()
	model := newService()
	late := pipeline.InterceptorFunc(
		func(ctx context.Context, _ pipeline.CallInfo, _ any, next func(context.Context) (any, error)) (any, error) {
			if _, err := next(ctx); err != nil {
				return nil, err
			}
			return nil, &busyError{}
		})
	_, err := start(t, pipeline.Call("model", model), pipeline.WithInterceptor(late)).Run(t.Context(), 1)
	require.EqualError(t, err, "busy")
	assert.Len(t, model.times, 1)
}

func TestAnInterceptorsOwnFailureIsRetried(t *testing.T) {
	t.Parallel()
	model := newService()
	limit := pipeline.InterceptorFunc(
		func(ctx context.Context, c pipeline.CallInfo, _ any, next func(context.Context) (any, error)) (any, error) {
			if c.Attempt < 3 {
				return nil, &busyError{}
			}
			return next(ctx)
		})
	_, err := start(t, pipeline.Call("model", model), pipeline.WithInterceptor(limit), pipeline.WithRandom(noBackoff)).Run(t.Context(), 1)
	require.NoError(t, err)
	assert.Len(t, model.times, 1)
}

func TestACallThatMakesCallsIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]pipeline.RunOption{"unobserved": nil, "observed": {pipeline.WithObserver(&recorder{})}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := newService(), newService(slices.Repeat([]error{&busyError{}}, 99)...)
			inner := pipeline.Named("inner", pipeline.Fn(func(ctx context.Context, n int) (reply, error) {
				if _, err := pipeline.Call("model", first).Run(ctx, n); err != nil {
					return reply{}, err
				}
				return pipeline.Call("model", second).Run(ctx, n)
			}))
			opts := append(slices.Clone(opts), pipeline.WithRetry(pipeline.Retry{Attempts: 4}), pipeline.WithRandom(noBackoff))
			_, err := start(t, pipeline.Call("ensemble", inner), opts...).Run(t.Context(), 1)
			require.EqualError(t, err, "stage inner: busy")
			assert.Len(t, first.times, 1, "it completed")
			assert.Len(t, second.times, 4, "attempts do not multiply")
		})
	}
}

func TestRetriesOfElementsAreTheirOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		calls := map[int]int{}
		model := pipeline.Call("model", pipeline.Fn(func(_ context.Context, n int) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			if calls[n]++; calls[n] <= n {
				return 0, &busyError{after: time.Minute}
			}
			return -n, nil
		}))
		out, err := start(t, pipeline.Each(model, 2)).Run(t.Context(), upTo(4))
		require.NoError(t, err)
		assert.Equal(t, []int{0, -1, -2, -3}, out)
		assert.Equal(t, map[int]int{0: 1, 1: 2, 2: 3, 3: 4}, calls, "what an element completed is not paid for again")
	})
}

func TestNothingIsRetriedOutsideARun(t *testing.T) {
	t.Parallel()
	busy := &busyError{}
	model := newService(busy)
	_, err := pipeline.Call("model", model).Run(t.Context(), 1)
	assert.Same(t, busy, err)
	assert.Len(t, model.times, 1)
}

func TestRetriesCanBeLeftOut(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		opts []pipeline.RunOption
		want int
	}{
		"by default":        {nil, pipeline.DefaultRetry().Attempts},
		"without":           {[]pipeline.RunOption{pipeline.WithoutRetries()}, 1},
		"the last use wins": {[]pipeline.RunOption{pipeline.WithoutRetries(), pipeline.WithRetry(pipeline.Retry{Attempts: 2})}, 2},
		"or the other":      {[]pipeline.RunOption{pipeline.WithRetry(pipeline.Retry{Attempts: 2}), pipeline.WithoutRetries()}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			model := newService(slices.Repeat([]error{&busyError{}}, 99)...)
			run := newRun(t, append(tt.opts, pipeline.WithRandom(noBackoff))...)
			for _, r := range []*pipeline.Run{run, run.With()} {
				model.times = nil
				stage := pipeline.Call("model", model)
				runner, err := pipeline.Start(t.Context(), r, pipeline.Tool("stage", stage))
				require.NoError(t, err)
				_, err = runner.Run(t.Context(), 1)
				require.Error(t, err)
				assert.Len(t, model.times, tt.want, "in a child as in its parent")
			}
		})
	}
}

func TestInvalidRetriesAndTimeouts(t *testing.T) {
	t.Parallel()
	_, err := pipeline.NewRun(
		pipeline.WithRetry(pipeline.Retry{Attempts: -1}),
		pipeline.WithRetry(pipeline.Retry{Initial: -time.Second}),
		pipeline.WithRetry(pipeline.Retry{Max: -1}),
		pipeline.WithRetry(pipeline.Retry{Initial: 2 * time.Second, Max: time.Second}),
		pipeline.WithCallTimeout(0),
		pipeline.WithCallTimeout(-time.Second),
		pipeline.WithRetry(pipeline.Retry{Attempts: 1, Initial: 1, Max: 1}),
	)
	require.Error(t, err)
	assert.Equal(t, []string{
		"run: WithRetry({Attempts:-1 ItemAttempts:0 Initial:0s Max:0s}): no field may be negative, nor Max be below Initial",
		"run: WithRetry({Attempts:0 ItemAttempts:0 Initial:-1s Max:0s}): no field may be negative, nor Max be below Initial",
		"run: WithRetry({Attempts:0 ItemAttempts:0 Initial:0s Max:-1ns}): no field may be negative, nor Max be below Initial",
		"run: WithRetry({Attempts:0 ItemAttempts:0 Initial:2s Max:1s}): no field may be negative, nor Max be below Initial",
		"run: WithCallTimeout(0s): the time must be positive; see WithoutCallTimeout",
		"run: WithCallTimeout(-1s): the time must be positive; see WithoutCallTimeout",
	}, strings.Split(err.Error(), "\n"))
}
