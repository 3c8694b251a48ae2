package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// upTo returns the numbers from 0 to n-1.
func upTo(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}

func TestEachKeepsTheOrderAndTheBound(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 7, 100} {
		for _, atOnce := range []int{-1, 0, 1, 3, 7, 200} {
			t.Run(fmt.Sprintf("%d elements %d at once", n, atOnce), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { // which fails if a goroutine outlives it
					stage := randomSleeper(n, uint64(n+atOnce+1))
					out, err := pipeline.Each(stage, atOnce).Run(t.Context(), upTo(n))
					require.NoError(t, err)
					want := make([]int, n)
					for i := range want {
						want[i] = -i
					}
					assert.Equal(t, want, out, "never nil, not even for no input")
					most := n
					if atOnce > 0 {
						most = min(n, atOnce)
					}
					assert.EqualValues(t, most, stage.most.Load(), "the room is used, and no more than that")
				})
			})
		}
	}
}

func TestEachOfNil(t *testing.T) {
	t.Parallel()
	out, err := pipeline.Each(pipeline.Fn(double), 0).Run(t.Context(), nil)
	require.NoError(t, err)
	assert.Equal(t, []int{}, out)
}

// trial is a stage whose elements take their time and then fail or not; it notes which began and which ended.
type trial struct {
	*sleeper

	fails []bool

	mu           sync.Mutex
	begun, ended []int
}

func newTrial(n int, seed uint64) *trial {
	rng := rand.New(rand.NewPCG(seed, 4))
	x := &trial{sleeper: randomSleeper(n, seed)}
	for range n {
		x.fails = append(x.fails, rng.IntN(8) == 0)
	}
	return x
}

func (x *trial) Run(ctx context.Context, i int) (int, error) {
	x.mu.Lock()
	x.begun = append(x.begun, i)
	x.mu.Unlock()
	out, err := x.sleeper.Run(ctx, i)
	x.mu.Lock()
	x.ended = append(x.ended, i)
	x.mu.Unlock()
	if err == nil && x.fails[i] {
		err = fmt.Errorf("failure %d", i)
	}
	return out, err
}

func TestEachReturnsTheFirstFailureInOrder(t *testing.T) {
	t.Parallel()
	const n = 30
	for seed := range uint64(40) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for _, atOnce := range []int{0, 1, 2, 5, 29} {
					x := newTrial(n, seed)
					out, err := pipeline.Each(x, atOnce).Run(t.Context(), upTo(n))
					first := slices.Index(x.fails, true)
					if first < 0 {
						require.NoError(t, err)
						require.Len(t, out, n)
						continue
					}
					require.Nil(t, out)
					require.EqualError(t, err, fmt.Sprintf("element %d: failure %d", first, first), "whenever which one failed")
					assert.Len(t, x.ended, len(x.begun), "what was begun was paid for, and is not cut short")
					slices.Sort(x.begun)
					assert.Equal(t, upTo(len(x.begun)), x.begun, "elements begin in order")
					if atOnce == 1 {
						assert.Len(t, x.begun, first+1)
					}
				}
			})
		})
	}
}

func TestEachBeginsNothingAfterAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newTrial(10, 1)
		x.fails = make([]bool, 10)
		x.fails[1] = true
		for i := range x.durations {
			x.durations[i] = time.Duration(i) * time.Minute
		}
		begin := time.Now()
		_, err := pipeline.Each(x, 4).Run(t.Context(), upTo(10)) // 4 begins when 0 ends, at once; 1 fails while it works
		require.EqualError(t, err, "element 1: failure 1")
		assert.Equal(t, []int{0, 1, 2, 3, 4}, x.ended)
		assert.Equal(t, 4*time.Minute, time.Since(begin), "Each waits for what is under way")
	})
}

func TestEachEndsWithItsContext(t *testing.T) {
	t.Parallel()
	stop := errors.New("enough")
	tests := map[string]struct {
		stage  pipeline.Stage[int, int]
		atOnce int
		begun  int
		err    string
	}{
		"elements see it": {
			pipeline.Fn(func(ctx context.Context, _ int) (int, error) { <-ctx.Done(); return 0, context.Cause(ctx) }), 3, 3, "element 0: enough",
		},
		"elements do not see it": {
			pipeline.Fn(func(_ context.Context, n int) (int, error) { time.Sleep(time.Minute); return n, nil }), 3, 3, "enough",
		},
		"all had begun": {
			pipeline.Fn(func(_ context.Context, n int) (int, error) { time.Sleep(time.Minute); return n, nil }), 0, 5, "",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(stop) })
				var begun atomic.Int64
				counted := pipeline.Fn(func(ctx context.Context, n int) (int, error) {
					begun.Add(1)
					return tt.stage.Run(ctx, n)
				})
				out, err := pipeline.Each(counted, tt.atOnce).Run(ctx, upTo(5))
				assert.EqualValues(t, tt.begun, begun.Load())
				if tt.err == "" {
					require.NoError(t, err)
					assert.Equal(t, upTo(5), out, "what is finished is not thrown away")
					return
				}
				assert.Nil(t, out)
				require.EqualError(t, err, tt.err)
				assert.ErrorIs(t, err, stop)
			})
		})
	}
}

func TestEachOfAnEndedContextBeginsNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := pipeline.Each(pipeline.Fn(explode), 2).Run(ctx, upTo(5))
	assert.Equal(t, context.Canceled, err)
}

func TestEachKeepsThePathOfAFailure(t *testing.T) {
	t.Parallel()
	failing := pipeline.Fn(func(_ context.Context, n int) (int, error) {
		if n == 2 {
			return 0, errBoom
		}
		return n, nil
	})
	named := pipeline.Named("draft", failing)
	rows := pipeline.Fn(func(context.Context, int) ([]int, error) { return []int{0, 2}, nil })
	tests := map[string]struct {
		stage      pipeline.Stage[[]int, []int]
		in         []int
		path, want string
	}{
		"unnamed":        {pipeline.Each(failing, 0), upTo(4), "", "element 2: boom"},
		"named elements": {pipeline.Each(named, 0), upTo(4), "draft", "stage draft: element 2: boom"},
		"named outside":  {pipeline.Named("vote", pipeline.Each(failing, 0)), upTo(4), "vote", "stage vote: element 2: boom"},
		"named twice":    {pipeline.Named("vote", pipeline.Each(named, 0)), upTo(4), "vote/draft", "stage vote/draft: element 2: boom"},
		"the only one":   {pipeline.Named("vote", pipeline.Each(named, 0)), []int{2}, "vote/draft", "stage vote/draft: boom"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := start(t, tt.stage).Run(t.Context(), tt.in)
			require.EqualError(t, err, tt.want)
			require.ErrorIs(t, err, errBoom)
			failure, ok := errors.AsType[*pipeline.StageError](err)
			require.True(t, ok)
			assert.Equal(t, tt.path, failure.Stage)
		})
	}
	t.Run("each of each", func(t *testing.T) {
		t.Parallel()
		nested := pipeline.Named("rows", pipeline.Each(pipeline.Then(rows, pipeline.Each(named, 1)), 1))
		_, err := start(t, nested).Run(t.Context(), upTo(3))
		assert.EqualError(t, err, "stage rows/draft: element 0: element 1: boom")
	})
}

func TestEachSurvivesWhatItsElementsDo(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		misbehave func()
		want      string
	}{
		"panic":  {func() { panic("out of cheese") }, "element 1: panic: out of cheese"},
		"goexit": {runtime.Goexit, "element 1: runtime.Goexit was called (t.FailNow does so)"},
	}
	for name, tt := range tests {
		for _, atOnce := range []int{0, 1, 2} {
			t.Run(fmt.Sprintf("%s %d at once", name, atOnce), func(t *testing.T) {
				t.Parallel()
				var ended atomic.Int64
				stage := pipeline.Each(pipeline.Fn(func(_ context.Context, n int) (int, error) {
					defer ended.Add(1)
					if n == 1 {
						tt.misbehave()
					}
					return n, nil
				}), atOnce)
				_, err := stage.Run(t.Context(), upTo(3))
				require.EqualError(t, err, tt.want, "outside a run")
				if panicked, ok := errors.AsType[*pipeline.PanicError](err); ok {
					assert.Contains(t, string(panicked.Stack), "TestEachSurvives", "the stack is the element's")
				}
				results := slices.Collect(start(t, pipeline.Named("all", stage)).Stream(t.Context(), slices.Values([]pipeline.Item[[]int]{
					{ID: "a", In: upTo(3)}, {ID: "b", In: upTo(1)},
				})))
				require.EqualError(t, results[0].Err, "item a: stage all: "+tt.want)
				require.NoError(t, results[1].Err)
				assert.GreaterOrEqual(t, ended.Load(), int64(2+2+1))
			})
		}
	}
}

// voting asks a model in five elements, three at a time; each element asks twice, once in a stage of its own name.
func voting() pipeline.Stage[int, []reply] {
	slow := pipeline.Call("model", pipeline.Fn(func(ctx context.Context, n int) (reply, error) {
		time.Sleep(time.Duration(7-n) * time.Second)
		return ask(ctx, n)
	}))
	element := pipeline.Named("draft", pipeline.Fn(func(ctx context.Context, n int) (reply, error) {
		if _, err := slow.Run(ctx, n); err != nil {
			return reply{}, err
		}
		return pipeline.Named("voter"+strconv.Itoa(n), slow).Run(ctx, n)
	}))
	spread := pipeline.Fn(func(context.Context, int) ([]int, error) { return upTo(5), nil })
	return pipeline.Named("vote", pipeline.Then(spread, pipeline.Each(element, 3)))
}

func TestEachHoldsTheScopeOfItsItem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		events := &recorder{}
		var mu sync.Mutex
		seqs := map[string][]int{}
		note := pipeline.InterceptorFunc(
			func(ctx context.Context, c pipeline.CallInfo, _ any, next func(context.Context) (any, error)) (any, error) {
				mu.Lock()
				defer mu.Unlock()
				assert.Equal(t, c.Item, pipeline.ItemID(ctx))
				at := c.Item + " " + c.Stage + " " + c.Element
				seqs[at] = append(seqs[at], c.Seq)
				mu.Unlock()
				defer mu.Lock()
				return next(ctx)
			})
		for res := range start(t, voting(), pipeline.WithObserver(events), pipeline.WithInterceptor(note)).Stream(t.Context(), numbered(3)) {
			require.NoError(t, res.Err)
			assert.Equal(t, pipeline.Usage{Calls: 10, Input: 200, Output: 20, Cached: 20, Reasoning: 10}, res.Usage)
		}
		for item := range 3 {
			for voter := range 5 {
				at := fmt.Sprintf("n%d vote/draft %d", item, voter)
				assert.Equal(t, []int{1}, seqs[at], "an element counts for itself")
				at = fmt.Sprintf("n%d vote/draft/voter%d %d", item, voter, voter)
				assert.Equal(t, []int{1}, seqs[at], "and so does a stage inside of it")
			}
		}
		assert.Len(t, seqs, 30)
		for _, e := range events.of(pipeline.KindStage, pipeline.KindCall, pipeline.KindCallStarted) {
			if e.Stage == "vote" {
				assert.Empty(t, e.Element)
				continue
			}
			assert.Equal(t, strconv.Itoa(e.In.(int)), e.Element, "%s at %s", e.Kind, e.Stage)
		}
	})
}

func TestEventsNameTheElementsAroundThem(t *testing.T) {
	t.Parallel()
	leaf := pipeline.Named("leaf", pipeline.Fn(double))
	rows := pipeline.Fn(func(_ context.Context, n int) ([]int, error) { return upTo(n), nil })
	events := &recorder{}
	nested := pipeline.Each(pipeline.Then(rows, pipeline.Each(leaf, 1)), 1)
	_, err := start(t, nested, pipeline.WithObserver(events)).Run(t.Context(), []int{2, 0, 1})
	require.NoError(t, err)
	var elements []string
	for _, e := range events.of(pipeline.KindStage) {
		elements = append(elements, e.Element)
	}
	assert.Equal(t, []string{"0.0", "0.1", "2.0"}, elements)
}

func TestCallsOfNamedBranchesHaveTheSameIdentityInEveryRun(t *testing.T) {
	t.Parallel()
	identities := func(t *testing.T, seed uint64, inFlight int) []pipeline.CallInfo {
		rng := rand.New(rand.NewPCG(seed, 5))
		var mu sync.Mutex
		var calls []pipeline.CallInfo
		jitter := pipeline.InterceptorFunc(
			func(ctx context.Context, c pipeline.CallInfo, in any, next func(context.Context) (any, error)) (any, error) {
				mu.Lock()
				assert.Equal(t, fmt.Sprintf("score/trait%d", in), c.Stage)
				calls = append(calls, c)
				wait := time.Duration(rng.IntN(1000)) * time.Millisecond
				mu.Unlock()
				time.Sleep(wait)
				return next(ctx)
			})
		model := pipeline.Call("model", pipeline.Fn(double))
		trait := pipeline.Fn(func(ctx context.Context, n int) (int, error) {
			return pipeline.Named("trait"+strconv.Itoa(n), pipeline.Chain(model, pipeline.Fn(half), model)).Run(ctx, n)
		})
		spread := pipeline.Fn(func(context.Context, int) ([]int, error) { return upTo(6), nil })
		stage := pipeline.Named("score", pipeline.Then(spread, pipeline.Each(trait, 0)))
		for res := range start(t, stage, pipeline.WithInterceptor(jitter), pipeline.WithInFlight(inFlight)).Stream(t.Context(), numbered(20)) {
			require.NoError(t, res.Err)
		}
		slices.SortFunc(calls, func(a, b pipeline.CallInfo) int { return slices.Compare(callKey(a), callKey(b)) })
		return calls
	}
	synctest.Test(t, func(t *testing.T) {
		want := identities(t, 1, 1)
		require.Len(t, want, 20*6*2)
		for seed := range uint64(4) {
			assert.Equal(t, want, identities(t, seed+2, 16))
		}
	})
}

func half(_ context.Context, n int) (int, error) { return n / 2, nil }

func callKey(c pipeline.CallInfo) []string {
	return []string{c.Item, c.Stage, c.Element, strconv.Itoa(c.Seq)}
}

func TestEachTakesTheContextThatItWasGiven(t *testing.T) {
	t.Parallel()
	narrowed := pipeline.Fn(func(ctx context.Context, in []int) ([]int, error) {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		element := pipeline.Named("element", pipeline.Fn(func(ctx context.Context, n int) (int, error) {
			<-ctx.Done()
			return n, context.Cause(ctx)
		}))
		return pipeline.Each(element, 0).Run(ctx, in)
	})
	for name, opts := range map[string][]pipeline.RunOption{"unobserved": nil, "observed": {pipeline.WithObserver(&recorder{})}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, err := start(t, narrowed, opts...).Run(t.Context(), upTo(3))
				assert.EqualError(t, err, "stage element: element 0: context deadline exceeded")
			})
		})
	}
}
