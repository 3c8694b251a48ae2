package task_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/prompt"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// words counts words: a tokenizer whose counts a test can tell.
func words() llm.Counter {
	return llm.CounterFunc(func(text string) int { return len(strings.Fields(text)) })
}

// long is a class with a long document and a submission with everything around it.
func long() sources {
	c := classOf(graded(6))
	c.Documents = userdata.Values("documents", userdata.Document{ID: "article", Text: strings.Repeat("A sentence of the article.\n\n", 100)})
	return c
}

func budgeted(tb testing.TB, k task.Kind, window int, opts ...task.Option) (task.Draft, error) {
	tb.Helper()
	opts = append([]task.Option{task.WithExemplars(task.Exemplars{K: 6}), task.WithBudget(task.Budget{Window: window, Answer: 100})}, opts...)
	tk := mustBuild(tb, long().using(&filler{}).WithCounter(words()), k, opts...)
	return until(tb, tk, task.PlaceVerify, revised())
}

// TestBudget: as the window shrinks, the least important goes first, all of it is flagged, and the submission stays whole.
func TestBudget(t *testing.T) {
	t.Parallel()
	d, err := budgeted(t, task.KindRubricScore, 100_000)
	require.NoError(t, err)
	require.Empty(t, d.Prediction.Flags)
	full := llm.CountRequest(words(), d.Questions[0].Request)

	shown := func(d task.Draft, text string) bool {
		return slices.ContainsFunc(d.Questions[0].Request.Messages, func(m llm.Message) bool { return strings.Contains(m.Text, text) })
	}
	before, lowest := 7, 0
	for window := full + 100; window > 0; window -= 10 {
		d, err := budgeted(t, task.KindRubricScore, window)
		var over *prompt.OverBudgetError
		if errors.As(err, &over) {
			break
		}
		lowest = window
		require.NoError(t, err, "window %d", window)
		require.LessOrEqual(t, llm.CountRequest(words(), d.Questions[0].Request), window-100)
		require.True(t, shown(d, "<submission>\nHarbor Road should be closed. The market was full on Saturday.\n</submission>"), "never cut")
		if window < full+100 {
			require.NotEmpty(t, d.Prediction.Flags)
		}
		for _, f := range d.Prediction.Flags {
			require.Equal(t, task.FlagContextCut, f.Kind)
		}
		exemplars := len(d.Prediction.Provenance.Exemplars)
		require.Equal(t, exemplars, strings.Count(asJSON(t, d.Questions[0].Request.Messages), `"role":"assistant"`), "what is named was shown")
		require.LessOrEqual(t, exemplars, before, "a smaller window never shows more")
		before = exemplars
		if exemplars < 6 {
			require.False(t, shown(d, "A sentence of the article."), "documents go before exemplars")
			require.Empty(t, d.Prediction.Provenance.Documents)
		}
		if shown(d, "A sentence of the article.") {
			require.Equal(t, []string{"article"}, d.Prediction.Provenance.Documents, "what was shortened was still shown")
		}
		if !shown(d, "I think Harbor Road is loud.") {
			require.Zero(t, exemplars, "exemplars go before the prior draft")
			require.False(t, shown(d, "handed in before"), "its heading goes with it")
		}
		if !shown(d, "<rubric>") {
			require.False(t, shown(d, "I think Harbor Road is loud."), "the prior draft goes before the rubric")
		}
		if !shown(d, "<assignment>") {
			require.False(t, shown(d, "<rubric>"), "the assignment goes last")
		}
	}
	d, err = budgeted(t, task.KindRubricScore, lowest)
	require.NoError(t, err)
	require.False(t, shown(d, "<assignment>"), "in the smallest window, nothing is left but instructions and submission")
}

// TestBudgetKeepsTheEndsOfTheScale: of quantile anchors, those in the middle go first.
func TestBudgetKeepsTheEndsOfTheScale(t *testing.T) {
	t.Parallel()
	for window := 2000; window > 300; window -= 10 {
		d, err := budgeted(t, task.KindEssayScore, window, task.WithoutClassDocs())
		require.NoError(t, err)
		if ids := d.Prediction.Provenance.Exemplars; len(ids) == 2 {
			require.Equal(t, []string{"p01", "p06"}, ids)
			return
		}
	}
	require.Fail(t, "no window shows two exemplars")
}

// TestTooLongForTheWindow: a submission that does not fit fails before anything is sent, and says what would be right.
func TestTooLongForTheWindow(t *testing.T) {
	t.Parallel()
	model := &filler{}
	tk := mustBuild(t, long().using(model).WithCounter(words()), task.KindEssayScore, task.WithBudget(task.Budget{Window: 400, Answer: 100}))
	s := target()
	s.Text = strings.Repeat("word ", 500)
	_, err := predict(t, tk, s)
	var over *prompt.OverBudgetError
	require.ErrorAs(t, err, &over)
	require.Equal(t, 300, over.Max)
	require.Greater(t, over.Need, 500)
	require.ErrorContains(t, err, "essay_score/generate: budget of a window of 400 tokens")
	require.Zero(t, model.calls())
	var class interface{ ErrorClass() string }
	require.ErrorAs(t, err, &class)
	require.Equal(t, string(llm.CodeContextTooLong), class.ErrorClass())
}

// TestBudgetOfCritiques: the conversation that follows has to fit as well.
func TestBudgetOfCritiques(t *testing.T) {
	t.Parallel()
	d, err := budgeted(t, task.KindEssayScore, 900, task.WithTechnique(task.Technique{Critiques: 1}))
	require.NoError(t, err)
	first := d.Questions[0].Request.Messages[:len(d.Questions[0].Request.Messages)-4]
	require.LessOrEqual(t, llm.CountRequest(words(), llm.Request{Messages: first}), 900-300)
	require.NotEmpty(t, d.Prediction.Flags)
}

// TestBudgetOfParts: a question about one criterion is cut on its own, and the flag names it.
func TestBudgetOfParts(t *testing.T) {
	t.Parallel()
	d, err := budgeted(t, task.KindRubricScore, 700, task.WithTechnique(task.Technique{PerCriterion: true}))
	require.NoError(t, err)
	criteria := map[string]bool{}
	for _, f := range d.Prediction.Flags {
		criteria[f.Criterion] = true
	}
	require.Equal(t, map[string]bool{"thesis": true, "evidence": true}, criteria)
}

// TestShownInSomeParts: what one question dropped and another showed was shown.
func TestShownInSomeParts(t *testing.T) {
	t.Parallel()
	c := classOf(graded(6))
	r := rubrics()
	r[0].Criteria[0].Description = strings.Repeat("A long description. ", 60)
	c.Rubrics = userdata.Values("rubrics", r...)
	tk := func(window int) task.Draft {
		d, err := until(t, mustBuild(t, c.using(&filler{}).WithCounter(words()), task.KindRubricScore, task.WithoutClassDocs(),
			task.WithExemplars(task.Exemplars{K: 6}), task.WithTechnique(task.Technique{PerCriterion: true}),
			task.WithBudget(task.Budget{Window: window, Answer: 100})), task.PlaceVerify, target())
		require.NoError(t, err)
		return d
	}
	d := tk(500)
	count := func(i int) int {
		return strings.Count(asJSON(t, d.Questions[i].Request.Messages), `"role":"assistant"`)
	}
	require.Less(t, count(0), count(1))
	require.Equal(t, 6, count(1))
	require.Len(t, d.Prediction.Provenance.Exemplars, 6)
}

// TestNoCounter: nil stands for the estimate.
func TestNoCounter(t *testing.T) {
	t.Parallel()
	predicted := func(r task.Resources) []task.Flag {
		d, err := until(t, mustBuild(t, r, task.KindEssayScore, task.WithBudget(task.Budget{Window: 900, Answer: 100})), task.PlaceVerify, target())
		require.NoError(t, err)
		return d.Prediction.Flags
	}
	flags := predicted(smallClass().using(&filler{}).WithCounter(nil))
	require.NotEmpty(t, flags)
	require.Equal(t, predicted(smallClass().using(&filler{})), flags)
}

// TestCounterIsATool: a tokenizer of the user's counts, and is part of the plan.
func TestCounterIsATool(t *testing.T) {
	t.Parallel()
	res := smallClass().using(&filler{})
	tk := mustBuild(t, res, task.KindEssayScore, task.WithBudget(task.Budget{Window: 4000, Answer: 100}))
	require.True(t, planned(t, tk).Has("token_counter"))
	d, err := until(t, tk, task.PlaceGenerate, target(), pipeline.Replace(res.Counter(), llm.Counter(llm.CounterFunc(func(text string) int { return 3 * len(text) }))))
	require.NoError(t, err)
	require.NotEmpty(t, d.Prediction.Flags, "a counter that counts more cuts more")
}
