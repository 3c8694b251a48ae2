package pipeline_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// recorder is an observer that keeps what it is told.
type recorder struct {
	mu     sync.Mutex
	events []pipeline.Event
}

func (r *recorder) Observe(_ context.Context, e pipeline.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// of returns the events of the kinds, in the order in which they were told; without kinds, all of them.
func (r *recorder) of(kinds ...pipeline.Kind) []pipeline.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var events []pipeline.Event
	for _, e := range r.events {
		if len(kinds) == 0 || slices.Contains(kinds, e.Kind) {
			events = append(events, e)
		}
	}
	return events
}

func TestEventsOfABatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		stage := pipeline.Named("outer", pipeline.Named("text", pipeline.Fn(func(_ context.Context, n int) (string, error) {
			time.Sleep(time.Duration(n+1) * time.Second)
			return strconv.Itoa(n), nil
		})))
		events := &recorder{}
		for res := range start(t, stage, pipeline.WithObserver(events), pipeline.WithInFlight(1)).Stream(t.Context(), numbered(2)) {
			require.NoError(t, res.Err)
		}
		at := func(s int) time.Time { return begin.Add(time.Duration(s) * time.Second) }
		item := func(kind pipeline.Kind, path string, n, second int) pipeline.Event {
			return pipeline.Event{
				Kind: kind, Time: at(second), Elapsed: time.Duration(n+1) * time.Second, Target: "stage", Batch: 1,
				Item: "n" + strconv.Itoa(n), Index: n, Stage: path, In: n, Out: strconv.Itoa(n),
			}
		}
		started := func(n, second int) pipeline.Event {
			return pipeline.Event{
				Kind: pipeline.KindItemStarted, Time: at(second), Target: "stage", Batch: 1, Item: "n" + strconv.Itoa(n), Index: n, In: n,
			}
		}
		finished := func(n, second int) pipeline.Event {
			e := item(pipeline.KindItem, "", n, second)
			e.In = nil
			return e
		}
		want := []pipeline.Event{
			{Kind: pipeline.KindBatch, Time: at(0), Target: "stage", Batch: 1},
			started(0, 0),
			item(pipeline.KindStage, "outer/text", 0, 0),
			item(pipeline.KindStage, "outer", 0, 0),
			finished(0, 0),
			started(1, 1),
			item(pipeline.KindStage, "outer/text", 1, 1),
			item(pipeline.KindStage, "outer", 1, 1),
			finished(1, 1),
			{Kind: pipeline.KindBatchEnded, Time: at(3), Target: "stage", Batch: 1},
		}
		got := events.of()
		require.Equal(t, pipeline.KindAsset, got[0].Kind)
		assert.Equal(t, want, got[1:])
	})
}

func TestEventsOfOneItemKeepTheirOrder(t *testing.T) {
	t.Parallel()
	stage := pipeline.Named("draft", pipeline.Call("model", pipeline.Fn(ask)))
	events := &recorder{}
	for range start(t, stage, pipeline.WithObserver(events), pipeline.WithInFlight(8)).Stream(t.Context(), numbered(50)) {
	}
	byItem := map[string][]pipeline.Kind{}
	for _, e := range events.of() {
		byItem[e.Item] = append(byItem[e.Item], e.Kind)
	}
	assert.Equal(t, []pipeline.Kind{pipeline.KindAsset, pipeline.KindBatch, pipeline.KindBatchEnded}, byItem[""])
	for i := range 50 {
		assert.Equal(t, []pipeline.Kind{
			pipeline.KindItemStarted, pipeline.KindCallStarted, pipeline.KindCall, pipeline.KindStage, pipeline.KindItem,
		}, byItem["n"+strconv.Itoa(i)], "item %d", i)
	}
}

func TestEventsOfFailures(t *testing.T) {
	t.Parallel()
	events := &recorder{}
	stage := pipeline.Named("never", pipeline.Fn(fail))
	items := slices.Values([]pipeline.Item[int]{{ID: "unread", Err: errBoom}, {ID: "failed", In: 3}})
	for range start(t, stage, pipeline.WithObserver(events), pipeline.WithInFlight(1)).Stream(t.Context(), items) {
	}
	started := events.of(pipeline.KindItemStarted)
	require.Len(t, started, 2)
	assert.Same(t, errBoom, started[0].Err, "an item that could not be read is told with its error")
	assert.NoError(t, started[1].Err)

	stages := events.of(pipeline.KindStage)
	require.Len(t, stages, 1, "no stage sees an item that could not be read")
	assert.Same(t, errBoom, stages[0].Err)
	assert.Nil(t, stages[0].Out, "a failed stage has no output to tell")

	finished := events.of(pipeline.KindItem)
	require.Len(t, finished, 2)
	assert.EqualError(t, finished[0].Err, "item unread: input: boom")
	assert.EqualError(t, finished[1].Err, "item failed: stage never: boom")
	assert.Nil(t, finished[0].Out)
	assert.Nil(t, finished[1].Out)
}

func TestObserversAreToldInOrder(t *testing.T) {
	t.Parallel()
	var told []string
	observer := func(name string) pipeline.RunOption {
		return pipeline.WithObserver(pipeline.ObserverFunc(func(_ context.Context, e pipeline.Event) {
			if e.Kind == pipeline.KindItem {
				told = append(told, name)
			}
		}))
	}
	_, err := start(t, pipeline.Fn(double), observer("first"), observer("second"), observer("third")).Run(t.Context(), 1)
	require.NoError(t, err)
	assert.Equal(t, []string{"first", "second", "third"}, told)
}

func TestEventsOfAssets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		text := pipeline.Source("text", func(context.Context) (string, error) {
			time.Sleep(time.Second)
			return "abc", nil
		})
		length := derive("length", nil, func(n *pipeline.Needs) func() (int, error) {
			s := pipeline.Need(n, text)
			return func() (int, error) { return len(s()), nil }
		})
		broken := derive("broken", nil, func(n *pipeline.Needs) func() (int, error) {
			pipeline.Need(n, length)
			return func() (int, error) { return 9, errBoom }
		})
		events := &recorder{}
		run, err := pipeline.NewRun(pipeline.WithObserver(events))
		require.NoError(t, err)
		_, err = pipeline.Value(t.Context(), run, broken)
		require.EqualError(t, err, "asset broken: boom")
		_, err = pipeline.Value(t.Context(), run.With(pipeline.Replace(text, "abcd")), length)
		require.NoError(t, err)

		type told struct {
			name     string
			replaced bool
			out      any
			elapsed  time.Duration
		}
		var got []told
		for _, e := range events.of(pipeline.KindAsset) {
			got = append(got, told{e.Asset.Name, e.Asset.Replaced, e.Out, e.Elapsed})
			assert.Equal(t, e.Asset.Name == "broken", e.Err != nil)
		}
		assert.Equal(t, []told{
			{"text", false, "abc", time.Second}, {"length", false, 3, 0}, {"broken", false, nil, 0},
			{"text", true, "abcd", 0}, {"length", false, 4, 0},
		}, got)
	})
}

func TestNobodyObservesNothingHappens(t *testing.T) {
	stage := fiveSteps()
	inItem := pipeline.Fn(func(ctx context.Context, s small) (float64, error) {
		return testing.AllocsPerRun(100, func() { _, _ = stage.Run(ctx, s) }), nil
	})
	allocs, err := start(t, inItem).Run(t.Context(), small{})
	require.NoError(t, err)
	assert.Zero(t, allocs, "no event is made, and no path, when nobody is told")

	allocs, err = start(t, inItem, pipeline.WithObserver(&recorder{})).Run(t.Context(), small{})
	require.NoError(t, err)
	assert.NotZero(t, allocs, "the test can tell the difference")
}

func TestItemIDInsideAndOutsideARun(t *testing.T) {
	t.Parallel()
	assert.Empty(t, pipeline.ItemID(t.Context()))
	stage := pipeline.Named("who", pipeline.Fn(func(ctx context.Context, _ int) (string, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		return pipeline.ItemID(ctx), nil
	}))
	for res := range start(t, stage).Stream(t.Context(), numbered(3)) {
		assert.Equal(t, res.ID, res.Out)
	}
}

func TestBatchNumbersIncrease(t *testing.T) {
	t.Parallel()
	events := &recorder{}
	run, err := pipeline.NewRun(pipeline.WithObserver(events))
	require.NoError(t, err)
	target := pipeline.Tool[pipeline.Stage[int, int]]("twice", pipeline.Fn(double))
	child := run.With()
	for _, r := range []*pipeline.Run{run, child, child.With(), run} {
		runner, err := pipeline.Start(t.Context(), r, target)
		require.NoError(t, err)
		for range runner.Stream(t.Context(), numbered(1)) {
		}
		_, err = runner.Run(t.Context(), 1)
		require.NoError(t, err)
	}
	var batches []int
	for _, e := range events.of(pipeline.KindBatch, pipeline.KindItem, pipeline.KindBatchEnded) {
		assert.Equal(t, "twice", e.Target)
		batches = append(batches, e.Batch)
	}
	assert.Equal(t, []int{1, 1, 1, 2, 3, 3, 3, 4, 5, 5, 5, 6, 7, 7, 7, 8}, batches,
		"a stream and a single input take a number each, in parent and child")
}
