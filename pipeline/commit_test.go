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

// vault is an observer that needs a time to make safe what it was told so far.
type vault struct {
	recorder
	takes time.Duration

	mu   sync.Mutex
	told []string
	safe sync.Map // of item ids
	calm bool     // there is nothing to wait for
}

func (v *vault) Commit(ctx context.Context, e pipeline.Event) func() {
	v.Observe(ctx, e)
	if v.calm {
		return nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.told = append(v.told, e.Item)
	return func() {
		if _, safe := v.safe.Load(e.Item); safe {
			return
		}
		time.Sleep(v.takes)
		v.mu.Lock()
		defer v.mu.Unlock()
		for _, item := range v.told {
			v.safe.Store(item, true)
		}
	}
}

// A result is handed on when it is safe, and other items do not wait for that.
func TestResultsAreHandedOnWhenTheyAreSafe(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]pipeline.StreamOption{"in order": nil, "as completed": {pipeline.AsCompleted()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v := &vault{takes: 50 * time.Second}
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
				assert.Equal(t, 4*time.Minute+50*time.Second, time.Since(begin), "four rounds of work, and the last one's safety")
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

// torn is an observer that breaks while it makes an item safe.
type torn struct{ vault }

func (o *torn) Commit(ctx context.Context, e pipeline.Event) func() {
	safe := o.vault.Commit(ctx, e)
	return func() {
		safe()
		if e.Item == "n2" {
			panic("torn")
		}
	}
}

func TestAPanicWhileAnItemIsMadeSafeCostsThatItem(t *testing.T) {
	t.Parallel()
	failed := map[string]string{}
	n := 0
	for res := range start(t, pipeline.Fn(double), pipeline.WithInFlight(2), pipeline.WithObserver(&torn{})).Stream(t.Context(), numbered(6)) {
		n++
		if res.Err != nil {
			failed[res.ID] = res.Err.Error()
		}
	}
	assert.Equal(t, 6, n)
	assert.Equal(t, map[string]string{"n2": "item n2: panic: torn"}, failed)
}
