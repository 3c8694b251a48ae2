package task_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

type badSubmission struct {
	change func(*userdata.Submission)
	want   string // behind the stage's name
}

func text(s string) func(*userdata.Submission) {
	return func(sub *userdata.Submission) { sub.Text = s }
}

func passage(start, end int, quote string) func(*userdata.Submission) {
	return func(sub *userdata.Submission) {
		sub.Text = "Über die Straße. "
		sub.Target = &userdata.Span{Start: start, End: end, Quote: quote}
	}
}

func badSubmissions() map[string]badSubmission {
	const empty = "text: the submission is empty; want the student's writing"
	return map[string]badSubmission{
		"empty":           {text(""), empty},
		"white space":     {text(" \n\t\u00a0"), empty},
		"one byte over":   {text(strings.Repeat("x", task.MaxBytes+1)), "text: 262145 bytes; want at most 262144"},
		"not UTF-8":       {text("caf\xe9"), "text: not valid UTF-8; decode the file with the encoding that it was saved in"},
		"NUL":             {text("ab\x00c"), "text: contains a NUL byte; is this a text file?"},
		"prior not UTF-8": {func(s *userdata.Submission) { s.PriorDraft = &userdata.Submission{Text: "\xff"} }, "prior_draft: not valid UTF-8; decode the file with the encoding that it was saved in"},
		"unknown assignment": {
			func(s *userdata.Submission) { s.Assignment = "lunch" }, `assignment: "lunch" is not one of the class; want one of ["harbor"]`,
		},
		"no assignment":       {func(s *userdata.Submission) { s.Assignment = "" }, `assignment: "" is not one of the class; want one of ["harbor"]`},
		"target before":       {passage(-1, 4, ""), "target: bytes -1 to 4 are not a passage of a text of 19 bytes"},
		"target behind":       {passage(3, 20, ""), "target: bytes 3 to 20 are not a passage of a text of 19 bytes"},
		"target is nothing":   {passage(3, 3, ""), "target: bytes 3 to 3 are not a passage of a text of 19 bytes"},
		"target backwards":    {passage(7, 3, ""), "target: bytes 7 to 3 are not a passage of a text of 19 bytes"},
		"target far away":     {passage(900, 901, ""), "target: bytes 900 to 901 are not a passage of a text of 19 bytes"},
		"target cuts a start": {passage(1, 5, ""), "target: bytes 1 to 5 cut a character in two"},
		"target cuts an end":  {passage(0, 1, ""), "target: bytes 0 to 1 cut a character in two"},
		"target is a space":   {passage(18, 19, ""), "target: bytes 18 to 19 are empty"},
		"target reads other":  {passage(0, 5, "Unter"), `target: bytes 0 to 5 read "Über", not "Unter"`},
		"target not located":  {passage(0, 0, "Über"), `target: "Über" is quoted but not located; want start and end, as userdata.Locate finds them`},
		"several": {
			func(s *userdata.Submission) {
				s.Text, s.Assignment, s.Target = "", "lunch", &userdata.Span{Start: 1, End: 2}
			},
			empty + "\ntarget: bytes 1 to 2 are not a passage of a text of 0 bytes\n" +
				`assignment: "lunch" is not one of the class; want one of ["harbor"]`,
		},
	}
}

func TestBadSubmissions(t *testing.T) {
	t.Parallel()
	for name, tc := range badSubmissions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := target()
			tc.change(&s)
			model := &answers{}
			_, err := predict(t, mustBuild(t, smallClass().using(model), task.KindEssayScore, task.WithName("scorer")), s)
			require.EqualError(t, err, "item t1: stage scorer: "+tc.want)
			var stage *pipeline.StageError
			require.ErrorAs(t, err, &stage)
			require.Nil(t, model.last.Load(), "no model is asked")
		})
	}
}

func TestSubmissionsAtTheEdge(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*userdata.Submission){
		"the largest":             text(strings.Repeat("x", task.MaxBytes)),
		"one character":           text("ß"),
		"a target that is all":    passage(0, 19, ""),
		"a target and its words":  passage(0, 5, "Über"),
		"a prior draft of spaces": func(s *userdata.Submission) { s.PriorDraft = &userdata.Submission{Text: " "} },
	} {
		s := target()
		change(&s)
		_, err := predict(t, mustBuild(t, smallClass().using(&answers{}), task.KindEssayScore), s)
		require.NoError(t, err, name)
	}
	s := target()
	s.PriorDraft = &userdata.Submission{Text: "\xff"}
	_, err := predict(t, mustBuild(t, smallClass().using(&answers{}), task.KindEssayScore, task.WithoutPriorDraft()), s)
	require.NoError(t, err, "what is not shown is not checked")
}

// TestOneBadItemNeverCostsAnother runs bad submissions between good ones.
func TestOneBadItemNeverCostsAnother(t *testing.T) {
	t.Parallel()
	tk := mustBuild(t, smallClass().using(&answers{}), task.KindRubricScore)
	alone, err := predict(t, tk, target())
	require.NoError(t, err)

	var items []pipeline.Item[userdata.Submission]
	for name, tc := range badSubmissions() {
		good, bad := target(), target()
		tc.change(&bad)
		items = append(items, pipeline.Item[userdata.Submission]{ID: "good " + name, In: good}, pipeline.Item[userdata.Submission]{ID: "bad " + name, In: bad})
	}
	items = append(items, pipeline.Item[userdata.Submission]{ID: "bad row", Err: errors.New("row 7 has no text")})
	run, err := pipeline.NewRun(pipeline.WithInputChecks())
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, tk)
	require.NoError(t, err)
	n := 0
	for res := range runner.Stream(t.Context(), func(yield func(pipeline.Item[userdata.Submission]) bool) {
		for _, it := range items {
			if !yield(it) {
				return
			}
		}
	}) {
		require.Equal(t, items[n].ID, res.ID)
		n++
		if strings.HasPrefix(res.ID, "good") {
			require.NoError(t, res.Err)
			require.Equal(t, alone, res.Out)
			continue
		}
		require.ErrorContains(t, res.Err, "item "+res.ID+": ")
		require.Zero(t, res.Out)
	}
	require.Equal(t, len(items), n, "one result for each item")
}

// TestAssignmentsThatCannotBePredicted: what a kind predicts must be declared.
func TestAssignmentsThatCannotBePredicted(t *testing.T) {
	t.Parallel()
	c := smallClass()
	c.Assignments = userdata.Values("assignments", userdata.Assignment{ID: assignment, Prompt: "Write."})
	c.Rubrics, c.Submissions, c.Feedback = nil, nil, nil
	for kind, want := range map[task.Kind]string{
		task.KindEssayScore:  "the assignment declares no scale for its holistic score",
		task.KindRubricScore: "the assignment has no rubric with criteria",
	} {
		_, err := predict(t, mustBuild(t, c.using(&answers{}), kind), target())
		require.EqualError(t, err, fmt.Sprintf(`item t1: stage %s/prompt: assignment "harbor": %s`, kind, want))
	}
	p, err := predict(t, mustBuild(t, c.using(&answers{}), task.KindDraftFeedback), target())
	require.NoError(t, err, "feedback on a draft needs neither")
	require.NotEmpty(t, p.Feedback.Strengths)
}
