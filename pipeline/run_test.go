package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// newRun returns a run with options that are known to be right.
func newRun(t *testing.T, opts ...pipeline.RunOption) *pipeline.Run {
	t.Helper()
	run, err := pipeline.NewRun(opts...)
	require.NoError(t, err)
	return run
}

// workshop is a graph whose builds are counted: text -> words -> index, text -> length, (index, length) -> score.
type workshop struct {
	builds                             map[string]int
	text, words, index, length, scored pipeline.Asset[int]
}

func newWorkshop() *workshop {
	w := &workshop{builds: map[string]int{}}
	w.text = pipeline.Source("text", func(context.Context) (int, error) {
		w.builds["text"]++
		return 1, nil
	})
	w.words = w.sum("words", 10, w.text)
	w.index = w.sum("index", 100, w.words)
	w.length = w.sum("length", 1000, w.text)
	w.scored = w.sum("scored", 10_000, w.index, w.length)
	return w
}

func (w *workshop) sum(name string, own int, needs ...pipeline.Asset[int]) pipeline.Asset[int] {
	return derive(name, own, func(n *pipeline.Needs) func() (int, error) {
		var gets []func() int
		for _, need := range needs {
			gets = append(gets, pipeline.Need(n, need))
		}
		return func() (int, error) {
			w.builds[name]++
			sum := own
			for _, get := range gets {
				sum += get()
			}
			return sum, nil
		}
	})
}

// built returns how often what was built since the last time, and forgets it.
func (w *workshop) built() map[string]int {
	builds := w.builds
	w.builds = map[string]int{}
	return builds
}

func valueIn(t *testing.T, run *pipeline.Run, a pipeline.Asset[int]) int {
	t.Helper()
	v, err := pipeline.Value(t.Context(), run, a)
	require.NoError(t, err)
	return v
}

func TestNewRunReportsEveryInvalidOption(t *testing.T) {
	t.Parallel()
	_, err := pipeline.NewRun(
		pipeline.WithInFlight(0), pipeline.WithInFlight(-2), pipeline.WithObserver(nil), pipeline.WithInterceptor(nil), pipeline.WithInFlight(3))
	require.Error(t, err)
	for _, want := range []string{"WithInFlight(0)", "WithInFlight(-2)", "WithObserver(nil)", "WithInterceptor(nil)"} {
		assert.ErrorContains(t, err, want)
	}
}

func TestOverridesRebuildWhatDependsOnThem(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		override func(w *workshop) []pipeline.Override
		want     int
		builds   map[string]int
	}{
		"nothing": {func(*workshop) []pipeline.Override { return nil }, 11_112, map[string]int{}},
		"a root": {
			func(w *workshop) []pipeline.Override { return []pipeline.Override{pipeline.Replace(w.text, 2)} }, 11_114,
			map[string]int{"words": 1, "index": 1, "length": 1, "scored": 1},
		},
		"in the middle": {
			func(w *workshop) []pipeline.Override { return []pipeline.Override{pipeline.Replace(w.words, 20)} }, 11_121,
			map[string]int{"index": 1, "scored": 1},
		},
		"the target": {
			func(w *workshop) []pipeline.Override { return []pipeline.Override{pipeline.Replace(w.scored, 7)} }, 7, map[string]int{},
		},
		"two": {
			func(w *workshop) []pipeline.Override {
				return []pipeline.Override{pipeline.Replace(w.index, 1), pipeline.Replace(w.length, 2)}
			}, 10_003, map[string]int{"scored": 1},
		},
		"the later one of two": {
			func(w *workshop) []pipeline.Override {
				return []pipeline.Override{pipeline.Replace(w.scored, 1), pipeline.Replace(w.scored, 2)}
			}, 2, map[string]int{},
		},
		"an equal asset that was made again": {
			func(w *workshop) []pipeline.Override {
				return []pipeline.Override{pipeline.Replace(w.sum("words", 10, w.text), 20)}
			},
			11_121, map[string]int{"index": 1, "scored": 1},
		},
		"what the target does not need": {
			func(w *workshop) []pipeline.Override {
				return []pipeline.Override{pipeline.Replace(w.sum("words", 11, w.text), 20)}
			},
			11_112, map[string]int{},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkshop()
			run := newRun(t)
			assert.Equal(t, 11_112, valueIn(t, run, w.scored))
			assert.Equal(t, map[string]int{"text": 1, "words": 1, "index": 1, "length": 1, "scored": 1}, w.built())

			child := run.With(tt.override(w)...)
			assert.Equal(t, tt.want, valueIn(t, child, w.scored))
			assert.Equal(t, tt.builds, w.built())
			assert.Equal(t, tt.want, valueIn(t, child, w.scored), "and once only")
			assert.Equal(t, 11_112, valueIn(t, run, w.scored), "the parent keeps its own")
			assert.Empty(t, w.built())
		})
	}
}

func TestChildrenOfChildren(t *testing.T) {
	t.Parallel()
	w := newWorkshop()
	run := newRun(t)
	child := run.With(pipeline.Replace(w.index, 0))
	grandchild := child.With(pipeline.Replace(w.length, 0))
	assert.Equal(t, 10_000, valueIn(t, grandchild, w.scored))
	assert.Equal(t, map[string]int{"scored": 1}, w.built())
	assert.Equal(t, 11_001, valueIn(t, child, w.scored))
	assert.Equal(t, map[string]int{"text": 1, "length": 1, "scored": 1}, w.built())
	assert.Equal(t, 11_112, valueIn(t, run, w.scored))
	assert.Equal(t, map[string]int{"words": 1, "index": 1, "scored": 1}, w.built(), "what the child built alike is shared upwards")
	assert.Equal(t, 5+11_001, valueIn(t, child.With(), w.sum("more", 5, w.scored)))
	assert.Equal(t, map[string]int{"more": 1}, w.built())
	assert.Equal(t, 10_001, valueIn(t, grandchild.With(pipeline.Replace(w.length, 1)), w.scored), "the newest override holds")
}

func TestManyChildrenNeverMeetEachOthersValues(t *testing.T) {
	t.Parallel()
	w := newWorkshop()
	run := newRun(t)
	for i := range 5000 {
		// Each child is garbage after its turn; the next one's override may get its address.
		require.Equal(t, 10_000+i, valueIn(t, run.With(pipeline.Replace(w.index, i), pipeline.Replace(w.length, 0)), w.scored))
	}
}

func TestRandomOverrides(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 2))
		g := randomGraph(rng)
		run := newRun(t)
		replaced := map[int]int{}
		needed := map[int]bool{}
		for round := range 3 {
			target := rng.IntN(len(g.assets))
			require.Equal(t, g.eval(target, replaced), valueIn(t, run, g.assets[target]), "seed %d round %d", seed, round)
			if round == 0 {
				g.reach(target, nil, needed)
				for i, n := range g.builds {
					require.Equal(t, needed[i], n == 1, "seed %d: a%d was built %d times", seed, i, n)
				}
			}
			at := rng.IntN(len(g.assets))
			replaced[at] = 500 + round
			run = run.With(pipeline.Replace(g.assets[at], 500+round))
		}
	}
}

// eval is what asset i holds, reckoned without a run.
func (g *graph) eval(i int, replaced map[int]int) int {
	if v, ok := replaced[i]; ok {
		return v
	}
	sum := i
	for _, j := range g.needs[i] {
		sum = (3*sum + g.eval(j, replaced)) % 1_000_003
	}
	return sum
}

func TestValueOfAnInterface(t *testing.T) {
	t.Parallel()
	none, err := value(t, pipeline.Tool[fmt.Stringer]("printer", nil))
	require.NoError(t, err)
	assert.Nil(t, none)

	_, err = pipeline.Value[int](t.Context(), newRun(t), nil)
	assert.EqualError(t, err, "plan: target 1 is a zero asset")
}

func TestValueNamesTheAssetThatFailed(t *testing.T) {
	t.Parallel()
	broken := pipeline.Source("essays", func(context.Context) (int, error) { return 0, errBoom })
	panicking := derive("index", 0, func(*pipeline.Needs) func() (int, error) { return func() (int, error) { panic("no memory") } })
	_, err := value(t, inGroup("", "score", broken))
	require.EqualError(t, err, "asset essays: boom")
	assert.ErrorIs(t, err, errBoom)

	_, err = value(t, inGroup("", "score", panicking))
	require.EqualError(t, err, "asset index: panic: no memory")
	panicked, ok := errors.AsType[*pipeline.PanicError](err)
	require.True(t, ok)
	assert.Contains(t, string(panicked.Stack), "TestValueNamesTheAssetThatFailed")

	_, err = value(t, pipeline.Source[int]("unread", nil))
	assert.ErrorContains(t, err, "asset unread: panic: ", "a source without a function")
}

func TestRoots(t *testing.T) {
	t.Parallel()
	w := newWorkshop()
	model := pipeline.Tool("model", "m")
	truth := pipeline.Given("truth", 9).InGroup(pipeline.GroupEvaluation)
	run := newRun(t)
	text := pipeline.RootValue{Name: "text", Origin: pipeline.OriginSource, Group: "shared", Value: 1}

	roots, err := run.Roots(t.Context(), w.scored, model, truth)
	require.NoError(t, err)
	assert.Equal(t, []pipeline.RootValue{
		text, {Name: "model", Origin: pipeline.OriginTool, Group: "shared", Value: "m"},
		{Name: "truth", Origin: pipeline.OriginGiven, Group: "evaluation", Value: 9},
	}, roots)
	assert.Equal(t, map[string]int{"text": 1}, w.built(), "an audit builds nothing")

	roots, err = run.With(pipeline.Replace(w.index, 5)).Roots(t.Context(), w.scored)
	require.NoError(t, err)
	assert.Equal(t, []pipeline.RootValue{
		{Name: "index", Origin: pipeline.OriginGiven, Group: "shared", Value: 5}, text,
	}, roots, "an override is a root")

	roots, err = run.With(pipeline.Replace(w.text, 6)).Roots(t.Context(), w.words)
	require.NoError(t, err)
	assert.Equal(t, []pipeline.RootValue{{Name: "text", Origin: pipeline.OriginGiven, Group: "shared", Value: 6}}, roots)
	assert.Empty(t, w.built())

	_, err = run.Roots(t.Context(), pipeline.Source("unread", func(context.Context) (int, error) { return 0, errBoom }))
	require.EqualError(t, err, "asset unread: boom")
	_, err = run.Roots(t.Context())
	assert.EqualError(t, err, "plan: no target was named")
}
