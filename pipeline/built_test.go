package pipeline_test

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// gate is a source whose reads wait until the test lets them go.
type gate struct {
	pipeline.Asset[int]
	reads int
	leave chan error
}

func newGate() *gate {
	g := &gate{leave: make(chan error)}
	g.Asset = pipeline.Source("gate", func(context.Context) (int, error) {
		g.reads++
		if err := <-g.leave; err != nil {
			return 0, err
		}
		return g.reads, nil
	})
	return g
}

// answer is what a caller of Value got.
type answer struct {
	value int
	err   error
}

func askFor(ctx context.Context, run *pipeline.Run, a pipeline.Handle[int]) <-chan answer {
	got := make(chan answer, 1)
	go func() {
		v, err := pipeline.Value(ctx, run, a)
		got <- answer{v, err}
	}()
	return got
}

func TestAssetIsBuiltOnceHoweverManyAsk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		run := newRun(t)
		unrelated := pipeline.Replace(pipeline.Given("unrelated", 1), 2)
		var callers []<-chan answer
		for i := range 20 {
			asked := run
			if i%2 == 1 {
				asked = run.With(unrelated)
			}
			callers = append(callers, askFor(t.Context(), asked, inGroup("", "sum"+strconv.Itoa(i), g.Asset)))
		}
		synctest.Wait() // one of them reads, all others wait for it
		g.leave <- nil
		for _, caller := range callers {
			assert.Equal(t, answer{2, nil}, <-caller)
		}
		assert.Equal(t, 1, g.reads)
	})
}

func TestFailureIsNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		run := newRun(t)
		first := askFor(t.Context(), run, g)
		g.leave <- errBoom
		assert.ErrorIs(t, (<-first).err, errBoom)

		second := askFor(t.Context(), run, g)
		g.leave <- nil
		assert.Equal(t, answer{2, nil}, <-second)
		assert.Equal(t, answer{2, nil}, <-askFor(t.Context(), run, g), "a success is")
		assert.Equal(t, 2, g.reads)
	})
}

func TestWaitingCallerTriesAgainAfterAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		run := newRun(t)
		first := askFor(t.Context(), run, g)
		synctest.Wait()
		second := askFor(t.Context(), run, g)
		synctest.Wait()
		g.leave <- errBoom
		assert.ErrorIs(t, (<-first).err, errBoom)
		g.leave <- nil
		assert.Equal(t, answer{2, nil}, <-second)
	})
}

func TestWaitingCallerLeavesWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		run := newRun(t)
		first := askFor(t.Context(), run, g)
		synctest.Wait()
		impatient := errors.New("impatient")
		ctx, cancel := context.WithCancelCause(t.Context())
		second := askFor(ctx, run, g)
		synctest.Wait()
		cancel(impatient)
		got := <-second
		require.EqualError(t, got.err, "asset gate: impatient")
		assert.ErrorIs(t, got.err, impatient)

		g.leave <- nil
		assert.Equal(t, answer{1, nil}, <-first, "the one who builds goes on")
	})
}

func TestWaitingCallerSurvivesABuildThatNeverReturns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		started := make(chan struct{})
		source := pipeline.Source("fatal", func(context.Context) (int, error) {
			if reads++; reads == 1 {
				<-started
				runtime.Goexit()
			}
			return reads, nil
		})
		run := newRun(t)
		askFor(t.Context(), run, source)
		synctest.Wait()
		second := askFor(t.Context(), run, source)
		synctest.Wait()
		close(started)
		assert.Equal(t, answer{2, nil}, <-second)
	})
}

// resource notes when it is closed.
type resource struct {
	name string
	log  *closings
	err  error
}

func (r resource) Close() error { return r.log.add(r.name, r.err) }

type closings struct {
	mu     sync.Mutex
	closed []string
}

func (c *closings) add(name string, err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = append(c.closed, name)
	return err
}

// resourceFrom derives a resource from another.
func (c *closings) resourceFrom(name string, need pipeline.Asset[resource]) pipeline.Asset[resource] {
	return derive(name, 0, func(n *pipeline.Needs) func() (resource, error) {
		pipeline.Need(n, need)
		return func() (resource, error) { return resource{name, c, nil}, nil }
	})
}

func TestCloseEndsWhatTheRunBuiltNewestFirst(t *testing.T) {
	t.Parallel()
	log := &closings{}
	given, tool := pipeline.Given("given", resource{"given", log, nil}), pipeline.Tool("tool", resource{"tool", log, nil})
	source := pipeline.Source("source", func(context.Context) (resource, error) { return resource{"source", log, errBoom}, nil })
	a := log.resourceFrom("a", source)
	b := log.resourceFrom("b", a)
	run := newRun(t)
	for _, asset := range []pipeline.Asset[resource]{given, tool, b, a} {
		_, err := pipeline.Value(t.Context(), run, asset)
		require.NoError(t, err)
	}
	err := run.Close()
	require.EqualError(t, err, "asset source: close: boom")
	require.ErrorIs(t, err, errBoom)
	assert.Equal(t, []string{"b", "a", "source"}, log.closed, "and leaves alone what it was given")
	require.NoError(t, run.Close(), "a second Close does nothing")
	assert.Len(t, log.closed, 3)
}

func TestChildClosesOnlyWhatIsItsOwn(t *testing.T) {
	t.Parallel()
	log := &closings{}
	root := pipeline.Given("root", resource{"root", log, nil})
	shared, own := log.resourceFrom("shared", pipeline.Tool("tool", resource{})), log.resourceFrom("own", root)
	run := newRun(t)
	replacement := resource{"replacement", log, nil}
	child := run.With(pipeline.Replace(root, replacement))
	grandchild := child.With()
	for _, r := range []*pipeline.Run{grandchild, child} {
		for _, asset := range []pipeline.Asset[resource]{shared, own} {
			_, err := pipeline.Value(t.Context(), r, asset)
			require.NoError(t, err)
		}
	}
	require.NoError(t, grandchild.Close())
	assert.Empty(t, log.closed, "the grandchild sees everything as its parent does")
	require.NoError(t, child.Close())
	assert.Equal(t, []string{"own"}, log.closed, "the child was the first to ask for shared, but the parent may need it yet")
	require.NoError(t, run.Close())
	assert.Equal(t, []string{"own", "shared"}, log.closed)
}
