package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// sleeper is a stage that takes as long as durations say, and watches how many of it run at once.
type sleeper struct {
	durations     []time.Duration
	working, most atomic.Int64
}

func randomSleeper(n int, seed uint64) *sleeper {
	rng := rand.New(rand.NewPCG(seed, 3))
	s := &sleeper{}
	for range n {
		s.durations = append(s.durations, time.Duration(rng.IntN(10_000))*time.Millisecond)
	}
	return s
}

func (s *sleeper) Run(ctx context.Context, n int) (int, error) {
	storeMax(&s.most, s.working.Add(1))
	defer s.working.Add(-1)
	select {
	case <-time.After(s.durations[n]):
		return -n, nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// counted counts what is taken from items.
func counted[T any](items iter.Seq[T], taken *atomic.Int64) iter.Seq[T] {
	return func(yield func(T) bool) {
		for it := range items {
			taken.Add(1)
			if !yield(it) {
				return
			}
		}
	}
}

func TestStreamYieldsOneResultForEachItemInOrder(t *testing.T) {
	t.Parallel()
	for _, inFlight := range []int{1, 7, 64} {
		for _, items := range []int{0, 1, inFlight, 2*inFlight + 1, 500} {
			t.Run(fmt.Sprintf("%d items %d in flight", items, inFlight), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					stage := randomSleeper(items, uint64(inFlight))
					n := 0
					for res := range start[int, int](t, stage, pipeline.WithInFlight(inFlight)).Stream(t.Context(), numbered(items)) {
						require.Equal(t, pipeline.Result[int]{
							Index: n, ID: "n" + strconv.Itoa(n), Out: -n, Elapsed: stage.durations[n],
						}, res)
						n++
					}
					assert.Equal(t, items, n)
					assert.EqualValues(t, min(items, inFlight), stage.most.Load(), "the room is used, and no more than that")
				})
			})
		}
	}
}

func TestAsCompletedYieldsResultsAsTheyCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stage := &sleeper{}
		for i := range 10 {
			stage.durations = append(stage.durations, time.Duration((i*7)%10+1)*time.Second)
		}
		var ended []time.Duration
		seen := map[int]bool{}
		begin := time.Now()
		for res := range start[int, int](t, stage, pipeline.WithInFlight(10)).Stream(t.Context(), numbered(10), pipeline.AsCompleted()) {
			assert.Equal(t, -res.Index, res.Out)
			assert.Equal(t, time.Since(begin), res.Elapsed, "a result is not held back")
			ended = append(ended, res.Elapsed)
			seen[res.Index] = true
		}
		assert.Len(t, seen, 10)
		assert.True(t, slices.IsSorted(ended), "%v", ended)
	})
}

func TestAsCompletedLosesNothing(t *testing.T) {
	t.Parallel()
	for _, inFlight := range []int{1, 7, 64} {
		t.Run(strconv.Itoa(inFlight), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				stage := randomSleeper(500, 9)
				seen := make([]int, 500)
				for res := range start[int, int](t, stage, pipeline.WithInFlight(inFlight)).
					Stream(t.Context(), numbered(500), pipeline.AsCompleted()) {
					assert.Equal(t, -res.Index, res.Out)
					seen[res.Index]++
				}
				assert.Equal(t, slices.Repeat([]int{1}, 500), seen)
			})
		})
	}
}

func TestStreamTakesAtMostTwiceWhatIsInFlight(t *testing.T) {
	t.Parallel()
	ways := map[string][]pipeline.StreamOption{"in order": nil, "as completed": {pipeline.AsCompleted()}}
	for name, opts := range ways {
		for _, inFlight := range []int{1, 5, 32} {
			t.Run(fmt.Sprintf("%s %d in flight", name, inFlight), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					stage := randomSleeper(400, 5)
					var taken, yielded, most atomic.Int64
					watch := func(yield func(pipeline.Item[int]) bool) {
						for it := range numbered(400) {
							storeMax(&most, taken.Add(1)-yielded.Load())
							if !yield(it) {
								return
							}
						}
					}
					rng := rand.New(rand.NewPCG(1, 4))
					for range start[int, int](t, stage, pipeline.WithInFlight(inFlight)).Stream(t.Context(), watch, opts...) {
						yielded.Add(1)
						time.Sleep(time.Duration(rng.IntN(2000)) * time.Millisecond)
					}
					assert.EqualValues(t, 400, yielded.Load())
					assert.LessOrEqual(t, most.Load(), int64(2*inFlight))
				})
			})
		}
	}
}

func TestSlowHeadStopsTheIntake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stage := &sleeper{durations: slices.Repeat([]time.Duration{time.Second}, 100)}
		stage.durations[0] = time.Hour
		var taken atomic.Int64
		time.AfterFunc(30*time.Minute, func() {
			assert.EqualValues(t, 16, taken.Load(), "the others go on until the buffer is full, and no further")
		})
		begin := time.Now()
		for res := range start[int, int](t, stage, pipeline.WithInFlight(8)).Stream(t.Context(), counted(numbered(100), &taken)) {
			if res.Index < 16 {
				assert.Equal(t, time.Hour, time.Since(begin), "what waited for the head comes right behind it")
			}
		}
		assert.EqualValues(t, 100, taken.Load())
	})
}

func TestNoWorkerIsForgottenBehindASlowIterator(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// The second worker comes back while the third one is at the iterator, which then goes to work for long.
		stage := &sleeper{durations: slices.Repeat([]time.Duration{500 * time.Millisecond}, 20)}
		stage.durations[0], stage.durations[2] = time.Hour, time.Hour
		slow := func(yield func(pipeline.Item[int]) bool) {
			for it := range numbered(20) {
				if time.Sleep(time.Second); !yield(it) {
					return
				}
			}
		}
		var taken atomic.Int64
		time.AfterFunc(30*time.Minute, func() { assert.EqualValues(t, 6, taken.Load(), "the second worker goes on alone") })
		results := slices.Collect(start[int, int](t, stage, pipeline.WithInFlight(3)).Stream(t.Context(), counted(slow, &taken)))
		assert.Len(t, results, 20)
	})
}

func TestSlowConsumerStopsTheIntake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var taken atomic.Int64
		n := int64(0)
		for range start(t, pipeline.Fn(double), pipeline.WithInFlight(4)).Stream(t.Context(), counted(numbered(50), &taken)) {
			n++
			time.Sleep(time.Hour)
			synctest.Wait()
			// The result in the consumer's hands counts as its own: 8 places for it and for what is yet to come.
			assert.LessOrEqual(t, taken.Load(), n-1+8)
		}
		assert.EqualValues(t, 50, n)
	})
}

func TestCancelationYieldsAResultForEachItemTaken(t *testing.T) {
	t.Parallel()
	for _, inFlight := range []int{1, 7, 64} {
		t.Run(strconv.Itoa(inFlight), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				stop := errors.New("enough")
				ctx, cancel := context.WithCancelCause(t.Context())
				var taken, before atomic.Int64
				time.AfterFunc(30*time.Second+time.Microsecond, func() {
					before.Store(taken.Load())
					cancel(stop)
				})
				stage := randomSleeper(2000, 6)
				n, failed := 0, 0
				for res := range start[int, int](t, stage, pipeline.WithInFlight(inFlight)).Stream(ctx, counted(numbered(2000), &taken)) {
					require.Equal(t, n, res.Index)
					if n++; res.Err != nil {
						failed++
						require.ErrorIs(t, res.Err, stop)
						require.ErrorContains(t, res.Err, "item n"+strconv.Itoa(res.Index))
					}
				}
				assert.Equal(t, before.Load(), taken.Load(), "nothing is taken after the end")
				assert.EqualValues(t, taken.Load(), n)
				assert.Equal(t, inFlight, failed, "what was in flight failed, what was finished did not")
			})
		})
	}
}

func TestNothingIsTakenForAContextThatHasEnded(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var taken atomic.Int64
	assert.Empty(t, slices.Collect(start(t, pipeline.Fn(double)).Stream(ctx, counted(numbered(5), &taken))))
	assert.Zero(t, taken.Load())
}

func TestIteratorIsWaitedForAfterCancelation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		slow := func(yield func(pipeline.Item[int]) bool) {
			time.Sleep(time.Minute)
			yield(pipeline.Item[int]{ID: "late"})
		}
		stage := pipeline.Fn(func(ctx context.Context, _ int) (int, error) { return 0, ctx.Err() })
		results := slices.Collect(start(t, stage).Stream(ctx, slow))
		require.Len(t, results, 1, "an item that was taken has a result")
		assert.ErrorIs(t, results[0].Err, context.DeadlineExceeded)
	})
}

func TestBreakCancelsAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for _, inFlight := range []int{1, 7, 64} {
		t.Run(strconv.Itoa(inFlight), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // which fails if a goroutine outlives it
				stage := randomSleeper(1000, 7)
				begun, ended := false, false
				items := func(yield func(pipeline.Item[int]) bool) {
					begun = true
					defer func() { ended = true }()
					for it := range numbered(1000) {
						if !yield(it) {
							return
						}
					}
				}
				events := &recorder{}
				runner := start[int, int](t, stage, pipeline.WithInFlight(inFlight), pipeline.WithObserver(events))
				var last time.Time
				for res := range runner.Stream(t.Context(), items) {
					last = time.Now()
					if res.Index == 20 {
						break
					}
				}
				assert.Equal(t, last, time.Now(), "what was in flight saw its context end")
				assert.Zero(t, stage.working.Load())
				assert.True(t, begun && ended, "the iterator was told to end")
				all := events.of()
				assert.Equal(t, pipeline.KindBatchEnded, all[len(all)-1].Kind)
				assert.Len(t, events.of(pipeline.KindItem), len(events.of(pipeline.KindItemStarted)))
			})
		})
	}
}

func TestPanicOfTheConsumerLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stage := randomSleeper(100, 8)
		assert.PanicsWithValue(t, "mine", func() {
			for range start[int, int](t, stage).Stream(t.Context(), numbered(100)) {
				panic("mine")
			}
		})
		assert.Zero(t, stage.working.Load())
	})
}

// tripping yields n items and panics.
func tripping(n int) iter.Seq[pipeline.Item[int]] {
	return func(yield func(pipeline.Item[int]) bool) {
		for it := range numbered(n) {
			if !yield(it) {
				panic("told to end")
			}
		}
		panic("out of paper")
	}
}

func TestPanicOfTheIteratorReachesTheCaller(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		breakAt int
		want    any
		results int
	}{
		"while yielding": {-1, "out of paper", 10},
		"after a break":  {3, "told to end", 4},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				events := &recorder{}
				n := 0
				defer func() {
					panicked, ok := recover().(*pipeline.PanicError)
					require.True(t, ok)
					assert.Equal(t, tt.want, panicked.Value)
					assert.Contains(t, string(panicked.Stack), "tripping", "the stack is the iterator's")
					assert.Equal(t, tt.results, n, "the items before it have their results")
					assert.Len(t, events.of(pipeline.KindBatchEnded), 1)
				}()
				runner := start[int, int](t, randomSleeper(10, 2), pipeline.WithInFlight(2), pipeline.WithObserver(events))
				for res := range runner.Stream(t.Context(), tripping(10)) {
					if n++; res.Index == tt.breakAt {
						break
					}
				}
				t.Error("no panic")
			})
		})
	}
}

func TestGoexitOfTheIteratorReachesTheCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, after := 0, false
		done := make(chan struct{})
		items := func(yield func(pipeline.Item[int]) bool) {
			yield(pipeline.Item[int]{})
			runtime.Goexit()
		}
		go func() {
			defer close(done)
			for range start(t, pipeline.Fn(double), pipeline.WithInFlight(3)).Stream(t.Context(), items) {
				n++
			}
			after = true
		}()
		<-done
		assert.Equal(t, 1, n)
		assert.False(t, after, "t.FailNow in an iterator ends the test, not the batch only")
	})
}

func TestStreamMayBeRangedOverAgain(t *testing.T) {
	t.Parallel()
	events := &recorder{}
	stream := start(t, pipeline.Fn(double), pipeline.WithObserver(events)).Stream(t.Context(), numbered(3))
	assert.Empty(t, events.of(pipeline.KindBatch), "nothing happens before somebody asks")
	assert.Len(t, slices.Collect(stream), 3)
	assert.Len(t, slices.Collect(stream), 3)
	assert.Len(t, events.of(pipeline.KindBatch), 2)
}

func TestMemoryDoesNotGrowWithTheNumberOfItems(t *testing.T) {
	if testing.Short() {
		t.Skip("a million items")
	}
	const items, generous = 1_000_000, 2 << 20
	var early int64
	n := 0
	for res := range startSmall(t, fiveSteps(), 64).Stream(t.Context(), smallItems(items)) {
		require.NoError(t, res.Err)
		switch n++; n {
		case 10_000:
			early = memoryInUse()
		case items:
			assert.Less(t, memoryInUse()-early, int64(generous))
		}
	}
	assert.Equal(t, items, n)
}
