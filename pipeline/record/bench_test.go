package record_test

import (
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// BenchmarkItem measures what recording costs an item of six stages and a call, against the same run without an observer.
func BenchmarkItem(b *testing.B) {
	for _, observed := range []bool{false, true} {
		b.Run(fmt.Sprintf("recorded=%t", observed), func(b *testing.B) {
			w, err := record.Create(filepath.Join(b.TempDir(), "run"), record.Manifest{})
			require.NoError(b, err)
			opts := []pipeline.RunOption{pipeline.WithInFlight(4)}
			if observed {
				opts = append(opts, pipeline.WithObserver(w))
			}
			run, err := pipeline.NewRun(opts...)
			require.NoError(b, err)
			runner, err := pipeline.Start(b.Context(), run, grader(noPause))
			require.NoError(b, err)
			b.ReportAllocs()
			b.ResetTimer()
			for r := range runner.Stream(b.Context(), numberedEssays(b.N)) {
				if r.Err != nil {
					b.Fatal(r.Err)
				}
			}
			b.StopTimer()
			require.NoError(b, w.Close())
		})
	}
}

// BenchmarkDraft measures what a draft costs that carries twelve exemplars through six stages: time and bytes of values an item, and the time
// it takes to read one back.
func BenchmarkDraft(b *testing.B) {
	type carrying struct {
		draft
		Exemplars []map[string]any `json:"exemplars"`
	}
	var d carrying
	for i := range 12 {
		d.Exemplars = append(d.Exemplars, exemplar(fmt.Sprint(i)))
	}
	dir := filepath.Join(b.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(b, err)
	b.Run("write", func(b *testing.B) {
		before := len(read(b, dir, "values.jsonl"))
		for i := range b.N {
			d.Essay.ID = fmt.Sprint(b.N, "/", i)
			for stage := range 6 {
				in := d
				d.Words = stage
				w.Observe(b.Context(), pipeline.Event{Kind: pipeline.KindStage, Stage: "s", Batch: 1, Index: i, In: in, Out: d})
			}
		}
		w.Observe(b.Context(), pipeline.Event{Kind: pipeline.KindItem, Batch: 1, Out: d})
		b.ReportMetric(float64(len(read(b, dir, "values.jsonl"))-before)/float64(b.N), "B/item")
	})
	require.NoError(b, w.Close())
	b.Run("read", func(b *testing.B) {
		run := open(b, dir)
		last := collect(b, run.Events())
		for b.Loop() {
			_, err := run.Value(last[len(last)-1].Out)
			require.NoError(b, err)
		}
	})
}

func BenchmarkClose(b *testing.B) {
	for range b.N {
		b.StopTimer()
		w, err := record.Create(filepath.Join(b.TempDir(), "run"), record.Manifest{})
		require.NoError(b, err)
		for i := range 10_000 {
			w.Commit(b.Context(), pipeline.Event{Kind: pipeline.KindItem, Batch: 1, Index: i, Out: i}) // Close waits for the disk once
		}
		b.StartTimer()
		require.NoError(b, w.Close())
	}
}

func BenchmarkShow(b *testing.B) {
	run := open(b, recorded(b, 4, essays(1000, 1)))
	b.ResetTimer()
	for range b.N {
		require.NoError(b, run.Show(io.Discard, "e999"))
	}
}
