package userdata_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task/userdata"
)

func TestProblemError(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]userdata.Problem{
		"want a text":           {Want: "a text"},
		"e.csv: want a text":    {Place: userdata.Place{File: "e.csv"}, Want: "a text"},
		"e.csv:3: id: want one": {Place: userdata.Place{File: "e.csv", Line: 3}, Field: "id", Want: "one"},
		`score: got "7"; want a score on the scale 1 to 6`: {Field: "score", Value: "7", Want: "a score on the scale 1 to 6"},
		`got "a\xe9\n"; want UTF-8`:                        {Value: "a\xe9\n", Want: "UTF-8"},
	} {
		assert.Equal(t, want, p.Error())
	}
}

func TestProblemShortensValues(t *testing.T) {
	t.Parallel()
	p := userdata.Problem{Value: strings.Repeat("é", 60), Want: "less"}
	assert.Equal(t, `got "`+p.Value+`"; want less`, p.Error())
	p.Value += "é"
	assert.Equal(t, `got "`+strings.Repeat("é", 60)+`"… (122 bytes); want less`, p.Error())
}

func TestProblems(t *testing.T) {
	t.Parallel()
	one, two := &userdata.Problem{Want: "one"}, &userdata.Problem{Want: "two"}
	assert.Equal(t, "want one", userdata.Problems{one}.Error())
	err := fmt.Errorf("load: %w", userdata.Problems{one, two})
	require.EqualError(t, err, "load: 2 problems in the data:\nwant one\nwant two")
	require.ErrorIs(t, err, two)
	var p *userdata.Problem
	require.ErrorAs(t, err, &p)
	assert.Same(t, one, p)
}

// TestProblemsAreSortedAndSaidOnce reads one bad record twice, from sources in the wrong order.
func TestProblemsAreSortedAndSaidOnce(t *testing.T) {
	t.Parallel()
	bad := []userdata.Submission{{ID: "a", Text: "x", Draft: -1}, {ID: "b", Text: "x", Draft: -2}}
	c := userdata.NewClass("", "", userdata.Sources{
		Submissions: userdata.Values("z", append(bad, userdata.Submission{ID: "a"})...),
		Documents:   userdata.Values("y", userdata.Document{ID: "d"}),
		Students:    userdata.Values("x", userdata.Student{}),
		Feedback:    userdata.Values("w", userdata.Feedback{Submission: "a"}, userdata.Feedback{Submission: "a", Author: "other"}),
	})
	var problems userdata.Problems
	require.ErrorAs(t, c.Check(t.Context()), &problems)
	var got []string
	for _, p := range problems {
		got = append(got, p.Place.String()+" "+p.Field)
	}
	assert.Equal(t, []string{"x:1 id", "y:1 text", "z:1 draft", "z:2 draft", "z:3 id", "z:3 text"}, got)
}

func TestManyNames(t *testing.T) {
	t.Parallel()
	assignments := make([]userdata.Assignment, 20)
	for i := range assignments {
		assignments[i].ID = fmt.Sprintf("a%d", i+1)
	}
	c := userdata.NewClass("", "", userdata.Sources{
		Assignments: userdata.Values("assignments", assignments...),
		Submissions: userdata.Values("submissions", userdata.Submission{ID: "e1", Text: "x", Assignment: "b1"}),
	})
	require.EqualError(t, c.Check(t.Context()),
		`submissions:1: assignment: got "b1"; want an assignment of the class: a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12 or one of 8 more`)
}
