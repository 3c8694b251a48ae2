package userdata_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task/userdata"
)

func TestParseColumns(t *testing.T) {
	t.Parallel()
	got, err := userdata.ParseColumns(`id=essay_id, text = essay ,score=domain1_score,"group=Sex, as given",criterion.word choice=trait=4`)
	require.NoError(t, err)
	assert.Equal(t, userdata.Columns{
		{Key: "id", Name: "essay_id"},
		{Key: "text", Name: "essay"},
		{Key: "score", Name: "domain1_score"},
		{Key: "group", Name: "Sex, as given"},
		{Key: "criterion.word choice", Name: "trait=4"},
	}, got)
	assert.Equal(t, `id=essay_id,text=essay,score=domain1_score,"group=Sex, as given",criterion.word choice=trait=4`, got.String())
	again, err := userdata.ParseColumns(got.String())
	require.NoError(t, err)
	assert.Equal(t, got, again)
}

func TestParseColumnsRefuses(t *testing.T) {
	t.Parallel()
	const known = "id, text, file, assignment, student, draft, prior, submitted_at, score, author, rater1, rater2, group, criterion.<id>"
	for spec, want := range map[string]string{
		"":               `userdata: columns ""; want a list such as id=essay_id,text=essay`,
		`id="a`:          `userdata: columns "id=\"a"; want a list such as id=essay_id,text=essay`,
		"id":             `userdata: column "id"; want key=name, as in id=essay_id`,
		"id=":            `userdata: column key "id" has no column; want id=name`,
		"essay=text":     `userdata: unknown column key "essay"; want one of ` + known,
		"criterion.=x":   `userdata: unknown column key "criterion."; want one of ` + known,
		"id=a,text=b,id": `userdata: column "id"; want key=name, as in id=essay_id`,
		"id=a,essay=b,id=c,": `userdata: column ""; want key=name, as in id=essay_id
userdata: unknown column key "essay"; want one of ` + known + `
userdata: column key "id" is given twice`,
	} {
		got, err := userdata.ParseColumns(spec)
		require.EqualError(t, err, want)
		assert.Empty(t, got)
	}
}

// FuzzParseColumns checks that what is parsed has known keys, each once, and means the same when it is written and parsed again.
func FuzzParseColumns(f *testing.F) {
	f.Add("id=essay_id,text=essay,score=domain1_score")
	f.Add(`"group=Sex, as given",criterion.a=b=c`)
	f.Add("id=\"a\",,=,text= x ")
	f.Fuzz(func(t *testing.T, spec string) {
		columns, err := userdata.ParseColumns(spec)
		if err != nil {
			require.Empty(t, columns)
			return
		}
		require.NotEmpty(t, columns)
		keys := map[string]bool{}
		for _, c := range columns {
			require.False(t, keys[c.Key], c.Key)
			keys[c.Key] = true
			require.NotEmpty(t, c.Name)
		}
		again, err := userdata.ParseColumns(columns.String())
		require.NoError(t, err, columns.String())
		require.Equal(t, columns, again)
		_, err = userdata.NewTable(fstest.MapFS{}, "e.csv", userdata.WithColumns(columns))
		require.NoError(t, err)
	})
}

func TestTableOptionsRefuse(t *testing.T) {
	t.Parallel()
	_, err := userdata.NewTable(fstest.MapFS{}, "e.csv",
		userdata.WithColumns(userdata.Columns{{Key: "essay", Name: "x"}}), userdata.WithComma('"'), userdata.WithEncoding("ascii"))
	require.ErrorContains(t, err, `unknown column key "essay"`)
	require.ErrorContains(t, err, `userdata: '"' between the columns of a table; want a character such as ',', ';' or a tab`)
	require.ErrorContains(t, err, `unknown encoding "ascii"`)
}
