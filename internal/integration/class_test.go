package integration_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task/userdata"
)

const assignment = "harbor"

// class returns a small class with graded exemplars, and n submissions that are to be graded. step is that of the holistic scale of 1 to 6.
func class(t *testing.T, n int, step float64) (*userdata.Class, []userdata.Submission) {
	t.Helper()
	var past []userdata.Submission
	var graded []userdata.Feedback
	for i := range 3 {
		s := submission("p", i)
		past = append(past, s)
		graded = append(graded, userdata.Feedback{
			ID: "f-" + s.ID, Submission: s.ID, Author: "okafor",
			Scores: []userdata.Score{
				{Value: float64(2 + i), Rationale: "It takes a side."},
				{Criterion: "thesis", Value: float64(2 + i), Rationale: "The position is clear.", Evidence: []userdata.Span{{Quote: sides()[i]}}},
				{Criterion: "evidence", Value: 2, Rationale: "One reason, no example."},
			},
			Strengths:    []userdata.Point{{Criterion: "thesis", Text: "You take a side."}},
			Improvements: []userdata.Point{{Criterion: "evidence", Text: "Give an example."}},
			NextSteps:    []string{"Ask a shopkeeper."},
		})
	}
	c := userdata.NewClass("9b", "okafor", userdata.Sources{
		Assignments: userdata.Values("assignments", userdata.Assignment{
			ID: assignment, Title: "Harbor Road", Prompt: "Should Harbor Road be closed to cars?", Rubric: "argument",
			Scale: userdata.Scale{Min: 1, Max: 6, Step: step},
		}),
		Rubrics: userdata.Values("rubrics", userdata.Rubric{ID: "argument", Criteria: []userdata.Criterion{
			{ID: "thesis", Name: "Thesis", Description: "A position.", Scale: userdata.Scale{Min: 1, Max: 4}},
			{ID: "evidence", Name: "Evidence", Description: "Facts and examples.", Scale: userdata.Scale{Min: 0, Max: 10}},
		}}),
		Documents: userdata.Values("documents", userdata.Document{
			ID: "article", Title: "Four quiet Saturdays", Kind: userdata.Reading, Assignment: assignment, Text: "The market had never been so full.",
		}),
		Submissions: userdata.Values("submissions", past...),
		Feedback:    userdata.Values("feedback", graded...),
	})
	require.NoError(t, c.Check(t.Context()))
	var open []userdata.Submission
	for i := range n {
		open = append(open, submission("t", i))
	}
	return c, open
}

// submission returns one of a family of short essays, no two of which are the same.
func submission(prefix string, i int) userdata.Submission {
	reasons := []string{
		"Children could walk to school alone", "The market would have room for more stalls", "Old people could sit outside",
		"The buses would be late", "My uncle could not bring fish to his shop",
	}
	text := fmt.Sprintf("%s %s. I counted %d cars on Saturday.", sides()[i%len(sides())], reasons[i%len(reasons)], 40+7*i)
	return userdata.Submission{ID: fmt.Sprintf("%s%02d", prefix, i), Assignment: assignment, Student: fmt.Sprintf("%s%d", prefix, i), Text: text}
}

func sides() []string {
	return strings.Split("Harbor Road should be closed.|Harbor Road must stay open.|Close it on Saturdays only.", "|")
}
