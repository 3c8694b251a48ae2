package task_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
)

// TestUntilPlansNoMoreThanItNeeds: retrieval alone needs no model, and no other input than its own.
func TestUntilPlansNoMoreThanItNeeds(t *testing.T) {
	t.Parallel()
	roots := []string{"assignments", "rubrics", "scales", "past_feedback", "documents", "model"}
	for _, kind := range task.Kinds() {
		tk := mustBuild(t, smallClass().using(nil), kind)
		for _, tc := range []struct {
			place task.Place
			needs []string
		}{
			{task.PlaceExemplars, roots[:4]},
			{task.PlaceDocuments, roots[:5]},
			{task.PlacePrompt, roots[:5]},
			{task.PlaceGenerate, roots},
			{task.PlaceParse, roots},
			{task.PlaceVerify, roots},
		} {
			p := planned(t, tk.Until(tc.place))
			for _, r := range roots {
				require.Equal(t, strings.Contains(strings.Join(tc.needs, " "), r), p.Has(r), "%s until %s: %s", kind, tc.place, r)
			}
			steps := taskEntry(t, p).Steps
			require.Equal(t, string(tc.place), steps[len(steps)-1])
			require.Equal(t, string(kind)+"/"+string(tc.place), taskEntry(t, p).Name)
		}
	}
}

func TestUntilStopsWithWhatIsKnownThere(t *testing.T) {
	t.Parallel()
	tk := mustBuild(t, smallClass().using(&answers{}), task.KindRubricScore)
	d, err := until(t, tk, task.PlacePrompt, target())
	require.NoError(t, err)
	require.Equal(t, target(), d.Submission)
	require.Equal(t, "Harbor Road", d.Assignment.Title)
	require.Equal(t, "argument", d.Rubric.ID)
	require.Equal(t, "rubric_score", d.Prompt.Reply.Name())
	require.Len(t, d.Prompt.Examples, 12)
	require.Empty(t, d.Responses)
	req, err := d.Prompt.Request()
	require.NoError(t, err)
	require.Equal(t, request(t, smallClass(), task.KindRubricScore, target()), req, "the prompt is what is sent")

	d, err = until(t, tk, task.PlaceGenerate, target())
	require.NoError(t, err)
	require.Equal(t, replyTo(task.KindRubricScore), d.Responses[0].Text)
	require.Empty(t, d.Prediction.Feedback.Scores)

	d, err = until(t, tk, task.PlaceVerify, target())
	require.NoError(t, err)
	whole, err := predict(t, tk, target())
	require.NoError(t, err)
	require.Equal(t, whole, d.Prediction, "the last place is the end")
}

func TestUntilIncludesCustomSteps(t *testing.T) {
	t.Parallel()
	tk := mustBuild(t, smallClass().using(nil), task.KindRubricScore, task.WithoutClassDocs(),
		task.WithStep(task.After(task.PlaceDocuments), nothing("a")), task.WithStep(task.Before(task.PlacePrompt), nothing("b")))
	require.Equal(t, []string{"exemplars", "a"}, taskEntry(t, planned(t, tk.Until(task.PlaceDocuments))).Steps, "up to a place that is off")
	_, err := until(t, tk, task.PlaceDocuments, target())
	require.NoError(t, err)
}

func TestUntilNowhere(t *testing.T) {
	t.Parallel()
	_, err := until(t, mustBuild(t, smallClass().using(&answers{}), task.KindEssayScore), "lunch", target())
	require.EqualError(t, err, `asset essay_score/lunch: there is no place "lunch"; want one of [exemplars documents prompt generate parse verify]`)
	var asset *pipeline.AssetError
	require.ErrorAs(t, err, &asset)
}

func TestUntilNamesItsErrors(t *testing.T) {
	t.Parallel()
	s := target()
	s.Text = ""
	_, err := until(t, mustBuild(t, smallClass().using(nil), task.KindEssayScore), task.PlaceExemplars, s)
	require.EqualError(t, err, "item t1: stage essay_score: text: the submission is empty; want the student's writing")
}

func TestNoModel(t *testing.T) {
	t.Parallel()
	tk := mustBuild(t, smallClass().using(nil), task.KindEssayScore)
	_, err := predict(t, tk, target())
	require.EqualError(t, err, "asset essay_score: step generate: the resources hold no model")
	_, err = until(t, tk, task.PlacePrompt, target())
	require.NoError(t, err)
}
