package userdata_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task/userdata"
)

func TestTableSubmissions(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{
		"in/e.csv": {Data: []byte(`essay_id,essay,where,assignment,writer,draft,prior,submitted_at,other
e1,"Two
lines",,letter,s1,1,,2026-09-01T14:30:00Z,x
 e2 ,, in/e2.txt ,letter,,2, e1 ,,
e3, spaced ,,,,,,,
`)},
		"in/e2.txt": {Data: []byte("From a file.\n")},
	}
	tab, err := userdata.NewTable(fsys, "in/e.csv", columns(t, "id=essay_id,text=essay,file=where,student=writer"))
	require.NoError(t, err)
	assert.Equal(t, []userdata.Submission{
		{ID: "e1", Text: "Two\nlines", Assignment: "letter", Student: "s1", Draft: 1, SubmittedAt: time.Date(2026, 9, 1, 14, 30, 0, 0, time.UTC)},
		{ID: "e2", Text: "From a file.\n", Assignment: "letter", Draft: 2, Prior: "e1"},
		{ID: "e3", Text: " spaced "},
	}, allValues(t, tab.Submissions()))
}

func TestTableSubmissionsRefuse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"id,essay\n":    {"e.csv:1: text: want a column of this name; the columns are id, essay"},
		"key,text\n":    {"e.csv:1: id: want a column of this name; the columns are key, text"},
		"name,file\n":   {"e.csv:1: id: want a column of this name; the columns are name, file"},
		"id,file\na,\n": {"e.csv:2: text: want a text, or a file that holds it"},
		"id,text,file\na,x,y\nb,,z.txt\n": {
			`e.csv:2: file: got "y"; want a file or a text, not both`, `e.csv:3: file: got "z.txt"; want a file that exists`,
		},
		"id,text,draft,submitted_at\na,x,1st,1 May\n": {
			`e.csv:2: draft: got "1st"; want a whole number`,
			`e.csv:2: submitted_at: got "1 May"; want a time as in 2026-09-01T14:30:00Z`,
		},
	} {
		_, errs := collect(t, table(t, "e.csv", in).Submissions())
		assert.Equal(t, want, messages(errs), in)
	}
}

func TestTableFeedback(t *testing.T) {
	t.Parallel()
	tab := table(t, "e.csv", `essay_id,rater,total,criterion.style,arg,note
e1,c,4,2,3.5,x
e1,m,, 1 ,,
e2,m,,,,no scores here
`, columns(t, "id=essay_id,author=rater,criterion.argument=arg,score=total"))
	records, errs := collect(t, tab.Feedback())
	require.Empty(t, errs)
	require.Len(t, records, 2)
	assert.Equal(t, userdata.Feedback{Submission: "e1", Author: "c", Scores: []userdata.Score{
		{Criterion: "argument", Value: 3.5}, {Value: 4}, {Criterion: "style", Value: 2},
	}}, records[0].Value)
	assert.Equal(t, userdata.Feedback{Submission: "e1", Author: "m", Scores: []userdata.Score{{Criterion: "style", Value: 1}}}, records[1].Value)
	assert.Equal(t, "e.csv:3", records[1].Place.String())
}

func TestTableFeedbackRefuses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"id,text\n":       {"e.csv:1: score: want a column of this name; the columns are id, text"},
		"essay,score\n":   {"e.csv:1: id: want a column of this name; the columns are essay, score"},
		"id,criterion.\n": {"e.csv:1: score: want a column of this name; the columns are id, criterion."},
		"id,score,criterion.a\ne1,x,y\ne2,1,2\n": {
			`e.csv:2: score: got "x"; want a number such as 3 or 2.5`, `e.csv:2: criterion.a: got "y"; want a number such as 3 or 2.5`,
		},
	} {
		_, errs := collect(t, table(t, "e.csv", in).Feedback())
		assert.Equal(t, want, messages(errs), in)
	}
}
