package pipeline_test

import (
	"context"
	"errors"
	"iter"
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

// start returns the runner of stage in a run of its own.
func start[I, O any](t *testing.T, stage pipeline.Stage[I, O], opts ...pipeline.RunOption) *pipeline.Runner[I, O] {
	t.Helper()
	runner, err := pipeline.Start(t.Context(), newRun(t, opts...), pipeline.Tool("stage", stage))
	require.NoError(t, err)
	return runner
}

// numbered yields the items n0, n1, ... whose inputs are their numbers.
func numbered(n int) iter.Seq[pipeline.Item[int]] {
	return func(yield func(pipeline.Item[int]) bool) {
		for i := range n {
			if !yield(pipeline.Item[int]{ID: "n" + strconv.Itoa(i), In: i}) {
				return
			}
		}
	}
}

// storeMax raises m to n.
func storeMax(m *atomic.Int64, n int64) {
	for old := m.Load(); n > old && !m.CompareAndSwap(old, n); old = m.Load() {
	}
}

// essay is an input with an identifier.
type essay struct{ id, text string }

func (e essay) ItemID() string { return e.id }

func TestRunMapsOneInput(t *testing.T) {
	t.Parallel()
	runner := start(t, pipeline.Named("parse", pipeline.Fn(parse)))
	got, err := runner.Run(t.Context(), "12")
	require.NoError(t, err)
	assert.Equal(t, 12, got)

	got, err = runner.Run(t.Context(), "x")
	assert.Zero(t, got)
	require.ErrorIs(t, err, strconv.ErrSyntax)
	failure, ok := errors.AsType[*pipeline.StageError](err)
	require.True(t, ok, "%T", err)
	assert.Empty(t, failure.Item)
	assert.Equal(t, "parse", failure.Stage)
}

func TestRunNamesAnIdentifiedInput(t *testing.T) {
	t.Parallel()
	events := &recorder{}
	runner := start(t, pipeline.Fn(func(ctx context.Context, _ essay) (string, error) {
		return pipeline.ItemID(ctx), errBoom
	}), pipeline.WithObserver(events))
	got, err := runner.Run(t.Context(), essay{id: "s7"})
	assert.Empty(t, got, "a failed item has no output")
	require.EqualError(t, err, "item s7: boom")
	items := events.of(pipeline.KindItem)
	require.Len(t, items, 1)
	assert.Equal(t, "s7", items[0].Item)
	assert.Empty(t, events.of(pipeline.KindBatch), "one input is no batch")
}

func TestItemsAreIdentifiedByThemselves(t *testing.T) {
	t.Parallel()
	a, b := essay{"a", "one"}, essay{"b", "two"}
	assert.Equal(t, []pipeline.Item[essay]{{ID: "a", In: a}, {ID: "b", In: b}}, slices.Collect(pipeline.Items(a, b)))
	for range pipeline.Items(a, b) {
		break // an iterator that went on would panic
	}
}

func TestUnreadItemBecomesItsOwnResult(t *testing.T) {
	t.Parallel()
	var calls int
	items := slices.Values([]pipeline.Item[int]{{ID: "a", In: 1}, {ID: "b", Err: errBoom}, {ID: "c", In: 3}})
	results := slices.Collect(start(t, counting(&calls), pipeline.WithInFlight(1)).Stream(t.Context(), items))
	require.Len(t, results, 3)
	assert.Equal(t, 2, calls, "the stage does not see what could not be read")
	require.EqualError(t, results[1].Err, "item b: input: boom")
	require.ErrorIs(t, results[1].Err, errBoom)
	assert.NoError(t, results[0].Err)
	assert.Equal(t, 3, results[2].Out)
}

func TestStartBuildsBeforeTheFirstItem(t *testing.T) {
	t.Parallel()
	w := newWorkshop()
	target := derive("task", 0, func(n *pipeline.Needs) func() (pipeline.Stage[int, int], error) {
		index := pipeline.Need(n, w.index)
		return func() (pipeline.Stage[int, int], error) {
			add := index()
			return pipeline.Fn(func(_ context.Context, n int) (int, error) { return n + add, nil }), nil
		}
	})
	run := newRun(t)
	runner, err := pipeline.Start(t.Context(), run, target)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"text": 1, "words": 1, "index": 1}, w.built())
	for res := range runner.Stream(t.Context(), numbered(3)) {
		assert.Equal(t, 111+res.Index, res.Out)
	}
	child, err := pipeline.Start(t.Context(), run.With(pipeline.Replace(w.index, 5)), target)
	require.NoError(t, err)
	got, err := child.Run(t.Context(), 1)
	require.NoError(t, err)
	assert.Equal(t, 6, got)
	assert.Empty(t, w.built())
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	type stage = pipeline.Stage[int, int]
	tests := map[string]struct {
		target pipeline.Handle[stage]
		want   string
	}{
		"zero asset": {pipeline.Asset[stage]{}, "plan: target 1 is a zero asset"},
		"nil":        {nil, "plan: target 1 is a zero asset"},
		"no stage":   {pipeline.Tool[stage]("empty", nil), "asset empty: holds no stage"},
		"no asset": {
			pipeline.Source("broken", func(context.Context) (stage, error) { return nil, errBoom }), "asset broken: boom",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := pipeline.Start(t.Context(), newRun(t), tt.target)
			assert.EqualError(t, err, tt.want)
		})
	}
}

func TestResultTellsTimeAndPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stage := pipeline.Fn(func(_ context.Context, n int) (int, error) {
			time.Sleep(time.Duration(n) * time.Minute)
			if n == 2 {
				return 5, errBoom
			}
			return -n, nil
		})
		results := slices.Collect(start(t, stage).Stream(t.Context(), numbered(3)))
		require.Len(t, results, 3)
		assert.Equal(t, pipeline.Result[int]{Index: 1, ID: "n1", Out: -1, Elapsed: time.Minute}, results[1])
		assert.Equal(t, pipeline.Result[int]{
			Index: 2, ID: "n2", Err: &pipeline.StageError{Item: "n2", Err: errBoom}, Elapsed: 2 * time.Minute,
		}, results[2], "a failed item has no output")
	})
}

func TestRunnerServesManyAtOnce(t *testing.T) {
	t.Parallel()
	runner := start(t, pipeline.Named("double", pipeline.Fn(double)), pipeline.WithInFlight(4))
	synctest.Test(t, func(t *testing.T) {
		done := make(chan error)
		for range 5 {
			go func() {
				n := 0
				for res := range runner.Stream(t.Context(), numbered(100)) {
					if res.Err != nil || res.Index != n || res.Out != 2*n {
						done <- errors.New("wrong result")
						return
					}
					n++
				}
				_, err := runner.Run(t.Context(), 1)
				done <- err
			}()
		}
		for range 5 {
			assert.NoError(t, <-done)
		}
	})
}
