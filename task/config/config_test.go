package config

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares text with a file below testdata.
func golden(t *testing.T, file, text string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run the test with -update once")
	assert.Equal(t, string(want), text)
}

// fakeParams are the parameters of the kind of model called fake.
type fakeParams struct {
	Replies     int     `json:"replies"`
	Temperature float64 `json:"temperature,omitempty"`
}

func fake() llm.Model {
	return llm.Func(func(context.Context, llm.Request) (llm.Response, error) { return llm.Response{Text: "{}"}, nil })
}

func withFake() Option {
	return WithModel("fake", func(fakeParams, Environment) (llm.Model, error) { return fake(), nil })
}

func mustParse(t *testing.T, text string, opts ...Option) *Config {
	t.Helper()
	c, err := Parse("gloss.yaml", []byte(text), nil, append(opts, withFake())...)
	require.NoError(t, err, text)
	return c
}

func mustSpec(t *testing.T, c *Config, name string) task.Spec {
	t.Helper()
	s, err := c.Spec(name)
	require.NoError(t, err)
	return s
}

// value returns the row of a path.
func value(t *testing.T, c *Config, path string) Value {
	t.Helper()
	var found []Value
	for _, v := range c.Values() {
		if v.Path == path {
			found = append(found, v)
		}
	}
	require.Len(t, found, 1, "%s in %v", path, c.Values())
	return found[0]
}

// messages returns what is wrong, one text a problem.
func messages(t *testing.T, err error) []string {
	t.Helper()
	var all Errors
	require.ErrorAs(t, err, &all)
	var out []string
	for _, e := range all {
		out = append(out, e.Error())
	}
	return out
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.*")
	require.NoError(t, err)
	count := 0
	for _, file := range files {
		if filepath.Ext(file) == ".golden" {
			continue
		}
		count++
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			c, err := Parse(filepath.Base(file), data, nil, withFake())
			require.Error(t, err)
			assert.Nil(t, c)
			golden(t, file+".golden", err.Error()+"\n")
			var all Errors
			require.ErrorAs(t, err, &all)
			for i, e := range all[1:] {
				assert.LessOrEqual(t, all[i].Place.Line, e.Place.Line, "problems are in the order of lines")
			}
		})
	}
	assert.Greater(t, count, 15)
}

func TestLoad(t *testing.T) {
	t.Parallel()
	c, err := Load("testdata/good/gloss.yaml", withFake())
	require.NoError(t, err)
	assert.Equal(t, []string{"essay_score", "strict"}, c.Tasks())
	assert.Equal(t, 4, c.InFlight())

	_, err = Load("testdata/good/none.yaml")
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, "none.yaml")

	dir := t.TempDir()
	file := filepath.Join(dir, "gloss.yaml")
	require.NoError(t, os.WriteFile(file, []byte("version: 1\ntask: {}\ntasks: {essay_score: {}}\n"), 0o600))
	_, err = Load(file)
	assert.Equal(t, []string{file + `:2: task: want the key "tasks" (known here: version, resources, environment, shared, tasks, run)`},
		messages(t, err))
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c := mustParse(t, "version: 1\ntasks: {essay_score: {}, rubric_score:, mine: {task: draft_feedback}}\n")
	assert.Equal(t, []string{"essay_score", "mine", "rubric_score"}, c.Tasks())
	assert.Equal(t, pipeline.DefaultInFlight, c.InFlight())
	assert.Equal(t, task.DefaultSpec(task.KindEssayScore), mustSpec(t, c, "essay_score"))
	assert.Equal(t, task.DefaultSpec(task.KindRubricScore), mustSpec(t, c, "rubric_score"))
	want := task.DefaultSpec(task.KindDraftFeedback)
	want.Name = "mine"
	assert.Equal(t, want, mustSpec(t, c, "mine"))
	for _, v := range c.Values() {
		if v.Path == "tasks.mine.task" {
			assert.Equal(t, LevelTask, v.Level)
			continue
		}
		assert.Equal(t, LevelDefault, v.Level, v.Path)
		assert.Zero(t, v.Place, v.Path)
	}
}

func TestSpecOfUnknownTask(t *testing.T) {
	t.Parallel()
	c := mustParse(t, "version: 1\ntasks: {essay_score: {}}\n")
	_, err := c.Spec("essay_scores")
	assert.EqualError(t, err, `config: there is no task "essay_scores"; want the task "essay_score" (known here: essay_score)`)
}

func TestSpecIsACopy(t *testing.T) {
	t.Parallel()
	c := mustParse(t, "version: 1\ntasks: {essay_score: {generation: {temperature: 0.5}}}\n")
	s := mustSpec(t, c, "essay_score")
	s.Exemplars.K, *s.Generation.Temperature = 99, 2
	again := mustSpec(t, c, "essay_score")
	assert.Equal(t, 12, again.Exemplars.K)
	assert.InDelta(t, 0.5, *again.Generation.Temperature, 0)
}

func TestEveryProblemOfASectionIsFound(t *testing.T) {
	t.Parallel()
	_, err := Parse("c.yaml", []byte(`version: 1
tasks:
  essay_score: {exemplars: {k: x}}
  rubric_score: {exemplars: {k: -1}}
`), nil)
	assert.Equal(t, []string{
		`c.yaml:3: tasks.essay_score.exemplars.k: got "x"; want a whole number; this is a string`,
		`c.yaml:4: tasks.rubric_score: exemplars.k is -1; want 1 or more, or past feedback off`,
	}, messages(t, err), "a problem of one task does not hide that of another")
	var one *Error
	require.ErrorAs(t, err, &one)
	assert.Equal(t, "tasks.essay_score.exemplars.k", one.Path)
}

// What a task amounts to is not known while a shared setting is wrong, so nothing is said of it.
func TestSharedProblemsComeFirst(t *testing.T) {
	t.Parallel()
	_, err := Parse("c.yaml", []byte("version: 1\nshared: {exemplars: {select: 3}}\ntasks:\n  essay_score: {exemplars: {seed: 7}}\n"), nil)
	require.Len(t, messages(t, err), 1)
	assert.ErrorContains(t, err, "c.yaml:2: shared.exemplars.select: ")
}

func TestTooBig(t *testing.T) {
	t.Parallel()
	_, err := Parse("c.yaml", make([]byte, maxBytes+1), nil)
	assert.Equal(t, []string{"c.yaml: want at most 262144 bytes; this has 262145"}, messages(t, err))
}

func TestOptionErrorsComeTogether(t *testing.T) {
	t.Parallel()
	build := func(json.RawMessage, Environment) (llm.Model, error) { return fake(), nil }
	_, err := Parse("c.yaml", nil, nil,
		nil,
		WithModel("", build),
		WithModel[json.RawMessage]("x", nil),
		WithModel("twice", build), WithModel("twice", build),
		WithSteps(nil),
		WithLookupEnv(nil))
	require.Error(t, err)
	for _, part := range []string{
		"option 1 is nil", "a kind of model needs a name", `WithModel("x"): build is nil`, `WithModel("twice"): this kind is known already`,
		"definition 1 is nil", "WithLookupEnv(nil)",
	} {
		assert.ErrorContains(t, err, part)
	}
}

func TestConfigJSON(t *testing.T) {
	t.Parallel()
	c, err := Load("testdata/good/gloss.yaml", withFake(), WithSet("tasks.strict.exemplars.k=3"))
	require.NoError(t, err)
	text, err := json.MarshalIndent(c, "", "  ")
	require.NoError(t, err)
	golden(t, "testdata/good/effective.json", string(text)+"\n")
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*")
	require.NoError(f, err)
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil {
			f.Add(data, "tasks.essay_score.exemplars.k=20")
		}
	}
	f.Add([]byte("version: 1\ntasks: {a: {task: essay_score, steps: [{at: 'after:prompt', name: n}]}}"), "tasks.a.steps[1]={at: before:parse, name: m}")
	f.Fuzz(func(t *testing.T, data []byte, assignment string) {
		c, err := Parse("c.yaml", data, nil, withFake(), WithSet(assignment))
		if err != nil {
			require.NotEmpty(t, messages(t, err))
			return
		}
		require.NotEmpty(t, c.Tasks())
		text, err := json.Marshal(c)
		require.NoError(t, err)
		again, err := Parse("c.json", text, nil, withFake())
		require.NoError(t, err, string(text))
		for _, name := range c.Tasks() {
			require.Equal(t, mustSpec(t, c, name), mustSpec(t, again, name))
		}
	})
}

func TestConfigIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	c, err := Parse("configs/gloss.yaml", []byte(openFile), classFiles(), withFake(), WithSteps(fix()), WithSet("resources.model.use=fake"),
		withEnv(map[string]string{"REGION": "eu", "KEY": "k-1"}))
	require.NoError(t, err)
	want, err := json.Marshal(c)
	require.NoError(t, err)
	values := c.Values()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			got, err := json.Marshal(c)
			assert.NoError(t, err)
			assert.Equal(t, string(want), string(got))
			assert.Equal(t, values, c.Values())
			b, err := c.Open()
			if assert.NoError(t, err) {
				_, err = b.Task("stepped")
				assert.NoError(t, err)
			}
		})
	}
	group.Wait()
}
