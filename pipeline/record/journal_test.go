package record_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

func TestAFailedItemPaysOnlyForWhatFailed(t *testing.T) {
	t.Parallel()
	inputs := reviewed(3)[:2]
	l := &till{broken: func(prompt string) bool { return strings.HasPrefix(prompt, "r1: content") }}
	w, dir := create(t)
	results := session(t, w, reviewing(l, 1), inputs)
	require.ErrorIs(t, results[1].Err, errNoScore)
	l.broken = nil
	results = session(t, resume(t, dir), reviewing(l, 1), inputs)
	require.NoError(t, results[1].Err)
	assert.Equal(t, pipeline.Usage{Calls: 1, Reused: 2, Input: results[1].Usage.Input, Output: 7, Cached: 1, Reasoning: 2}, results[1].Usage)
	for prompt, n := range l.paid {
		assert.Equal(t, 1, n, "%s", prompt)
	}
	assert.Equal(t, 6, l.total())
}

func TestWhatWasSpentCounts(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 9)
	w := resume(t, copyOf(t, x.dir))
	assert.Equal(t, open(t, x.dir).Manifest().Counts.Usage, w.Spent())
	assert.Equal(t, 27, w.Spent().Calls)
	require.NoError(t, w.Close())
	w, _ = create(t)
	assert.Zero(t, w.Spent())
	require.NoError(t, w.Close())
}

func TestAnotherTargetIsRefused(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 3)
	dir := copyOf(t, x.dir)
	_, err := tried(t, resume(t, dir), reviewing(&till{}, 2), x.inputs)
	require.ErrorContains(t, err, "target reviewing: ")
	require.ErrorContains(t, err, "; begin a new run, which can take over what is the same by package reuse")
	require.ErrorContains(t, err, dir)
	assert.Equal(t, string(x.result), string(read(t, dir, "results.jsonl")))
	m, before := open(t, dir).Manifest(), open(t, x.dir).Manifest()
	assert.Equal(t, before.State, m.State)
	assert.Equal(t, before.Totals, m.Totals)
	assert.Equal(t, record.Counts{}, m.Sessions[1].Counts)
	l := &till{}
	_, err = tried(t, resume(t, dir), reviewing(l, 1), x.inputs)
	require.NoError(t, err, "a refusal leaves the run as it was")
	assert.Zero(t, l.total())
	assert.Equal(t, string(x.result), string(read(t, dir, "results.jsonl")))
}

func TestTargetsWithReplacedAssets(t *testing.T) {
	t.Parallel()
	w, dir := create(t)
	folds := func(w *record.Writer, n int) {
		run, err := pipeline.NewRun(pipeline.WithRecorder(w))
		require.NoError(t, err)
		past := pipeline.Given("past", []string{"a"})
		target := pipeline.Derive(pipeline.Meta{Name: "fold"}, 0,
			func(n *pipeline.Needs, _ int) func(context.Context) (pipeline.Stage[essay, int], error) {
				texts := pipeline.Need(n, past)
				return func(context.Context) (pipeline.Stage[essay, int], error) {
					return pipeline.Fn(func(_ context.Context, e essay) (int, error) { return len(e.Text) + len(texts()), nil }), nil
				}
			})
		for i := range n {
			runner, err := pipeline.Start(t.Context(), run.With(pipeline.Replace(past, make([]string, i))), target)
			require.NoError(t, err)
			for range runner.Stream(t.Context(), pipeline.Items(reviewed(3)...)) { // recorded
			}
		}
		require.NoError(t, w.Close())
	}
	folds(w, 2)
	folds(resume(t, dir), 4)
	got, err := open(t, dir).Targets()
	require.NoError(t, err)
	assert.Len(t, got, 4)
	assert.Equal(t, 6, open(t, dir).Manifest().Counts.Reused)
}

func TestARunWithoutFingerprintsIsRefused(t *testing.T) {
	t.Parallel()
	dir := recorded(t, 2, essays(3, 1)) // by an observer alone
	run, err := pipeline.NewRun(pipeline.WithRecorder(resume(t, dir)))
	require.NoError(t, err)
	_, err = pipeline.Start(t.Context(), run, grader(noPause))
	require.ErrorContains(t, err, "its items were recorded without fingerprints; begin a new run, with WithRecorder")

	w, dir := create(t)
	anonymous := pipeline.Tool("anonymous", reviewingStage(&till{}))
	session(t, w, anonymous, reviewed(2))
	_, err = tried(t, resume(t, dir), anonymous, reviewed(2))
	require.ErrorContains(t, err, `asset "anonymous": `)
	require.ErrorContains(t, err, "give what it needs a method Identity and begin a new run")
}

// What building an asset called is answered from the record as well.
func TestAResumedRunDoesNotPayForItsAssetsAgain(t *testing.T) {
	t.Parallel()
	called := 0
	index := pipeline.Derive(pipeline.Meta{Name: "index"}, 0, func(*pipeline.Needs, int) func(context.Context) ([]string, error) {
		return func(ctx context.Context) ([]string, error) {
			embed := pipeline.Call("embedder", pipeline.Fn(func(_ context.Context, text string) (string, error) {
				called++
				return "vector of " + text, nil
			}))
			return pipeline.Each(embed, 1).Run(ctx, []string{"a", "b", "c"})
		}
	})
	target := pipeline.Derive(pipeline.Meta{Name: "t"}, 0, func(n *pipeline.Needs, _ int) func(context.Context) (pipeline.Stage[essay, int], error) {
		get := pipeline.Need(n, index)
		return func(context.Context) (pipeline.Stage[essay, int], error) {
			return pipeline.Fn(func(context.Context, essay) (int, error) { return len(get()), nil }), nil
		}
	})
	dir := filepath.Join(t.TempDir(), "run")
	for session := range 2 {
		w, err := record.CreateOrResume(dir, record.Manifest{})
		require.NoError(t, err)
		run, err := pipeline.NewRun(pipeline.WithRecorder(w))
		require.NoError(t, err)
		runner, err := pipeline.Start(t.Context(), run, target)
		require.NoError(t, err)
		for res := range runner.Stream(t.Context(), slices.Values([]pipeline.Item[essay]{{ID: "a"}, {ID: "b"}})) {
			require.NoError(t, res.Err)
			assert.Equal(t, 3, res.Out)
		}
		assert.Equal(t, 3*session, run.Usage().Reused)
		require.NoError(t, w.Close())
	}
	assert.Equal(t, 3, called)
}
