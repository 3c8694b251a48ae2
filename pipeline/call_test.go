package pipeline_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// reply is the output of a call that is paid for by the token.
type reply struct {
	text   string
	tokens int
}

func (r reply) TokenUsage() (input, output, cached, reasoning int) {
	return 10 * r.tokens, r.tokens, 2, 1
}

// ask is a model whose answer costs as many tokens as its prompt asks for.
func ask(_ context.Context, tokens int) (reply, error) {
	return reply{"answer " + strconv.Itoa(tokens), tokens}, nil
}

// passing is an interceptor that logs when it is entered and left, and changes nothing.
func passing(name string, log *[]string) pipeline.Interceptor {
	var mu sync.Mutex
	note := func(s string) {
		mu.Lock()
		defer mu.Unlock()
		*log = append(*log, name+" "+s)
	}
	return pipeline.InterceptorFunc(
		func(ctx context.Context, _ pipeline.CallInfo, _ any, next func(context.Context) (any, error)) (any, error) {
			note("in")
			defer note("out")
			return next(ctx)
		})
}

// answering is an interceptor that never calls.
func answering(answer any) pipeline.Interceptor {
	return pipeline.InterceptorFunc(
		func(context.Context, pipeline.CallInfo, any, func(context.Context) (any, error)) (any, error) {
			return answer, nil
		})
}

func TestCallIsTransparentOutsideARun(t *testing.T) {
	t.Parallel()
	got, err := pipeline.Call("model", pipeline.Fn(ask)).Run(t.Context(), 3)
	require.NoError(t, err)
	assert.Equal(t, reply{"answer 3", 3}, got)

	_, err = pipeline.Call("model", pipeline.Fn(fail)).Run(t.Context(), 3)
	assert.Same(t, errBoom, err)
	assert.PanicsWithValue(t, "out of cheese", func() {
		_, _ = pipeline.Call("model", pipeline.Fn(explode)).Run(t.Context(), 3)
	})
}

func TestInterceptorsNestInTheOrderOfTheirOptions(t *testing.T) {
	t.Parallel()
	var log []string
	stage := pipeline.Fn(func(_ context.Context, n int) (int, error) {
		log = append(log, "call")
		return n, nil
	})
	runner := start(t, pipeline.Call("model", stage),
		pipeline.WithInterceptor(passing("first", &log)), pipeline.WithInterceptor(passing("second", &log)))
	_, err := runner.Run(t.Context(), 1)
	require.NoError(t, err)
	assert.Equal(t, []string{"first in", "second in", "call", "second out", "first out"}, log)
}

func TestInterceptorMayRetry(t *testing.T) {
	t.Parallel()
	var calls int
	flaky := pipeline.Fn(func(_ context.Context, n int) (reply, error) {
		if calls++; calls < 3 {
			return reply{}, errBoom
		}
		return reply{tokens: n}, nil
	})
	retry := pipeline.InterceptorFunc(
		func(ctx context.Context, _ pipeline.CallInfo, in any, next func(context.Context) (any, error)) (any, error) {
			assert.Equal(t, 4, in, "the input is typed")
			for {
				if out, err := next(ctx); err == nil {
					return out, nil
				}
			}
		})
	got, err := start(t, pipeline.Call("model", flaky), pipeline.WithInterceptor(retry)).Run(t.Context(), 4)
	require.NoError(t, err)
	assert.Equal(t, 4, got.tokens)
	assert.Equal(t, 3, calls)
}

func TestInterceptorMayFailTheCall(t *testing.T) {
	t.Parallel()
	spent := pipeline.InterceptorFunc(
		func(context.Context, pipeline.CallInfo, any, func(context.Context) (any, error)) (any, error) {
			return 5, errBoom
		})
	got, err := start(t, pipeline.Call("model", pipeline.Fn(double)), pipeline.WithInterceptor(spent)).Run(t.Context(), 4)
	assert.Zero(t, got)
	require.EqualError(t, err, "boom")
	assert.ErrorIs(t, err, errBoom)
}

func TestInterceptorMayChangeTheContext(t *testing.T) {
	t.Parallel()
	limit := pipeline.InterceptorFunc(
		func(ctx context.Context, _ pipeline.CallInfo, _ any, next func(context.Context) (any, error)) (any, error) {
			ctx, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			return next(ctx)
		})
	stage := pipeline.Fn(func(ctx context.Context, _ int) (bool, error) {
		_, limited := ctx.Deadline()
		return limited, nil
	})
	limited, err := start(t, pipeline.Call("model", stage), pipeline.WithInterceptor(limit)).Run(t.Context(), 1)
	require.NoError(t, err)
	assert.True(t, limited)
}

func TestInterceptorAnswersWithoutTheCall(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer any
		err    string
	}{
		"right type": {reply{text: "from a journal"}, ""},
		"wrong type": {"text", "call model: an interceptor answered with string where pipeline_test.reply was expected"},
		"nothing":    {nil, "call model: an interceptor answered with <nil> where pipeline_test.reply was expected"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			never := pipeline.Fn(func(context.Context, int) (reply, error) { panic("called") })
			got, err := start(t, pipeline.Call("model", never), pipeline.WithInterceptor(answering(tt.answer))).Run(t.Context(), 1)
			if tt.err != "" {
				require.EqualError(t, err, tt.err)
				assert.Zero(t, got)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.answer, got)
		})
	}
}

func TestInterceptorPassesANilInterfaceOn(t *testing.T) {
	t.Parallel()
	none := pipeline.Fn(func(context.Context, int) (fmt.Stringer, error) { return nil, nil })
	got, err := start(t, pipeline.Call("finder", none), pipeline.WithInterceptor(passing("any", new([]string)))).Run(t.Context(), 1)
	require.NoError(t, err, "nil is a value of an interface type")
	assert.Nil(t, got)

	_, err = start(t, pipeline.Call("finder", none), pipeline.WithInterceptor(answering(7))).Run(t.Context(), 1)
	assert.EqualError(t, err, "call finder: an interceptor answered with int where fmt.Stringer was expected")
}

func TestCallInfoNamesTheCall(t *testing.T) {
	t.Parallel()
	runs := map[string][]pipeline.RunOption{"unobserved": nil, "observed": {pipeline.WithObserver(&recorder{})}}
	for name, opts := range runs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls []pipeline.CallInfo
			note := pipeline.InterceptorFunc(
				func(ctx context.Context, c pipeline.CallInfo, _ any, next func(context.Context) (any, error)) (any, error) {
					calls = append(calls, c)
					return next(ctx)
				})
			stage := pipeline.Named("score", pipeline.Chain(
				pipeline.Named("draft", pipeline.Call("model", pipeline.Fn(double))),
				pipeline.Call("embedder", pipeline.Fn(double)),
			))
			opts = append(slices.Clone(opts), pipeline.WithInterceptor(note), pipeline.WithInFlight(1))
			for res := range start(t, stage, opts...).Stream(t.Context(), numbered(2)) {
				require.NoError(t, res.Err)
			}
			assert.Equal(t, []pipeline.CallInfo{
				{Resource: "model", Item: "n0", Stage: "score/draft", Seq: 1, Attempt: 1},
				{Resource: "embedder", Item: "n0", Stage: "score", Seq: 1, Attempt: 1},
				{Resource: "model", Item: "n1", Stage: "score/draft", Seq: 1, Attempt: 1},
				{Resource: "embedder", Item: "n1", Stage: "score", Seq: 1, Attempt: 1},
			}, calls, "a journal must find the same call again, whether somebody watches or not")
		})
	}
}

func TestUsageIsSummedForEachItem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := pipeline.Call("model", pipeline.Fn(func(ctx context.Context, n int) (reply, error) {
			time.Sleep(time.Second)
			return ask(ctx, n)
		}))
		failing := pipeline.Call("model", pipeline.Fn(fail))
		vote := pipeline.Named("vote", pipeline.Fn(func(ctx context.Context, n int) (int, error) {
			var voters sync.WaitGroup
			for range n {
				voters.Go(func() { _, _ = slow.Run(ctx, n) })
			}
			voters.Wait()
			_, _ = failing.Run(ctx, n)
			return n, nil
		}))
		events := &recorder{}
		for res := range start(t, vote, pipeline.WithObserver(events)).Stream(t.Context(), numbered(5)) {
			n := res.Index
			want := pipeline.Usage{Calls: n + 1, Input: 10 * n * n, Output: n * n, Cached: 2 * n, Reasoning: n}
			assert.Equal(t, want, res.Usage, "item %d", n)
		}
		for _, item := range events.of(pipeline.KindItem) {
			assert.Equal(t, item.Index+1, item.Usage.Calls)
			seen := map[int]bool{}
			for _, call := range events.of(pipeline.KindCallStarted) {
				if call.Item == item.Item {
					seen[call.Call.Seq] = true
				}
			}
			for seq := range item.Index + 1 {
				assert.True(t, seen[seq+1], "item %d: call %d is missing", item.Index, seq+1)
			}
		}
	})
}

// pointerReply has a method TokenUsage that needs a value behind the pointer.
type pointerReply struct{ tokens int }

func (p *pointerReply) TokenUsage() (input, output, cached, reasoning int) { return p.tokens, 0, 0, 0 }

func TestFailedCallIsNotAskedForItsUsage(t *testing.T) {
	t.Parallel()
	stage := pipeline.Call("model", pipeline.Fn(func(context.Context, int) (*pointerReply, error) { return nil, errBoom }))
	for res := range start(t, stage).Stream(t.Context(), numbered(1)) {
		require.EqualError(t, res.Err, "item n0: boom")
		assert.Equal(t, pipeline.Usage{Calls: 1}, res.Usage)
	}
}

func TestUsageAdds(t *testing.T) {
	t.Parallel()
	sum := pipeline.Usage{Calls: 1, Input: 2, Output: 3, Cached: 4, Reasoning: 5}.
		Add(pipeline.Usage{Calls: 10, Input: 20, Output: 30, Cached: 40, Reasoning: 50})
	assert.Equal(t, pipeline.Usage{Calls: 11, Input: 22, Output: 33, Cached: 44, Reasoning: 55}, sum)
}

func TestCallEvents(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		stage pipeline.Stage[int, reply]
		out   any
		usage pipeline.Usage
		err   string
	}{
		"answer": {pipeline.Fn(ask), reply{"answer 2", 2}, pipeline.Usage{Calls: 1, Input: 20, Output: 2, Cached: 2, Reasoning: 1}, ""},
		"failure": {
			pipeline.Fn(func(context.Context, int) (reply, error) { return reply{}, errBoom }), nil, pipeline.Usage{Calls: 1}, "boom",
		},
		"panic": {
			pipeline.Fn(func(context.Context, int) (reply, error) { panic("broken") }), nil, pipeline.Usage{Calls: 1}, "panic: broken",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				slow := pipeline.Fn(func(ctx context.Context, n int) (reply, error) {
					time.Sleep(3 * time.Second)
					return tt.stage.Run(ctx, n)
				})
				events := &recorder{}
				_, _ = start(t, pipeline.Named("draft", pipeline.Call("model", slow)), pipeline.WithObserver(events)).Run(t.Context(), 2)
				info := &pipeline.CallInfo{Resource: "model", Stage: "draft", Seq: 1, Attempt: 1}

				started := events.of(pipeline.KindCallStarted)
				require.Len(t, started, 1)
				assert.Equal(t, info, started[0].Call)
				assert.Equal(t, 2, started[0].In)
				assert.Zero(t, started[0].Elapsed)

				ended := events.of(pipeline.KindCall)
				require.Len(t, ended, 1, "a call that was begun is always told to have ended")
				assert.Equal(t, info, ended[0].Call)
				assert.Equal(t, 2, ended[0].In)
				assert.Equal(t, tt.out, ended[0].Out)
				assert.Equal(t, tt.usage, ended[0].Usage)
				assert.Equal(t, started[0].Time, ended[0].Time)
				assert.Equal(t, 3*time.Second, ended[0].Elapsed)
				if tt.err == "" {
					assert.NoError(t, ended[0].Err)
				} else {
					assert.EqualError(t, ended[0].Err, tt.err)
				}
			})
		})
	}
}

// What interceptors held up and did not send was waited for, all of it.
func TestAttemptsThatWereNotSentOnlyWaited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		events := &recorder{}
		refuse := pipeline.InterceptorFunc(
			func(context.Context, pipeline.CallInfo, any, func(context.Context) (any, error)) (any, error) {
				time.Sleep(time.Minute)
				return nil, errBoom
			})
		_, err := start(t, pipeline.Call("model", pipeline.Fn(double)), pipeline.WithObserver(events), pipeline.WithInterceptor(refuse)).
			Run(t.Context(), 1)
		require.ErrorIs(t, err, errBoom)
		assert.Empty(t, events.of(pipeline.KindCallStarted))
		calls := events.of(pipeline.KindCall)
		require.Len(t, calls, 1)
		assert.Equal(t, time.Minute, calls[0].Waited)
		assert.Equal(t, time.Minute, calls[0].Elapsed)
	})
}

func TestAttemptsThatWereSentWaitedBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		events := &recorder{}
		queue := pipeline.InterceptorFunc(
			func(ctx context.Context, _ pipeline.CallInfo, _ any, next func(context.Context) (any, error)) (any, error) {
				time.Sleep(time.Minute)
				return next(ctx)
			})
		slow := pipeline.Fn(func(context.Context, int) (int, error) { time.Sleep(time.Second); return 1, nil })
		_, err := start(t, pipeline.Call("model", slow), pipeline.WithObserver(events), pipeline.WithInterceptor(queue)).Run(t.Context(), 1)
		require.NoError(t, err)
		call := events.of(pipeline.KindCall)[0]
		assert.Equal(t, time.Minute, call.Waited)
		assert.Equal(t, time.Minute+time.Second, call.Elapsed)
	})
}
