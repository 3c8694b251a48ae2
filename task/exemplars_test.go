package task_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// work is a graded piece of work that every kind of task can show.
func work(id, student, text string, score float64) userdata.Exemplar {
	return userdata.Exemplar{
		Submission: userdata.Submission{ID: id, Assignment: assignment, Student: student, Text: text},
		Feedback: userdata.Feedback{
			Submission: id, Author: "okafor",
			Scores: []userdata.Score{
				{Value: score, Rationale: "r " + id}, {Criterion: "thesis", Value: 1}, {Criterion: "evidence", Value: 1},
			},
			NextSteps: []string{"Go on."},
		},
	}
}

// ladder is n works with the scores 1, 2, …, which share one word and have another one to themselves.
func ladder(n int) []userdata.Exemplar {
	var past []userdata.Exemplar
	for i := range n {
		past = append(past, work(fmt.Sprintf("w%02d", i+1), fmt.Sprintf("s%02d", i+1), "common "+wordOf(i+1), float64(i+1)))
	}
	return past
}

func wordOf(i int) string { return "word" + string(rune('a'+i/20)) + string(rune('a'+i%20)) }

// choose runs an essay_score up to its exemplars, over past feedback of its own.
func choose(tb testing.TB, past []userdata.Exemplar, s userdata.Submission, opts ...task.Option) task.Draft {
	tb.Helper()
	res := smallClass().using(nil)
	d, err := until(tb, mustBuild(tb, res, task.KindEssayScore, opts...), task.PlaceExemplars, s, pipeline.Replace(res.Past(), past))
	require.NoError(tb, err)
	return d
}

func ids(d task.Draft) []string { return d.Prediction.Provenance.Exemplars }

func TestQuantileAnchors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		n, k int
		want []float64 // scores, which are ranks
	}{
		{1, 1, []float64{1}},
		{5, 1, []float64{3}},
		{6, 1, []float64{4}},
		{12, 2, []float64{1, 12}},
		{5, 3, []float64{1, 3, 5}},
		{6, 3, []float64{1, 4, 6}},
		{10, 4, []float64{1, 4, 7, 10}},
		{11, 6, []float64{1, 3, 5, 7, 9, 11}},
		{9, 8, []float64{1, 2, 3, 4, 6, 7, 8, 9}},
		{4, 4, []float64{1, 2, 3, 4}},
		{3, 9, []float64{1, 2, 3}},
	} {
		t.Run(fmt.Sprintf("%d of %d", tc.k, tc.n), func(t *testing.T) {
			t.Parallel()
			past := ladder(tc.n)
			slices.Reverse(past) // the order of the class does not count
			d := choose(t, past, target(), task.WithExemplars(task.Exemplars{K: tc.k}))
			var got []float64
			for i, e := range d.Exemplars {
				got = append(got, e.Exemplar.Feedback.Scores[0].Value)
				require.Equal(t, i+1, e.Rank)
				require.Zero(t, e.Similarity, "they were not chosen by similarity")
			}
			require.Equal(t, tc.want, got)
		})
	}
}

func TestQuantileAnchorsDoNotDependOnTheSubmission(t *testing.T) {
	t.Parallel()
	other := target()
	other.ID, other.Text = "t2", wordOf(3)
	require.Equal(t, ids(choose(t, ladder(30), target())), ids(choose(t, ladder(30), other)))
	require.Len(t, ids(choose(t, ladder(30), target())), task.DefaultExemplars)
}

func TestSimilarExemplars(t *testing.T) {
	t.Parallel()
	sub := target()
	sub.Text = fmt.Sprintf("common %s %[1]s %s", wordOf(7), wordOf(3))
	for _, s := range []task.Similarity{task.TFIDFCosine, task.BM25} {
		d := choose(t, ladder(10), sub, task.WithExemplars(task.Exemplars{K: 4, Select: task.SelectSimilar, Similarity: s}))
		require.Equal(t, []string{"w07", "w03", "w01", "w02"}, ids(d), "%s: best first, ties in the order of the class", s)
		for i, e := range d.Exemplars {
			require.Equal(t, i+1, e.Rank)
			require.Positive(t, e.Similarity)
		}
	}
	sub.Text = "nothing in it is shared"
	d := choose(t, ladder(10), sub, task.WithExemplars(task.Exemplars{K: 4, Select: task.SelectSimilar}))
	require.Empty(t, d.Exemplars, "what is not similar at all is not shown")
	require.Equal(t, task.FlagNoExemplars, d.Prediction.Flags[0].Kind)
}

func TestMixedExemplars(t *testing.T) {
	t.Parallel()
	sub := target()
	sub.Text = fmt.Sprintf("common %s %[1]s %s", wordOf(7), wordOf(8))
	mixed := func(past []userdata.Exemplar, k int) task.Draft {
		return choose(t, past, sub, task.WithExemplars(task.Exemplars{K: k, Select: task.SelectMixed}))
	}
	d := mixed(ladder(13), 4)
	// Anchors are w01, w05, w09 and w13; every second one of them is w01 and w09.
	require.Equal(t, []string{"w07", "w08", "w01", "w09"}, ids(d))
	require.Positive(t, d.Exemplars[1].Similarity)
	require.Zero(t, d.Exemplars[2].Similarity, "anchors are not chosen by similarity")
	require.Equal(t, 4, d.Exemplars[3].Rank)

	require.Equal(t, []string{"w07", "w08", "w01"}, ids(mixed(ladder(13), 3)), "of an odd number the larger half is similar")
	require.Equal(t, []string{"w07"}, ids(mixed(ladder(13), 1)))
	sub.Text = "common common " + wordOf(9)
	require.Equal(t, []string{"w09", "w01", "w05"}, ids(mixed(ladder(9), 3)), "an anchor that is there already gives way to one between")
	sub.Text = "nothing in it is shared"
	require.Equal(t, []string{"w01", "w09", "w05", "w13"}, ids(mixed(ladder(13), 4)), "without anything similar, anchors alone")
	sub.Text = "common"
	require.Equal(t, []string{"w01", "w02", "w03"}, ids(mixed(ladder(3), 12)), "fewer than asked for, none of them twice")
	require.Len(t, ids(mixed(ladder(30), 12)), 12)
}

func TestRandomExemplars(t *testing.T) {
	t.Parallel()
	draw := func(id string, seed uint64, n, k int) []string {
		s := target()
		s.ID = id
		return ids(choose(t, ladder(n), s, task.WithExemplars(task.Exemplars{K: k, Select: task.SelectRandom, Seed: seed})))
	}
	first := draw("t1", 1, 30, 5)
	require.Equal(t, []string{"w30", "w04", "w20", "w12", "w18"}, first, "stored results rest on this draw")
	require.Equal(t, first, draw("t1", 1, 30, 5), "the same draw each time")
	require.NotEqual(t, first, draw("t1", 2, 30, 5), "another seed")
	require.NotEqual(t, first, draw("t2", 1, 30, 5), "another submission")
	require.ElementsMatch(t, []string{"w01", "w02", "w03"}, draw("t1", 1, 3, 5), "fewer than asked for, each of them once")
	drawn := map[string]bool{}
	for i := range 60 {
		for _, id := range draw(fmt.Sprint("t", i), 3, 10, 2) {
			drawn[id] = true
		}
	}
	require.Len(t, drawn, 10, "every exemplar can be drawn")
}

func TestNoExemplars(t *testing.T) {
	t.Parallel()
	flag := []task.Flag{{Kind: task.FlagNoExemplars, Detail: "no graded work of this assignment can be shown for this submission"}}
	ungraded := work("a", "s1", "harbor road closed", 3)
	ungraded.Feedback.Scores = ungraded.Feedback.Scores[1:]
	elsewhere := work("b", "s2", "harbor road closed", 3)
	elsewhere.Submission.Assignment = "another"
	own := work("c", "new", "harbor road closed", 3)
	for name, past := range map[string][]userdata.Exemplar{
		"none": nil, "of another assignment": {elsewhere}, "without a holistic score": {ungraded}, "of the same student": {own},
		"all of these": {ungraded, elsewhere, own},
	} {
		for _, s := range selections() {
			d := choose(t, past, target(), task.WithExemplars(task.Exemplars{Select: s}))
			require.Empty(t, d.Exemplars, "%s: %s", name, s)
			require.Equal(t, flag, d.Prediction.Flags, "%s: %s", name, s)
		}
	}
}

func selections() []task.Selection {
	return []task.Selection{task.SelectQuantileAnchors, task.SelectSimilar, task.SelectMixed, task.SelectRandom}
}

// TestExemplarsThatCannotBeShown: feedback of a second teacher who gave no score is not shown in the place of the first one's.
func TestExemplarsThatCannotBeShown(t *testing.T) {
	t.Parallel()
	past := []userdata.Exemplar{work("a", "s1", "harbor road", 2), work("a", "s1", "harbor road", 2), work("b", "s2", "harbor road closed", 5)}
	past[0].Feedback = userdata.Feedback{Submission: "a", Author: "lindqvist", Summary: "Good."}
	for _, s := range selections() {
		d := choose(t, past, target(), task.WithExemplars(task.Exemplars{Select: s}))
		require.ElementsMatch(t, []string{"a", "b"}, ids(d), s)
		for _, e := range d.Exemplars {
			require.Equal(t, "okafor", e.Exemplar.Feedback.Author)
		}
	}
}

// TestASummaryStandsInForARationale: a teacher who says why in the summary has said it.
func TestASummaryStandsInForARationale(t *testing.T) {
	t.Parallel()
	subs, fs := graded(2)
	fs[0].Scores[0].Rationale = ""
	req := request(t, classOf(subs, fs), task.KindEssayScore, target())
	require.JSONEq(t, `{"rationale":"summary p01","score":1}`, req.Messages[2].Text)
	require.JSONEq(t, `{"rationale":"holistic p02","score":2}`, req.Messages[4].Text)
}

// TestWhatEachKindCanShow: an exemplar is shown if it has what the reply asks for.
func TestWhatEachKindCanShow(t *testing.T) {
	t.Parallel()
	feedback := func(f userdata.Feedback) userdata.Exemplar {
		e := work("a", "s1", "harbor road", 0)
		f.Submission = "a"
		e.Feedback = f
		return e
	}
	both := []userdata.Score{{Criterion: "thesis", Value: 2}, {Criterion: "evidence", Value: 3}}
	quote := &userdata.Span{Quote: "harbor"}
	for name, tc := range map[string]struct {
		f    userdata.Feedback
		want []task.Kind
	}{
		"nothing":               {userdata.Feedback{}, nil},
		"holistic score":        {userdata.Feedback{Scores: []userdata.Score{{Value: 3}}}, []task.Kind{task.KindEssayScore}},
		"one of two criteria":   {userdata.Feedback{Scores: both[:1]}, nil},
		"all criteria":          {userdata.Feedback{Scores: both}, []task.Kind{task.KindRubricScore}},
		"summary":               {userdata.Feedback{Summary: "Good."}, nil},
		"next step":             {userdata.Feedback{NextSteps: []string{"Go on."}}, []task.Kind{task.KindDraftFeedback}},
		"strength":              {userdata.Feedback{Strengths: []userdata.Point{{Criterion: "thesis", Text: "x"}}}, []task.Kind{task.KindDraftFeedback}},
		"point of no criterion": {userdata.Feedback{NextSteps: []string{"x"}, Improvements: []userdata.Point{{Text: "x"}}}, nil},
		"comment":               {userdata.Feedback{Comments: []userdata.Comment{{Criterion: "thesis", Anchor: quote, Text: "x"}}}, []task.Kind{task.KindDraftFeedback}},
		"comment on the whole":  {userdata.Feedback{Comments: []userdata.Comment{{Criterion: "thesis", Text: "x"}}}, nil},
		"comment of no criterion": {userdata.Feedback{
			Comments: []userdata.Comment{{Anchor: quote, Text: "x"}},
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []task.Kind
			for _, k := range task.Kinds() {
				res := smallClass().using(nil)
				d, err := until(t, mustBuild(t, res, k), task.PlaceExemplars, target(), pipeline.Replace(res.Past(), []userdata.Exemplar{feedback(tc.f)}))
				require.NoError(t, err)
				if len(d.Exemplars) > 0 {
					got = append(got, k)
				}
			}
			require.Equal(t, tc.want, got)
		})
	}
}
