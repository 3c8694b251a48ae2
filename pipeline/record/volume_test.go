package record_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// liveHeap returns how many bytes are reachable.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// numberedEssays yields n essays of some 300 bytes without holding them.
func numberedEssays(n int) iter.Seq[pipeline.Item[essay]] {
	return func(yield func(pipeline.Item[essay]) bool) {
		for i := range n {
			e := essay{ID: fmt.Sprintf("e%d", i), Text: strings.Repeat(fmt.Sprintf("word%d ", i), 30)}
			if !yield(pipeline.Item[essay]{ID: e.ID, In: e}) {
				return
			}
		}
	}
}

func TestMemoryDoesNotGrowWithTheRun(t *testing.T) { //nolint:paralleltest // it measures the heap
	if testing.Short() {
		t.Skip("100,000 items take a while")
	}
	const items = 100_000
	dir := filepath.Join(t.TempDir(), "run")
	before := liveHeap()
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	run, err := pipeline.NewRun(pipeline.WithObserver(w), pipeline.WithInFlight(64))
	require.NoError(t, err)
	count := pipeline.Named("count", pipeline.Fn(func(_ context.Context, e essay) (draft, error) {
		return draft{Essay: e, Words: len(strings.Fields(e.Text))}, nil
	}))
	finish := pipeline.Named("finish", pipeline.Fn(func(_ context.Context, d draft) (prediction, error) {
		return prediction{Words: d.Words, Comment: d.Essay.ID}, nil
	}))
	runner, err := pipeline.Start(t.Context(), run, pipeline.Tool("count", pipeline.Then(count, finish)))
	require.NoError(t, err)
	n := 0
	for r := range runner.Stream(t.Context(), numberedEssays(items)) {
		if n++; n == items/10 || n == items {
			grown := liveHeap() - before
			t.Logf("%d items: %d KB", n, grown>>10)
			// 24 bytes an item, doubled while the table of places grows, and the hashes.
			assert.Less(t, grown, int64(n*2*24+8<<20), "after %d items", n)
		}
		require.NoError(t, r.Err)
	}
	require.NoError(t, w.Close())
	runtime.KeepAlive(w)

	values, err := os.Stat(filepath.Join(dir, "values.jsonl"))
	require.NoError(t, err)
	assert.Less(t, values.Size(), int64(items*1300), "each essay is stored once")
	opened := open(t, dir)
	assert.Equal(t, items, opened.Manifest().Counts.Succeeded)
	i := 0
	for it, err := range opened.Items() {
		require.NoError(t, err)
		require.Equal(t, i, it.Index)
		i++
	}
	require.Equal(t, items, i)
	assert.Contains(t, show(t, opened, "e99999"), "word99999 word99999")
}

func TestMemoryOfAResumedRunIsBounded(t *testing.T) { //nolint:paralleltest // it measures the heap
	if testing.Short() {
		t.Skip("50,000 items take a while")
	}
	const items = 50_000
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	streamTiny(t, w, items)
	before := liveHeap()
	w, err = record.Resume(dir, record.Manifest{})
	require.NoError(t, err)
	grown := liveHeap() - before
	t.Logf("%d finished items: %d bytes each", items, grown/items)
	// 24 bytes an item, 16 for its input and 16 for its output, up to a quarter more while a table grows, the buffers, and two tables of hashes.
	assert.Less(t, grown, int64(items*(24+2*16)*5/4+1<<20+1<<20))
	_, reused := streamTiny(t, w, items)
	assert.Equal(t, items, reused)
	runtime.KeepAlive(w)
}
