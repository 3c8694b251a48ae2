package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// notebook is a journal in memory that keeps JSON, as one on a disk does.
type notebook struct {
	name   string
	refuse error
	calls  bool // keep calls only

	mu      sync.Mutex
	kept    map[string][]byte
	targets []pipeline.Target
	work    []pipeline.Work
}

func newNotebook(name string) *notebook { return &notebook{name: name, kept: map[string][]byte{}} }

func (b *notebook) Begin(_ context.Context, t pipeline.Target) error {
	b.targets = append(b.targets, t)
	return b.refuse
}

func (b *notebook) Do(ctx context.Context, w pipeline.Work, do func(context.Context) (any, error)) (any, string, error) {
	b.mu.Lock()
	b.work = append(b.work, w)
	text, ok := b.kept[w.Fingerprint]
	b.mu.Unlock()
	if ok {
		if out, err := w.Decode(text); err == nil {
			return out, b.name, nil
		}
	}
	out, err := do(ctx)
	if err != nil || b.calls && w.Call == nil {
		return out, "", err
	}
	text, err = json.Marshal(out)
	if err == nil {
		b.mu.Lock()
		b.kept[w.Fingerprint] = text
		b.mu.Unlock()
	}
	return out, "", nil
}

func outputs(results []pipeline.Result[string]) []string {
	var out []string
	for _, r := range results {
		out = append(out, r.Out)
	}
	return out
}

func TestAJournalAnswersForItems(t *testing.T) {
	t.Parallel()
	book, o, events := newNotebook("yesterday"), &oracle{}, &recorder{}
	first := consult(t, newRun(t, pipeline.WithJournal(book)), o, 4)
	require.Equal(t, 8, o.calls())
	again := consult(t, newRun(t, pipeline.WithJournal(book), pipeline.WithObserver(events)), o, 5)
	assert.Equal(t, 10, o.calls(), "only the fifth question is new")
	assert.Equal(t, outputs(first), outputs(again)[:4])
	for i, res := range again {
		if i == 4 {
			assert.Equal(t, 2, res.Usage.Calls)
			assert.Empty(t, res.Origin)
			continue
		}
		assert.Equal(t, "yesterday", res.Origin)
		assert.Zero(t, res.Usage, "what is kept costs nothing")
	}
	for _, e := range events.of(pipeline.KindItem) {
		assert.Equal(t, e.Index < 4, e.Origin == "yesterday")
		assert.Len(t, e.Fingerprint, 64)
	}
	for _, e := range events.of(pipeline.KindStage, pipeline.KindCall) {
		assert.Equal(t, 4, e.Index, "nothing happens inside of what is taken from a journal")
	}
}

// An item that failed between its calls does not pay for the first one again.
func TestAJournalAnswersForCalls(t *testing.T) {
	t.Parallel()
	book, events := newNotebook("before"), &recorder{}
	o := &oracle{fail: func(q question) error {
		if q.Text == "on text of q1" {
			return errBoom
		}
		return nil
	}}
	results := consult(t, newRun(t, pipeline.WithJournal(book)), o, 2)
	require.NoError(t, results[0].Err)
	require.EqualError(t, results[1].Err, "item q1: stage confirm: boom")
	require.Equal(t, 4, o.calls())
	o.fail = nil
	run := newRun(t, pipeline.WithJournal(book), pipeline.WithObserver(events), priced())
	results = consult(t, run, o, 2)
	require.NoError(t, results[1].Err)
	assert.Equal(t, "on on text of q1", results[1].Out)
	assert.Equal(t, 5, o.calls())
	assert.Equal(t, pipeline.Usage{Calls: 1, Reused: 1, Input: 20, Cost: 20 * pipeline.Unit}, results[1].Usage)
	assert.Equal(t, results[1].Usage, run.Usage())
	calls := events.of(pipeline.KindCall)
	require.Len(t, calls, 2)
	assert.Equal(t, "before", calls[0].Origin)
	assert.Equal(t, pipeline.Usage{Reused: 1}, calls[0].Usage)
	assert.Equal(t, saying{"on text of q1", 10, 0, "pythia-2"}, calls[0].Out)
	assert.Equal(t, 0, calls[0].Call.Attempt)
	assert.Empty(t, calls[1].Origin)
	assert.Len(t, events.of(pipeline.KindCallStarted), 1, "what is not sent does not begin")
}

func TestFailuresAreNotKept(t *testing.T) {
	t.Parallel()
	book := newNotebook("before")
	o := &oracle{fail: func(question) error { return errBoom }}
	for range 2 {
		require.EqualError(t, consult(t, newRun(t, pipeline.WithJournal(book)), o, 1)[0].Err, "item q0: stage ask: boom")
	}
	assert.Equal(t, 2, o.calls())
	assert.Empty(t, book.kept)
}

// Whatever can change an answer is part of the fingerprint.
func TestFingerprintsTellWorkApart(t *testing.T) {
	t.Parallel()
	fingerprints := func(t *testing.T, o *oracle, c consultConfig, it pipeline.Item[question], opts ...pipeline.StreamOption) []string {
		book := newNotebook("")
		runner, err := pipeline.Start(t.Context(), newRun(t, pipeline.WithJournal(book)), consultation(o, c))
		require.NoError(t, err)
		for res := range runner.Stream(t.Context(), slices.Values([]pipeline.Item[question]{it}), opts...) {
			require.NoError(t, res.Err)
		}
		var prints []string
		for _, w := range book.work {
			prints = append(prints, w.Fingerprint)
		}
		return prints
	}
	plain := pipeline.Item[question]{ID: "q", In: question{"why", 1}}
	base := fingerprints(t, &oracle{}, consultConfig{}, plain)
	require.Len(t, base, 3, "an item and two calls")
	assert.Equal(t, base, fingerprints(t, &oracle{}, consultConfig{}, plain), "another oracle of the same identity")
	for name, tt := range map[string]struct {
		got   []string
		alike int // calls that are the same
	}{
		"input":  {fingerprints(t, &oracle{}, consultConfig{}, pipeline.Item[question]{ID: "q", In: question{"how", 1}}), 0},
		"id":     {fingerprints(t, &oracle{}, consultConfig{}, pipeline.Item[question]{ID: "p", In: question{"why", 1}}), 0},
		"model":  {fingerprints(t, &oracle{version: "delphi-2"}, consultConfig{}, plain), 0},
		"repeat": {fingerprints(t, &oracle{}, consultConfig{}, plain, pipeline.Repeat(1)), 0},
		"config": {fingerprints(t, &oracle{}, consultConfig{"curt"}, plain), 2}, // what is asked did not change
	} {
		require.Len(t, tt.got, 3, name)
		alike := 0
		for i := range tt.got {
			if tt.got[i] == base[i] {
				alike++
			}
		}
		assert.NotEqual(t, base[0], tt.got[0], name)
		assert.Equal(t, tt.alike, alike, name)
	}
}

// What answers a call is its stage; if the stage does not say what it is, it is whatever the target is made of.
func TestCallsWithoutIdentityBelongToTheirTarget(t *testing.T) {
	t.Parallel()
	prints := map[string]bool{}
	for _, tone := range []string{"", "curt"} {
		book := newNotebook("")
		call := pipeline.Derive(pipeline.Meta{Name: "t"}, tone, func(*pipeline.Needs, string) func(context.Context) (pipeline.Stage[int, int], error) {
			return func(context.Context) (pipeline.Stage[int, int], error) {
				return pipeline.Call("m", pipeline.Fn(double)), nil
			}
		})
		runner, err := pipeline.Start(t.Context(), newRun(t, pipeline.WithJournal(book)), call)
		require.NoError(t, err)
		_, err = runner.Run(t.Context(), 1)
		require.NoError(t, err)
		prints[book.work[1].Fingerprint] = true
	}
	assert.Len(t, prints, 2)
}

func TestEachElementsCallsHaveFingerprintsOfTheirOwn(t *testing.T) {
	t.Parallel()
	book := newNotebook("")
	o := &oracle{}
	samples := pipeline.Fn(func(ctx context.Context, q question) (string, error) {
		out, err := pipeline.Each(pipeline.Call("oracle", o), 0).Run(ctx, []question{q, q, q})
		return fmt.Sprint(len(out)), err
	})
	runner, err := pipeline.Start(t.Context(), newRun(t, pipeline.WithJournal(book)), identified(samples))
	require.NoError(t, err)
	_, err = runner.Run(t.Context(), question{"the same", 1})
	require.NoError(t, err)
	assert.Equal(t, 3, o.calls(), "samples of one prompt are not taken for each other")
	assert.Len(t, slices.Collect(maps.Keys(book.kept)), 4)
}

// identified is a stage as a derived asset, which always has a fingerprint.
func identified[I, O any](s pipeline.Stage[I, O]) pipeline.Asset[pipeline.Stage[I, O]] {
	return pipeline.Derive(pipeline.Meta{Name: "stage"}, 0, func(*pipeline.Needs, int) func(context.Context) (pipeline.Stage[I, O], error) {
		return func(context.Context) (pipeline.Stage[I, O], error) { return s, nil }
	})
}

func TestJournalsAreAskedInOrder(t *testing.T) {
	t.Parallel()
	near, far := newNotebook("near"), newNotebook("far")
	o := &oracle{}
	consult(t, newRun(t, pipeline.WithJournal(far)), o, 2)
	results := consult(t, newRun(t, pipeline.WithJournal(near), pipeline.WithJournal(far)), o, 2)
	assert.Equal(t, "far", results[0].Origin, "what the second journal had is told as its own")
	results = consult(t, newRun(t, pipeline.WithJournal(near), pipeline.WithJournal(far)), o, 2)
	assert.Equal(t, "near", results[0].Origin, "and the first one kept it")
	assert.Equal(t, 4, o.calls())
}

func TestAJournalMayRefuseATarget(t *testing.T) {
	t.Parallel()
	book := newNotebook("")
	book.refuse = errors.New("the rubric changed")
	o := &oracle{}
	_, err := pipeline.Start(t.Context(), newRun(t, pipeline.WithJournal(book)), consultation(o, consultConfig{}))
	require.EqualError(t, err, "target consult: the rubric changed")
	assert.Equal(t, "consult", book.targets[0].Name)
	assert.Zero(t, o.calls())
}

type lossy struct {
	N    int   `json:"n"`
	List []int `json:"list"`
}

func newLossy(context.Context, int) (lossy, error) { return lossy{}, nil }

func TestWhatDoesNotComeBackIsMadeAgain(t *testing.T) {
	t.Parallel()
	made := 0
	stage := pipeline.Fn(func(context.Context, int) (any, error) { made++; return lossy{N: 1}, nil })
	book := newNotebook("book")
	for range 2 {
		runner, err := pipeline.Start(t.Context(), newRun(t, pipeline.WithJournal(book)), identified(stage))
		require.NoError(t, err)
		_, err = runner.Run(t.Context(), 1)
		require.NoError(t, err)
	}
	assert.Equal(t, 2, made)
	_, err := book.work[0].Decode([]byte(`{"a":null,"b":1.5}`))
	require.EqualError(t, err, "an interface does not come back from its JSON")
	decode := func(text string) error {
		book := newNotebook("")
		runner, err := pipeline.Start(t.Context(), newRun(t, pipeline.WithJournal(book)), identified(pipeline.Fn(newLossy)))
		require.NoError(t, err)
		_, err = runner.Run(t.Context(), 1)
		require.NoError(t, err)
		_, err = book.work[0].Decode([]byte(text))
		return err
	}
	require.NoError(t, decode(`{"n":1,"list":[]}`))
	require.ErrorContains(t, decode(`{"n":1`), "unexpected end")
	require.EqualError(t, decode(`{"n": 1,"list":[]}`), "pipeline_test.lossy does not come back from its JSON as it was")
	require.EqualError(t, decode(`{"n":1,"list":[],"more":1}`), "pipeline_test.lossy does not come back from its JSON as it was")
}

func TestAnAnswerOfTheWrongTypeIsAnError(t *testing.T) {
	t.Parallel()
	wrong := journalFunc(func(context.Context, pipeline.Work, func(context.Context) (any, error)) (any, string, error) {
		return 7, "x", nil
	})
	runner, err := pipeline.Start(t.Context(), newRun(t, pipeline.WithJournal(wrong)), identified(consulting(&oracle{})))
	require.NoError(t, err)
	_, err = runner.Run(t.Context(), question{})
	assert.EqualError(t, err, "a journal answered with int where string was expected")
}

type journalFunc func(context.Context, pipeline.Work, func(context.Context) (any, error)) (any, string, error)

func (f journalFunc) Begin(context.Context, pipeline.Target) error { return nil }

func (f journalFunc) Do(ctx context.Context, w pipeline.Work, do func(context.Context) (any, error)) (any, string, error) {
	return f(ctx, w, do)
}

// remembering is a recorder that has spent something before.
type remembering struct {
	recorder
	notebook
}

func (*remembering) Spent() pipeline.Usage { return pipeline.Usage{Calls: 3} }

func TestARecorderIsObserverAndJournal(t *testing.T) {
	t.Parallel()
	r := &remembering{notebook: *newNotebook("tape")}
	o := &oracle{}
	run := newRun(t, pipeline.WithRecorder(r), pipeline.WithBudget(pipeline.Budget{Calls: 7}), pipeline.WithInFlight(1))
	results := consult(t, run, o, 3)
	require.ErrorContains(t, run.Stopped(), "the budget of 7 calls is spent")
	assert.Len(t, results, 3, "the third item was taken, and was told why it did not get an answer")
	assert.Equal(t, 4, o.calls(), "three calls were made before")
	assert.NotEmpty(t, r.of(pipeline.KindItem))
	assert.NotEmpty(t, r.kept)
}

func TestMissingJournals(t *testing.T) {
	t.Parallel()
	_, err := pipeline.NewRun(pipeline.WithJournal(nil), pipeline.WithRecorder(nil), pipeline.WithTracer(nil), pipeline.WithPrices(nil))
	assert.EqualError(t, err, `run: WithJournal(nil): leave the option out instead
run: WithRecorder(nil): leave the option out instead
run: WithTracer(nil): leave the option out instead
run: WithPrices(nil): leave the option out instead`)
}

// What an asset calls while it is built is paid for once as well.
func TestAJournalAnswersForAssets(t *testing.T) {
	t.Parallel()
	book, o := newNotebook("before"), &oracle{}
	texts := pipeline.Given("texts", library{[]string{"a", "b"}})
	index := pipeline.Derive(pipeline.Meta{Name: "index"}, 0, func(n *pipeline.Needs, _ int) func(context.Context) ([]saying, error) {
		get := pipeline.Need(n, texts)
		return func(ctx context.Context) ([]saying, error) {
			var asked []question
			for _, b := range get().Books {
				asked = append(asked, question{b, 1})
			}
			return pipeline.Each(pipeline.Call("embedder", o), 0).Run(ctx, asked)
		}
	})
	build := func(overrides ...pipeline.Override) (pipeline.Usage, *recorder) {
		events := &recorder{}
		run := newRun(t, pipeline.WithJournal(book), pipeline.WithObserver(events)).With(overrides...)
		out, err := pipeline.Value(t.Context(), run, index)
		require.NoError(t, err)
		assert.Equal(t, "on a", out[0].Text)
		return run.Usage(), events
	}
	used, _ := build()
	assert.Equal(t, 2, used.Calls)
	used, events := build()
	assert.Equal(t, pipeline.Usage{Reused: 2}, used)
	for _, e := range events.of(pipeline.KindCall) {
		assert.Equal(t, "before", e.Origin)
		assert.Equal(t, "index", e.Target)
		assert.Empty(t, e.Item)
		assert.Zero(t, e.Batch)
	}
	used, _ = build(pipeline.Replace(texts, library{[]string{"a", "c"}}))
	assert.Equal(t, pipeline.Usage{Calls: 1, Reused: 1, Input: 1}, used, "what answers says what it is, so the first call is the same")
	assert.Equal(t, 3, o.calls())
}
