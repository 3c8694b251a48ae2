package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/stats"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

func TestScoresMustBeOfOneScale(t *testing.T) {
	t.Parallel()
	set, err := eval.NewHoldout("essays", []sample{
		{ID: "1", Input: userdata.Submission{Assignment: "a"}}, {ID: "2", Input: userdata.Submission{Assignment: "b"}},
	})
	require.NoError(t, err)
	same, other := userdata.Scale{Min: 1, Max: 4, Step: 1}, userdata.Scale{Min: 1, Max: 6}
	got, err := scoresOf(task.KindEssayScore, userdata.Scales{Holistic: map[string]userdata.Scale{"a": same, "b": {Min: 1, Max: 4}}}, set)
	require.NoError(t, err)
	require.Equal(t, scores{{"", same}}, got, "a step of 0 is a step of 1")
	_, err = scoresOf(task.KindEssayScore, userdata.Scales{Holistic: map[string]userdata.Scale{"a": same, "b": other}}, set)
	require.ErrorContains(t, err, `essay 2: its assignment "b" is scored in another way`)
	graded, err := eval.NewHoldout("essays", []sample{{ID: "1", Input: userdata.Submission{Assignment: "a"},
		Truth: truth{Teacher: userdata.Feedback{Scores: []userdata.Score{{Value: 5}}}}}})
	require.NoError(t, err)
	_, err = scoresOf(task.KindEssayScore, userdata.Scales{Holistic: map[string]userdata.Scale{"a": same}}, graded)
	require.ErrorContains(t, err, `essay 1: the teacher's score "" is 5; want one of the scale 1`)
	_, err = scoresOf(task.KindRubricScore, userdata.Scales{Holistic: map[string]userdata.Scale{"a": same}}, set)
	require.ErrorContains(t, err, `essay 1: the class has no scale for rubric_score on assignment "a"`)
}

func TestAgreementIsTheMeanOverCriteria(t *testing.T) {
	t.Parallel()
	scale := userdata.Scale{Min: 1, Max: 4, Step: 1}
	two := scores{{"thesis", scale}, {"evidence", scale}}
	// The first criterion agrees throughout, the second is turned around.
	require.Equal(t, stats.Of(0), two.agreement([][]float64{{1, 1, 1, 4}, {4, 4, 4, 1}}))
	require.Equal(t, stats.Of(1), two[:1].agreement([][]float64{{1, 1}, {4, 4}}))
	require.False(t, two.agreement([][]float64{{1, 2, 1, 2}, {4, 2, 4, 2}}).Defined(), "the second is the same everywhere")
	require.Contains(t, two.agreement([][]float64{{1, 5, 1, 4}, {4, 1, 4, 1}}).Reason(), "scale")
	_, whole := two.of(userdata.Feedback{Scores: []userdata.Score{{Criterion: "thesis", Value: 1}}})
	require.False(t, whole, "evidence is missing")
}
