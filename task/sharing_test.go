package task_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// assetLog remembers which assets were read or built, in order.
type assetLog struct {
	mu   sync.Mutex
	made []string
}

func (l *assetLog) Observe(_ context.Context, e pipeline.Event) {
	if e.Kind == pipeline.KindAsset {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.made = append(l.made, e.Asset.Name)
	}
}

func (l *assetLog) count(name string) int {
	return len(slices.DeleteFunc(slices.Clone(l.made), func(made string) bool { return made != name }))
}

// TestTasksShareWhatTheyNeed: what several tasks of a run need is read once and built once.
func TestTasksShareWhatTheyNeed(t *testing.T) {
	t.Parallel()
	c := smallClass()
	res := c.using(&answers{})
	similar := task.WithExemplars(task.Exemplars{Select: task.SelectSimilar})
	essay := mustBuild(t, res, task.KindEssayScore, task.WithRAG(task.RAG{}))
	rubric := mustBuild(t, res, task.KindRubricScore, task.WithRAG(task.RAG{}))
	short, err := rubric.With(task.WithName("short"), task.WithExemplars(task.Exemplars{K: 2, Select: task.SelectMixed}), task.WithoutRubric())
	require.NoError(t, err)
	whole, err := rubric.With(task.WithName("whole"), task.WithoutClassDocs())
	require.NoError(t, err)
	stored, err := task.New(res, mustBuild(t, res, task.KindDraftFeedback, similar).Spec())
	require.NoError(t, err)
	tasks := []*task.Task{essay, rubric, short, whole, stored}

	log := &assetLog{}
	run, err := pipeline.NewRun(pipeline.WithObserver(log))
	require.NoError(t, err)
	for _, tk := range tasks {
		runner, err := pipeline.Start(t.Context(), run, tk)
		require.NoError(t, err)
		_, err = runner.Run(t.Context(), target())
		require.NoError(t, err)
	}
	for _, shared := range []string{
		"past_feedback", "documents", "rubrics", "assignments", "scales", "exemplars_tfidf_cosine", "passages_bm25_200",
	} {
		require.Equal(t, 1, log.count(shared), shared)
	}
	for _, tk := range tasks {
		require.Equal(t, 1, log.count(tk.Name()), tk.Name())
	}
	require.EqualValues(t, 1, c.reads["feedback"].Load(), "past feedback is read by nothing else")
	require.EqualValues(t, 1, c.reads["documents"].Load())

	again, err := pipeline.Start(t.Context(), run, rubric)
	require.NoError(t, err)
	_, err = again.Run(t.Context(), target())
	require.NoError(t, err)
	require.Equal(t, 1, log.count("rubric_score"), "the same task in the same run is the same asset")
}

// TestSettingsThatDifferAreNotShared: an index is shared by what it was made with.
func TestSettingsThatDifferAreNotShared(t *testing.T) {
	t.Parallel()
	res := smallClass().using(nil)
	first := mustBuild(t, res, task.KindEssayScore, task.WithRAG(task.RAG{}))
	similarBM25 := task.WithExemplars(task.Exemplars{Select: task.SelectSimilar, Similarity: task.BM25})
	for _, tc := range []struct {
		indexes int // of both tasks together
		opts    []task.Option
	}{
		{2, []task.Option{task.WithRAG(task.RAG{Passages: 9})}}, // how many are shown is not in the index
		{3, []task.Option{task.WithRAG(task.RAG{PassageTokens: 100})}},
		{3, []task.Option{task.WithRAG(task.RAG{Similarity: task.TFIDFCosine})}},
		{4, []task.Option{task.WithRAG(task.RAG{PassageTokens: 100}), similarBM25}},
	} {
		p, err := pipeline.NewPlan(first, mustBuild(t, res, task.KindEssayScore, append(tc.opts, task.WithName("other"))...))
		require.NoError(t, err)
		indexes := 0
		for _, e := range p.Entries() {
			if e.Origin == pipeline.OriginDerived && !e.Selected {
				indexes++
			}
		}
		require.Equal(t, tc.indexes, indexes, "%s", p)
	}
}

// TestTwoResourcesShareNothing: not even over one class.
func TestTwoResourcesShareNothing(t *testing.T) {
	t.Parallel()
	c := smallClass()
	p, err := pipeline.NewPlan(
		mustBuild(t, c.using(nil), task.KindEssayScore), mustBuild(t, c.using(nil), task.KindEssayScore, task.WithName("other")))
	require.NoError(t, err)
	require.NotEmpty(t, p.Warnings(), "a plan with two assets of one name says so")
}

// TestRevealedWorkReachesExemplars: a run whose past feedback is replaced rebuilds what depends on it, and leaves the parent alone.
func TestRevealedWorkReachesExemplars(t *testing.T) {
	t.Parallel()
	c := smallClass()
	res := c.using(&answers{})
	for _, opts := range [][]task.Option{nil, {task.WithRAG(task.RAG{})}} {
		tk := mustBuild(t, res, task.KindEssayScore, opts...)
		run, err := pipeline.NewRun()
		require.NoError(t, err)
		revealed := []userdata.Exemplar{work("new1", "s", "harbor road", 3)}
		for _, r := range []*pipeline.Run{run, run.With(pipeline.Replace(res.Past(), revealed)), run} {
			runner, err := pipeline.Start(t.Context(), r, tk)
			require.NoError(t, err)
			p, err := runner.Run(t.Context(), target())
			require.NoError(t, err)
			if r == run {
				require.Len(t, p.Provenance.Exemplars, 12)
				require.NotContains(t, p.Provenance.Exemplars, "new1")
				continue
			}
			require.Equal(t, []string{"new1"}, p.Provenance.Exemplars)
		}
	}
}

// TestATaskRunsConcurrently: one task, many items at once, the same predictions as one by one.
func TestATaskRunsConcurrently(t *testing.T) {
	t.Parallel()
	tk := mustBuild(t, smallClass().using(&answers{}), task.KindRubricScore, task.WithRAG(task.RAG{}))
	subs := make([]userdata.Submission, 60)
	for i := range subs {
		subs[i] = target()
		subs[i].ID = string(rune('a'+i/20)) + string(rune('a'+i%20))
		subs[i].Text += " topic" + wordOf(i)
	}
	var slow []task.Prediction
	for _, inFlight := range []int{1, 8} {
		run, err := pipeline.NewRun(pipeline.WithInFlight(inFlight))
		require.NoError(t, err)
		runner, err := pipeline.Start(t.Context(), run, tk)
		require.NoError(t, err)
		var got []task.Prediction
		for res := range runner.Stream(t.Context(), pipeline.Items(subs...)) {
			require.NoError(t, res.Err)
			got = append(got, res.Out)
		}
		if slow == nil {
			slow = got
			continue
		}
		require.Equal(t, slow, got)
	}
}
