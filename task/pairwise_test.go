package task_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

func TestPlaced(t *testing.T) {
	t.Parallel()
	six := userdata.Scale{Min: 1, Max: 6}
	anchors := []float64{1, 2, 3, 4, 5, 6}
	for _, tc := range []struct {
		name     string
		scale    userdata.Scale
		anchors  []float64
		outcomes []float64
		want     float64
	}{
		{"better than all", six, anchors, []float64{1, 1, 1, 1, 1, 1}, 6},
		{"worse than all", six, anchors, []float64{0, 0, 0, 0, 0, 0}, 1},
		{"between 3 and 4, and equal to 3", six, anchors, []float64{1, 1, 0.5, 0, 0, 0}, 3},
		{"equal to 5", six, anchors, []float64{1, 1, 1, 1, 0.5, 0}, 5},
		{"equal to everything", six, anchors, []float64{.5, .5, .5, .5, .5, .5}, 4}, // the middle is 3.5
		{"one slip against many", six, []float64{2, 2, 2, 5, 5, 5, 6}, []float64{1, 1, 1, 0, 0, 0, 1}, 4},
		{"a wide scale", userdata.Scale{Min: 0, Max: 60}, []float64{10, 20, 30, 40, 50}, []float64{1, 1, 1, 0, 0}, 36},
	} {
		require.InDelta(t, tc.want, task.Placed(tc.scale, tc.anchors, tc.outcomes), 0, tc.name)
	}
}

// TestPlacedRecoversScores: comparisons that come out as Bradley and Terry say lead back to the score that they came from.
func TestPlacedRecoversScores(t *testing.T) {
	t.Parallel()
	scale := userdata.Scale{Min: 1, Max: 6}
	r := rand.New(rand.NewPCG(2, 4))
	sum := 0.0
	const rounds = 600
	for i := range rounds {
		truth := 1 + float64(i%6)
		var anchors, outcomes []float64
		for range 12 {
			a := 1 + float64(r.IntN(6))
			outcome := 0.0
			if r.Float64() < winning(truth-a) {
				outcome = 1
			}
			anchors, outcomes = append(anchors, a), append(outcomes, outcome)
		}
		got := task.Placed(scale, anchors, outcomes)
		require.True(t, scale.Contains(got))
		sum += (got - truth) * (got - truth)
	}
	require.Less(t, sum/rounds, 0.6, "mean squared error; drawing at random would give 5.8, always 3.5 would give 2.9")
}

// winning is the chance of a text that is better by so much: four out of five at one step.
func winning(by float64) float64 {
	odds := 1.0
	for ; by >= 1; by-- {
		odds *= 4
	}
	for ; by <= -1; by++ {
		odds /= 4
	}
	return odds / (1 + odds)
}

// TestPlacedIsMonotone: one more win never lowers a score.
func TestPlacedIsMonotone(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 3))
	scale := userdata.Scale{Min: 0, Max: 10}
	for range 500 {
		n := 1 + r.IntN(8)
		anchors, outcomes := make([]float64, n), make([]float64, n)
		for i := range n {
			anchors[i], outcomes[i] = float64(r.IntN(11)), float64(r.IntN(3))/2
		}
		before := task.Placed(scale, anchors, outcomes)
		outcomes[r.IntN(n)] = 1
		require.GreaterOrEqual(t, task.Placed(scale, anchors, outcomes), before)
	}
}

// TestPairwise: a judge that compares by length places a text among the anchors by its length.
func TestPairwise(t *testing.T) {
	t.Parallel()
	model := llm.Func(func(_ context.Context, req llm.Request) (llm.Response, error) {
		text := req.Messages[len(req.Messages)-1].Text
		mine, theirs := len(between(text, "submission")), len(between(text, "graded_text"))
		switch {
		case mine > theirs:
			return said(`{"rationale":"longer","better":"submission"}`), nil
		case mine < theirs:
			return said(`{"rationale":"shorter","better":"graded_text"}`), nil
		default:
			return said(`{"rationale":"as long","better":"equal"}`), nil
		}
	})
	tk := mustBuild(t, smallClass().using(model), task.KindEssayScore, task.WithTechnique(task.Technique{Pairwise: true}))
	subs, feedback := graded(12)
	for i := range 6 {
		s := target()
		s.Text = strings.Repeat("x", len(subs[i].Text))
		p, err := predict(t, tk, s)
		require.NoError(t, err)
		require.Equal(t, []userdata.Score{{Value: feedback[i].Scores[0].Value, Rationale: "as long"}}, p.Feedback.Scores)
		require.Len(t, p.Provenance.Exemplars, 12)
	}
}

func between(text, tag string) string {
	_, after, _ := strings.Cut(text, "<"+tag+">\n")
	inner, _, _ := strings.Cut(after, "\n</"+tag+">")
	return inner
}

// TestPairwiseWithoutAnchors: there is nothing to compare with.
func TestPairwiseWithoutAnchors(t *testing.T) {
	t.Parallel()
	tk := mustBuild(t, classOf(nil, nil).using(&filler{}), task.KindEssayScore, task.WithTechnique(task.Technique{Pairwise: true}))
	_, err := predict(t, tk, target())
	require.ErrorContains(t, err, "no exemplar can be shown to compare the submission with")
}

// TestAnchorsKeepTheirScores: the model is not told how the anchor was graded.
func TestAnchorsKeepTheirScores(t *testing.T) {
	t.Parallel()
	model := &filler{}
	_, err := predict(t, mustBuild(t, smallClass().using(model), task.KindEssayScore, task.WithTechnique(task.Technique{Pairwise: true})), target())
	require.NoError(t, err)
	require.Equal(t, 12, model.calls())
	for _, req := range model.requests {
		require.NotContains(t, asJSON(t, req.Messages), "holistic", "no word of the teacher's rationale")
		for _, m := range req.Messages {
			require.NotEqual(t, llm.Assistant, m.Role)
		}
	}
}

// TestCallsHaveNamesOfTheirOwn: each question of a submission is a stage, whose name no ID can bend.
func TestCallsHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	subs, feedback := graded(2)
	subs[0].ID, feedback[0].Submission = "class/p1", "class/p1"
	second := feedback[1]
	second.ID, second.Author = "f-second", "diaz"
	feedback = append(feedback, second)
	var mu sync.Mutex
	var stages []string
	watch := pipeline.ObserverFunc(func(_ context.Context, e pipeline.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Kind == pipeline.KindCall {
			stages = append(stages, e.Stage)
		}
	})
	_, err := predict(t, mustBuild(t, classOf(subs, feedback).using(&filler{}), task.KindEssayScore, task.WithTechnique(task.Technique{Pairwise: true})),
		target(), pipeline.WithObserver(watch))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"essay_score/generate/class_p1", "essay_score/generate/p02", "essay_score/generate/p02#2"}, stages)
}
