package reuse_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/reuse"
	"github.com/gloss-sdk/gloss/pipeline/store"
)

// TestConcurrentClaims has 16 claimers at once: of one process, of 16, and of four with four each.
func TestConcurrentClaims(t *testing.T) {
	t.Parallel()
	for name, processes := range map[string]int{"one process": 1, "four processes": 4, "sixteen processes": 16} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := store.NewMemory()
				var journals []*reuse.Journal
				for range processes {
					journals = append(journals, journal(t, s, reuse.Use))
				}
				var done atomic.Int64
				finish := make(chan struct{})
				var all []<-chan outcome
				for i := range 16 {
					all = append(all, doing(t.Context(), journals[i%processes], call("f"), func(context.Context) (any, error) {
						done.Add(1)
						<-finish
						return answer{"kept"}, nil
					}))
				}
				synctest.Wait()
				assert.EqualValues(t, 1, done.Load())
				close(finish)
				made := 0
				for _, c := range all {
					got := <-c
					require.NoError(t, got.err)
					assert.Equal(t, answer{"kept"}, got.out)
					if got.origin == "" {
						made++
					}
				}
				assert.Equal(t, 1, made)
				assert.EqualValues(t, 1, done.Load())
				var sum reuse.Report
				for _, j := range journals {
					sum.Shared, sum.Reused, sum.Kept = sum.Shared+j.Report().Shared, sum.Reused+j.Report().Reused, sum.Kept+j.Report().Kept
				}
				assert.Equal(t, reuse.Report{Shared: 16 - processes, Reused: processes - 1, Kept: 1}, sum)
			})
		})
	}
}

func TestWaiterTriesItselfAfterAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		j := journal(t, s, reuse.Use)
		begun, fail := make(chan struct{}), make(chan struct{})
		first := doing(t.Context(), j, item("f"), func(context.Context) (any, error) {
			close(begun)
			<-fail
			return nil, errors.New("overloaded")
		})
		<-begun
		second := doing(t.Context(), j, item("f"), returning("kept"))
		synctest.Wait()
		close(fail)
		require.EqualError(t, (<-first).err, "overloaded")
		assert.Equal(t, outcome{"kept", "", nil}, <-second)
		assert.Equal(t, 1, ledger(t, s).Total.Failed)
	})
}

func TestWaiterLeavesWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := journal(t, store.NewMemory(), reuse.Use)
		finish, first := held(t.Context(), j, item("f"), "kept")
		ctx, cancel := context.WithCancelCause(t.Context())
		second := doing(ctx, j, item("f"), never(t))
		synctest.Wait()
		tired := errors.New("tired of waiting")
		cancel(tired)
		assert.Equal(t, outcome{nil, "", tired}, <-second)
		close(finish)
		assert.Equal(t, outcome{"kept", "", nil}, <-first)
	})
}

// TestWaiterHasAnOutcomeOfItsOwn has two items get one outcome that both may change.
func TestWaiterHasAnOutcomeOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, mode := range []reuse.Mode{reuse.Use, reuse.ReadOnly} {
		synctest.Test(t, func(t *testing.T) {
			j := journal(t, store.NewMemory(), mode)
			w := item("f")
			w.Decode = decode[[]int]
			finish, first := held(t.Context(), j, w, []int{1, 2})
			second := doing(t.Context(), j, w, never(t))
			synctest.Wait()
			close(finish)
			a, b := <-first, <-second
			mine, ok := a.out.([]int)
			require.True(t, ok)
			mine[0] = 9
			assert.Equal(t, []int{1, 2}, b.out)
			assert.NotEmpty(t, b.origin)
		})
	}
}

// TestOutcomeWithoutJSONIsNotShared has those who wait do the work one after the other.
func TestOutcomeWithoutJSONIsNotShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := journal(t, store.NewMemory(), reuse.Use)
		finish, first := held(t.Context(), j, item("f"), func() {})
		second := doing(t.Context(), j, item("f"), returning("own"))
		close(finish)
		require.NoError(t, (<-first).err)
		assert.Equal(t, outcome{"own", "", nil}, <-second)
	})
}

// TestNestedWork holds an item while its call is held by another process for another target: a call waits for no item.
func TestNestedWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		a, b := journal(t, s, reuse.Use), journal(t, s, reuse.Use)
		nested := func(j *reuse.Journal, first, second string) func(ctx context.Context) (any, error) {
			return func(ctx context.Context) (any, error) {
				for _, f := range []string{first, second} {
					if _, _, err := j.Do(ctx, call(f), returning(answer{f})); err != nil {
						return nil, err
					}
				}
				return "done", nil
			}
		}
		x := doing(t.Context(), a, item("x"), nested(a, "c1", "c2"))
		y := doing(t.Context(), b, item("y"), nested(b, "c2", "c1"))
		require.NoError(t, (<-x).err)
		require.NoError(t, (<-y).err)
		l := ledger(t, s).Total
		assert.Equal(t, 2, l.Usage.Calls)
		assert.Zero(t, l.Orphaned)
	})
}
