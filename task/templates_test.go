package task_test

import (
	"encoding/json"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
)

func files(pairs ...string) fstest.MapFS {
	out := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return out
}

func TestTemplatesOfADirectory(t *testing.T) {
	t.Parallel()
	own, err := task.ReadTemplates(files("essay_score.tmpl", "Score this.{{if .Evidence}} Quote.{{end}}\n", "README.md", "notes"))
	require.NoError(t, err)
	shipped, err := task.DefaultTemplates()
	require.NoError(t, err)
	require.NotEqual(t, shipped.Hash(), own.Hash())

	run := func(k task.Kind, templates *task.Templates, opts ...task.Option) (first string, p task.Prediction) {
		model := &filler{}
		p, err := predict(t, mustBuild(t, smallClass().using(model).WithTemplates(templates), k, opts...), target())
		require.NoError(t, err)
		return model.requests[0].Messages[0].Text, p
	}
	quoting := task.WithTechnique(task.Technique{Evidence: task.EvidenceQuotes})
	text, p := run(task.KindEssayScore, own)
	require.Contains(t, text, "Score this.\n\n<assignment>")
	quoted, quotedPrediction := run(task.KindEssayScore, own, quoting)
	require.Contains(t, quoted, "Score this. Quote.\n\n<assignment>")
	require.Equal(t, p.Provenance.Templates, quotedPrediction.Provenance.Templates, "the same files")

	_, shippedPrediction := run(task.KindEssayScore, nil)
	require.NotEqual(t, shippedPrediction.Provenance.Templates, p.Provenance.Templates, "a prediction names the templates that it was made with")
	_, other := run(task.KindRubricScore, own)
	_, otherShipped := run(task.KindRubricScore, shipped)
	require.Equal(t, otherShipped.Provenance.Templates, other.Provenance.Templates, "a task that does not use the changed file is the same")
}

func TestBadTemplates(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		dir  fstest.MapFS
		want []string
	}{
		"unknown field":  {files("rubric.tmpl", "{{range .Criteria}}{{.Wording}}{{end}}"), []string{"rubric.tmpl", "Wording"}},
		"no template":    {files("reask.tmpl", "{{if .Truncated}}"), []string{"reask.tmpl", "unexpected EOF"}},
		"unknown file":   {files("rubrics.tmpl", "x"), []string{"rubrics.tmpl replaces nothing", "rubric.tmpl"}},
		"several at one": {files("rubric.tmpl", "{{.No}}", "essay_score.tmpl", "{{.Nor}}"), []string{"rubric.tmpl", "No", "essay_score.tmpl", "Nor"}},
		"a file besides a bad one": {
			files("rubrics.tmpl", "x", "essay_score.tmpl", "{{.Nor}}"), []string{"rubrics.tmpl replaces nothing", "essay_score.tmpl"},
		},
	} {
		_, err := task.ReadTemplates(tc.dir)
		for _, w := range tc.want {
			require.ErrorContains(t, err, w, name)
		}
	}
}

// TestTemplatesCanBeRead: a run records them, and audits of what inference can read see their words.
func TestTemplatesCanBeRead(t *testing.T) {
	t.Parallel()
	own, err := task.ReadTemplates(files("criterion.tmpl", "Only {{.Criterion}}, nothing else."))
	require.NoError(t, err)
	var texts []string
	for text, err := range own.Texts(t.Context()) {
		require.NoError(t, err)
		texts = append(texts, text)
	}
	require.Contains(t, texts, "Only {{.Criterion}}, nothing else.")
	raw, err := json.Marshal(own)
	require.NoError(t, err)
	var recorded []struct{ Name, Hash, Text string }
	require.NoError(t, json.Unmarshal(raw, &recorded))
	require.Len(t, recorded, len(texts))
	for i := range recorded[1:] {
		require.Less(t, recorded[i].Name, recorded[i+1].Name)
	}
}

// TestReplacedTemplates: templates are an asset like any other.
func TestReplacedTemplates(t *testing.T) {
	t.Parallel()
	own, err := task.ReadTemplates(files("essay_score.tmpl", "Score this."))
	require.NoError(t, err)
	res := smallClass().using(&filler{})
	d, err := until(t, mustBuild(t, res, task.KindEssayScore), task.PlacePrompt, target(), pipeline.Replace(res.Templates(), own))
	require.NoError(t, err)
	require.Equal(t, "Score this.", d.Prompt.System[0].Text)
}
