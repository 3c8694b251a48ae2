package reuse_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/reuse"
	"github.com/gloss-sdk/gloss/pipeline/store"
)

// chaos is a store and the work of several processes on it, disturbed at random but the same for the same seed as far as the
// scheduler lets it be.
type chaos struct {
	t     *testing.T
	truth *store.Memory

	mu      sync.Mutex
	random  *rand.Rand
	kept    map[string]string // what is kept by key
	calm    bool
	paid    map[string]int
	returns map[string][]string // what callers got by fingerprint, of journals that saved everything
}

func (c *chaos) roll(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calm {
		return n // none of the things that happen
	}
	return c.random.IntN(n)
}

func (c *chaos) shuffle(fingerprints []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.random.Shuffle(len(fingerprints), func(i, j int) {
		fingerprints[i], fingerprints[j] = fingerprints[j], fingerprints[i]
	})
}

// stall lets time pass: mostly little, sometimes more than a lease.
func (c *chaos) stall() {
	switch c.roll(12) {
	case 0:
		time.Sleep(time.Duration(c.roll(150)) * time.Second)
	case 1, 2, 3:
		time.Sleep(time.Duration(c.roll(20)) * time.Second)
	default:
	}
}

// over returns the store as one process sees it: slow, failing, and wrong about whether it has written.
func (c *chaos) over() store.Store {
	return &hooked{
		Store: c.truth,
		get: func(ctx context.Context, key string) (store.Object, error) {
			c.stall()
			if c.roll(10) == 0 {
				return store.Object{}, errDown
			}
			o, err := c.truth.Get(ctx, key)
			c.stall()
			return o, err
		},
		put: func(ctx context.Context, key string, data []byte, over store.Tag) (store.Tag, error) {
			c.stall()
			if c.roll(10) == 0 {
				return "", errDown
			}
			tag, err := c.truth.Put(ctx, key, data, over)
			if err == nil {
				c.written(key, data)
			}
			c.stall()
			switch c.roll(10) {
			case 0:
				return "", errDown
			case 1:
				return "", store.ErrConflict
			default:
				return tag, err
			}
		},
	}
}

// written checks that what is kept once stays.
func (c *chaos) written(key string, data []byte) {
	var e struct {
		Kept *struct{ Value string }
	}
	if !assert.NoError(c.t, json.Unmarshal(data, &e)) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	before, was := c.kept[key]
	if was && assert.NotNil(c.t, e.Kept, "%s lost its outcome", key) {
		assert.Equal(c.t, before, e.Kept.Value, "%s has a second outcome", key)
	}
	if e.Kept != nil {
		c.kept[key] = e.Kept.Value
	}
}

// work is done by a process: it takes its time, sometimes fails, and is never begun once its outcome is kept.
func (c *chaos) work(f string) func(context.Context) (any, error) {
	return func(context.Context) (any, error) {
		c.mu.Lock()
		kept, was := c.kept["work/"+f]
		c.paid[f]++
		value := fmt.Sprintf("%s, done for the %d. time", f, c.paid[f])
		c.mu.Unlock()
		assert.False(c.t, was, "%s is done again, and kept as %q", f, kept)
		c.stall()
		if c.roll(6) == 0 {
			return nil, errors.New("overloaded")
		}
		return value, nil
	}
}

// process asks for all work in an order of its own, some of it at once, and sometimes gives up.
func (c *chaos) process(fingerprints []string) {
	j := journal(c.t, c.over(), reuse.Use)
	var wg sync.WaitGroup
	got := make([]any, len(fingerprints))
	for i, f := range fingerprints {
		ctx, cancel := context.WithCancel(c.t.Context())
		if c.roll(8) == 0 {
			ctx, cancel = context.WithTimeout(c.t.Context(), time.Duration(c.roll(200))*time.Second)
		}
		wg.Go(func() {
			defer cancel()
			c.stall()
			if out, _, err := j.Do(ctx, item(f), c.work(f)); err == nil {
				got[i] = out
			}
		})
	}
	wg.Wait()
	if j.Report().Unsaved > 0 {
		return // it paid for something that it could not keep, and says so
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, f := range fingerprints {
		if text, ok := got[i].(string); ok {
			c.returns[f] = append(c.returns[f], text)
		}
	}
}

// TestRandomSchedules disturbs four processes at random. Whatever happens, a piece of work has one outcome, which everybody gets; it is
// never begun again once that is kept; and a process that is left in peace comes to its end.
func TestRandomSchedules(t *testing.T) {
	t.Parallel()
	seeds := uint64(300)
	if testing.Short() {
		seeds = 30
	}
	var orphans, reused, compared int
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			c := &chaos{
				t: t, truth: store.NewMemory(), random: rand.New(rand.NewPCG(seed, 1)),
				kept: map[string]string{}, paid: map[string]int{}, returns: map[string][]string{},
			}
			fingerprints := []string{"a", "b", "c", "d", "a", "b"} // two of them twice at once
			var wg sync.WaitGroup
			for range 4 {
				mine := slices.Clone(fingerprints)
				c.shuffle(mine)
				wg.Go(func() { c.process(mine) })
			}
			wg.Wait()
			c.calm = true
			last := journal(t, c.over(), reuse.Use)
			for _, f := range fingerprints {
				out, _, err := last.Do(t.Context(), item(f), c.work(f))
				require.NoError(t, err)
				require.Equal(t, c.kept["work/"+f], out)
				for _, got := range c.returns[f] {
					require.Equal(t, out, got, "everybody gets the same")
					compared++
				}
			}
			l := ledger(t, c.truth).Total
			require.Equal(t, 4, l.Items)
			require.Zero(t, l.Open)
			orphans, reused = orphans+l.Orphaned, reused+last.Report().Reused
		})
		require.False(t, t.Failed(), "seed %d", seed)
	}
	assert.Positive(t, orphans, "the disturbances disturbed something")
	assert.Positive(t, reused)
	assert.Greater(t, compared, int(seeds), "most processes saved what they paid for")
	t.Logf("%d seeds: %d orphans, %d outcomes reused in the end, %d compared", seeds, orphans, reused, compared)
}
