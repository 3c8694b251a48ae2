package pipeline_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// vault is an observer that needs a time to make an item safe.
type vault struct {
	recorder
	takes time.Duration

	safe sync.Map // of item ids
	calm bool     // there is nothing to wait for
}

func (v *vault) Commit(ctx context.Context, e pipeline.Event) func() {
	v.Observe(ctx, e)
	if v.calm {
		return nil
	}
	return func() {
		time.Sleep(v.takes)
		v.safe.Store(e.Item, true)
	}
}

// A result is handed on when it is safe, and other items do not wait for that.
func TestResultsAreHandedOnWhenTheyAreSafe(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]pipeline.StreamOption{"in order": nil, "as completed": {pipeline.AsCompleted()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v := &vault{takes: time.Minute}
				work := pipeline.Fn(func(_ context.Context, n int) (int, error) {
					time.Sleep(time.Minute)
					return n, nil
				})
				begin := time.Now()
				n := 0
				for res := range start(t, work, pipeline.WithInFlight(2), pipeline.WithObserver(v)).Stream(t.Context(), numbered(8), opts...) {
					require.NoError(t, res.Err)
					_, safe := v.safe.Load(res.ID)
					assert.True(t, safe, "%s was handed on before it was safe", res.ID)
					n++
				}
				assert.Equal(t, 8, n)
				assert.Equal(t, 5*time.Minute, time.Since(begin), "four rounds of work, and the last one's safety")
				assert.Len(t, v.of(pipeline.KindItem), 8, "Commit is in the place of Observe")
			})
		})
	}
}

func TestASingleInputWaitsUntilItIsSafe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first, second, plain := &vault{takes: time.Minute}, &vault{takes: time.Hour}, &recorder{}
		nothing := &vault{calm: true}
		runner := start(t, pipeline.Fn(double), pipeline.WithObserver(first), pipeline.WithObserver(plain),
			pipeline.WithObserver(nothing), pipeline.WithObserver(second))
		begin := time.Now()
		got, err := runner.Run(t.Context(), 4)
		require.NoError(t, err)
		assert.Equal(t, 8, got)
		assert.Equal(t, time.Hour+time.Minute, time.Since(begin), "of several committers each is waited for")
		for _, o := range []*recorder{&first.recorder, &second.recorder, plain, &nothing.recorder} {
			assert.Len(t, o.of(pipeline.KindItem), 1)
		}
	})
}

// No more than four times the items in flight are taken and not yet handed on, however long the disk takes.
func TestWhatIsNotSafeBoundsTheIntake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{takes: time.Hour}
		taken := 0
		items := func(yield func(pipeline.Item[int]) bool) {
			for it := range numbered(1000) {
				taken++
				if !yield(it) {
					return
				}
			}
		}
		for range start(t, pipeline.Fn(double), pipeline.WithInFlight(3), pipeline.WithObserver(v)).Stream(t.Context(), items) {
			assert.LessOrEqual(t, taken, 12+1, "the first results come an hour later")
			break
		}
	})
}

func TestAnItemThatEndsItsGoroutineIsCommitted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{takes: time.Minute}
		results := slices.Collect(start(t, pipeline.Fn(func(_ context.Context, n int) (int, error) {
			if n == 1 {
				panic("broken")
			}
			return n, nil
		}), pipeline.WithObserver(v)).Stream(t.Context(), numbered(3)))
		require.Len(t, results, 3)
		require.EqualError(t, results[1].Err, "item n1: panic: broken")
		_, safe := v.safe.Load("n1")
		assert.True(t, safe)
	})
}
