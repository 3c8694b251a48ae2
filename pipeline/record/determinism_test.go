package record_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// jitter waits a random time on the fake clock of a synctest bubble.
func jitter(seed uint64) func(context.Context) {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 2))
	return func(ctx context.Context) {
		mu.Lock()
		wait := time.Duration(random.Int64N(int64(time.Second)))
		mu.Unlock()
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// completionOrder returns the indexes of items in the order in which they finished.
func completionOrder(t *testing.T, dir string) []int {
	t.Helper()
	var order []int
	for _, e := range eventsOf(t, open(t, dir), pipeline.KindItem) {
		order = append(order, e.Index)
	}
	return order
}

func TestResultsAreTheSameAtAnyConcurrency(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				inputs := essays(150, seed)
				results := map[int][]byte{}
				for _, inFlight := range []int{1, 64} {
					dir := filepath.Join(t.TempDir(), "run")
					w, err := record.Create(dir, record.Manifest{Seed: seed})
					require.NoError(t, err)
					pause := jitter(seed + uint64(inFlight))
					observeStreams(t, w, inFlight, pause, pipeline.Items(inputs...), pipeline.Items(inputs[:20]...))
					require.NoError(t, w.Close())
					results[inFlight] = read(t, dir, "results.jsonl")
					assert.Equal(t, inFlight == 1, slices.IsSorted(completionOrder(t, dir)[:150]), "the order of completion does vary")
				}
				require.Equal(t, 170, bytes.Count(results[1], []byte("\n")))
				require.Equal(t, string(results[1]), string(results[64]))
			})
		})
	}
}

func TestResultsAreTheSameOnManyProcessors(t *testing.T) { //nolint:paralleltest // it changes GOMAXPROCS
	inputs := essays(300, 9)
	yield := func(context.Context) { runtime.Gosched() }
	var want string
	for _, processors := range []int{1, 2, 8} {
		restore := runtime.GOMAXPROCS(processors)
		dir := filepath.Join(t.TempDir(), "run")
		w, err := record.Create(dir, record.Manifest{})
		require.NoError(t, err)
		observe(t, w, 8*processors, inputs, yield)
		require.NoError(t, w.Close())
		runtime.GOMAXPROCS(restore)
		got := string(read(t, dir, "results.jsonl"))
		if want == "" {
			want = got
		}
		require.Equal(t, want, got, "%d processors", processors)
	}
}

func TestResultsHoldNothingOfTheExecution(t *testing.T) {
	t.Parallel()
	dir := recorded(t, 8, essays(20, 1))
	allowed := []string{"kind", "batch", "target", "index", "id", "output", "error"}
	lines := jsonLines(t, read(t, dir, "results.jsonl"))
	require.Len(t, lines, 20)
	for i, l := range lines {
		assert.Equal(t, "result", l["kind"])
		assert.Equal(t, float64(i), l["index"], "in input order") // JSON has no integers
		assert.NotEqual(t, l["output"] == nil, l["error"] == nil, "an output or an error")
		for key := range l {
			assert.Contains(t, allowed, key)
		}
	}
	assert.NotContains(t, string(read(t, dir, "results.jsonl")), "goroutine ", "a stack is for the log")
	assert.Contains(t, string(read(t, dir, "values.jsonl")), "goroutine ")
}

func TestResultsAreWrittenOnlyComplete(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	observe(t, w, 4, essays(20, 1), noPause)
	require.NoFileExists(t, filepath.Join(dir, "results.jsonl"))
	require.NoError(t, w.Close())
	require.FileExists(t, filepath.Join(dir, "results.jsonl"))
	require.NoFileExists(t, filepath.Join(dir, "results.partial.jsonl"))
	require.NoFileExists(t, filepath.Join(dir, "results.jsonl.tmp"))
}
