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

func BenchmarkClose(b *testing.B) {
	for range b.N {
		b.StopTimer()
		w, err := record.Create(filepath.Join(b.TempDir(), "run"), record.Manifest{})
		require.NoError(b, err)
		for i := range 10_000 {
			w.Observe(b.Context(), pipeline.Event{Kind: pipeline.KindItem, Batch: 1, Index: i, Out: i})
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
