package record_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

func TestEveryStageIsReadBackWithWhatItSaw(t *testing.T) {
	t.Parallel()
	inputs := essays(12, 1)
	run := open(t, recorded(t, 4, inputs))
	require.Empty(t, run.Torn())

	byItem := map[string][]record.Event{}
	for _, e := range eventsOf(t, run, pipeline.KindStage) {
		assert.Equal(t, "grader", e.Target)
		assert.Equal(t, 1, e.Batch)
		assert.False(t, e.Time.IsZero())
		byItem[e.Item] = append(byItem[e.Item], e)
	}
	var paths []string
	for _, e := range byItem["e5"] {
		assert.Equal(t, 5, e.Index)
		assert.Empty(t, e.Error)
		paths = append(paths, e.Stage)
	}
	require.Equal(t, []string{"count", "grade/prompt", "grade/ask", "grade/parse", "grade", "finish"}, paths)

	before := valueOf[draft](t, run, byItem["e5"][0].In)
	assert.Equal(t, draft{Essay: inputs[5]}, before)
	prompted := valueOf[draft](t, run, byItem["e5"][1].Out)
	assert.Equal(t, instructions+inputs[5].Text, prompted.Prompt)
	assert.Len(t, prompted.Notes, 2)
	assert.Equal(t, byItem["e5"][1].Out, byItem["e5"][2].In, "equal values have equal hashes")
	end := valueOf[prediction](t, run, byItem["e5"][5].Out)
	assert.Equal(t, `{"comment":"More evidence"} after `+inputs[5].Text, end.Comment)
}

func TestFailuresAreRecordedWhereTheyHappen(t *testing.T) {
	t.Parallel()
	inputs := essays(11, 1) // e1 panics, e2 crashes, e10 fails
	run := open(t, recorded(t, 4, inputs))
	failed := map[string][]record.Event{}
	for _, e := range collect(t, run.Events()) {
		if e.Error != "" {
			failed[e.Item] = append(failed[e.Item], e)
			assert.Empty(t, e.Out)
		}
	}
	require.Len(t, failed, 3)

	panicked := failed["e1"]
	require.Len(t, panicked, 3, "the stage, the stage around it and the item")
	assert.Equal(t, "grade/parse", panicked[0].Stage)
	assert.Equal(t, `panic: cannot parse "{\"comment\":\"More evidence\"}"`, panicked[0].Error)
	stack := valueOf[string](t, run, panicked[0].Stack)
	assert.Contains(t, stack, "record_test.gradingStage")
	assert.Equal(t, panicked[0].Stack, panicked[2].Stack, "one stack is one text")

	require.Len(t, failed["e2"], 1, "it crashed outside of every stage")
	assert.Equal(t, pipeline.KindItem, failed["e2"][0].Kind)
	assert.NotEmpty(t, failed["e2"][0].Stack)

	require.Len(t, failed["e10"], 4)
	assert.Equal(t, pipeline.KindCall, failed["e10"][0].Kind)
	assert.Equal(t, errNoScore.Error(), failed["e10"][0].Error)
	assert.Empty(t, failed["e10"][0].Stack)
	assert.Equal(t, "item e10: stage grade/ask: "+errNoScore.Error(), failed["e10"][3].Error)
}

func TestCallsAreRecordedWithUsage(t *testing.T) {
	t.Parallel()
	inputs := essays(12, 1)
	run := open(t, recorded(t, 4, inputs))
	calls := eventsOf(t, run, pipeline.KindCall)
	require.Len(t, calls, 11, "the item that crashed made no call")
	require.Len(t, eventsOf(t, run, pipeline.KindCallStarted), 11)
	var used pipeline.Usage
	for _, c := range calls {
		assert.Equal(t, "model", c.Resource)
		assert.Equal(t, 1, c.Seq)
		assert.Equal(t, "grade/ask", c.Stage)
		assert.Equal(t, instructions+inputs[c.Index].Text, valueOf[string](t, run, c.In))
		if c.Error == "" {
			assert.Equal(t, `{"comment":"More evidence"}`, valueOf[reply](t, run, c.Out).Text)
		}
		used = used.Add(c.Usage)
	}
	assert.Equal(t, used, run.Manifest().Counts.Usage)
	assert.Equal(t, 11, used.Calls)
	assert.Positive(t, used.Input)
}

func TestAssetsAreRecordedWithWhatTheyHold(t *testing.T) {
	t.Parallel()
	run := open(t, recorded(t, 4, essays(3, 1)))
	assets := map[string]record.Event{}
	for _, e := range eventsOf(t, run, pipeline.KindAsset) {
		assets[e.Asset.Name] = e
	}
	require.Len(t, assets, 3)
	past := assets["past_feedback"]
	assert.Equal(t, pipeline.OriginGiven, past.Asset.Origin)
	assert.Equal(t, []string{strings.Repeat("State your thesis early. ", 8), "ok"}, valueOf[[]string](t, run, past.Out))

	live, err := run.Value(assets["model"].Out)
	require.NoError(t, err)
	assert.True(t, live.Opaque)
	assert.JSONEq(t, `{"type":"*record_test.model","identity":"fake/v1"}`, string(live.JSON))

	stage, err := run.Value(assets["grader"].Out)
	require.NoError(t, err)
	assert.True(t, stage.Opaque)
	assert.Contains(t, string(stage.JSON), `{"type":"pipeline.then[`)
	assert.Equal(t, "grading", assets["grader"].Asset.Group)
	assert.JSONEq(t, `{"k":3}`, string(assets["grader"].Asset.Config))
}

func TestWhatLivesDoesNotReachTheDisk(t *testing.T) {
	t.Parallel()
	dir := recorded(t, 4, essays(3, 1))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		assert.NotContains(t, string(read(t, dir, e.Name())), secret, e.Name())
	}
}

// client is a stage whose only field would show its secret.
type client struct{ Model *model }

func (client) Run(_ context.Context, e essay) (string, error) { return e.ID, nil }

func TestAStageIsNotLookedInto(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	run, err := pipeline.NewRun(pipeline.WithObserver(w))
	require.NoError(t, err)
	task := pipeline.Derive(pipeline.Meta{Name: "task"}, 0,
		func(*pipeline.Needs, int) func(context.Context) (pipeline.Stage[essay, string], error) {
			return func(context.Context) (pipeline.Stage[essay, string], error) {
				return client{&model{APIKey: secret}}, nil
			}
		})
	_, err = pipeline.Start(t.Context(), run, task)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	values := string(read(t, dir, "values.jsonl"))
	assert.Contains(t, values, `"content":{"type":"record_test.client"}`)
	assert.NotContains(t, values, secret)
}

func TestAnItemThatCouldNotBeReadIsRecorded(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	observeStreams(t, w, 1, noPause, func(yield func(pipeline.Item[essay]) bool) {
		yield(pipeline.Item[essay]{ID: "row 7", Err: errors.New("no text")})
	})
	require.NoError(t, w.Close())
	run := open(t, dir)
	started := eventsOf(t, run, pipeline.KindItemStarted)
	require.Len(t, started, 1)
	assert.Equal(t, "no text", started[0].Error)
	assert.Empty(t, started[0].In, "there was no input")
	items := collect(t, run.Items())
	require.Len(t, items, 1)
	assert.Equal(t, record.Item{Batch: 1, Target: "grader", ID: "row 7", Error: "item row 7: input: no text"}, items[0])
}

func TestAFailedAssetIsRecorded(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	run, err := pipeline.NewRun(pipeline.WithObserver(w))
	require.NoError(t, err)
	broken := pipeline.Source("class", func(context.Context) ([]string, error) { return nil, errors.New("class.json is missing") })
	_, err = pipeline.Value(t.Context(), run, broken)
	require.Error(t, err)
	require.NoError(t, w.Close())
	events := eventsOf(t, open(t, dir), pipeline.KindAsset)
	require.Len(t, events, 1)
	assert.Equal(t, "asset class: class.json is missing", events[0].Error)
	assert.Empty(t, events[0].Out)
}

func TestEachTextIsOnDiskOnce(t *testing.T) {
	t.Parallel()
	inputs := essays(40, 3)
	dir := recorded(t, 8, inputs)
	values, log := read(t, dir, "values.jsonl"), read(t, dir, "log.jsonl")
	texts, hashes := map[string]int{}, map[string]int{}
	for _, l := range jsonLines(t, values) {
		hashes[l["hash"].(string)]++
		if l["kind"] == "text" {
			texts[l["content"].(string)]++
		}
	}
	for h, n := range hashes {
		assert.Equal(t, 1, n, "value %s", h)
	}
	for _, e := range inputs {
		assert.Equal(t, 1, texts[e.Text], "%s", e.Text)
		word := []byte(strings.Fields(e.Text)[7] + " " + strings.Fields(e.Text)[8])
		want := 3 // alone, in the prompt, in the comment
		if texts[instructions+e.Text] == 0 {
			want = 1 // it never came to the prompt
		} else if bytes.HasPrefix([]byte(e.Text), []byte("fail")) || bytes.HasPrefix([]byte(e.Text), []byte("panic")) {
			want = 2 // nor to a comment
		}
		assert.Equal(t, want, bytes.Count(values, word), "%s", e.ID)
		assert.Zero(t, bytes.Count(log, word), "%s", e.ID)
	}
}

func TestEachPartIsOnDiskOnce(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	class := []any{exemplar("one"), exemplar("two"), exemplar("three"), exemplar("four")}
	for i := range 10 { // stages of one item after the other; each adds a field
		d := object{"id": i, "exemplars": class}
		for _, stage := range []string{"s", "t", "u"} {
			in := maps.Clone(d)
			d[stage] = stage
			w.Observe(t.Context(), pipeline.Event{Kind: pipeline.KindStage, Stage: stage, Batch: 1, Index: i, In: in, Out: d})
		}
	}
	require.NoError(t, w.Close())
	hashes := map[string]bool{}
	for _, l := range jsonLines(t, read(t, dir, "values.jsonl")) {
		assert.Equal(t, "value", l["kind"])
		hashes[l["hash"].(string)] = true
	}
	want := 1 + 4 + 1 + 10*4 // the scores, the exemplars, the list of them, the drafts
	assert.Len(t, hashes, want)
	values := read(t, dir, "values.jsonl")
	assert.Equal(t, want, bytes.Count(values, []byte("\n")), "each once")
	assert.Equal(t, 1, bytes.Count(values, []byte("text of three")))
	run := open(t, dir)
	for _, e := range eventsOf(t, run, pipeline.KindStage) {
		d := valueOf[object](t, run, e.In)
		assert.Len(t, d["exemplars"], 4)
		assert.InDelta(t, e.Index, d["id"], 0)
	}
}

func TestWhatAValueWithoutJSONHoldsIsSharedToo(t *testing.T) {
	t.Parallel()
	dir := told(t, exemplars{exemplar("one")}, []any{exemplar("one")})
	lines := jsonLines(t, read(t, dir, "values.jsonl"))
	require.Len(t, lines, 4, "the scores, the exemplar, what holds it, and the list of it")
	run := open(t, dir)
	items := collect(t, run.Items())
	for i, e := range eventsOf(t, run, pipeline.KindItem) {
		v, err := run.Value(e.Out)
		require.NoError(t, err)
		assert.Equal(t, i == 0, v.Opaque)
		assert.Equal(t, string(items[i].Output), string(v.JSON))
	}
}

// exemplars stands for an index: it has no JSON and says what it holds.
type exemplars []any

func (e exemplars) Holds() any { return []any(e) }

func TestManifestTellsTheRun(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "deep", "run")
	plan, err := pipeline.NewPlan(grader(noPause))
	require.NoError(t, err)
	created := time.Date(2026, 11, 22, 10, 0, 0, 123, time.FixedZone("", 3600))
	given := record.Manifest{
		Name: "a <b> & c", Seed: 1<<64 - 1, Created: created, State: record.StateFinished, Format: 9,
		Config: []byte(`{"k": 12345678901234567890.10, "html": "<&>"}`), Plans: map[string]record.Plan{"grader": record.PlanOf(plan)},
	}
	w, err := record.Create(dir, given)
	require.NoError(t, err)
	assert.Equal(t, dir, w.Dir())
	m := open(t, dir).Manifest()
	assert.Equal(t, record.StateRunning, m.State)
	assert.Equal(t, record.Format, m.Format)
	assert.Zero(t, m.Finished)
	assert.Zero(t, m.Counts)

	given.Config[2] = 'X'
	delete(given.Plans, "grader")
	observeStreams(t, w, 4, noPause, pipeline.Items(essays(20, 1)...), pipeline.Items(essays(5, 1)...))
	require.NoError(t, w.Close())
	m = open(t, dir).Manifest()
	assert.Equal(t, record.StateFinished, m.State)
	assert.Equal(t, "a <b> & c", m.Name)
	assert.Equal(t, uint64(1<<64-1), m.Seed)
	assert.Equal(t, created.UTC(), m.Created)
	assert.False(t, m.Finished.Before(m.Created))
	assert.Equal(t, `{"k":12345678901234567890.10,"html":"<&>"}`, string(m.Config)) // to the byte
	assert.Equal(t, plan.Entries(), m.Plans["grader"].Entries)
	assert.Equal(t, runtime.Version(), m.Versions.Go)
	assert.Equal(t, 25, m.Counts.Items)
}

func TestManifestCountsByTargetAndBatch(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	run, err := pipeline.NewRun(pipeline.WithObserver(w))
	require.NoError(t, err)
	inputs := essays(20, 1) // of which 1, 2, 10, 11, 12 fail
	runner, err := pipeline.Start(t.Context(), run, grader(noPause))
	require.NoError(t, err)
	upper, err := pipeline.Start(t.Context(), run, pipeline.Tool[pipeline.Stage[essay, string]]("upper",
		pipeline.Fn(func(_ context.Context, e essay) (string, error) { return strings.ToUpper(e.ID), nil })))
	require.NoError(t, err)
	for range runner.Stream(t.Context(), pipeline.Items(inputs...)) { // recorded
	}
	_, err = upper.Run(t.Context(), inputs[0])
	require.NoError(t, err)
	for range upper.Stream(t.Context(), pipeline.Items(inputs[:3]...)) { // recorded
	}
	require.NoError(t, w.Close())

	m := open(t, dir).Manifest()
	assert.Equal(t, record.StateFinished, m.State)
	require.Len(t, m.Batches, 2, "an item that ran alone is no stream")
	assert.Equal(t, 1, m.Batches[0].Number)
	assert.Equal(t, "grader", m.Batches[0].Target)
	assert.Equal(t, []int{20, 15, 5, 18}, []int{m.Batches[0].Items, m.Batches[0].Succeeded, m.Batches[0].Failed, m.Batches[0].Usage.Calls})
	assert.Equal(t, record.Batch{Number: 3, Target: "upper", Counts: record.Counts{Items: 3, Succeeded: 3}}, m.Batches[1])
	assert.Equal(t, record.Counts{Items: 4, Succeeded: 4}, m.Targets["upper"])
	assert.Equal(t, m.Batches[0].Counts, m.Targets["grader"])
	assert.Equal(t, []int{24, 19, 5}, []int{m.Counts.Items, m.Counts.Succeeded, m.Counts.Failed})
}

func TestStateTellsHowFarARunGot(t *testing.T) {
	t.Parallel()
	othersWait := func(ctx context.Context) {
		if pipeline.ItemID(ctx) != "e0" {
			<-ctx.Done()
		}
	}
	for name, tc := range map[string]struct {
		work  func(t *testing.T, r *pipeline.Runner[essay, prediction])
		want  record.State
		pause func(context.Context)
	}{
		"nothing ran": {func(*testing.T, *pipeline.Runner[essay, prediction]) {}, record.StateFinished, noPause},
		"all ended": {func(t *testing.T, r *pipeline.Runner[essay, prediction]) {
			for range r.Stream(t.Context(), pipeline.Items(essays(5, 1)...)) { // recorded
			}
		}, record.StateFinished, noPause},
		"canceled": {func(t *testing.T, r *pipeline.Runner[essay, prediction]) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			for range r.Stream(ctx, pipeline.Items(essays(50, 1)...)) {
				cancel()
			}
		}, record.StateInterrupted, noPause},
		"left by break": {func(t *testing.T, r *pipeline.Runner[essay, prediction]) {
			for range r.Stream(t.Context(), pipeline.Items(essays(50, 1)...)) {
				break
			}
		}, record.StateInterrupted, othersWait},
		"canceled before an item was taken": {func(t *testing.T, r *pipeline.Runner[essay, prediction]) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			for range r.Stream(ctx, pipeline.Items(essays(5, 1)...)) { // recorded
			}
		}, record.StateInterrupted, noPause},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "run")
			w, err := record.Create(dir, record.Manifest{})
			require.NoError(t, err)
			run, err := pipeline.NewRun(pipeline.WithObserver(w), pipeline.WithInFlight(3))
			require.NoError(t, err)
			runner, err := pipeline.Start(t.Context(), run, grader(tc.pause))
			require.NoError(t, err)
			tc.work(t, runner)
			require.NoError(t, w.Close())
			assert.Equal(t, tc.want, open(t, dir).Manifest().State)
		})
	}
}

func TestStateOfWhatWasBegun(t *testing.T) {
	t.Parallel()
	begin, end := pipeline.Event{Kind: pipeline.KindBatch, Batch: 1}, pipeline.Event{Kind: pipeline.KindBatchEnded, Batch: 1}
	started, finished := pipeline.Event{Kind: pipeline.KindItemStarted, Batch: 1}, pipeline.Event{Kind: pipeline.KindItem, Batch: 1}
	for name, tc := range map[string]struct {
		events []pipeline.Event
		want   record.State
	}{
		"a stream that ended":            {[]pipeline.Event{begin, started, finished, end}, record.StateFinished},
		"a stream between items":         {[]pipeline.Event{begin, started, finished}, record.StateInterrupted},
		"an item that ran alone":         {[]pipeline.Event{started, finished}, record.StateFinished},
		"an item that runs alone":        {[]pipeline.Event{started}, record.StateInterrupted},
		"an item of a stream that ended": {[]pipeline.Event{begin, started, end}, record.StateInterrupted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "run")
			w, err := record.Create(dir, record.Manifest{})
			require.NoError(t, err)
			for _, e := range tc.events {
				w.Observe(t.Context(), e)
			}
			require.NoError(t, w.Close())
			assert.Equal(t, tc.want, open(t, dir).Manifest().State)
		})
	}
}

func TestClosedWithItemsInFlight(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	hold := make(chan struct{})
	var once sync.Once
	reached := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		observe(t, w, 2, essays(3, 1)[:1], func(context.Context) {
			once.Do(func() { close(reached) })
			<-hold
		})
	}()
	<-reached
	require.NoError(t, w.Close())
	log := read(t, dir, "log.jsonl")
	close(hold)
	<-done
	assert.Equal(t, log, read(t, dir, "log.jsonl"), "what happens later is not recorded")
	require.NoError(t, w.Close(), "a second Close")
	run := open(t, dir)
	assert.Equal(t, record.StateInterrupted, run.Manifest().State)
	assert.Empty(t, collect(t, run.Items()))
	assert.Len(t, eventsOf(t, run, pipeline.KindItemStarted), 1, "the log tells what was in flight")
}

func TestCallsInFlightAreOnDiskBeforeTheyEnd(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	inputs := essays(1, 1)
	seen := 0
	observe(t, w, 1, inputs, func(context.Context) {
		run := open(t, dir)
		assert.Empty(t, run.Torn())
		calls := eventsOf(t, run, pipeline.KindCallStarted)
		if len(calls) == 0 {
			return // what was not paid for may wait
		}
		seen++
		started := eventsOf(t, run, pipeline.KindItemStarted)
		if assert.Len(t, started, 1) {
			assert.Equal(t, inputs[0], valueOf[essay](t, run, started[0].In))
		}
		assert.Equal(t, instructions+inputs[0].Text, valueOf[string](t, run, calls[0].In))
	})
	require.NoError(t, w.Close())
	assert.Equal(t, 2, seen, "during the call and in the stage after it")
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "file"), nil, 0o600))
	for name, tc := range map[string]struct {
		dir  string
		m    record.Manifest
		opts []record.Option
		want string
	}{
		"a directory with a file in it": {dir: root, want: "is not empty, it holds file"},
		"a file":                        {dir: filepath.Join(root, "file"), want: "not a directory"},
		"a directory in a file":         {dir: filepath.Join(root, "file", "run"), want: "not a directory"},
		"an empty path":                 {want: "record: "},
		"a configuration without JSON":  {dir: filepath.Join(root, "new"), m: record.Manifest{Config: []byte("{")}, want: "record: manifest: "},
		"a nil function":                {dir: filepath.Join(root, "new"), opts: []record.Option{record.OnError(nil)}, want: "OnError(nil)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := record.Create(tc.dir, tc.m, tc.opts...)
			require.ErrorContains(t, err, tc.want)
			require.Nil(t, w)
			require.NoDirExists(t, filepath.Join(root, "new"))
		})
	}
}

func TestCreateReportsEveryOption(t *testing.T) {
	t.Parallel()
	_, err := record.Create(t.TempDir(), record.Manifest{}, record.OnError(nil), record.OnError(nil))
	require.Error(t, err)
	assert.Equal(t, 2, strings.Count(err.Error(), "OnError(nil)"))
}

func TestCreateTwiceInOneDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	_, err = record.Create(dir, record.Manifest{})
	require.ErrorContains(t, err, "not empty")
	require.NoError(t, w.Close())
	assert.Equal(t, record.StateFinished, open(t, dir).Manifest().State)
}

func TestFilesBelongToTheirOwner(t *testing.T) {
	t.Parallel()
	dir := recorded(t, 1, essays(1, 1))
	info, err := os.Stat(dir)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), e.Name())
		names = append(names, e.Name())
	}
	assert.Equal(t, []string{"lock", "log.jsonl", "manifest.json", "results.jsonl", "values.jsonl"}, names)
}

func TestConcurrentSafeWriter(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	const workers, items = 16, 40
	var group sync.WaitGroup
	for g := range workers {
		group.Go(func() {
			for i := range items {
				e := pipeline.Event{Batch: g + 1, Index: i, Item: fmt.Sprint(i), Target: "t", Time: time.Unix(0, 0)}
				e.Kind, e.In = pipeline.KindItemStarted, i
				w.Observe(t.Context(), e)
				e.Kind, e.Out = pipeline.KindItem, strings.Repeat("shared text ", 10)
				w.Observe(t.Context(), e)
				_ = w.Err()
			}
		})
	}
	group.Wait()
	var closers sync.WaitGroup
	for range 4 {
		closers.Go(func() { assert.NoError(t, w.Close()) })
	}
	closers.Wait()
	run := open(t, dir)
	got := collect(t, run.Items())
	require.Len(t, got, workers*items)
	for i, it := range got {
		require.Equal(t, i/items+1, it.Batch)
		require.Equal(t, i%items, it.Index)
	}
	assert.Equal(t, 1, bytes.Count(read(t, dir, "values.jsonl"), []byte(`"kind":"text"`)))

	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for e, err := range run.Events() {
				if !assert.NoError(t, err) {
					return
				}
				if e.Out != "" {
					_, err := run.Value(e.Out)
					assert.NoError(t, err)
				}
			}
		})
	}
	readers.Wait()
}
