package progress_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/progress"
)

// notes keeps every write apart.
type notes struct {
	mu     sync.Mutex
	writes []string
	times  []time.Time
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.writes, n.times = append(n.writes, string(p)), append(n.times, time.Now())
	return len(p), nil
}

func (n *notes) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.writes...)
}

// started and finished are the events of an item.
func started() pipeline.Event {
	return pipeline.Event{Kind: pipeline.KindItemStarted, Time: time.Now(), Batch: 1, Item: "student-4711"}
}

func finished(took time.Duration, err error) pipeline.Event {
	return pipeline.Event{
		Kind: pipeline.KindItem, Time: time.Now().Add(-took), Elapsed: took, Batch: 1, Item: "student-4711", Err: err, Out: "SECRET",
	}
}

func reused() pipeline.Event {
	e := finished(0, nil)
	e.Origin = "store"
	return e
}

func called(u pipeline.Usage, attempt int, err error) pipeline.Event {
	return pipeline.Event{
		Kind: pipeline.KindCall, Time: time.Now(), Batch: 1, Usage: u, Err: err,
		Call: &pipeline.CallInfo{Resource: "llm", Attempt: attempt},
	}
}

func observe(l *progress.Line, events ...pipeline.Event) {
	for _, e := range events {
		l.Observe(context.Background(), e)
	}
}

// answer is what the model of the tests returns.
type answer struct{ input, output int }

func (a answer) TokenUsage() (input, output, cached, reasoning int) { return a.input, a.output, 0, 0 }

// throttled is how the model of the tests turns a call away.
type throttled struct{}

func (throttled) Error() string      { return "slow down" }
func (throttled) ErrorClass() string { return "throttled" }
func (throttled) RetryDelay() (delay time.Duration, retryable bool) {
	return 2 * time.Second, true
}

// model takes 3.3 s for a call, turns the first attempt of item 2 away, and fails on item 5.
type model struct {
	mu     sync.Mutex
	denied bool
}

func (m *model) Run(_ context.Context, n int) (answer, error) {
	time.Sleep(3300 * time.Millisecond)
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case n == 2 && !m.denied:
		m.denied = true
		return answer{}, throttled{}
	case n == 5:
		return answer{}, errors.New("it cannot be done")
	default:
		return answer{900, 100}, nil
	}
}

func items(n int) func(func(pipeline.Item[int]) bool) {
	return func(yield func(pipeline.Item[int]) bool) {
		for i := range n {
			if !yield(pipeline.Item[int]{ID: fmt.Sprintf("student-%d", i), In: i}) {
				return
			}
		}
	}
}

// watch runs n items, two at a time, with line as the observer.
func watch(t *testing.T, line *progress.Line, n int, opts ...pipeline.RunOption) {
	t.Helper()
	prices := pipeline.PricerFunc(func(_ pipeline.CallInfo, _ string, u pipeline.Usage) (pipeline.Money, bool) {
		return pipeline.Money(u.Tokens()) * pipeline.Unit / 1e6, true
	})
	opts = append(opts, pipeline.WithInFlight(2), pipeline.WithObserver(line), pipeline.WithPrices(prices))
	run, err := pipeline.NewRun(opts...)
	require.NoError(t, err)
	task := pipeline.Tool("task", pipeline.Call("llm", pipeline.Stage[int, answer](&model{})))
	runner, err := pipeline.Start(t.Context(), run, task)
	require.NoError(t, err)
	for range runner.Stream(t.Context(), items(n)) {
	}
	require.NoError(t, run.Close())
}

func TestPlainLines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out notes
		line, err := progress.New(&out, progress.Total(12), progress.Extra(func() string { return "limit 8" }))
		require.NoError(t, err)
		time.Sleep(25 * time.Second) // before the run there is nothing to say
		require.Empty(t, out.all())
		watch(t, line, 12)
		require.NoError(t, line.Close())
		require.NoError(t, line.Close())
		observe(line, finished(0, nil))
		time.Sleep(time.Minute)
		assert.Equal(t, []string{
			"2/12 items (16%), about 25s left, 24.0/min, cost 0.0020, 2000 tokens, 5s elapsed, limit 8\n",
			"6/12 items (50%), 1 failed, about 15s left, 24.0/min, cost 0.0050, 5000 tokens, " +
				"1 retried, 1 throttled, 15s elapsed, limit 8\n",
			"12/12 items (100%), 1 failed, 31.2/min, cost 0.0110, 11.0k tokens, 1 retried, 1 throttled, 23s elapsed, limit 8\n",
		}, out.all())
	})
}

func TestTotalUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out notes
		line, err := progress.New(&out, progress.Interval(time.Hour))
		require.NoError(t, err)
		watch(t, line, 12)
		require.NoError(t, line.Close())
		assert.Equal(t, []string{
			"12 items, 1 failed, 31.2/min, cost 0.0110, 11.0k tokens, 1 retried, 1 throttled, 23s elapsed\n",
		}, out.all())
	})
}

// A run that stops by itself says so, and what it did not run has not failed.
func TestStoppedRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out notes
		line, err := progress.New(&out, progress.Total(12))
		require.NoError(t, err)
		watch(t, line, 12, pipeline.WithBudget(pipeline.Budget{Calls: 3}))
		require.NoError(t, line.Close())
		last := out.all()[len(out.all())-1]
		assert.Contains(t, last, "/12 items")
		assert.Contains(t, last, "stopped")
		assert.Contains(t, last, "not run")
		assert.NotContains(t, last, "failed")
		assert.NotContains(t, last, "left")
	})
}

func TestNothingHappened(t *testing.T) {
	t.Parallel()
	var out notes
	line, err := progress.New(&out, progress.Total(3))
	require.NoError(t, err)
	require.NoError(t, line.Close())
	assert.Equal(t, []string{"0/3 items (0%)\n"}, out.all())
}

// The time left is that of the items which are made: what is reused is instant and foretells nothing.
func TestTimeLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out notes
		line, err := progress.New(&out, progress.Total(1000), progress.Interval(time.Minute))
		require.NoError(t, err)
		left := func() string {
			synctest.Wait()
			last := out.all()[len(out.all())-1]
			_, rest, _ := strings.Cut(last, "about ")
			text, _, _ := strings.Cut(rest, " left")
			return text
		}
		for range 500 {
			observe(line, started(), reused())
		}
		for range 10 {
			observe(line, started())
		}
		time.Sleep(time.Minute)
		assert.Empty(t, left(), "nothing was made yet")
		for range 5 {
			observe(line, finished(30*time.Second, nil), started())
			time.Sleep(2 * time.Second)
		}
		time.Sleep(50 * time.Second)
		assert.Empty(t, left(), "fewer were made than are in flight")
		for range 30 {
			observe(line, finished(20*time.Second, nil), started())
			time.Sleep(2 * time.Second)
		}
		assert.Equal(t, "33m13s", left(), "35 of 500 were made in 150 s")
		for range 90 {
			observe(line, finished(20*time.Second, nil), started())
			time.Sleep(2 * time.Second)
		}
		assert.Equal(t, "12m43s", left(), "375 are left, and 59 were made in the last two minutes")
		time.Sleep(4 * time.Minute)
		assert.Equal(t, "38m08s", left(), "a stall makes it longer")
		require.NoError(t, line.Close())
	})
}

func TestParts(t *testing.T) {
	t.Parallel()
	// The events are made inside of the test's bubble, where time begins.
	paid := func(cost pipeline.Money, unpriced int) func() pipeline.Event {
		return func() pipeline.Event { return called(pipeline.Usage{Calls: 1, Cost: cost, Unpriced: unpriced}, 1, nil) }
	}
	took := func(input, output int) func() pipeline.Event {
		return func() pipeline.Event { return called(pipeline.Usage{Calls: 1, Input: input, Output: output}, 1, nil) }
	}
	attempt := func(n int, err error) func() pipeline.Event {
		return func() pipeline.Event { return called(pipeline.Usage{Calls: 1}, n, err) }
	}
	item := func(d time.Duration, err error) func() pipeline.Event {
		return func() pipeline.Event { return finished(d, err) }
	}
	for name, c := range map[string]struct {
		event func() pipeline.Event
		want  string
	}{
		"no prices":        {paid(0, 0), "0 items"},
		"cost":             {paid(pipeline.Unit/3, 0), "0 items, cost 0.3333"},
		"cost is rounded":  {paid(pipeline.Unit/20_000, 0), "0 items, cost 0.0001"},
		"much":             {paid(12345678*(pipeline.Unit/1000), 0), "0 items, cost 12345.68"},
		"partly unknown":   {paid(pipeline.Unit, 1), "0 items, cost 1.0000+?"},
		"unknown":          {paid(0, 1), "0 items, cost ?"},
		"few tokens":       {took(9000, 999), "0 items, 9999 tokens"},
		"many tokens":      {took(2_345_678, 0), "0 items, 2.35M tokens"},
		"reused":           {reused, "1 item, 1 reused"},
		"other failure":    {attempt(2, errors.New("no")), "0 items, 1 retried"},
		"wrapped throttle": {attempt(1, fmt.Errorf("x: %w", throttled{})), "0 items, 1 throttled"},
		"fast":             {item(20*time.Millisecond, nil), "1 item, 50/s"},
		"steady":           {item(400*time.Millisecond, nil), "1 item, 2.5/s"},
		"slow":             {item(time.Hour, errors.New("no")), "1 item, 1 failed, 1.0/h"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				line, err := progress.New(&out)
				require.NoError(t, err)
				observe(line, c.event())
				require.NoError(t, line.Close())
				text, _, _ := strings.Cut(out.String(), ", 0s elapsed")
				text, _, _ = strings.Cut(text, ", 1h00m elapsed")
				assert.Equal(t, c.want, text)
			})
		})
	}
}

func TestElapsed(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]string{
		42 * time.Second: "42s", 59900 * time.Millisecond: "1m00s", 185 * time.Second: "3m05s", 127 * time.Minute: "2h07m",
	} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			line, err := progress.New(&out, progress.Interval(1000*time.Hour))
			require.NoError(t, err)
			observe(line, started())
			time.Sleep(took)
			require.NoError(t, line.Close())
			assert.Equal(t, "0 items, "+want+" elapsed\n", out.String())
		})
	}
}

// Many goroutines observe while the line is drawn. Run with the race detector.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out notes
		line, err := progress.OnTerminal(&out, func() int { return 200 }, progress.Total(800))
		require.NoError(t, err)
		var work sync.WaitGroup
		for range 8 {
			work.Go(func() {
				for range 100 {
					observe(line, started())
					time.Sleep(100 * time.Millisecond)
					observe(line, called(pipeline.Usage{Calls: 1, Input: 10}, 1, nil), finished(100*time.Millisecond, nil))
				}
			})
		}
		work.Wait()
		var closed sync.WaitGroup
		for range 3 {
			closed.Go(func() { assert.NoError(t, line.Close()) })
		}
		closed.Wait()
		assert.Contains(t, out.all()[len(out.all())-1], "800/800 items (100%), 80/s, 8000 tokens, 10s elapsed")
	})
}

// Nothing of an item is shown but that it is there.
func TestNoItemIsNamed(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	line, err := progress.New(&out, progress.Interval(time.Microsecond))
	require.NoError(t, err)
	for range 100 {
		failed := &pipeline.StageError{Stage: "score", Item: "student-4711", Err: errors.New("SECRET")}
		observe(line, started(), called(pipeline.Usage{}, 2, failed), finished(time.Second, failed), finished(time.Second, nil))
	}
	require.NoError(t, line.Close())
	assert.Contains(t, out.String(), "200 items")
	for _, secret := range []string{"student", "4711", "SECRET", "score"} {
		assert.NotContains(t, out.String(), secret)
	}
	assert.False(t, strings.ContainsFunc(strings.ReplaceAll(out.String(), "\n", ""), unicode.IsControl))
}

func TestOptions(t *testing.T) {
	t.Parallel()
	_, err := progress.New(nil, progress.Total(0), progress.Interval(-time.Second), progress.Extra(nil), nil)
	require.EqualError(t, err, strings.Join([]string{
		"progress: the writer is nil",
		"progress: Total(0): at least 1 item is needed; leave the option out if the number is not known",
		"progress: Interval(-1s): the time must be positive",
		"progress: Extra(nil): leave the option out instead",
		"progress: an option is nil",
	}, "\n"))
}

func BenchmarkObserve(b *testing.B) {
	line, err := progress.New(io.Discard)
	require.NoError(b, err)
	e := finished(time.Second, nil)
	b.ReportAllocs()
	for b.Loop() {
		line.Observe(b.Context(), e)
	}
	require.NoError(b, line.Close())
}
