package config

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gloss-sdk/gloss/task"
)

const setFile = `version: 1
resources:
  model: {use: fake, params: {replies: 2}}
environment: {key: {env: KEY}}
shared:
  exemplars: {k: 8}
tasks:
  essay_score:
    exemplars: {k: 9, select: random, seed: 4}
  rubric_score: {}
`

func TestSetWins(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		set   []string
		path  string
		value string
		level Level
	}{
		"nothing":                 {nil, "tasks.essay_score.exemplars.k", "9", LevelTask},
		"over the task":           {[]string{"tasks.essay_score.exemplars.k=20"}, "tasks.essay_score.exemplars.k", "20", LevelSet},
		"the last one":            {[]string{"tasks.essay_score.exemplars.k=20", "tasks.essay_score.exemplars.k=21"}, "tasks.essay_score.exemplars.k", "21", LevelSet},
		"over shared":             {[]string{"tasks.rubric_score.exemplars.k=20"}, "tasks.rubric_score.exemplars.k", "20", LevelSet},
		"shared":                  {[]string{"shared.exemplars.k=20"}, "tasks.rubric_score.exemplars.k", "20", LevelSet},
		"shared, and a task's":    {[]string{"shared.exemplars.k=20"}, "tasks.essay_score.exemplars.k", "9", LevelTask},
		"over a default":          {[]string{"tasks.essay_score.documents.max_tokens=7"}, "tasks.essay_score.documents.max_tokens", "7", LevelSet},
		"null takes away":         {[]string{"tasks.essay_score.exemplars.k=null"}, "tasks.essay_score.exemplars.k", "12", LevelDefault},
		"nothing takes away":      {[]string{"tasks.essay_score.exemplars.k="}, "tasks.essay_score.exemplars.k", "12", LevelDefault},
		"an object replaces":      {[]string{"tasks.essay_score.exemplars={select: random}"}, "tasks.essay_score.exemplars.k", "8", LevelShared},
		"run":                     {[]string{"run.in_flight=2"}, "run.in_flight", "2", LevelSet},
		"parameters of the model": {[]string{"resources.model.params.temperature=0.5"}, "resources.model.params.temperature", "0.5", LevelSet},
		"a new section":           {[]string{"resources.class.dir=./x"}, "resources.class.dir", `"./x"`, LevelSet},
		"a reference":             {[]string{"environment.key.env=OTHER"}, "environment.key", "env OTHER", LevelSet},
		"a step":                  {[]string{"tasks.essay_score.steps[0]={at: after:prompt, name: n}", "tasks.essay_score.steps[0].name=m"}, "tasks.essay_score.steps[0].name", `"m"`, LevelSet},
		"a switch":                {[]string{"tasks.rubric_score.inputs.past_feedback=false"}, "tasks.rubric_score.inputs.past_feedback", "false", LevelSet},
		"quoted":                  {[]string{`tasks["essay_score"].exemplars["k"]=3`}, "tasks.essay_score.exemplars.k", "3", LevelSet},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := value(t, mustParse(t, setFile, WithSet(tc.set...)), tc.path)
			assert.Equal(t, tc.value, v.Value)
			assert.Equal(t, tc.level, v.Level)
			if tc.level == LevelSet {
				assert.Zero(t, v.Place)
			}
		})
	}
}

func TestSetIsAnOptionForEach(t *testing.T) {
	t.Parallel()
	c := mustParse(t, setFile, WithSet("run.in_flight=2"), WithSet("run.in_flight=3"))
	assert.Equal(t, 3, c.InFlight())
}

func TestBadAssignments(t *testing.T) {
	t.Parallel()
	for assignment, want := range map[string]string{
		"tasks.essay_score.exemplars.k=zero":   `set: tasks.essay_score.exemplars.k: got "zero"; want a whole number; this is a string`,
		"tasks.essay_score.exemplar.k=3":       `set: tasks.essay_score.exemplar: want the key "exemplars" (known here: task, inputs, exemplars, documents, rag, technique, generation, reply, budget, steps)`,
		"tasks.essay_scor.exemplars.k=3":       `set: tasks.essay_scor.exemplars.k: want the key "essay_score" (known here: essay_score, rubric_score)`,
		"environment.token.env=X":              `set: environment.token.env: want a key that is known here: key`,
		"task.essay_score.exemplars.k=3":       `set: task: want the key "tasks" (known here: version, resources, environment, shared, tasks, run)`,
		"run.inflight=3":                       `set: run.inflight: want the key "in_flight" (known here: in_flight, attempts, item_attempts, call_timeout, item_timeout, max_items, max_cost, budget, failures, limits, prices)`,
		"run.in_flight=0":                      `set: run.in_flight: got "0"; want 1 or more`,
		"run.in_flight.x=0":                    `set: run.in_flight: want a whole number; this is an object`,
		"version.x=0":                          `set: version.x: want a path to a setting; there is nothing at x`,
		"tasks.essay_score.exemplars[0]=3":     `set: tasks.essay_score.exemplars[0]: want a path to a setting; there is nothing at [0]`,
		"tasks.essay_score.steps[1].name=x":    `set: tasks.essay_score.steps[1].name: want a place in a list of 0, counted from 0, or 0 to add one`,
		"tasks.essay_score.exemplars.k=[1":     `set: tasks.essay_score.exemplars.k: want valid YAML (sequence end token ']' not found)`,
		"tasks.essay_score.exemplars.k=*a":     `set: tasks.essay_score.exemplars.k: want a value; anchors, aliases and tags are not used here (what stands under shared is given to every task)`,
		"tasks.essay_score":                    `set: got "tasks.essay_score"; want path=value, as in tasks.essay_score.exemplars.k=20`,
		"":                                     `set: want path=value ("" is no key; one with spaces or signs is written ["in quotes"])`,
		"=3":                                   `set: got "=3"; want path=value ("" is no key; one with spaces or signs is written ["in quotes"])`,
		"tasks.essay_score.exemplars.k=-2":     `set: tasks.essay_score: exemplars.k is -2; want 1 or more, or past feedback off`,
		"shared.exemplars.k=-2":                `set: tasks.rubric_score: exemplars.k is -2; want 1 or more, or past feedback off`,
		"resources.model.params.replies=many":  `set: resources.model.params.replies: got "many"; want a whole number; this is a string`,
		"tasks.essay_score.name=x":             `set: tasks.essay_score.name: got "x"; want no name here; the name of a task is its key below tasks`,
		"tasks.rubric_score.documents=\xff":    `set: tasks.rubric_score.documents: want text in UTF-8`,
		"tasks.essay_score.rag={passages: 3":   `set: tasks.essay_score.rag: want valid YAML (could not find flow mapping end token '}')`,
		"tasks.rubric_score.inputs=everything": `set: tasks.rubric_score.inputs: got "everything"; want an object; this is a string`,
	} {
		t.Run(assignment, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("c.yaml", []byte(setFile), nil, withFake(), WithSet(assignment))
			assert.Equal(t, []string{want}, messages(t, err))
		})
	}
}

func TestAssignmentsComeLast(t *testing.T) {
	t.Parallel()
	_, err := Parse("c.yaml", []byte("version: 2\ntasks: {essay_score: {}}\n"), nil, WithSet("run.in_flight=x", "nowhere"))
	assert.Equal(t, []string{
		`c.yaml:1: version: got "2"; want 1, the version of the format`,
		`set: got "nowhere"; want path=value, as in tasks.essay_score.exemplars.k=20`,
		`set: run.in_flight: got "x"; want a whole number; this is a string`,
	}, messages(t, err))
}

// A switch turned by an assignment makes a shared setting idle and a task's own an error, as in the file.
func TestSetTurnsOff(t *testing.T) {
	t.Parallel()
	c := mustParse(t, setFile, WithSet("tasks.rubric_score.inputs.past_feedback=false"))
	assert.Nil(t, mustSpec(t, c, "rubric_score").Exemplars)
	_, err := Parse("c.yaml", []byte(setFile), nil, withFake(), WithSet("tasks.essay_score.inputs.past_feedback=false"))
	assert.Equal(t, []string{"c.yaml:9: tasks.essay_score: exemplars are configured although past feedback is off"}, messages(t, err))
	c = mustParse(t, setFile, WithSet("tasks.essay_score.inputs.past_feedback=false", "tasks.essay_score.exemplars=null"))
	s := mustSpec(t, c, "essay_score")
	assert.Nil(t, s.Exemplars)
	assert.Equal(t, task.KindEssayScore, s.Task)
}
