//go:build unix

package record_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/internal/datatest"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// copies is how often the benchmark takes each essay, with another beginning: the values are to be many times what is kept decompressed.
const copies = 10

// studentEssays returns essays that students wrote.
func studentEssays(b *testing.B) []essay {
	b.Helper()
	text, err := os.ReadFile(filepath.Join(datatest.Dir(b, "argrewrite"), "essays.jsonl"))
	require.NoError(b, err)
	var all []essay
	for i := range copies {
		for line := range bytes.Lines(text) {
			var e essay
			require.NoError(b, json.Unmarshal(line, &e))
			all = append(all, essay{ID: fmt.Sprint(e.ID, "/", i), Text: fmt.Sprint(i, " ", e.Text)})
		}
	}
	return all
}

// proseEssays returns made essays, which repeat themselves more than any student does.
func proseEssays(*testing.B) []essay {
	all := make([]essay, 200*copies)
	for i := range all {
		all[i] = essay{ID: prose(i, 0), Text: prose(i, essaySize)}
	}
	return all
}

// BenchmarkCompressed measures what it takes to compress the values of a run over essays, in MB of plain values per second of CPU, how much
// smaller they get, and what a value takes to be read, in the order of the log and in a random one, beside the plain ones.
func BenchmarkCompressed(b *testing.B) {
	for _, of := range []struct {
		name   string
		essays func(*testing.B) []essay
	}{{"essays", studentEssays}, {"prose", proseEssays}} {
		b.Run(of.name, func(b *testing.B) {
			w, dir := create(b)
			observe(b, w, 4, of.essays(b), noPause)
			require.NoError(b, w.Close())
			values := read(b, dir, "values.jsonl")
			b.Run("compress", func(b *testing.B) { benchmarkCompress(b, values) })
			benchmarkReads(b, dir, "plain")
			compress(b, dir)
			benchmarkReads(b, dir, "compressed")
		})
	}
}

func benchmarkCompress(b *testing.B, values []byte) {
	b.Helper()
	var file bytes.Buffer
	before := cpuTime(b)
	for b.Loop() {
		file.Reset()
		require.NoError(b, record.WriteFrames(&file, io.NewSectionReader(bytes.NewReader(values), 0, int64(len(values)))))
	}
	used := cpuTime(b) - before
	b.ReportMetric(float64(len(values))*float64(b.N)/1e6/used.Seconds(), "MB/cpu-s")
	b.ReportMetric(float64(len(values))/float64(file.Len()), "ratio")
}

func benchmarkReads(b *testing.B, dir, kind string) {
	b.Helper()
	run := open(b, dir)
	hashes := hashesOf(b, run)
	_, err := run.Value(hashes[0]) // it reads where the values are
	require.NoError(b, err)
	readValue := func(b *testing.B, h record.Hash) {
		b.Helper()
		_, err := run.Value(h)
		require.NoError(b, err)
	}
	b.Run("read in order/"+kind, func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			readValue(b, hashes[i%len(hashes)])
		}
	})
	b.Run("read at random/"+kind, func(b *testing.B) {
		random := rand.New(rand.NewPCG(1, 1))
		for b.Loop() {
			readValue(b, hashes[random.IntN(len(hashes))])
		}
	})
}
