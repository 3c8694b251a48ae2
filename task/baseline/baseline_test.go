package baseline_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm/llmtest"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/baseline"
	"github.com/gloss-sdk/gloss/task/userdata"
)

func raising(strengths, improvements []string) userdata.Feedback {
	var f userdata.Feedback
	for _, c := range strengths {
		f.Strengths = append(f.Strengths, userdata.Point{Criterion: c, Text: "x"})
	}
	for _, c := range improvements {
		f.Improvements = append(f.Improvements, userdata.Point{Criterion: c, Text: "x"})
	}
	return f
}

func predict(t testing.TB, n int, past ...userdata.Feedback) (task.Prediction, error) {
	t.Helper()
	var exemplars []userdata.Exemplar
	for _, f := range past {
		exemplars = append(exemplars, userdata.Exemplar{Feedback: f})
	}
	res := task.Using(userdata.NewClass("", "", userdata.Sources{}), llmtest.Echo())
	run, err := pipeline.NewRun()
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run.With(pipeline.Replace(res.Past(), exemplars)), baseline.MostFrequentCriteria(res, n))
	if err != nil {
		return task.Prediction{}, err
	}
	return runner.Run(t.Context(), userdata.Submission{ID: "t"})
}

func criteria(ps []userdata.Point) (out []string) {
	for _, p := range ps {
		out = append(out, p.Criterion)
	}
	return out
}

func TestMostFrequentCriteria(t *testing.T) {
	t.Parallel()
	p, err := predict(t, 2,
		raising([]string{"thesis", "thesis", "thesis"}, []string{"evidence", "claim"}),
		raising([]string{"claim", "evidence"}, []string{"evidence"}),
		raising([]string{"evidence", ""}, []string{"thesis", "claim"}),
	)
	require.NoError(t, err)
	require.Equal(t, []string{"evidence", "claim"}, criteria(p.Feedback.Strengths), "a criterion counts once for each feedback; ties are alphabetical")
	require.Equal(t, []string{"claim", "evidence"}, criteria(p.Feedback.Improvements))
	require.Equal(t, "t", p.Feedback.Submission)
}

func TestMostFrequentCriteriaOfNothing(t *testing.T) {
	t.Parallel()
	p, err := predict(t, 3)
	require.NoError(t, err)
	require.Empty(t, p.Feedback.Strengths)
	_, err = predict(t, 0)
	require.ErrorContains(t, err, "want 1 or more")
}

func ExampleMostFrequentCriteria() {
	class := userdata.NewClass("9b", "okafor", userdata.Sources{
		Submissions: userdata.Values("submissions", userdata.Submission{ID: "a", Text: "Cats are quiet animals."}),
		Feedback:    userdata.Values("feedback", userdata.Feedback{Submission: "a", Improvements: []userdata.Point{{Criterion: "evidence", Text: "Give a fact."}}}),
	})
	res := task.Using(class, llmtest.Echo())
	run, err := pipeline.NewRun()
	if err != nil {
		fmt.Println(err)
		return
	}
	runner, err := pipeline.Start(context.Background(), run, baseline.MostFrequentCriteria(res, 3))
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := runner.Run(context.Background(), userdata.Submission{ID: "new", Text: "Dogs are loud."})
	fmt.Println(p.Feedback.Improvements[0].Criterion, err)
	// Output: evidence <nil>
}
