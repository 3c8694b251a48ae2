package reuse_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/reuse"
	"github.com/gloss-sdk/gloss/pipeline/store"
)

// BenchmarkItem measures what a journal over memory costs an item of two calls: without one, where all is done, and where all is kept.
func BenchmarkItem(b *testing.B) {
	bench := func(b *testing.B, runner *pipeline.Runner[essay, []string], in []essay) {
		b.Helper()
		b.ReportAllocs()
		b.ResetTimer()
		for r := range runner.Stream(b.Context(), pipeline.Items(in...)) {
			if r.Err != nil {
				b.Fatal(r.Err)
			}
		}
	}
	b.Run("without", func(b *testing.B) {
		run, err := pipeline.NewRun()
		require.NoError(b, err)
		runner, err := pipeline.Start(b.Context(), run, rating(&model{name: "m1"}))
		require.NoError(b, err)
		bench(b, runner, essays(b.N))
	})
	b.Run("done", func(b *testing.B) {
		bench(b, start(b, journal(b, store.NewMemory(), reuse.Use), &model{name: "m1"}), essays(b.N))
	})
	b.Run("kept", func(b *testing.B) {
		s := store.NewMemory()
		runner := start(b, journal(b, s, reuse.Use), &model{name: "m1"})
		results(b, runner, essays(b.N))
		bench(b, runner, essays(b.N))
	})
}
