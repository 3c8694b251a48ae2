//go:build unix

package record_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// cpuTime returns what the process has used so far, user and system.
func cpuTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const (
	essaySize  = 4 << 10
	promptSize = 8 << 10
)

// novel is text as students write it: a quotation now and then, few characters that are not ASCII.
var novel = strings.Repeat("The author says that the whales sing when the deep is calm, and that nobody has told them to. "+
	"In my opinion this is true: I have heard a recording of them myself, and so has \"everybody\" in my class.\n", 2+promptSize/200)

// prose returns n bytes of text that begins with its number.
func prose(i, n int) string { return strconv.Itoa(i) + novel[:n] }

func longEssays(n int) iter.Seq[pipeline.Item[essay]] {
	return func(yield func(pipeline.Item[essay]) bool) {
		for i := range n {
			e := essay{ID: fmt.Sprintf("e%d", i), Text: prose(i, essaySize)}
			if !yield(pipeline.Item[essay]{ID: e.ID, In: e}) {
				return
			}
		}
	}
}

// fiveSteps carries a draft with the essay, and from the second step on with the prompt, through five named stages, one of which calls.
func fiveSteps() pipeline.Asset[pipeline.Stage[essay, prediction]] { return fiveStepsThat(func() {}) }

// fiveStepsThat do something while they call.
func fiveStepsThat(call func()) pipeline.Asset[pipeline.Stage[essay, prediction]] {
	return pipeline.Derive(pipeline.Meta{Name: "five"}, 0,
		func(*pipeline.Needs, int) func(context.Context) (pipeline.Stage[essay, prediction], error) {
			call := pipeline.Call[string, reply]("model", pipeline.Fn(func(_ context.Context, prompt string) (reply, error) {
				call()
				return reply{Text: `{"comment":"More evidence, ` + prompt[:9] + `"}`, Tokens: len(prompt)}, nil
			}))
			step := func(name string, f func(ctx context.Context, d draft) (draft, error)) pipeline.Stage[draft, draft] {
				return pipeline.Named(name, pipeline.Fn(f))
			}
			read := pipeline.Named("read", pipeline.Fn(func(_ context.Context, e essay) (draft, error) {
				return draft{Essay: e, Words: len(e.Text) / 6}, nil
			}))
			write := step("prompt", func(_ context.Context, d draft) (draft, error) {
				d.Prompt = d.Essay.Text + novel[:promptSize-essaySize]
				return d, nil
			})
			ask := step("ask", func(ctx context.Context, d draft) (draft, error) {
				r, err := call.Run(ctx, d.Prompt)
				d.Reply = r.Text
				return d, err
			})
			check := step("check", func(_ context.Context, d draft) (draft, error) {
				d.Notes = []string{"checked"}
				return d, nil
			})
			finish := pipeline.Named("finish", pipeline.Fn(func(_ context.Context, d draft) (prediction, error) {
				return prediction{Words: d.Words, Comment: d.Reply}, nil
			}))
			return func(context.Context) (pipeline.Stage[essay, prediction], error) {
				return pipeline.Then(pipeline.Then(read, pipeline.Chain(write, ask, check)), finish), nil
			}
		})
}

// floor is what cannot be avoided: an essay and a prompt as JSON, their hashes, and a write.
func floor(b *testing.B) time.Duration {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	require.NoError(b, err)
	defer f.Close()
	const rounds = 2000
	e, p := prose(1, essaySize), prose(2, promptSize)
	before := cpuTime(b)
	for range rounds {
		for _, text := range []string{e, p} {
			token, err := json.Marshal(text)
			require.NoError(b, err)
			sum := sha256.Sum256(token)
			_, err = f.Write(append(token, sum[:]...))
			require.NoError(b, err)
		}
	}
	return (cpuTime(b) - before) / rounds
}

// BenchmarkRecord measures the CPU time that an item costs with the record on, fingerprints included: five steps, an essay of 4 KB, a prompt
// of 8 KB and a call. floor is what a marshal, a hash and a write of the essay and the prompt take.
func BenchmarkRecord(b *testing.B) {
	for _, recorded := range []bool{false, true} {
		b.Run(fmt.Sprintf("recorded=%t", recorded), func(b *testing.B) {
			opts := []pipeline.RunOption{pipeline.WithInFlight(64)}
			w, err := record.Create(filepath.Join(b.TempDir(), "run"), record.Manifest{})
			require.NoError(b, err)
			if recorded {
				opts = append(opts, pipeline.WithRecorder(w))
			}
			run, err := pipeline.NewRun(opts...)
			require.NoError(b, err)
			runner, err := pipeline.Start(b.Context(), run, fiveSteps())
			require.NoError(b, err)
			least := floor(b)
			b.ReportAllocs()
			b.ResetTimer()
			before := cpuTime(b)
			for r := range runner.Stream(b.Context(), longEssays(b.N)) {
				if r.Err != nil {
					b.Fatal(r.Err)
				}
			}
			used := cpuTime(b) - before
			b.StopTimer()
			require.NoError(b, w.Close())
			perItem := float64(used.Nanoseconds()) / float64(b.N)
			b.ReportMetric(perItem/1000, "cpu-us/item")
			b.ReportMetric(perItem/float64(least.Nanoseconds()), "x-floor")
		})
	}
}

// BenchmarkRecordMemory measures what an item in flight holds, its texts apart: 512 items wait in their calls at once.
func BenchmarkRecordMemory(b *testing.B) {
	const atOnce = 512
	for _, recorded := range []bool{false, true} {
		b.Run(fmt.Sprintf("recorded=%t", recorded), func(b *testing.B) {
			var held int64
			for range b.N {
				held = heldInFlight(b, atOnce, recorded)
			}
			perItem := float64(held) / atOnce
			b.ReportMetric(perItem, "B/in-flight")
			b.ReportMetric(perItem-essaySize-promptSize, "B/in-flight-without-texts")
		})
	}
}

// heldInFlight returns by how much the heap has grown, stacks included, when n items wait in their calls.
func heldInFlight(b *testing.B, n int, recorded bool) int64 {
	b.Helper()
	opts := []pipeline.RunOption{pipeline.WithInFlight(n)}
	w, err := record.Create(filepath.Join(b.TempDir(), "run"), record.Manifest{})
	require.NoError(b, err)
	if recorded {
		opts = append(opts, pipeline.WithRecorder(w))
	}
	run, err := pipeline.NewRun(opts...)
	require.NoError(b, err)
	var waiting sync.WaitGroup
	waiting.Add(n)
	goOn := make(chan struct{})
	runner, err := pipeline.Start(b.Context(), run, fiveStepsThat(func() { waiting.Done(); <-goOn }))
	require.NoError(b, err)
	before := liveBytes()
	var held int64
	go func() {
		waiting.Wait()
		held = liveBytes() - before
		close(goOn)
	}()
	for r := range runner.Stream(b.Context(), longEssays(n)) {
		require.NoError(b, r.Err)
	}
	require.NoError(b, w.Close())
	return held
}

// liveBytes is what is left of heap and stacks after a collection.
func liveBytes() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
