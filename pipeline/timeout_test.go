package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// stalling returns a model whose first calls stall until their context ends, and then fail with what fail makes of its error.
func stalling(stalls int, fail func(error) error) pipeline.Stage[int, int] {
	return pipeline.Call("model", pipeline.Fn(func(ctx context.Context, n int) (int, error) {
		if stalls--; stalls < 0 {
			return n, nil
		}
		<-ctx.Done()
		return 0, fail(ctx.Err())
	}))
}

func bare(err error) error { return err }

func TestAStalledAttemptIsSentAgain(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(error) error{
		"the bare error":         bare,
		"the same, wrapped":      func(err error) error { return fmt.Errorf("read reply: %w", err) },
		"the model's own error":  func(error) error { return &busyError{} },
		"an error from its path": func(err error) error { return &pipeline.StageError{Stage: "ask", Err: err} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				runner := start(t, stalling(2, fail), pipeline.WithCallTimeout(time.Minute), pipeline.WithRandom(noBackoff))
				out, err := runner.Run(t.Context(), 5)
				require.NoError(t, err)
				assert.Equal(t, 5, out)
				assert.Equal(t, 2*time.Minute, time.Since(begin), "each attempt has a deadline of its own")
			})
		})
	}
}

func TestTheLastStallIsTheFailure(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fail func(error) error
		want string
	}{
		"the bare error":        {bare, "stage grade: call model: no answer within 1m0s: context deadline exceeded"},
		"the model's own error": {func(error) error { return &busyError{} }, "stage grade: busy"},
		"what cannot be helped": {func(err error) error { return errors.Join(&busyError{hopeless: true}, err) },
			"stage grade: busy\ncontext deadline exceeded"},
		"an error from its path": {
			func(err error) error { return &pipeline.StageError{Stage: "ask", Err: err} },
			"stage grade/ask: call model: no answer within 1m0s: context deadline exceeded",
		},
		"something else": {func(error) error { return errBoom }, "stage grade: boom"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				stage := pipeline.Named("grade", stalling(99, tt.fail))
				_, err := start(t, stage, pipeline.WithCallTimeout(time.Minute), pipeline.WithRandom(noBackoff)).Run(t.Context(), 5)
				require.EqualError(t, err, tt.want)
				classified, ok := errors.AsType[interface {
					error
					ErrorClass() string
				}](err)
				if ok {
					assert.Equal(t, "timeout", classified.ErrorClass())
					assert.ErrorIs(t, err, context.DeadlineExceeded)
				}
			})
		})
	}
}

func TestTheDeadlineOfTheItemIsNotRetried(t *testing.T) {
	t.Parallel()
	for _, limit := range []time.Duration{time.Second, time.Minute, time.Hour} {
		t.Run(limit.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				events := &recorder{}
				runner := start(t, stalling(999, bare), pipeline.WithCallTimeout(limit), pipeline.WithObserver(events),
					pipeline.WithRetry(pipeline.Retry{Attempts: 999}), pipeline.WithRandom(noBackoff))
				begin := time.Now()
				_, err := runner.Run(ctx, 5)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, time.Minute, time.Since(begin))
				if limit > time.Minute {
					assert.EqualError(t, err, "context deadline exceeded", "the limit of the call has nothing to do with it")
				}
				assert.InDelta(t, max(1, time.Minute/limit), len(events.of(pipeline.KindCall)), 1)
			})
		})
	}
}

func TestAnEarlierDeadlineOfTheStageIsItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		impatient := pipeline.Call("model", pipeline.Fn(func(ctx context.Context, _ int) (int, error) {
			ctx, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			<-ctx.Done()
			return 0, ctx.Err()
		}))
		begin := time.Now()
		_, err := start(t, impatient).Run(t.Context(), 1)
		assert.Equal(t, context.DeadlineExceeded, errors.Unwrap(err))
		assert.Equal(t, time.Second, time.Since(begin))
	})
}

func TestDeadlinesOfCalls(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		opts []pipeline.RunOption
		want time.Duration // 0: none
	}{
		"by default":        {nil, pipeline.DefaultCallTimeout},
		"set":               {[]pipeline.RunOption{pipeline.WithCallTimeout(time.Hour)}, time.Hour},
		"without":           {[]pipeline.RunOption{pipeline.WithoutCallTimeout()}, 0},
		"the last use wins": {[]pipeline.RunOption{pipeline.WithoutCallTimeout(), pipeline.WithCallTimeout(time.Hour)}, time.Hour},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				queue := pipeline.InterceptorFunc(
					func(ctx context.Context, _ pipeline.CallInfo, _ any, next func(context.Context) (any, error)) (any, error) {
						_, limited := ctx.Deadline()
						assert.False(t, limited)
						time.Sleep(24 * time.Hour)
						return next(ctx)
					})
				look := pipeline.Fn(func(ctx context.Context, _ int) (time.Duration, error) {
					deadline, limited := ctx.Deadline()
					if !limited {
						return 0, nil
					}
					return time.Until(deadline), nil
				})
				got, err := start(t, pipeline.Call("model", look), append(tt.opts, pipeline.WithInterceptor(queue))...).Run(t.Context(), 1)
				require.NoError(t, err)
				assert.Equal(t, tt.want, got, "what an interceptor waits for does not count")

				outside, err := start(t, look).Run(t.Context(), 1)
				require.NoError(t, err)
				assert.Zero(t, outside, "what is no call has no deadline")
			})
		})
	}
}
