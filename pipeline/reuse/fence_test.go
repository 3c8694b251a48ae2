package reuse_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/reuse"
	"github.com/gloss-sdk/gloss/pipeline/store"
)

// process is a journal whose process can be stopped: what it asks of the store waits until it goes on.
type process struct {
	*reuse.Journal

	mu    sync.Mutex
	going chan struct{} // closed while the process goes
}

func newProcess(t *testing.T, s store.Store, name string) *process {
	t.Helper()
	p := &process{going: make(chan struct{})}
	close(p.going)
	p.Journal = journal(t, &hooked{
		Store: s,
		get: func(ctx context.Context, key string) (store.Object, error) {
			p.wait()
			return s.Get(ctx, key)
		},
		put: func(ctx context.Context, key string, data []byte, over store.Tag) (store.Tag, error) {
			p.wait()
			return s.Put(ctx, key, data, over)
		},
	}, reuse.Use, reuse.WithOwner(name))
	return p
}

func (p *process) wait() {
	p.mu.Lock()
	going := p.going
	p.mu.Unlock()
	<-going
}

func (p *process) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.going = make(chan struct{})
}

func (p *process) goOn() { close(p.going) }

// outcome is what a journal returned.
type outcome struct {
	out    any
	origin string
	err    error
}

// doing does w in a goroutine of its own.
func doing(ctx context.Context, j pipeline.Journal, w pipeline.Work, do func(context.Context) (any, error)) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		out, origin, err := j.Do(ctx, w, do)
		done <- outcome{out, origin, err}
	}()
	return done
}

// held begins work that ends when finish is closed, and returns once it has its lease.
func held(ctx context.Context, j pipeline.Journal, w pipeline.Work, out any) (finish chan struct{}, done <-chan outcome) {
	finish, begun := make(chan struct{}), make(chan struct{})
	done = doing(ctx, j, w, func(context.Context) (any, error) {
		close(begun)
		<-finish
		return out, nil
	})
	<-begun
	return finish, done
}

// TestPausedHolderCannotOverwrite stops a process that holds a lease until another one has taken the work over and finished it.
func TestPausedHolderCannotOverwrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		slow, fast := newProcess(t, s, "slow"), newProcess(t, s, "fast")
		finish, late := held(t.Context(), slow, call("f"), answer{"late"})
		slow.stop()
		begin := time.Now()
		out, origin, err := fast.Do(t.Context(), call("f"), returning(answer{"kept"}))
		require.NoError(t, err)
		assert.Equal(t, answer{"kept"}, out)
		assert.Empty(t, origin)
		assert.InDelta(t, reuse.DefaultLease, time.Since(begin), float64(5*time.Second), "it waits for one lease, and no longer")
		kept := object(t, s, "f")
		close(finish)
		slow.goOn()
		got := <-late
		require.NoError(t, got.err)
		assert.Equal(t, answer{"kept"}, got.out, "everybody gets the outcome that is kept")
		assert.Regexp(t, "^fast/", got.origin)
		assert.Equal(t, kept, object(t, s, "f"), "its write was fenced off")
		assert.Equal(t, 1, slow.Report().Fenced)
		assert.Equal(t, 1, fast.Report().TakenOver)
		l := ledger(t, s)
		assert.Equal(t, 1, l.Total.Orphaned, "it was paid and never finished")
		assert.Equal(t, 1, l.Total.Usage.Calls)
		assert.Zero(t, l.Total.Open)
	})
}

// TestPausedHolderWaitsForItsSuccessor lets the paused process go on while the one that took over is still at work.
func TestPausedHolderWaitsForItsSuccessor(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		successor    func(context.Context) (any, error)
		out          any
		fromSlow     bool
		fenced, kept int
		orphaned     int
	}{
		"it succeeds": {returning("kept"), "kept", false, 1, 0, 1},
		"it fails": {
			func(context.Context) (any, error) { return nil, errors.New("overloaded") }, "late", true, 0, 1, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := store.NewMemory()
				slow, fast := newProcess(t, s, "slow"), newProcess(t, s, "fast")
				finish, late := held(t.Context(), slow, item("f"), "late")
				slow.stop()
				begun, release := make(chan struct{}), make(chan struct{})
				second := doing(t.Context(), fast, item("f"), func(ctx context.Context) (any, error) {
					close(begun)
					<-release
					return tc.successor(ctx)
				})
				<-begun
				close(finish)
				slow.goOn()
				time.Sleep(3 * reuse.DefaultLease)
				synctest.Wait()
				select {
				case got := <-late:
					t.Fatalf("it did not wait: %v", got)
				default:
				}
				close(release)
				<-second
				got := <-late
				require.NoError(t, got.err)
				assert.Equal(t, tc.out, got.out)
				assert.Equal(t, tc.fromSlow, got.origin == "", got.origin)
				assert.Equal(t, tc.fenced, slow.Report().Fenced)
				assert.Equal(t, tc.kept, slow.Report().Kept)
				l := ledger(t, s)
				assert.Equal(t, 1, l.Total.Items)
				assert.Equal(t, tc.orphaned, l.Total.Orphaned)
				out, origin, err := newProcess(t, s, "third").Do(t.Context(), item("f"), never(t))
				require.NoError(t, err)
				assert.Equal(t, tc.out, out)
				assert.NotEmpty(t, origin)
			})
		})
	}
}

// TestPausedHolderWhoseTimeIsOver returns what it paid for, and says that it is not kept.
func TestPausedHolderWhoseTimeIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		slow, fast := newProcess(t, s, "slow"), newProcess(t, s, "fast")
		ctx, cancel := context.WithCancel(t.Context())
		finish, late := held(ctx, slow, item("f"), "late")
		slow.stop()
		release, second := held(t.Context(), fast, item("f"), "kept")
		close(finish)
		slow.goOn()
		cancel()
		assert.Equal(t, outcome{"late", "", nil}, <-late)
		assert.Equal(t, 1, slow.Report().Unsaved)
		require.ErrorIs(t, slow.Report().Err, context.Canceled)
		close(release)
		assert.Equal(t, outcome{"kept", "", nil}, <-second)
	})
}

// TestPausedBeforeItsWorkBegins stops a process between its claim and its work.
func TestPausedBeforeItsWorkBegins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		claimed, goOn := make(chan struct{}), make(chan struct{})
		var once sync.Once
		slow := journal(t, &hooked{Store: s, put: func(ctx context.Context, key string, data []byte, over store.Tag) (store.Tag, error) {
			tag, err := s.Put(ctx, key, data, over)
			once.Do(func() {
				close(claimed)
				<-goOn
			})
			return tag, err
		}}, reuse.Use)
		late := doing(t.Context(), slow, item("f"), never(t))
		<-claimed
		_, _, err := journal(t, s, reuse.Use).Do(t.Context(), item("f"), returning("kept"))
		require.NoError(t, err)
		close(goOn)
		got := <-late
		require.NoError(t, got.err)
		assert.Equal(t, "kept", got.out)
		assert.NotEmpty(t, got.origin)
	})
}

func TestLeaseIsRenewedAsLongAsTheWorkGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		finish, first := held(t.Context(), journal(t, s, reuse.Use), item("f"), "kept")
		second := doing(t.Context(), journal(t, s, reuse.Use), item("f"), never(t))
		time.Sleep(100 * reuse.DefaultLease)
		assert.Equal(t, 1, ledger(t, s).Total.Open)
		assert.Zero(t, ledger(t, s).Total.Lapsed)
		close(finish)
		assert.Equal(t, outcome{"kept", "", nil}, <-first)
		assert.Equal(t, "kept", (<-second).out)
	})
}

// TestRenewalsEndWithTheWork relies on the bubble, which fails if a goroutine is left, and on the store, which is not written to any more.
func TestRenewalsEndWithTheWork(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(context.Context) (any, error){
		"outcome":             returning("kept"),
		"outcome unlike JSON": returning(func() {}),
		"failure":             func(context.Context) (any, error) { return nil, errors.New("no") },
		"panic":               func(context.Context) (any, error) { panic("broken") },
		"goexit":              func(context.Context) (any, error) { runtime.Goexit(); return nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := store.NewMemory()
				j := journal(t, s, reuse.Use)
				gone := make(chan any)
				go func() {
					var v any
					defer func() { gone <- v }()
					defer func() { v = recover() }()
					_, _, _ = j.Do(t.Context(), item("f"), func(ctx context.Context) (any, error) {
						time.Sleep(10 * reuse.DefaultLease)
						return do(ctx)
					})
				}()
				v := <-gone
				assert.Equal(t, name == "panic", v != nil, "a panic is the caller's")
				before := object(t, s, "f")
				assert.NotContains(t, before, `"lease"`)
				time.Sleep(10 * reuse.DefaultLease)
				assert.Equal(t, before, object(t, s, "f"))
				if name != "outcome" {
					begin := time.Now()
					out, _, err := journal(t, s, reuse.Use).Do(t.Context(), item("f"), returning("next"))
					require.NoError(t, err)
					assert.Equal(t, "next", out)
					assert.Zero(t, time.Since(begin), "the work was released, nobody has to wait")
				}
			})
		})
	}
}

// TestClocksNeedNotAgree lets a process whose clock is wrong meet a lease that is alive, and one whose holder is gone.
func TestClocksNeedNotAgree(t *testing.T) {
	t.Parallel()
	const lasts = `"lasts_ns":60000000000`
	object := func(expires time.Time) string {
		return `{"version":1,"fingerprint":"f","subject":{"target":"rating","item":"e1"},"fence":1,` +
			`"lease":{"owner":"other","fence":1,"expires":"` +
			expires.UTC().Format(time.RFC3339Nano) + `",` + lasts + `},"attempts":[{"fence":1,"owner":"other","begun":"2026-11-23T10:00:00Z"}]}`
	}
	for name, tc := range map[string]struct {
		ahead time.Duration // of the holder's clock before that of the one who waits
		wait  time.Duration
	}{
		"same clock":             {0, time.Minute},
		"holder a day ahead":     {24 * time.Hour, time.Minute},
		"holder a minute behind": {-time.Minute, time.Minute},
		"a crash of yesterday":   {-24 * time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := store.NewMemory()
				_, err := s.Put(t.Context(), "work/f", []byte(object(time.Now().Add(tc.ahead+time.Minute))), "")
				require.NoError(t, err)
				begin := time.Now()
				_, _, err = journal(t, s, reuse.Use).Do(t.Context(), item("f"), returning("done"))
				require.NoError(t, err)
				assert.InDelta(t, tc.wait, time.Since(begin), float64(2*time.Second))
			})
		})
	}
}
