package task_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/retrieval"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// nothing is an inline step that changes nothing.
func nothing(name string) task.StepUse {
	return task.Inline(name, nothingDone)
}

// nothingDone is a step that changes nothing.
var nothingDone = task.StepFunc(func(_ context.Context, d task.Draft) (task.Draft, error) { return d, nil })

// passed runs a task and returns the names of the steps in the order in which they ran.
func passed(tb testing.TB, tk *task.Task) []string {
	tb.Helper()
	var mu sync.Mutex
	var steps []string
	_, err := predict(tb, tk, target(), pipeline.WithObserver(pipeline.ObserverFunc(func(_ context.Context, e pipeline.Event) {
		if _, step, ok := strings.Cut(e.Stage, "/"); ok && e.Kind == pipeline.KindStage {
			mu.Lock()
			defer mu.Unlock()
			steps = append(steps, step)
		}
	})))
	require.NoError(tb, err)
	return steps
}

func TestStepsStandWhereTheyWerePut(t *testing.T) {
	t.Parallel()
	own := []string{"exemplars", "documents", "prompt", "generate", "parse", "verify"}
	for i, p := range task.Places() {
		require.Equal(t, own[i], string(p))
		tk := mustBuild(t, smallClass().using(&answers{}), task.KindRubricScore,
			task.WithStep(task.After(p), nothing("a1")), task.WithStep(task.Before(p), nothing("b1")),
			task.WithStep(task.Before(p), nothing("b2")), task.WithStep(task.After(p), nothing("a2")))
		want := append(append([]string{}, own[:i]...), "b1", "b2", string(p), "a1", "a2")
		want = append(want, own[i+1:]...)
		require.Equal(t, want, passed(t, tk))
		require.Equal(t, want, taskEntry(t, planned(t, tk)).Steps, "the plan says the same")
	}
	require.Equal(t, own, passed(t, mustBuild(t, smallClass().using(&answers{}), task.KindRubricScore)))
}

func TestStepsAtPlacesThatAreOff(t *testing.T) {
	t.Parallel()
	res := smallClass().using(&answers{})
	off := []task.Option{task.WithoutPastFeedback(), task.WithoutClassDocs()}
	require.Equal(t, []string{"prompt", "generate", "parse", "verify"}, passed(t, mustBuild(t, res, task.KindRubricScore, off...)))
	tk := mustBuild(t, res, task.KindRubricScore, append(off,
		task.WithStep(task.After(task.PlaceDocuments), nothing("d")),
		task.WithStep(task.Replace(task.PlaceExemplars), nothing("r")),
		task.WithStep(task.After(task.PlaceExemplars), nothing("a")),
		task.WithStep(task.Before(task.PlaceExemplars), nothing("b")))...)
	require.Equal(t, []string{"b", "r", "a", "d", "prompt", "generate", "parse", "verify"}, passed(t, tk))
}

// TestReplaceRemovesNeeds: what only the task's own step needed is neither planned nor read.
func TestReplaceRemovesNeeds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		place task.Place
		gone  []string
		opts  []task.Option
	}{
		{task.PlaceExemplars, []string{"past_feedback"}, nil},
		{task.PlaceExemplars, []string{"past_feedback", "exemplars_tfidf_cosine"}, []task.Option{task.WithRAG(task.RAG{})}},
		{task.PlaceDocuments, []string{"documents"}, nil},
		{task.PlaceDocuments, []string{"documents", "passages_bm25_200"}, []task.Option{task.WithRAG(task.RAG{})}},
		{task.PlaceGenerate, []string{"model"}, nil},
	} {
		tk := mustBuild(t, smallClass().using(&answers{}), task.KindRubricScore, tc.opts...)
		before := planned(t, tk)
		tk, err := tk.With(task.WithStep(task.Replace(tc.place), nothing("other")))
		require.NoError(t, err)
		after := planned(t, tk)
		for _, name := range tc.gone {
			require.True(t, before.Has(name), name)
			require.False(t, after.Has(name), "%s still needs %s:\n%s", tc.place, name, after)
		}
		require.Len(t, after.Entries(), len(before.Entries())-len(tc.gone), "everything else is still there")
	}
}

func TestOnePlaceIsReplacedOnce(t *testing.T) {
	t.Parallel()
	_, err := task.EssayScore(smallClass().using(&answers{}),
		task.WithStep(task.Replace(task.PlaceParse), nothing("mine")), task.WithStep(task.Replace(task.PlaceParse), nothing("yours")))
	require.EqualError(t, err, `task essay_score: steps[1]: "yours" cannot replace "parse", which "mine" replaces already`)
}

// TestStepsPassOnWhatTheyMake: a step sees what the ones before it made, and what it changes reaches the ones behind it.
func TestStepsPassOnWhatTheyMake(t *testing.T) {
	t.Parallel()
	var order []string
	look := func(name string, f func(task.Draft) bool) task.StepUse {
		return task.Inline(name, func(_ context.Context, d task.Draft) (task.Draft, error) {
			if f(d) {
				order = append(order, name)
			}
			d.Prediction.Flags = slices.Concat(d.Prediction.Flags, []task.Flag{{Kind: task.FlagKind(name)}})
			return d, nil
		})
	}
	tk := mustBuild(t, smallClass().using(&answers{}), task.KindRubricScore,
		task.WithStep(task.Before(task.PlaceExemplars), look("start", func(d task.Draft) bool {
			return d.Submission.ID == "t1" && d.Assignment.ID == assignment && d.Rubric.ID == "argument" && d.Exemplars == nil
		})),
		task.WithStep(task.Before(task.PlaceDocuments), look("exemplars", func(d task.Draft) bool { return len(d.Exemplars) == 12 && d.Documents == nil })),
		task.WithStep(task.Before(task.PlacePrompt), look("documents", func(d task.Draft) bool { return len(d.Documents) == 2 && len(d.Prompt.User) == 0 })),
		task.WithStep(task.Before(task.PlaceGenerate), look("prompt", func(d task.Draft) bool { return len(d.Prompt.User) > 0 && d.Responses == nil })),
		task.WithStep(task.Before(task.PlaceParse), look("generate", func(d task.Draft) bool { return len(d.Responses) == 1 && d.Prediction.Feedback.Scores == nil })),
		task.WithStep(task.Before(task.PlaceVerify), look("parse", func(d task.Draft) bool { return !d.Prediction.Feedback.Scores[0].Evidence[0].Located() })),
		task.WithStep(task.After(task.PlaceVerify), look("verify", func(d task.Draft) bool { return d.Prediction.Feedback.Scores[0].Evidence[0].Located() })),
	)
	p, err := predict(t, tk, target())
	require.NoError(t, err)
	want := []string{"start", "exemplars", "documents", "prompt", "generate", "parse", "verify"}
	require.Equal(t, want, order)
	var flags []string
	for _, f := range p.Flags {
		flags = append(flags, string(f.Kind))
	}
	require.Equal(t, want, flags)
}

// TestStepsLeaveTheirInputAlone: what a shipped step receives reads the same before and after, and two runs of it give the same.
func TestStepsLeaveTheirInputAlone(t *testing.T) {
	t.Parallel()
	for _, kind := range task.Kinds() {
		for _, opts := range [][]task.Option{nil, {task.WithRAG(task.RAG{})}, {task.WithExemplars(task.Exemplars{Select: task.SelectMixed})}} {
			tk := mustBuild(t, smallClass().using(&answers{}), kind, opts...)
			var mu sync.Mutex
			var made []string
			run, err := pipeline.NewRun(pipeline.WithObserver(pipeline.ObserverFunc(func(_ context.Context, e pipeline.Event) {
				if e.Kind != pipeline.KindStage || !strings.Contains(e.Stage, "/") {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				if n := len(made); n > 0 {
					require.Equal(t, made[n-1], asJSON(t, e.In), "%s changed what it received", e.Stage)
				}
				made = append(made, asJSON(t, e.Out))
			})))
			require.NoError(t, err)
			runner, err := pipeline.Start(t.Context(), run, tk)
			require.NoError(t, err)
			first, err := runner.Run(t.Context(), revised())
			require.NoError(t, err)
			steps := made
			made = nil
			second, err := runner.Run(t.Context(), revised())
			require.NoError(t, err)
			require.Equal(t, first, second)
			require.Equal(t, steps, made)
			require.Len(t, made, len(task.Places()))
		}
	}
}

func asJSON(tb testing.TB, v any) string {
	tb.Helper()
	b, err := json.Marshal(v)
	require.NoError(tb, err)
	return string(b)
}

// TestStepsDoNotWriteBehindSlices: a step that comes first shares slices that have room. No shipped step may use that room, which the
// other items of a batch see too.
func TestStepsDoNotWriteBehindSlices(t *testing.T) {
	t.Parallel()
	exemplars, docs := make([]task.Shown, 0, 8), make([]userdata.Document, 0, 8)
	passages, responses := make([]retrieval.Hit, 0, 8), make([]llm.Response, 0, 8)
	flags, names := make([]task.Flag, 0, 8), make([]string, 0, 8)
	roomy := task.Inline("roomy", func(_ context.Context, d task.Draft) (task.Draft, error) {
		d.Exemplars, d.Documents, d.Passages, d.Responses = exemplars, docs, passages, responses
		d.Prediction.Flags = flags
		d.Prediction.Provenance.Exemplars, d.Prediction.Provenance.Documents, d.Prediction.Provenance.Passages = names, names, names
		return d, nil
	})
	for _, rag := range []task.Option{task.WithRAG(task.RAG{}), task.WithDocuments(task.Documents{MaxTokens: 8})} {
		tk := mustBuild(t, smallClass().using(&answers{text: strings.Replace(replyTo(task.KindRubricScore), "Harbor", "Port", 1)}),
			task.KindRubricScore, rag, task.WithStep(task.Before(task.PlaceExemplars), roomy))
		p, err := predict(t, tk, target())
		require.NoError(t, err)
		require.NotEmpty(t, p.Flags)
		require.Zero(t, exemplars[:1][0])
		require.Zero(t, docs[:1][0])
		require.Zero(t, passages[:1][0])
		require.Zero(t, responses[:1][0])
		require.Zero(t, flags[:1][0])
		require.Empty(t, names[:1][0])
	}
}
