package userdata_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task/userdata"
)

// sources is a small class in memory.
func sources() userdata.Sources {
	return userdata.Sources{
		Assignments: userdata.Values("assignments", userdata.Assignment{ID: "letter", Rubric: "argument", Scale: userdata.Scale{Min: 1, Max: 6}}),
		Rubrics: userdata.Values("rubrics", userdata.Rubric{ID: "argument", Criteria: []userdata.Criterion{
			{ID: "thesis", Scale: userdata.Scale{Min: 1, Max: 4}}, {ID: "evidence", Scale: userdata.Scale{Min: 1, Max: 4}, Weight: 0.5},
		}}),
		Submissions: userdata.Values("submissions",
			userdata.Submission{ID: "e1", Assignment: "letter", Text: "Close the road."},
			userdata.Submission{ID: "e2", Assignment: "letter", Text: "Keep it open."},
		),
		Feedback: userdata.Values("feedback",
			userdata.Feedback{Submission: "e2", Author: "lind", Scores: []userdata.Score{{Value: 2}}},
			userdata.Feedback{Submission: "e1", Author: "okafor", Scores: []userdata.Score{{Value: 4}, {Criterion: "thesis", Value: 3}}},
			userdata.Feedback{Submission: "e2", Author: "okafor", Scores: []userdata.Score{{Value: 3}}},
		),
	}
}

func TestEmptyClass(t *testing.T) {
	t.Parallel()
	c := userdata.NewClass("9b", "okafor", userdata.Sources{})
	require.NoError(t, c.Check(t.Context()))
	for _, read := range []func(context.Context) error{
		readOf(c.Assignments), readOf(c.Rubrics), readOf(c.Documents), readOf(c.Students), readOf(c.Submissions), readOf(c.Scales), readOf(c.Past),
	} {
		require.NoError(t, read(t.Context()))
	}
	past, err := c.Past(t.Context())
	require.NoError(t, err)
	assert.Empty(t, past)
}

func TestScales(t *testing.T) {
	t.Parallel()
	c, err := userdata.Dir(os.DirFS("testdata/class"))
	require.NoError(t, err)
	got, err := c.Scales(t.Context())
	require.NoError(t, err)
	six, four := userdata.Scale{Min: 1, Max: 6}, userdata.Scale{Min: 1, Max: 4}
	assert.Equal(t, userdata.Scales{
		Rubrics:  map[string]string{"letter": "argument", "story": ""},
		Holistic: map[string]userdata.Scale{"letter": six, "story": six},
		Criteria: map[string][]userdata.CriterionScale{"letter": {
			{ID: "thesis", Scale: four, Weight: 2}, {ID: "evidence", Scale: userdata.Scale{Min: 1, Max: 4, Step: 0.5}, Weight: 1},
		}},
	}, got)
}

func TestScalesRefuse(t *testing.T) {
	t.Parallel()
	s := sources()
	s.Rubrics = userdata.Values("rubrics", userdata.Rubric{ID: "other", Criteria: []userdata.Criterion{{ID: "x", Scale: userdata.Scale{Min: 2, Max: 1}}}})
	got, err := userdata.NewClass("", "", s).Scales(t.Context())
	require.EqualError(t, err, `2 problems in the data:
assignments:1: rubric: got "argument"; want a rubric of the class: other
rubrics:1: criteria[0].scale: want a scale: max 1 must be above min 2`)
	assert.Empty(t, got)
}

func TestPast(t *testing.T) {
	t.Parallel()
	past, err := userdata.NewClass("9b", "okafor", sources()).Past(t.Context())
	require.NoError(t, err)
	var got []string
	for _, x := range past {
		require.Equal(t, x.Submission.ID, x.Feedback.Submission)
		got = append(got, x.Submission.ID+" by "+x.Feedback.Author)
	}
	assert.Equal(t, []string{"e1 by okafor", "e2 by lind", "e2 by okafor"}, got, "in the order of submissions, then of feedback")
}

func TestPastLocatesQuotations(t *testing.T) {
	t.Parallel()
	c, err := userdata.Dir(os.DirFS("testdata/class"))
	require.NoError(t, err)
	past, err := c.Past(t.Context())
	require.NoError(t, err)
	require.Len(t, past, 3)
	comments := past[0].Feedback.Comments
	require.Equal(t, "e1", past[0].Submission.ID)
	assert.Equal(t, "“It’s quiet —\nfinally.”", comments[0].Anchor.Quote)
	assert.Equal(t, comments[0].Anchor.Quote, past[0].Submission.Text[comments[0].Anchor.Start:comments[0].Anchor.End])
	assert.Equal(t, userdata.Span{Start: 10, End: 14, Quote: "road"}, *comments[1].Anchor)
	assert.Nil(t, comments[2].Anchor)
	evidence := past[1].Feedback.Scores[1].Evidence
	assert.Equal(t, []userdata.Span{{Start: 0, End: 19, Quote: "Keep the road open."}}, evidence)
}

func TestPastLeavesTheSourceAlone(t *testing.T) {
	t.Parallel()
	s := sources()
	given := userdata.Feedback{
		Submission: "e1",
		Scores:     []userdata.Score{{Value: 4, Evidence: []userdata.Span{{Quote: "road"}}}},
		Comments:   []userdata.Comment{{Kind: userdata.Praise, Text: "Good.", Anchor: &userdata.Span{Quote: "Close"}}},
	}
	s.Feedback = userdata.Values("feedback", given)
	target := userdata.Span{Quote: "the road"}
	s.Submissions = userdata.Values("submissions", userdata.Submission{ID: "e1", Assignment: "letter", Text: "Close the road.", Target: &target})
	for range 2 {
		past, err := userdata.NewClass("", "", s).Past(t.Context())
		require.NoError(t, err)
		assert.True(t, past[0].Feedback.Scores[0].Evidence[0].Located())
		assert.True(t, past[0].Feedback.Comments[0].Anchor.Located())
		assert.Equal(t, userdata.Span{Start: 6, End: 14, Quote: "the road"}, *past[0].Submission.Target)
		assert.False(t, given.Scores[0].Evidence[0].Located())
		assert.False(t, given.Comments[0].Anchor.Located())
		assert.False(t, target.Located())
	}
}

// TestPastWithoutScales leaves scores unchecked when the class declares none, and still checks that they are numbers.
func TestPastWithoutScales(t *testing.T) {
	t.Parallel()
	s := sources()
	s.Assignments, s.Rubrics = nil, nil
	s.Feedback = userdata.Values("feedback", userdata.Feedback{Submission: "e1", Scores: []userdata.Score{{Value: 99}, {Criterion: "style", Value: -1}}})
	c := userdata.NewClass("", "", s)
	past, err := c.Past(t.Context())
	require.NoError(t, err)
	assert.InDelta(t, 99, past[0].Feedback.Scores[0].Value, 0)
	require.NoError(t, c.Check(t.Context()))

	s.Feedback = userdata.Values("feedback", userdata.Feedback{Submission: "e1", Scores: []userdata.Score{{Value: math.NaN()}, {Criterion: "style", Value: math.Inf(1)}}})
	_, err = userdata.NewClass("", "", s).Past(t.Context())
	require.EqualError(t, err, `2 problems in the data:
feedback:1: scores[0].value: got "NaN"; want a finite number
feedback:1: scores[1].value: got "+Inf"; want a finite number`)
}

func TestPastRefusesWhatSubmissionsAllow(t *testing.T) {
	t.Parallel()
	s := sources()
	s.Submissions = userdata.Values("submissions", userdata.Submission{ID: "e1", Assignment: "letter"}, userdata.Submission{ID: "e2", Assignment: "letter"})
	s.Feedback = userdata.Values("feedback", userdata.Feedback{Submission: "e1"})
	c := userdata.NewClass("", "", s)
	submissions, err := c.Submissions(t.Context())
	require.NoError(t, err)
	assert.Len(t, submissions, 2)
	_, err = c.Past(t.Context())
	require.EqualError(t, err, "submissions:1: text: want a text; submission e1 is empty")
	require.EqualError(t, c.Check(t.Context()), `2 problems in the data:
submissions:1: text: want a text; submission e1 is empty
submissions:2: text: want a text; submission e2 is empty`)
}

// TestUnreadableRecordsHideReferences checks that what could not be read is not also said to be missing.
func TestUnreadableRecordsHideReferences(t *testing.T) {
	t.Parallel()
	c := class(t, map[string]string{
		"assignments.yaml":  "- id: letter\n  rubric: argument\n  titel: A letter\n- {id: story, rubric: argument}\n",
		"rubrics.yaml":      "- id: argument\n  criteria: none\n",
		"students.csv":      "id\ns1,s2\n",
		"submissions.jsonl": "{\"id\": \"e1\", \"text\": 1}\n{\"id\": \"e2\", \"text\": \"two\", \"assignment\": \"letter\", \"student\": \"s1\", \"prior\": \"e1\"}\n",
		"feedback.jsonl":    "{\"submission\": \"e1\", \"scores\": [{\"value\": 3}]}\n{\"submission\": \"e2\", \"scores\": [{\"value\": 9}]}\n",
		"documents.yaml":    "- {id: notes, text: x, assignment: letter}\n",
	})
	require.EqualError(t, c.Check(t.Context()), `4 problems in the data:
assignments.yaml:3: titel: want a known key: id, title, prompt, genre, grade_level, subject, language, rubric, documents, reference_answers, scale
rubrics.yaml:2: criteria: got "none"; want a list; this is a string
students.csv:2: number of fields: got "2"; want 1, as the first row has
submissions.jsonl:1: text: got "1"; want a string in quotation marks; this is a number`)
}

// TestUnreadableRubricHidesItsScales does not say that a criterion is unknown while its rubric could not be read.
func TestUnreadableRubricHidesItsScales(t *testing.T) {
	t.Parallel()
	c := class(t, map[string]string{
		"assignments.yaml":  "- {id: letter, rubric: argument}\n",
		"rubrics.yaml":      "- id: argument\n",
		"submissions.jsonl": `{"id": "e1", "text": "one", "assignment": "letter"}`,
		"feedback.jsonl":    `{"submission": "e1", "scores": [{"criterion": "thesis", "value": 3}]}`,
	})
	_, err := c.Past(t.Context())
	require.EqualError(t, err, "rubrics.yaml:1: criteria: want a value; the key is missing or null")
}

func TestDraftChains(t *testing.T) {
	t.Parallel()
	s := userdata.Sources{Submissions: userdata.Values("submissions",
		userdata.Submission{ID: "third", Text: "c", Draft: 3, Prior: "second"},
		userdata.Submission{ID: "first", Text: "a"},
		userdata.Submission{ID: "second", Text: "b", Draft: 2, Prior: "first"},
		userdata.Submission{ID: "other", Text: "d", Draft: 2, PriorDraft: &userdata.Submission{ID: "elsewhere", Text: "e"}},
	)}
	got, err := userdata.NewClass("", "", s).Submissions(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"third", "second", "first"}, got[0].DraftIDs())
	assert.Equal(t, "a", got[0].PriorDraft.PriorDraft.Text)
	assert.Nil(t, got[1].PriorDraft)
	assert.Equal(t, []string{"other", "elsewhere"}, got[3].DraftIDs())
}

func TestDraftThatHoldsAnotherPrior(t *testing.T) {
	t.Parallel()
	s := userdata.Sources{Submissions: userdata.Values("submissions",
		userdata.Submission{ID: "b", Text: "b", Draft: 2, Prior: "a", PriorDraft: &userdata.Submission{ID: "x"}},
	)}
	_, err := userdata.NewClass("", "", s).Submissions(t.Context())
	require.EqualError(t, err, `submissions:1: prior: got "a"; want the id of the prior draft that the submission holds, x`)
}

// TestLongDraftChain would not end if each draft were followed from each other one.
func TestLongDraftChain(t *testing.T) {
	t.Parallel()
	const n = 20_000
	drafts := make([]userdata.Submission, n)
	for i := range drafts {
		drafts[i] = userdata.Submission{ID: fmt.Sprint(i), Text: "x", Draft: i + 1}
		if i > 0 {
			drafts[i].Prior = fmt.Sprint(i - 1)
		}
	}
	got, err := userdata.NewClass("", "", userdata.Sources{Submissions: userdata.Values("drafts", drafts...)}).Submissions(t.Context())
	require.NoError(t, err)
	assert.Len(t, got[n-1].DraftIDs(), n)
	drafts[0].Prior = fmt.Sprint(n - 1)
	_, err = userdata.NewClass("", "", userdata.Sources{Submissions: userdata.Values("drafts", drafts...)}).Submissions(t.Context())
	var problems userdata.Problems
	require.ErrorAs(t, err, &problems)
	assert.Len(t, problems, 1)
}

// TestRoundTrip writes what a class returns and reads it again.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	c, err := userdata.Dir(os.DirFS("testdata/class"))
	require.NoError(t, err)
	past, err := c.Past(t.Context())
	require.NoError(t, err)
	data, err := json.Marshal(past)
	require.NoError(t, err)
	fsys := mapFS(map[string]string{"past.json": string(data)})
	assert.Equal(t, past, allValues(t, userdata.JSON[userdata.Exemplar](fsys, "past.json")))
}

func ExampleNewClass() {
	class := userdata.NewClass("9b", "okafor", userdata.Sources{
		Assignments: userdata.Values("database", userdata.Assignment{ID: "letter", Scale: userdata.Scale{Min: 1, Max: 6}}),
		Submissions: userdata.Values("database", userdata.Submission{ID: "e1", Assignment: "letter", Text: "Close the road."}),
		Feedback:    userdata.Values("database", userdata.Feedback{Submission: "e1", Scores: []userdata.Score{{Value: 7}}}),
	})
	fmt.Println(class.Check(context.Background()))
	// Output:
	// database:1: scores[0].value: got "7"; want a score on the scale 1 to 6
}
