package writing_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/writing"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// graded is the truth of the tests; nil means that the teacher wrote nothing.
type graded struct{ feedback *userdata.Feedback }

func (g graded) answer() (userdata.Feedback, bool) {
	if g.feedback == nil {
		return userdata.Feedback{}, false
	}
	return *g.feedback, true
}

type (
	sample = eval.Sample[userdata.Submission, graded]
	metric = eval.Metric[userdata.Submission, task.Prediction, graded]
)

// raising is feedback with strengths and areas to improve on criteria.
func raising(strengths, improvements []string) userdata.Feedback {
	var f userdata.Feedback
	for _, c := range strengths {
		f.Strengths = append(f.Strengths, userdata.Point{Criterion: c, Text: "good"})
	}
	for _, c := range improvements {
		f.Improvements = append(f.Improvements, userdata.Point{Criterion: c, Text: "better"})
	}
	return f
}

// score scores predictions, one for each truth in order, of submissions with a text each.
func score(tb testing.TB, m metric, predicted []userdata.Feedback, truths []graded, texts ...string) *eval.Outcome {
	tb.Helper()
	samples := make([]sample, len(truths))
	results := make([]pipeline.Result[task.Prediction], len(truths))
	for i, truth := range truths {
		id := fmt.Sprint("e", i)
		samples[i] = sample{ID: id, Input: userdata.Submission{ID: id}, Truth: truth}
		if i < len(texts) {
			samples[i].Input.Text = texts[i]
		}
		results[i] = pipeline.Result[task.Prediction]{Index: i, ID: id, Out: task.Prediction{Feedback: predicted[i]}}
	}
	h, err := eval.NewHoldout("holdout", samples)
	require.NoError(tb, err)
	o, err := eval.Score(tb.Context(), h, slices.Values(results), eval.Metrics(m), eval.WithDraws(50))
	require.NoError(tb, err)
	return o
}

func summary(tb testing.TB, o *eval.Outcome) eval.Summary {
	tb.Helper()
	s, err := o.Summary("m")
	require.NoError(tb, err)
	return s
}

func value(tb testing.TB, o *eval.Outcome) float64 {
	tb.Helper()
	v, ok := summary(tb, o).Value().Value()
	require.True(tb, ok)
	return v
}

func wrote(f userdata.Feedback) graded { return graded{&f} }

func strengths() metric {
	return writing.CriteriaF1[userdata.Submission]("m", writing.Strengths, graded.answer)
}

func TestCriteriaF1(t *testing.T) {
	t.Parallel()
	predicted := []userdata.Feedback{
		raising([]string{"thesis", "thesis", "evidence"}, []string{"tone"}), // said twice counts once
		raising([]string{"tone", ""}, nil),                                  // no criterion counts for nothing
		raising(nil, nil),
		raising([]string{"thesis"}, nil),
	}
	truths := []graded{
		wrote(raising([]string{"evidence", "tone"}, []string{"thesis"})),
		wrote(raising([]string{"tone"}, nil)),
		wrote(raising([]string{"thesis"}, nil)),
		wrote(raising(nil, []string{"thesis"})),
	}
	o := score(t, strengths(), predicted, truths)
	var rows [][]float64
	for _, item := range o.Items {
		rows = append(rows, item.Cells[0].Row)
	}
	require.Equal(t, [][]float64{{1, 1, 1}, {1, 0, 0}, {0, 0, 1}, {0, 1, 0}}, rows)
	require.InDelta(t, 2.0*2/(2*2+2+2), value(t, o), 1e-12)
	require.Equal(t, eval.Counts{Scored: 4}, summary(t, o).Counts)

	improvements := writing.CriteriaF1[userdata.Submission]("m", writing.Improvements, graded.answer)
	o = score(t, improvements, predicted, truths)
	require.Equal(t, []float64{0, 1, 1}, o.Items[0].Cells[0].Row)
	require.Zero(t, value(t, o))
}

// TestCriteriaF1WithoutFeedback: where the teacher wrote nothing, a prediction is neither right nor wrong.
func TestCriteriaF1WithoutFeedback(t *testing.T) {
	t.Parallel()
	right := raising([]string{"thesis"}, nil)
	o := score(t, strengths(), []userdata.Feedback{right, right, {}}, []graded{wrote(right), {}, {}})
	require.Equal(t, eval.Counts{Scored: 1, NotApplicable: 2}, summary(t, o).Counts)
	require.Equal(t, eval.NotApplicable, o.Items[1].Cells[0].Status)
	require.InDelta(t, 1, value(t, o), 1e-12, "points raised on unanswered work are no mistakes")

	o = score(t, strengths(), []userdata.Feedback{right}, []graded{{}})
	require.False(t, summary(t, o).Value().Defined(), "nothing to compare with is no number")
	o = score(t, strengths(), []userdata.Feedback{{}}, []graded{wrote(userdata.Feedback{})})
	require.False(t, summary(t, o).Value().Defined(), "nothing raised on either side is no number")
}

// TestCriteriaF1IsSetF1 compares with the F1 of package agreement on random feedback.
func TestCriteriaF1IsSetF1(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	draw := func() []string {
		var out []string
		for _, c := range []string{"thesis", "evidence", "tone", "order", ""} {
			for range r.IntN(3) {
				out = append(out, c)
			}
		}
		r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		return out
	}
	named := func(c string) bool { return c == "" }
	for range 50 {
		var predicted []userdata.Feedback
		var truths []graded
		var sets []agreement.LabelSets[string]
		for range 1 + r.IntN(6) {
			p, q := draw(), draw()
			predicted, truths = append(predicted, raising(p, nil)), append(truths, wrote(raising(q, nil)))
			sets = append(sets, agreement.LabelSets[string]{
				Predicted: slices.DeleteFunc(slices.Clone(p), named), Truth: slices.DeleteFunc(slices.Clone(q), named),
			})
		}
		require.Equal(t, agreement.SetF1(sets).F1, summary(t, score(t, strengths(), predicted, truths)).Value())
	}
}

// TestCriteriaF1NeedsItsFunctions: a mistake is reported before anything is scored.
func TestCriteriaF1NeedsItsFunctions(t *testing.T) {
	t.Parallel()
	h, err := eval.NewHoldout("holdout", []sample{{ID: "e"}})
	require.NoError(t, err)
	for _, m := range []metric{
		writing.CriteriaF1[userdata.Submission]("m", nil, graded.answer),
		writing.CriteriaF1[userdata.Submission, graded]("m", writing.Strengths, nil),
	} {
		_, err := eval.Score(t.Context(), h, slices.Values([]pipeline.Result[task.Prediction]{}), eval.Metrics(m))
		require.EqualError(t, err, `eval: metric "m": a function is nil`)
	}
}

func TestCriteria(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want []string }{
		"none":               {nil, nil},
		"no criterion":       {[]string{"", ""}, nil},
		"sorted":             {[]string{"tone", "evidence"}, []string{"evidence", "tone"}},
		"each once":          {[]string{"tone", "evidence", "tone"}, []string{"evidence", "tone"}},
		"case is kept":       {[]string{"Tone", "tone"}, []string{"Tone", "tone"}},
		"some with none":     {[]string{"", "tone", ""}, []string{"tone"}},
		"white space counts": {[]string{" tone", "tone"}, []string{" tone", "tone"}},
	} {
		points := raising(tc.in, nil).Strengths
		before := slices.Clone(points)
		require.Equal(t, tc.want, writing.Criteria(points), name)
		require.Equal(t, before, points, "the points are as they were")
	}
}
