package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/store"
)

// size is about what a graded essay takes.
const size = 4 << 10

func BenchmarkMemory(b *testing.B) {
	benchmark(b, func(testing.TB) store.Store { return store.NewMemory() })
}

func BenchmarkDir(b *testing.B) {
	benchmark(b, func(b testing.TB) store.Store {
		b.Helper()
		return openDir(b, b.TempDir())
	})
}

func benchmark(b *testing.B, open func(testing.TB) store.Store) {
	b.Helper()
	data := make([]byte, size)
	b.Run("put", func(b *testing.B) {
		s := open(b)
		n := 0
		perOp := measure(b, func() {
			_, err := s.Put(b.Context(), fmt.Sprint("calls/", n), data, "")
			require.NoError(b, err)
			n++
		})
		b.ReportMetric(perOp.Seconds()/bareWrite(b, data).Seconds(), "x-bare-write")
	})
	b.Run("get", func(b *testing.B) {
		s := open(b)
		_, err := s.Put(b.Context(), "calls/0", data, "")
		require.NoError(b, err)
		perOp := measure(b, func() {
			_, err := s.Get(b.Context(), "calls/0")
			require.NoError(b, err)
		})
		b.ReportMetric(perOp.Seconds()/bareWrite(b, data).Seconds(), "x-bare-write")
	})
}

// measure returns how long f takes.
func measure(b *testing.B, f func()) time.Duration {
	b.Helper()
	begin := time.Now()
	for b.Loop() {
		f()
	}
	b.StopTimer()
	perOp := time.Since(begin) / time.Duration(b.N)
	b.ReportMetric(1/perOp.Seconds(), "op/s")
	return perOp
}

// bareWrite returns how long it takes here and now to make a file with data and to sync it, with nothing around it.
func bareWrite(b *testing.B, data []byte) time.Duration {
	b.Helper()
	const writes = 200
	dir := b.TempDir()
	begin := time.Now()
	for i := range writes {
		f, err := os.Create(filepath.Join(dir, fmt.Sprint(i)))
		require.NoError(b, err)
		_, err = f.Write(data)
		require.NoError(b, err)
		require.NoError(b, f.Sync())
		require.NoError(b, f.Close())
	}
	return time.Since(begin) / writes
}
