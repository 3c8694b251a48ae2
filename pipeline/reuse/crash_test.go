package reuse_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/reuse"
	"github.com/gloss-sdk/gloss/pipeline/store"
)

var errCrashed = errors.New("the process is gone")

// crash ends a process at its n-th operation on the store: before that takes effect, or after.
type crash struct {
	at       int
	applied  bool
	mu       sync.Mutex
	n        int
	happened bool
}

// step counts an operation and says whether it is made, and whether the process lives to see its answer.
func (c *crash) step() (made, seen bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.happened {
		return false, false
	}
	c.n++
	if c.n < c.at {
		return true, true
	}
	c.happened = true
	return c.applied, false
}

func (c *crash) gone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.happened
}

// over returns s as the process that crashes sees it: after the crash nothing reaches the store.
func (c *crash) over(s store.Store) store.Store {
	return &hooked{
		Store: s,
		get: func(ctx context.Context, key string) (store.Object, error) {
			if _, seen := c.step(); !seen {
				return store.Object{}, errCrashed
			}
			return s.Get(ctx, key)
		},
		put: func(ctx context.Context, key string, data []byte, over store.Tag) (store.Tag, error) {
			made, seen := c.step()
			if !made {
				return "", errCrashed
			}
			tag, err := s.Put(ctx, key, data, over)
			if !seen {
				return "", errCrashed
			}
			return tag, err
		},
	}
}

// TestCrashAtEveryStep ends a run at each of its operations in turn. A second process then comes to the results that an undisturbed run
// comes to, makes exactly the calls that are not kept, and what was paid and not kept is counted as orphaned.
func TestCrashAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, inFlight := range []int{1, 4} {
		for _, applied := range []bool{false, true} {
			t.Run(fmt.Sprintf("inFlight=%d applied=%t", inFlight, applied), func(t *testing.T) {
				t.Parallel()
				crashes, lost := 0, 0
				for at := 1; ; at++ {
					c := &crash{at: at, applied: applied}
					synctest.Test(t, func(t *testing.T) { lost += crashAndGoOn(t, c, inFlight) })
					if !c.gone() {
						break
					}
					crashes++
				}
				assert.Equal(t, 4*3*3, crashes, "four items of two calls each, and get, lease and keep for each of them")
				if !applied {
					assert.Positive(t, lost, "some crash fell between a payment and its record")
				}
			})
		}
	}
}

// crashAndGoOn returns how many calls were paid for and are not kept.
func crashAndGoOn(t *testing.T, c *crash, inFlight int) (lost int) {
	const items = 4
	s := store.NewMemory()
	first := &model{name: "m1", before: func(context.Context, string) error {
		if c.gone() {
			return errCrashed
		}
		return nil
	}}
	results(t, start(t, journal(t, c.over(s), reuse.Use), first, pipeline.WithInFlight(inFlight)), essays(items))
	left := ledger(t, s).Total
	require.Zero(t, left.Failed, "a process that is gone writes nothing")
	require.LessOrEqual(t, left.Open, 2*inFlight, "an item and a call of each that is in flight")

	second := &model{name: "m1"}
	for _, r := range results(t, start(t, journal(t, s, reuse.Use), second, pipeline.WithInFlight(inFlight)), essays(items)) {
		require.NoError(t, r.Err)
		require.Equal(t, rated(r.ID), r.Out)
	}
	require.Equal(t, 2*items-left.Calls, second.made(), "what is kept is not called again, all else is")
	after := ledger(t, s).Total
	require.Equal(t, items, after.Items)
	require.Equal(t, 2*items, after.Calls)
	require.Zero(t, after.Open)
	require.Equal(t, left.Open, after.Orphaned, "every lease that was left is an orphan")
	lost = first.made() - left.Calls
	require.LessOrEqual(t, lost, after.Orphaned, "what was paid twice is counted")
	return lost
}
