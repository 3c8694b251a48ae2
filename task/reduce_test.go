package task_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

func TestReduceScore(t *testing.T) {
	t.Parallel()
	six, halves := userdata.Scale{Min: 1, Max: 6}, userdata.Scale{Min: 0, Max: 5, Step: 0.5}
	for _, tc := range []struct {
		values         []float64
		median, mean   float64
		majority       float64
		agreeingMedian int
		scale          userdata.Scale
	}{
		{[]float64{3, 3, 3}, 3, 3, 3, 3, six},
		{[]float64{1, 6, 2}, 2, 3, 2, 1, six},
		{[]float64{2, 3}, 3, 3, 2, 1, six}, // between two, up; of two that are as frequent and as near, the lower one
		{[]float64{1, 1, 5, 6, 6}, 5, 4, 6, 1, six},
		{[]float64{5, 1, 6, 1, 6}, 5, 4, 6, 1, six}, // whatever the order
		{[]float64{1, 1, 4, 5, 6}, 4, 3, 1, 1, six},
		{[]float64{2, 2.5}, 2.5, 2.5, 2, 1, halves},
		{[]float64{0, 5, 0.5, 5}, 3, 2.5, 5, 0, halves},
	} {
		name := fmt.Sprint(tc.values)
		got, agreeing := task.ReduceScore(tc.values, task.ReduceMedian, tc.scale)
		require.InDelta(t, tc.median, got, 0, "median of %s", name)
		require.Equal(t, tc.agreeingMedian, agreeing, "agreeing with the median of %s", name)
		got, _ = task.ReduceScore(tc.values, task.ReduceMean, tc.scale)
		require.InDelta(t, tc.mean, got, 0, "mean of %s", name)
		got, _ = task.ReduceScore(tc.values, task.ReduceMajority, tc.scale)
		require.InDelta(t, tc.majority, got, 0, "majority of %s", name)
	}
}

// TestReductionsStayInside: no reduction leaves the range of the samples or the scale, and none depends on their order.
func TestReductionsStayInside(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 9))
	for range 2000 {
		scale := userdata.Scale{Min: float64(r.IntN(3)), Step: []float64{0.5, 1, 2}[r.IntN(3)]}
		scale.Max = scale.Min + scale.Step*float64(1+r.IntN(9))
		values := make([]float64, 1+r.IntN(7))
		for i := range values {
			values[i] = scale.Min + scale.Step*float64(r.IntN(1+int((scale.Max-scale.Min)/scale.Step)))
		}
		shuffled := slices.Clone(values)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for _, how := range []task.Reduction{task.ReduceMedian, task.ReduceMean, task.ReduceMajority} {
			got, agreeing := task.ReduceScore(values, how, scale)
			require.True(t, scale.Contains(got))
			require.GreaterOrEqual(t, got, slices.Min(values))
			require.LessOrEqual(t, got, slices.Max(values))
			again, count := task.ReduceScore(shuffled, how, scale)
			require.InDelta(t, got, again, 0)
			require.Equal(t, agreeing, count)
		}
	}
}

// sampled is a task that takes three samples.
func sampled(tb testing.TB, k task.Kind, samples task.Samples, replies ...string) (task.Prediction, error) {
	tb.Helper()
	var responses []llm.Response
	for _, r := range replies {
		responses = append(responses, said(r))
	}
	opts := []task.Option{task.WithTechnique(task.Technique{Samples: &samples}), task.WithReply(task.Reply{})}
	return predict(tb, mustBuild(tb, smallClass().using(llmtest.Scripted(responses...)), k, opts...), target())
}

func TestSelfConsistency(t *testing.T) {
	t.Parallel()
	score := func(words string, value int) string { return fmt.Sprintf(`{"rationale":%q,"score":%d}`, words, value) }
	p, err := sampled(t, task.KindEssayScore, task.Samples{N: 3}, score("low", 2), score("high", 5), score("middle", 4))
	require.NoError(t, err)
	require.Equal(t, []userdata.Score{{Value: 4, Rationale: "middle"}}, p.Feedback.Scores, "words of the sample that gave the score")
	require.Equal(t, []task.Flag{{Kind: task.FlagSamplesDisagree, Detail: "1 of 3 samples gave 4"}}, p.Flags)

	p, err = sampled(t, task.KindEssayScore, task.Samples{N: 3, Reduce: task.ReduceMajority}, score("a", 2), score("a", 2), score("b", 6))
	require.NoError(t, err)
	require.Equal(t, []userdata.Score{{Value: 2, Rationale: "a"}}, p.Feedback.Scores)
	require.Empty(t, p.Flags)
}

// TestSamplesThatCannotBeRead: some may be lost, most may not.
func TestSamplesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	good := replyTo(task.KindEssayScore)
	p, err := sampled(t, task.KindEssayScore, task.Samples{N: 3}, good, "no", good)
	require.NoError(t, err)
	require.Equal(t, []task.Flag{{Kind: task.FlagSampleLost, Detail: "1 of 3 samples"}}, p.Flags)
	require.InDelta(t, 4, p.Feedback.Scores[0].Value, 0)

	_, err = sampled(t, task.KindEssayScore, task.Samples{N: 3}, good, "no", "no")
	requireParseError(t, err, "essay_score/parse")
	require.ErrorContains(t, err, "2 of 3 samples cannot be read")
	_, err = sampled(t, task.KindEssayScore, task.Samples{N: 2}, good, "no")
	require.ErrorContains(t, err, "1 of 2 samples cannot be read", "half is not more than half")
}

// TestMedoid: feedback is taken whole, from the sample that raises what the others raise.
func TestMedoid(t *testing.T) {
	t.Parallel()
	feedback := func(strength, improvement, words string) string {
		return fmt.Sprintf(`{"strengths":[{"criterion":%q,"text":%q}],"improvements":[{"criterion":%q,"text":%q}],"next_steps":[],"comments":[]}`,
			strength, words, improvement, words)
	}
	p, err := sampled(t, task.KindDraftFeedback, task.Samples{N: 3},
		feedback("evidence", "thesis", "alike"), feedback("thesis", "evidence", "alike"), feedback("thesis", "evidence", "alike"))
	require.NoError(t, err)
	require.Equal(t, []userdata.Point{{Criterion: "thesis", Text: "alike"}}, p.Feedback.Strengths)
	require.Equal(t, []userdata.Point{{Criterion: "evidence", Text: "alike"}}, p.Feedback.Improvements)
}

// TestMedoidsThatAreAsGood: the words of one that agrees as much as another do not depend on who answered first.
func TestMedoidsThatAreAsGood(t *testing.T) {
	t.Parallel()
	model := &filler{say: func(_ int, req llm.Request, _ string) string {
		return fmt.Sprintf(`{"strengths":[],"improvements":[],"next_steps":["step %d"],"comments":[]}`, *req.Seed)
	}}
	seed := int64(1)
	p, err := predict(t, mustBuild(t, smallClass().using(model), task.KindDraftFeedback, task.WithTechnique(task.Technique{Samples: &task.Samples{N: 3}}),
		task.WithGeneration(task.Generation{Seed: &seed})), target())
	require.NoError(t, err)
	require.Equal(t, []string{"step 1"}, p.Feedback.NextSteps)
}

// TestSamplesOfCriteria: techniques combine: two samples of each of two criteria, each criterion reduced on its own.
func TestSamplesOfCriteria(t *testing.T) {
	t.Parallel()
	model := &filler{}
	tk := mustBuild(t, smallClass().using(model), task.KindRubricScore,
		task.WithTechnique(task.Technique{PerCriterion: true, Samples: &task.Samples{N: 2}, Critiques: 1}))
	d, err := until(t, tk, task.PlaceVerify, target())
	require.NoError(t, err)
	require.Equal(t, 2*2*3, model.calls())
	var asked []string
	for _, q := range d.Questions {
		asked = append(asked, fmt.Sprint(q.About, q.Sample))
	}
	require.Equal(t, []string{"thesis1", "thesis2", "evidence1", "evidence2"}, asked)
	require.Equal(t, []string{"thesis", "evidence"}, criteriaOf(d.Prediction.Feedback))
}
