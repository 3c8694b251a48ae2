package reuse_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/reuse"
	"github.com/gloss-sdk/gloss/pipeline/store"
)

func TestSecondRunMakesNoCalls(t *testing.T) {
	t.Parallel()
	s := store.NewMemory()
	m := &model{name: "m1"}
	first := results(t, start(t, journal(t, s, reuse.Use, reuse.WithOwner("monday")), m), essays(20))
	require.Equal(t, 40, m.made())
	again := journal(t, s, reuse.Use)
	second := results(t, start(t, again, m), essays(20))
	require.Equal(t, 40, m.made(), "everything was paid for before")
	for i := range first {
		require.NoError(t, first[i].Err)
		assert.Empty(t, first[i].Origin)
		assert.Equal(t, rated(first[i].ID), second[i].Out)
		assert.Regexp(t, `^monday/[0-9a-f]{12}, \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, second[i].Origin)
		assert.Zero(t, second[i].Usage)
	}
	assert.Equal(t, reuse.Report{Reused: 20}, again.Report(), "what an item called is not asked for if the item is kept")
	l := ledger(t, s)
	assert.Equal(t, reuse.Tally{
		Items: 20, Calls: 40, Usage: pipeline.Usage{Calls: 40, Input: 400, Output: 120, Cached: 80, Reasoning: 40},
	}, l.Total)
	assert.Len(t, l.Items, 20)
}

func TestAnotherModelIsOtherWork(t *testing.T) {
	t.Parallel()
	s := store.NewMemory()
	m := &model{name: "m1"}
	results(t, start(t, journal(t, s, reuse.Use), m), essays(3))
	other := &model{name: "m2"}
	results(t, start(t, journal(t, s, reuse.Use), other), essays(3))
	assert.Equal(t, 6, other.made())
}

// TestDeliveredTwiceAtOnce delivers an item twice, to one run or to two processes, and holds its first call until everyone waits.
func TestDeliveredTwiceAtOnce(t *testing.T) {
	t.Parallel()
	one := essays(1)
	for name, deliveries := range map[string][][]essay{
		"two processes": {one, one},
		"one stream":    {append(essays(1), one...)},
		"both":          {append(essays(1), one...), append(essays(1), one...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { deliver(t, deliveries) })
		})
	}
}

func deliver(t *testing.T, deliveries [][]essay) {
	s := store.NewMemory()
	barrier := make(chan struct{})
	var mu sync.Mutex
	begun := map[string]int{}
	m := &model{name: "m1", before: func(_ context.Context, prompt string) error {
		mu.Lock()
		begun[prompt]++
		mu.Unlock()
		<-barrier
		return nil
	}}
	var (
		wg  sync.WaitGroup
		all []pipeline.Result[[]string]
	)
	for _, in := range deliveries {
		runner := start(t, journal(t, s, reuse.Use), m)
		wg.Go(func() {
			got := results(t, runner, in)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, got...)
		})
	}
	time.Sleep(5 * reuse.DefaultLease) // renewals keep the lease alive all the while
	synctest.Wait()
	mu.Lock()
	assert.Equal(t, map[string]int{"content of e0": 1}, begun, "one call has begun, and everybody waits for it")
	mu.Unlock()
	close(barrier)
	wg.Wait()
	assert.Equal(t, map[string]int{"content of e0": 1, "style of e0": 1}, m.calls)
	made := 0
	for _, r := range all {
		require.NoError(t, r.Err)
		assert.Equal(t, rated("e0"), r.Out)
		if r.Origin == "" {
			made++
		}
	}
	assert.Equal(t, 1, made, "one result was made, the others tell their origin")
	l := ledger(t, s)
	assert.Zero(t, l.Total.Orphaned)
	assert.Equal(t, 2, l.Total.Calls)
}

func TestFailedItemKeepsItsCalls(t *testing.T) {
	t.Parallel()
	s := store.NewMemory()
	m := &model{name: "m1", before: func(_ context.Context, prompt string) error {
		if prompt == "style of e0" {
			return errors.New("the essay says: secret")
		}
		return nil
	}}
	first := results(t, start(t, journal(t, s, reuse.Use), m), essays(1))
	require.Error(t, first[0].Err)
	l := ledger(t, s)
	assert.Equal(t, reuse.Tally{Calls: 1, Failed: 2, Usage: pipeline.Usage{Calls: 1, Input: 10, Output: 3, Cached: 2, Reasoning: 1}}, l.Total)
	for key := range s.List(t.Context(), "") {
		o, err := s.Get(t.Context(), key)
		require.NoError(t, err)
		assert.NotContains(t, string(o.Data), "secret", "a failure may quote a text")
	}
	m.before = nil
	second := results(t, start(t, journal(t, s, reuse.Use), m), essays(1))
	require.NoError(t, second[0].Err)
	assert.Equal(t, pipeline.Usage{Calls: 1, Reused: 1, Input: 10, Output: 3, Cached: 2, Reasoning: 1}, second[0].Usage)
	assert.Equal(t, map[string]int{"content of e0": 1, "style of e0": 1}, m.calls)
}

// nameless has neither a method Identity nor JSON.
type nameless struct{ *model }

func (nameless) Identity() string { return "" }

func TestBeginRefusesWhatCannotBeIdentified(t *testing.T) {
	t.Parallel()
	run, err := pipeline.NewRun(pipeline.WithJournal(journal(t, store.NewMemory(), reuse.Use)))
	require.NoError(t, err)
	m := &model{name: "m1"}
	tool := pipeline.Tool[pipeline.Stage[string, answer]]("model", m)
	index := pipeline.Tool("index", func() {})
	h := pipeline.Derive(pipeline.Meta{Name: "rating"}, 0,
		func(n *pipeline.Needs, _ int) func(context.Context) (pipeline.Stage[string, answer], error) {
			need := pipeline.Need(n, tool)
			pipeline.Need(n, index)
			return func(context.Context) (pipeline.Stage[string, answer], error) { return need(), nil }
		})
	_, err = pipeline.Start(t.Context(), run.With(pipeline.Replace[pipeline.Stage[string, answer]](tool, nameless{m})), h)
	require.ErrorContains(t, err, "asset model: reuse_test.nameless does not say what it is by its method Identity")
	require.ErrorContains(t, err, "asset index: func() has neither a method Identity nor JSON")
	require.ErrorContains(t, err, "each of these needs a method Identity() string")
	assert.NotContains(t, err.Error(), "asset rating", "it lacks nothing of its own")
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := reuse.New(nil, "", reuse.WithLease(0), reuse.WithOwner(""), reuse.WithOwner("a\nb"))
	for _, want := range []string{
		"the store is nil", `unknown mode "": want "use", "refresh" or "read-only"`, "WithLease(0s): a lease must last at least 10ms",
		"WithOwner: the name must have 1 to 100 bytes",
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestLeaseAsLongAsToldBoundsTheWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		crashing := failing(s, no, func(n int) bool { return n > 1 })
		gone := journal(t, crashing, reuse.Use, reuse.WithLease(time.Hour), reuse.WithLease(10*time.Second))
		_, _, err := gone.Do(t.Context(), item("f"), returning("lost"))
		require.NoError(t, err)
		begin := time.Now()
		_, _, err = journal(t, s, reuse.Use, reuse.WithLease(time.Hour)).Do(t.Context(), item("f"), returning("kept"))
		require.NoError(t, err)
		assert.InDelta(t, 10*time.Second, time.Since(begin), float64(time.Second), "it counts how long the holder's lease lasts")
	})
}

// throttled says what class of failure it is.
type throttled struct{}

func (throttled) Error() string      { return "429" }
func (throttled) ErrorClass() string { return "throttled" }

func TestFailureIsKnownByItsClass(t *testing.T) {
	t.Parallel()
	for class, err := range map[string]error{
		"throttled": fmt.Errorf("call: %w", throttled{}), "canceled": context.Canceled,
		"timeout": context.DeadlineExceeded, "unknown": errors.New("overloaded"),
	} {
		s := store.NewMemory()
		_, _, got := journal(t, s, reuse.Use).Do(t.Context(), item("f"), func(context.Context) (any, error) { return nil, err })
		assert.Equal(t, err, got, "the error of the work is returned as it is")
		assert.Contains(t, object(t, s, "f"), `"class":"`+class+`"`)
	}
}

// TestTwoProcessesOverADirectory runs at real speed what the other tests run in a bubble: the same items in two journals at once, over two
// stores that have nothing in common but their directory.
func TestTwoProcessesOverADirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := &model{name: "m1"}
	var wg sync.WaitGroup
	var got [2][]pipeline.Result[[]string]
	for i := range got {
		s, err := store.OpenDir(dir)
		require.NoError(t, err)
		runner := start(t, journal(t, s, reuse.Use), m)
		wg.Go(func() { got[i] = results(t, runner, essays(30)) })
	}
	wg.Wait()
	assert.Equal(t, 60, m.made())
	for i := range got[0] {
		require.NoError(t, errors.Join(got[0][i].Err, got[1][i].Err))
		assert.Equal(t, got[0][i].Out, got[1][i].Out)
		assert.NotEqual(t, got[0][i].Origin == "", got[1][i].Origin == "", "one made it, the other one took it")
	}
	s, err := store.OpenDir(dir)
	require.NoError(t, err)
	l := ledger(t, s).Total
	assert.Equal(t, reuse.Tally{Items: 30, Calls: 60, Usage: l.Usage}, l)
	assert.Equal(t, 60, l.Usage.Calls)
}
