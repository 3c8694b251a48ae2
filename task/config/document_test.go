package config

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Null stands for a section or setting that is not there.
func TestNullSections(t *testing.T) {
	t.Parallel()
	c := mustParse(t, `version: 1
resources:
environment:
shared:
run:
tasks:
  essay_score:
    inputs:
    exemplars: ~
    steps: null
`)
	plain := mustParse(t, "version: 1\ntasks: {essay_score: {}}\n")
	sameTasks(t, plain, c)
	assert.Equal(t, plain.InFlight(), c.InFlight())
	for _, path := range []string{"tasks.essay_score.steps", "tasks.essay_score.inputs", "tasks.essay_score.exemplars"} {
		assert.Equal(t, "null", value(t, c, path).Value)
		assert.Equal(t, LevelTask, value(t, c, path).Level)
	}
	for _, resources := range []string{"{class: null, model: null}", "{class: {dir: c, encoding: Windows-1252}, model: {use: fake, params: null}}"} {
		_, err := Parse("c.yaml", []byte("version: 1\ntasks: {essay_score: {}}\nresources: "+resources), nil, withFake())
		require.NoError(t, err)
	}
}

// A program that only lists a configuration needs to know neither kinds of models nor steps.
func TestUnknownKindsAreReadable(t *testing.T) {
	t.Parallel()
	c, err := Load("testdata/good/gloss.yaml")
	require.NoError(t, err)
	assert.Equal(t, "2", value(t, c, "resources.model.params.replies").Value)
}

func TestSharedKind(t *testing.T) {
	t.Parallel()
	c := mustParse(t, "version: 1\nshared: {task: essay_score}\ntasks:\n  few: {exemplars: {k: 2}}\n  many: {exemplars: {k: 40}}\n")
	assert.Equal(t, 2, mustSpec(t, c, "few").Exemplars.K)
	assert.Equal(t, LevelShared, value(t, c, "tasks.many.task").Level)
	_, err := Parse("c.yaml", []byte("version: 1\nshared: {name: x}\ntasks: {essay_score: {}}\n"), nil)
	assert.Equal(t, []string{`c.yaml:2: shared.name: got "x"; want no name here; the name of a task is its key below tasks`}, messages(t, err))
}
