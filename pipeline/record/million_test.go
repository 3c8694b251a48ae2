package record_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// resident returns the memory that the process holds and has not given back.
func resident() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}

// lengths is a target of tiny items.
func lengths() pipeline.Asset[pipeline.Stage[string, int]] {
	return pipeline.Derive(pipeline.Meta{Name: "lengths"}, 0,
		func(*pipeline.Needs, int) func(context.Context) (pipeline.Stage[string, int], error) {
			return func(context.Context) (pipeline.Stage[string, int], error) {
				return pipeline.Fn(func(_ context.Context, s string) (int, error) { return len(s), nil }), nil
			}
		})
}

// streamTiny runs n tiny items over w, which it closes, and returns the most memory that was seen.
func streamTiny(t *testing.T, w *record.Writer, n int) (peak uint64, reused int) {
	t.Helper()
	run, err := pipeline.NewRun(pipeline.WithRecorder(w), pipeline.WithInFlight(64))
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, lengths())
	require.NoError(t, err)
	items := func(yield func(pipeline.Item[string]) bool) {
		for i := range n {
			if !yield(pipeline.Item[string]{ID: fmt.Sprint(i), In: fmt.Sprint("tiny ", i)}) {
				return
			}
		}
	}
	done := 0
	for r := range runner.Stream(t.Context(), items, pipeline.AsCompleted()) {
		require.NoError(t, r.Err)
		if r.Origin != "" {
			reused++
		}
		if done++; done%(n/100) == 0 {
			peak = max(peak, resident())
		}
	}
	require.NoError(t, w.Close())
	return max(peak, resident()), reused
}

func TestAMillionItems(t *testing.T) { //nolint:paralleltest // it measures memory
	if os.Getenv("GLOSS_SLOW") == "" {
		t.Skip("set GLOSS_SLOW=1 to stream a million items")
	}
	const items, limit = 1_000_000, 300 << 20
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	begin := time.Now()
	peak, _ := streamTiny(t, w, items)
	t.Logf("a million items: %s, at most %d MB", time.Since(begin).Round(time.Second), peak>>20)
	assert.Less(t, peak, uint64(limit))
	runtime.GC()
	begin = time.Now()
	w, err = record.Resume(dir, record.Manifest{})
	require.NoError(t, err)
	opened := time.Since(begin).Round(time.Second)
	peak, reused := streamTiny(t, w, items)
	t.Logf("resumed: read in %s, all in %s, at most %d MB", opened, time.Since(begin).Round(time.Second), peak>>20)
	assert.Equal(t, items, reused)
	assert.Less(t, peak, uint64(limit))
}
