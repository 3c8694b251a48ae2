package config

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task"
)

const technicalFile = `version: 1
resources:
  model: {use: fake}
  templates: {dir: prompts}
shared:
  technique: {per_criterion: true, reasoning: true, samples: {n: 3}}
  reply: {reasks: 2}
  budget: {window: 8000}
tasks:
  essay_score: {technique: {critiques: 1}}
  rubric_score: {}
  draft_feedback: {reply: {clamp: true}}
`

// TestSharedTechnique: each task takes of a shared technique what its kind has; its own settings win.
func TestSharedTechnique(t *testing.T) {
	t.Parallel()
	c := mustParse(t, technicalFile)
	essay, rubric, feedback := mustSpec(t, c, "essay_score"), mustSpec(t, c, "rubric_score"), mustSpec(t, c, "draft_feedback")
	assert.Equal(t, task.Technique{Evidence: task.EvidenceNone, Reasoning: true, Samples: &task.Samples{N: 3, Reduce: task.ReduceMedian}, Critiques: 1}, essay.Technique)
	assert.Equal(t, task.Technique{Evidence: task.EvidenceQuotes, Reasoning: true, PerCriterion: true, Samples: &task.Samples{N: 3, Reduce: task.ReduceMedian}}, rubric.Technique)
	assert.Equal(t, task.Technique{Evidence: task.EvidenceQuotes, Reasoning: true, Samples: &task.Samples{N: 3, Reduce: task.ReduceMedoid}}, feedback.Technique)
	assert.Equal(t, task.Reply{Repair: true, Reasks: 2}, essay.Reply)
	assert.Equal(t, task.Reply{Repair: true, Reasks: 2, Clamp: true}, feedback.Reply)
	assert.Equal(t, &task.Budget{Window: 8000, Answer: 1024}, rubric.Budget)
}

// TestOwnTechniqueOfAnotherKind: what is shared may not fit, what is a task's own must.
func TestOwnTechniqueOfAnotherKind(t *testing.T) {
	t.Parallel()
	_, err := Parse("gloss.yaml", []byte("version: 1\ntasks:\n  essay_score:\n    technique: {per_criterion: true}\n"), nil)
	assert.Equal(t, []string{"gloss.yaml:4: tasks.essay_score: technique.per_criterion is on, but only rubric_score has a score for each criterion"},
		messages(t, err))
}

func TestTemplatesOfAConfiguration(t *testing.T) {
	t.Parallel()
	open := func(files fstest.MapFS) (*Bound, error) {
		all := classFiles()
		for name, f := range files {
			all[name] = f
		}
		text := strings.Replace(technicalFile, "resources:\n", "resources:\n  class: {dir: class}\n", 1)
		c, err := Parse("gloss.yaml", []byte(text), all, withFake())
		require.NoError(t, err)
		return c.Open()
	}
	b, err := open(fstest.MapFS{"prompts/reask.tmpl": {Data: []byte("Again, please.")}})
	require.NoError(t, err)
	own, err := task.ReadTemplates(fstest.MapFS{"reask.tmpl": {Data: []byte("Again, please.")}})
	require.NoError(t, err)
	assert.Equal(t, own.Hash(), b.templates.Hash())

	_, err = open(fstest.MapFS{"prompts/again.tmpl": {Data: []byte("x")}})
	require.Error(t, err)
	assert.Contains(t, err.Error(), "gloss.yaml:5: resources.templates.dir: prompts: templates: again.tmpl replaces nothing")
	_, err = open(nil)
	require.Error(t, err, "a directory that is not there")
	assert.Contains(t, err.Error(), "gloss.yaml:5: resources.templates.dir: prompts: ")

	_, err = Parse("gloss.yaml", []byte("version: 1\nresources: {templates: {}}\ntasks: {essay_score: {}}\n"), nil)
	assert.Equal(t, []string{"gloss.yaml:2: resources.templates.dir: want a directory of prompt templates, relative to this file"}, messages(t, err))
}
