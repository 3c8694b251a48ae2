package userdata_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/internal/datatest"
	"github.com/gloss-sdk/gloss/task/userdata"
)

func argRewrite(t *testing.T) fs.FS {
	t.Helper()
	return os.DirFS(datatest.Dir(t, "argrewrite"))
}

type draft struct {
	ID     string `json:"id"`
	Writer string `json:"writer"`
	Draft  int    `json:"draft"`
	Text   string `json:"text"`
}

type expertFeedback struct {
	Essay        string           `json:"essay_id"`
	Writer       string           `json:"writer"`
	Strengths    []userdata.Point `json:"strengths"`
	Improvements []userdata.Point `json:"improvements"`
}

func TestArgRewriteEssays(t *testing.T) {
	t.Parallel()
	essays := allValues(t, userdata.JSONL[draft](argRewrite(t), "essays.jsonl"))
	require.Len(t, essays, 171)
	writers := map[string]bool{}
	for _, e := range essays {
		writers[e.Writer] = true
		require.NotEmpty(t, strings.TrimSpace(e.Text))
		words := strings.Fields(e.Text)
		middle := words[len(words)/3 : len(words)/3+12]
		span, ok := userdata.Locate(e.Text, strings.NewReplacer("’", "'", "“", `"`, "”", `"`).Replace(strings.Join(middle, " ")))
		require.True(t, ok, "%s: %s", e.ID, middle)
		require.Equal(t, middle, strings.Fields(span.Quote))
	}
	assert.Len(t, writers, 57)
}

func TestArgRewriteFeedback(t *testing.T) {
	t.Parallel()
	feedback := allValues(t, userdata.JSONL[expertFeedback](argRewrite(t), "feedback.jsonl"))
	require.Len(t, feedback, 57)
	for _, f := range feedback {
		for _, p := range append(f.Strengths, f.Improvements...) {
			require.NotEmpty(t, p.Criterion)
			require.NotEmpty(t, p.Text)
		}
	}
	// The file has field names of its own, so it is no feedback of this package.
	_, errs := collect(t, userdata.JSONL[userdata.Feedback](argRewrite(t), "feedback.jsonl"))
	require.NotEmpty(t, errs)
	assert.ErrorContains(t, errs[0], "feedback.jsonl:1: essay_id: want a known key: id, submission, author")
}

func TestArgRewriteScores(t *testing.T) {
	t.Parallel()
	criteria := []string{
		"prompt", "thesis", "claim", "evidence", "reasoning", "organization", "rebuttal", "precision", "fluency", "conventions",
	}
	spec := "id=essay_id,author=rater"
	for _, c := range criteria {
		spec += ",criterion." + c + "=" + c
	}
	tab, err := userdata.NewTable(argRewrite(t), "scores.csv", columns(t, spec))
	require.NoError(t, err)
	n := 0
	for row, err := range tab.Rows(t.Context(), criteria...) {
		require.NoError(t, err)
		n++
		require.Equal(t, n+1, row.Place.Line)
		for _, c := range criteria {
			v, err := row.Number(c)
			require.NoError(t, err)
			require.True(t, userdata.Scale{Min: 1, Max: 4}.Contains(v))
		}
	}
	assert.Equal(t, 342, n)
	feedback := allValues(t, tab.Feedback())
	require.Len(t, feedback, 342)
	assert.Len(t, feedback[0].Scores, len(criteria))
	assert.Equal(t, "c", feedback[0].Author)
}

// TestArgRewriteClass makes a class of the corpus and checks it as a whole.
func TestArgRewriteClass(t *testing.T) {
	t.Parallel()
	data := argRewrite(t)
	scores, err := userdata.NewTable(data, "scores.csv", columns(t, "id=essay_id,author=rater,criterion.thesis=thesis"))
	require.NoError(t, err)
	var submissions []userdata.Submission
	last := map[string]string{}
	for _, n := range []int{1, 2, 3} {
		for _, d := range allValues(t, userdata.JSONL[draft](data, "essays.jsonl")) {
			if d.Draft != n {
				continue
			}
			submissions = append(submissions, userdata.Submission{
				ID: d.ID, Assignment: "cars", Student: d.Writer, Text: d.Text, Draft: d.Draft, Prior: last[d.Writer],
			})
			last[d.Writer] = d.ID
		}
	}
	c := userdata.NewClass("argrewrite", "c and m", userdata.Sources{
		Assignments: userdata.Values("assignments", userdata.Assignment{ID: "cars", Rubric: "rubric"}),
		Rubrics: userdata.Values("rubrics", userdata.Rubric{ID: "rubric", Criteria: []userdata.Criterion{
			{ID: "thesis", Scale: userdata.Scale{Min: 1, Max: 4}},
		}}),
		Submissions: userdata.Values("essays", submissions...),
		Feedback:    scores.Feedback(),
	})
	require.NoError(t, c.Check(t.Context()))
	past, err := c.Past(t.Context())
	require.NoError(t, err)
	require.Len(t, past, 342)
	assert.Len(t, past[len(past)-1].Submission.DraftIDs(), 3)
}
