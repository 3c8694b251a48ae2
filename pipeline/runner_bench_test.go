package pipeline_test

import (
	"context"
	"iter"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// What the runner may cost for an item of five named steps that do nothing and that nobody observes.
const (
	maxAllocsPerItem = 5
	maxTimePerItem   = 2 * time.Microsecond
)

// What an item may cost that makes one call which succeeds at once, with the default deadline and without a deadline.
const (
	maxAllocsPerCall        = 10
	maxAllocsPerUntimedCall = 6
)

// What a realistic batch looks like: a model that answers after 5 ms, asked 1,024 times at once.
const (
	fakeLatency  = 5 * time.Millisecond
	fakeInFlight = 1024
	fakeItems    = 10_000
)

type small struct{ A, B int }

func noop(_ context.Context, s small) (small, error) { s.A++; return s, nil }

func fiveSteps() pipeline.Stage[small, small] {
	step := func(name string) pipeline.Stage[small, small] { return pipeline.Named(name, pipeline.Fn(noop)) }
	return pipeline.Chain(step("a"), step("b"), step("c"), step("d"), step("e"))
}

func smallItems(n int) iter.Seq[pipeline.Item[small]] {
	return func(yield func(pipeline.Item[small]) bool) {
		for i := range n {
			if !yield(pipeline.Item[small]{ID: "x", In: small{A: i}}) {
				return
			}
		}
	}
}

// startSmall returns the runner of stage in a run with n items in flight.
func startSmall(
	tb testing.TB, stage pipeline.Stage[small, small], n int, opts ...pipeline.RunOption,
) *pipeline.Runner[small, small] {
	tb.Helper()
	run, err := pipeline.NewRun(append(opts, pipeline.WithInFlight(n))...)
	require.NoError(tb, err)
	runner, err := pipeline.Start(tb.Context(), run, pipeline.Tool("stage", stage))
	require.NoError(tb, err)
	return runner
}

func BenchmarkRunnerFiveSteps(b *testing.B) {
	runner := startSmall(b, fiveSteps(), pipeline.DefaultInFlight)
	b.ReportAllocs()
	for res := range runner.Stream(b.Context(), smallItems(b.N)) {
		if res.Err != nil {
			b.Fatal(res.Err)
		}
	}
}

// BenchmarkCall states what the run adds to a call that succeeds at once, with and without the deadline that it has by default.
func BenchmarkCall(b *testing.B) {
	ways := map[string][]pipeline.RunOption{
		"default":         nil,
		"without timeout": {pipeline.WithoutCallTimeout()},
	}
	for _, name := range slices.Sorted(maps.Keys(ways)) {
		b.Run(name, func(b *testing.B) {
			runner := startSmall(b, pipeline.Call("model", pipeline.Fn(noop)), pipeline.DefaultInFlight, ways[name]...)
			b.ReportAllocs()
			for res := range runner.Stream(b.Context(), smallItems(b.N)) {
				if res.Err != nil {
					b.Fatal(res.Err)
				}
			}
		})
	}
}

// BenchmarkEach states what an element costs that does nothing.
func BenchmarkEach(b *testing.B) {
	const elements = 64
	in := make([]small, elements)
	for _, atOnce := range []int{0, 1, 8} {
		b.Run(strconv.Itoa(atOnce), func(b *testing.B) {
			stage := pipeline.Each(pipeline.Fn(noop), atOnce)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := stage.Run(b.Context(), in); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*elements), "ns/element")
		})
	}
}

func TestCallCostsFewAllocations(t *testing.T) {
	for name, tt := range map[string]struct {
		opts []pipeline.RunOption
		most float64
	}{
		"default":         {nil, maxAllocsPerCall},
		"without timeout": {[]pipeline.RunOption{pipeline.WithoutCallTimeout()}, maxAllocsPerUntimedCall},
	} {
		t.Run(name, func(t *testing.T) {
			runner := startSmall(t, pipeline.Call("model", pipeline.Fn(noop)), pipeline.DefaultInFlight, tt.opts...)
			const items = 5_000
			allocs := testing.AllocsPerRun(5, func() {
				for res := range runner.Stream(t.Context(), smallItems(items)) {
					if res.Err != nil {
						t.Fatal(res.Err)
					}
				}
			}) / items
			t.Logf("%.2f allocations per call", allocs)
			assert.LessOrEqual(t, allocs, tt.most)
		})
	}
}

func TestRunnerCostsFewAllocations(t *testing.T) {
	runner := startSmall(t, fiveSteps(), pipeline.DefaultInFlight)
	const items = 20_000
	var elapsed time.Duration
	allocs := testing.AllocsPerRun(5, func() {
		begin := time.Now()
		for res := range runner.Stream(t.Context(), smallItems(items)) {
			if res.Err != nil {
				t.Fatal(res.Err)
			}
		}
		elapsed = time.Since(begin)
	}) / items
	t.Logf("%.2f allocations and %d ns per item (aim: %s)", allocs, elapsed.Nanoseconds()/items, maxTimePerItem)
	assert.LessOrEqual(t, allocs, float64(maxAllocsPerItem))
}

// slowModel answers after the latency of a fast remote model.
func slowModel(_ context.Context, s small) (small, error) {
	time.Sleep(fakeLatency)
	return small{A: s.A, B: s.A + 1}, nil
}

// poolOf is what one would write by hand: n goroutines that share an index and write to a slice.
func poolOf(ctx context.Context, n int, stage pipeline.Stage[small, small], in []small) []small {
	out := make([]small, len(in))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range n {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(in) {
					return
				}
				out[i], _ = stage.Run(ctx, in[i])
			}
		})
	}
	workers.Wait()
	return out
}

// BenchmarkRunnerVersusPool compares throughput over pairs of runs that alternate, so that both sides meet the same disturbances.
// ratio-vs-pool is the median of the pool's time over the runner's.
func BenchmarkRunnerVersusPool(b *testing.B) {
	stage := pipeline.Named("model", pipeline.Fn(slowModel))
	runner := startSmall(b, stage, fakeInFlight)
	in := make([]small, fakeItems)
	for i := range in {
		in[i].A = i
	}
	pool := func() { poolOf(b.Context(), fakeInFlight, stage, in) }
	stream := func() {
		out := make([]small, 0, fakeItems)
		for res := range runner.Stream(b.Context(), smallItems(fakeItems)) {
			out = append(out, res.Out)
		}
		if len(out) != fakeItems {
			b.Fatalf("%d results for %d items", len(out), fakeItems)
		}
	}
	const pairs = 7
	var ratios []float64
	var streamed time.Duration
	for b.Loop() {
		for i := range pairs {
			var p, s time.Duration
			if i%2 == 0 {
				p, s = timed(pool), timed(stream)
			} else {
				s, p = timed(stream), timed(pool)
			}
			streamed += s
			ratios = append(ratios, p.Seconds()/s.Seconds())
		}
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "ratio-vs-pool")
	b.ReportMetric(float64(len(ratios))*fakeItems/streamed.Seconds(), "items/s")
	b.ReportMetric(bytesInFlight(b, stage), "B/in-flight")
}

// BenchmarkRunnerMemory states what an item in flight costs while it waits for its model, as the median of several batches.
func BenchmarkRunnerMemory(b *testing.B) {
	var sizes []float64
	for b.Loop() {
		for range 5 {
			sizes = append(sizes, bytesInFlight(b, pipeline.Fn(noop)))
		}
	}
	slices.Sort(sizes)
	b.ReportMetric(sizes[len(sizes)/2], "B/in-flight")
}

func timed(f func()) time.Duration {
	begin := time.Now()
	f()
	return time.Since(begin)
}

// bytesInFlight returns the growth of heap and stacks for each item while all places are taken.
func bytesInFlight(b *testing.B, work pipeline.Stage[small, small]) float64 {
	b.Helper()
	var arrived sync.WaitGroup
	arrived.Add(fakeInFlight)
	leave := make(chan struct{})
	wait := func(ctx context.Context, s small) (small, error) {
		arrived.Done()
		<-leave
		return work.Run(ctx, s)
	}
	runner := startSmall(b, pipeline.Named("wait", pipeline.Fn(wait)), fakeInFlight)
	before := memoryInUse()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for res := range runner.Stream(b.Context(), smallItems(fakeInFlight)) {
			_ = res
		}
	}()
	arrived.Wait()
	during := memoryInUse()
	close(leave)
	<-done
	return float64(during-before) / fakeInFlight
}

// memoryInUse returns the bytes of live heap and of stacks.
func memoryInUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
