package reuse_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/reuse"
	"github.com/gloss-sdk/gloss/pipeline/store"
)

var errDown = errors.New("503")

// failing returns s whose operations fail from and to a number, counted apart for reads and writes.
func failing(s store.Store, reads, writes func(n int) bool) *hooked {
	var r, w atomic.Int64
	return &hooked{
		Store: s,
		get: func(ctx context.Context, key string) (store.Object, error) {
			if reads(int(r.Add(1))) {
				return store.Object{}, errDown
			}
			return s.Get(ctx, key)
		},
		put: func(ctx context.Context, key string, data []byte, over store.Tag) (store.Tag, error) {
			if writes(int(w.Add(1))) {
				return "", errDown
			}
			return s.Put(ctx, key, data, over)
		},
	}
}

func no(int) bool  { return false }
func yes(int) bool { return true }

func TestStoreThatFailsBeforeTheWorkFailsIt(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		mode          reuse.Mode
		reads, writes func(int) bool
		want          string
	}{
		"reads":            {reuse.Use, yes, no, "object work/f cannot be read: 503"},
		"writes":           {reuse.Use, no, yes, "object work/f cannot be written: 503"},
		"reads, refresh":   {reuse.Refresh, yes, no, "object work/f cannot be read: 503"},
		"reads, read-only": {reuse.ReadOnly, yes, no, "object work/f cannot be read: 503"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := failing(store.NewMemory(), tc.reads, tc.writes)
				_, _, err := journal(t, s, tc.mode).Do(t.Context(), item("f"), never(t))
				require.ErrorIs(t, err, errDown)
				assert.EqualError(t, err, "reuse: the work was not begun, so nothing was paid: "+tc.want)
			})
		})
	}
}

func TestStoreThatFailsNowAndThenCostsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		two := func(n int) bool { return n%3 != 0 } // two of three fail
		s := store.NewMemory()
		j := journal(t, failing(s, no, two), reuse.Use)
		out, _, err := j.Do(t.Context(), item("f"), returning("kept"))
		require.NoError(t, err)
		assert.Equal(t, "kept", out)
		assert.Equal(t, reuse.Report{Kept: 1}, j.Report())
		out, _, err = journal(t, failing(s, two, no), reuse.Use).Do(t.Context(), item("f"), never(t))
		require.NoError(t, err)
		assert.Equal(t, "kept", out)
	})
}

func TestStoreThatFailsAfterTheWorkLosesNoOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		j := journal(t, failing(s, no, func(n int) bool { return n > 1 }), reuse.Use)
		out, origin, err := j.Do(t.Context(), call("f"), returning(answer{"paid"}))
		require.NoError(t, err)
		assert.Equal(t, answer{"paid"}, out)
		assert.Empty(t, origin)
		r := j.Report()
		assert.Equal(t, 1, r.Unsaved)
		require.ErrorIs(t, r.Err, errDown)
		assert.Equal(t, "1 not saved (object work/f cannot be written: 503)", r.String())
		assert.Equal(t, 1, ledger(t, s).Total.Open)
		_, _, err = journal(t, s, reuse.Use).Do(t.Context(), call("f"), returning(answer{"again"}))
		require.NoError(t, err)
		assert.Equal(t, 1, ledger(t, s).Total.Orphaned, "it was paid twice, and the ledger shows it")
	})
}

func TestStoreThatFailsAfterAFailureKeepsTheFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		j := journal(t, failing(s, no, func(n int) bool { return n > 1 && n <= 4 }), reuse.Use)
		overloaded := errors.New("overloaded")
		_, _, err := j.Do(t.Context(), item("f"), func(context.Context) (any, error) { return nil, overloaded })
		assert.Equal(t, overloaded, err)
		assert.Equal(t, 1, j.Report().Unreleased)
		begin := time.Now()
		_, _, err = j.Do(t.Context(), item("f"), returning("next"))
		require.NoError(t, err)
		assert.Zero(t, time.Since(begin), "a journal does not wait for a lease that it left itself")
	})
}

// TestCancellation ends the context of work at each stage of the protocol: no lease is left, and what was paid is kept.
func TestCancellation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, err := journal(t, s, reuse.Use).Do(gone, item("f"), never(t))
		require.ErrorIs(t, err, context.Canceled, "before it begins")

		ctx, cancel := context.WithCancel(t.Context())
		claiming := journal(t, &hooked{Store: s, put: func(ctx context.Context, key string, data []byte, over store.Tag) (store.Tag, error) {
			cancel()
			return s.Put(ctx, key, data, over)
		}}, reuse.Use)
		_, _, err = claiming.Do(ctx, item("f"), func(ctx context.Context) (any, error) { return nil, ctx.Err() })
		require.ErrorIs(t, err, context.Canceled, "while it claims")
		assert.Contains(t, object(t, s, "f"), `"end":"failed","class":"canceled"`)
		assert.NotContains(t, object(t, s, "f"), `"lease"`)

		ctx, cancel = context.WithCancel(t.Context())
		out, _, err := journal(t, s, reuse.Use).Do(ctx, item("f"), func(context.Context) (any, error) {
			cancel()
			return "paid", nil
		})
		require.NoError(t, err, "the work succeeded all the same")
		assert.Equal(t, "paid", out)
		_, _, err = journal(t, s, reuse.Use).Do(t.Context(), item("f"), never(t))
		require.NoError(t, err)

		finish, done := held(t.Context(), journal(t, s, reuse.Use), item("g"), "kept")
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _, err = journal(t, s, reuse.Use).Do(ctx, item("g"), never(t))
		require.ErrorIs(t, err, context.DeadlineExceeded, "while it waits for somebody else")
		close(finish)
		<-done
	})
}

// TestStoreThatLies says of writes that were made that they were not, in the ways in which a lost answer shows.
func TestStoreThatLies(t *testing.T) {
	t.Parallel()
	for name, lie := range map[string]error{"conflict": store.ErrConflict, "failure": errDown} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := store.NewMemory()
				liar := &hooked{Store: s, put: func(ctx context.Context, key string, data []byte, over store.Tag) (store.Tag, error) {
					if _, err := s.Put(ctx, key, data, over); err != nil {
						return "", err
					}
					return "", fmt.Errorf("put: %w", lie)
				}}
				j := journal(t, liar, reuse.Use)
				finish, done := held(t.Context(), j, item("f"), "kept")
				time.Sleep(5 * reuse.DefaultLease) // renewals are lied about as well
				close(finish)
				assert.Equal(t, outcome{"kept", "", nil}, <-done)
				assert.Equal(t, reuse.Report{Kept: 1}, j.Report())
				assert.Zero(t, ledger(t, s).Total.Orphaned)
			})
		})
	}
}

// TestRenewalThatArrivesLate has a renewal fail and be written later, as after a lost connection.
func TestRenewalThatArrivesLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		puts := 0
		delayed := &hooked{Store: s, put: func(ctx context.Context, key string, data []byte, over store.Tag) (store.Tag, error) {
			puts++
			if puts > 1 && puts <= 4 { // the first renewal and its repetitions
				time.AfterFunc(10*time.Second, func() { _, _ = s.Put(context.Background(), key, data, over) })
				return "", errDown
			}
			return s.Put(ctx, key, data, over)
		}}
		j := journal(t, delayed, reuse.Use)
		finish, done := held(t.Context(), j, item("f"), "kept")
		time.Sleep(3 * reuse.DefaultLease)
		assert.Zero(t, ledger(t, s).Total.Lapsed, "the lease is renewed over the late renewal")
		close(finish)
		assert.Equal(t, outcome{"kept", "", nil}, <-done)
		assert.Equal(t, reuse.Report{Kept: 1}, j.Report())
	})
}

// TestStaleReads shows a process the past for a while. Its writes are refused, so it does no work that is kept.
func TestStaleReads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		_, _, err := journal(t, s, reuse.Use).Do(t.Context(), item("f"), returning("kept"))
		require.NoError(t, err)
		begin := time.Now()
		behind := &hooked{Store: s, get: func(ctx context.Context, key string) (store.Object, error) {
			if time.Since(begin) < 3*time.Second {
				return store.Object{}, store.ErrNotFound
			}
			return s.Get(ctx, key)
		}}
		out, _, err := journal(t, behind, reuse.Use).Do(t.Context(), item("f"), never(t))
		require.NoError(t, err)
		assert.Equal(t, "kept", out)
	})
}

func TestStoreThatContradictsItselfIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := &hooked{Store: store.NewMemory(), put: func(context.Context, string, []byte, store.Tag) (store.Tag, error) {
			return "", store.ErrConflict
		}}
		_, _, err := journal(t, broken, reuse.Use).Do(t.Context(), item("f"), never(t))
		require.ErrorContains(t, err, "object work/f: the store refused 10 times to write over what it shows")
	})
}

// TestSlowStore takes longer for every answer than a lease lasts, or a good part of it.
func TestSlowStore(t *testing.T) {
	t.Parallel()
	slow := func(s store.Store, d time.Duration) store.Store {
		return &hooked{
			Store: s,
			get: func(ctx context.Context, key string) (store.Object, error) {
				time.Sleep(d)
				return s.Get(context.WithoutCancel(ctx), key)
			},
			put: func(ctx context.Context, key string, data []byte, over store.Tag) (store.Tag, error) {
				time.Sleep(d)
				return s.Put(context.WithoutCancel(ctx), key, data, over)
			},
		}
	}
	synctest.Test(t, func(t *testing.T) {
		j := journal(t, slow(store.NewMemory(), 90*time.Second), reuse.Use)
		_, _, err := j.Do(t.Context(), item("f"), never(t))
		require.ErrorContains(t, err, "a lease of 1m0s is over before the store has written it: see WithLease")
	})
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		var done atomic.Int64
		var wg sync.WaitGroup
		for range 4 {
			j := journal(t, slow(s, 15*time.Second), reuse.Use)
			wg.Go(func() {
				out, _, err := j.Do(t.Context(), item("f"), func(context.Context) (any, error) {
					done.Add(1)
					time.Sleep(5 * time.Minute)
					return "kept", nil
				})
				assert.NoError(t, err)
				assert.Equal(t, "kept", out)
			})
		}
		wg.Wait()
		assert.EqualValues(t, 1, done.Load())
	})
}

func TestObjectThatIsNone(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ data, want string }{
		"empty":       {"", "object work/f is not one that a journal wrote"},
		"no object":   {"[]", "object work/f is not one that a journal wrote"},
		"future":      {`{"version":2,"fence":"x"}`, "object work/f has version 2 of the format, and this release reads version 1"},
		"other work":  {`{"version":1,"fingerprint":"g","fence":1,"attempts":[{"fence":1}]}`, "it has the fingerprint of other work"},
		"no attempts": {`{"version":1,"fingerprint":"f","fence":1}`, "it has 0 attempts"},
		"fence":       {`{"version":1,"fingerprint":"f","fence":2,"attempts":[{"fence":1}]}`, "its fence is 2, and its last attempt has 1"},
		"end":         {`{"version":1,"fingerprint":"f","fence":1,"attempts":[{"fence":1,"end":"odd"}]}`, `an attempt ended as "odd"`},
		"lease": {
			`{"version":1,"fingerprint":"f","fence":1,"attempts":[{"fence":1}],"lease":{"owner":"a","fence":2}}`,
			"its lease is not that of its last attempt",
		},
		"outcome": {
			`{"version":1,"fingerprint":"f","fence":1,"attempts":[{"fence":1}],"kept":{"fence":2,"value":1}}`,
			"what it keeps is not of one of its attempts",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := store.NewMemory()
			_, err := s.Put(t.Context(), "work/f", []byte(tc.data), "")
			require.NoError(t, err)
			for _, mode := range []reuse.Mode{reuse.Use, reuse.Refresh, reuse.ReadOnly} {
				_, _, err = journal(t, s, mode).Do(t.Context(), item("f"), never(t))
				require.ErrorContains(t, err, tc.want)
			}
			_, _, err = journal(t, s, reuse.Use).Do(t.Context(), item("h"), returning("kept"))
			require.NoError(t, err)
			l, err := reuse.ReadLedger(t.Context(), s)
			require.ErrorContains(t, err, tc.want)
			assert.Equal(t, 1, l.Total.Items, "the rest is told")
			assert.NotContains(t, err.Error(), "\n", "one error for one object")
		})
	}
}
