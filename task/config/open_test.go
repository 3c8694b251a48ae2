package config

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

const openFile = `version: 1
resources:
  class: {dir: ../class}
  model:
    use: echo
    params: {replies: 2}
environment:
  region: {env: REGION}
  key: {env: KEY, secret: true}
tasks:
  essay_score: {inputs: {past_feedback: false, class_docs: false}}
  stepped:
    task: essay_score
    inputs: {past_feedback: false, class_docs: false}
    steps: [{at: before:parse, name: fix, version: 1, params: {score: 5}}]
`

func classFiles() fstest.MapFS {
	return fstest.MapFS{
		"class/class.yaml":       {Data: []byte("id: c1\nteacher: okafor\n")},
		"class/assignments.yaml": {Data: []byte("- {id: road, prompt: Close the road?, scale: {min: 1, max: 6}}\n")},
	}
}

func withEnv(values map[string]string) Option {
	return WithLookupEnv(func(name string) (string, bool) {
		v, ok := values[name]
		return v, ok
	})
}

// withEcho makes the kind of model known that answers every request with a score, and counts what it builds.
func withEcho(built *int) Option {
	return WithModel("echo", func(params fakeParams, env Environment) (llm.Model, error) {
		*built++
		region, err := env.Value("region")
		if err != nil {
			return nil, err
		}
		key, err := env.Secret("key")
		if err != nil {
			return nil, err
		}
		if region != "eu" || key.Reveal() != "k-1" || params.Replies != 2 {
			return nil, errors.New("not what was configured")
		}
		return llm.Func(func(context.Context, llm.Request) (llm.Response, error) {
			return llm.Response{Text: `{"rationale": "r", "score": 4}`, Finish: llm.FinishStop}, nil
		}), nil
	})
}

// fix is a custom step that replaces the model's answer.
func fix() task.StepKind {
	type params struct {
		Score json.Number `json:"score"`
	}
	return task.DefineStep("fix", 1, func(p params) (task.Step, error) {
		return task.StepFunc(func(_ context.Context, d task.Draft) (task.Draft, error) {
			d.Responses = []llm.Response{{Text: `{"rationale": "fixed", "score": ` + p.Score.String() + `}`, Finish: llm.FinishStop}}
			return d, nil
		}), nil
	})
}

func score(t *testing.T, b *Bound, name string) float64 {
	t.Helper()
	tk, err := b.Task(name)
	require.NoError(t, err)
	run, err := pipeline.NewRun()
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, tk)
	require.NoError(t, err)
	p, err := runner.Run(t.Context(), userdata.Submission{ID: "e1", Assignment: "road", Text: "Close it."})
	require.NoError(t, err)
	s, ok := p.Feedback.Score("")
	require.True(t, ok)
	return s.Value
}

func TestOpen(t *testing.T) {
	t.Parallel()
	env := withEnv(map[string]string{"REGION": "eu", "KEY": "k-1"})
	built := 0
	c, err := Parse("configs/gloss.yaml", []byte(openFile), classFiles(), env, withEcho(&built), WithSteps(fix()))
	require.NoError(t, err)
	assert.Zero(t, built, "nothing is built before Open")
	b, err := c.Open()
	require.NoError(t, err)
	assert.InDelta(t, 4, score(t, b, "essay_score"), 0)
	assert.InDelta(t, 5, score(t, b, "stepped"), 0)

	tk, err := b.Task("essay_score")
	require.NoError(t, err)
	assert.Equal(t, mustSpec(t, c, "essay_score"), tk.Spec())
	_, err = b.Task("essay")
	assert.EqualError(t, err, `config: there is no task "essay"; want a task that is known here: essay_score, stepped`)

	run, err := pipeline.NewRun()
	require.NoError(t, err)
	model, err := pipeline.Value(t.Context(), run, b.Resources.Model())
	require.NoError(t, err)
	assert.NotNil(t, model)
	assert.Equal(t, 1, built)
}

func TestLoadOpensAClassBesideTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, file := range classFiles() {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), file.Data, 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "configs"), 0o755))
	file := filepath.Join(dir, "configs", "gloss.yaml")
	require.NoError(t, os.WriteFile(file, []byte(openFile), 0o600))
	built := 0
	opts := []Option{withEnv(map[string]string{"REGION": "eu", "KEY": "k-1"}), withEcho(&built), WithSteps(fix())}
	for _, where := range []string{"../class", filepath.ToSlash(filepath.Join(dir, "class"))} {
		c, err := Load(file, append(opts, WithSet("resources.class.dir="+where))...)
		require.NoError(t, err)
		b, err := c.Open()
		require.NoError(t, err)
		assert.InDelta(t, 4, score(t, b, "essay_score"), 0)
	}
	c, err := Load(file, append(opts, WithSet("resources.class={dir: ../clas}"))...)
	require.NoError(t, err)
	_, err = c.Open()
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, "set: resources.class.dir: ../clas: ")
}

func TestWithClassOverridesTheFile(t *testing.T) {
	t.Parallel()
	built := 0
	c, err := Parse("gloss.yaml", []byte(openFile), nil, withEnv(map[string]string{"REGION": "eu", "KEY": "k-1"}), withEcho(&built), WithSteps(fix()))
	require.NoError(t, err)
	class := func() *userdata.Class {
		return userdata.NewClass("c2", "t", userdata.Sources{Assignments: userdata.Values("memory",
			userdata.Assignment{ID: "road", Scale: userdata.Scale{Min: 1, Max: 6}})})
	}
	b, err := c.Open(WithClass(class()))
	require.NoError(t, err)
	assert.InDelta(t, 4, score(t, b, "essay_score"), 0)

	other, err := b.ForClass(class())
	require.NoError(t, err)
	assert.InDelta(t, 5, score(t, other, "stepped"), 0)
	assert.Equal(t, 1, built, "the model is shared")

	_, err = b.ForClass(nil)
	require.EqualError(t, err, "config: ForClass(nil): a class is needed")
	_, err = c.Open(WithClass(nil), nil)
	require.EqualError(t, err, "config: WithClass(nil): leave the option out instead\nconfig: option 2 is nil")
}

func TestEverythingThatIsMissingIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	c, err := Parse("gloss.yaml", []byte(openFile), nil, withEnv(map[string]string{"KEY": ""}), withFake())
	require.NoError(t, err)
	b, err := c.Open()
	assert.Nil(t, b)
	assert.Equal(t, []string{
		"gloss.yaml:3: resources.class.dir: ../class: the configuration was parsed without a file system; want one, or the option WithClass",
		`gloss.yaml:5: resources.model.use: got "echo"; want a kind of model that is known here: fake`,
		"gloss.yaml:8: environment.region: want the environment variable REGION to be set",
		"gloss.yaml:9: environment.key: want the environment variable KEY to be set",
		`gloss.yaml:15: tasks.stepped.steps: step "fix": its definition was not passed in`,
	}, messages(t, err))
}

func TestNoModelIsBuiltWithoutItsEnvironment(t *testing.T) {
	t.Parallel()
	built := 0
	c, err := Parse("configs/gloss.yaml", []byte(openFile), classFiles(), withEnv(map[string]string{"REGION": "eu"}), withEcho(&built), WithSteps(fix()))
	require.NoError(t, err)
	_, err = c.Open()
	assert.Equal(t, []string{"configs/gloss.yaml:9: environment.key: want the environment variable KEY to be set"}, messages(t, err))
	assert.Zero(t, built)
}

func TestNothingToOpen(t *testing.T) {
	t.Parallel()
	c, err := Parse("gloss.yaml", []byte("version: 1\ntasks: {essay_score: {}}\n"), nil)
	require.NoError(t, err)
	_, err = c.Open()
	assert.Equal(t, []string{
		"gloss.yaml: resources.model: want {use: kind}, the model of every task",
		"gloss.yaml: resources.class: want {dir: ./class}, or a class given by the option WithClass",
	}, messages(t, err))
}

func TestClassDirectories(t *testing.T) {
	t.Parallel()
	files := classFiles()
	files["bad/assignment.yaml"] = &fstest.MapFile{Data: []byte("- id: x\n")}
	for dir, want := range map[string]string{
		"../class": "",
		"class":    "resources.class.dir: class: ",
		"../../up": `resources.class.dir: ../../up: "../up" is outside of the file system that the configuration is in`,
		"../bad":   "resources.class.dir: ../bad: ",
	} {
		built := 0
		c, err := Parse("configs/gloss.yaml", []byte(openFile), files,
			withEnv(map[string]string{"REGION": "eu", "KEY": "k-1"}), withEcho(&built), WithSteps(fix()), WithSet("resources.class.dir="+dir))
		require.NoError(t, err)
		_, err = c.Open()
		if want == "" {
			require.NoError(t, err)
			continue
		}
		assert.ErrorContains(t, err, want)
	}
}

func TestModelParameters(t *testing.T) {
	t.Parallel()
	const file = "version: 1\nresources:\n  model:\n    use: raw\n    params: %s\ntasks: {essay_score: {}}\n"
	class := WithClass(userdata.NewClass("", "", userdata.Sources{}))
	for params, want := range map[string]string{`{"b":[1,2]}`: `{"b":[1,2]}`, "null": "", "[x]": `["x"]`} {
		var got json.RawMessage
		c, err := Parse("c.yaml", []byte(fmt.Sprintf(file, params)), nil,
			WithModel("raw", func(raw json.RawMessage, _ Environment) (llm.Model, error) {
				got = raw
				return fake(), nil
			}))
		require.NoError(t, err)
		_, err = c.Open(class)
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
		assert.Equal(t, want == "", got == nil)
	}
	failed := errors.New("no such region")
	c, err := Parse("c.yaml", []byte(fmt.Sprintf(file, "{}")), nil,
		WithModel("raw", func(struct{}, Environment) (llm.Model, error) { return nil, failed }))
	require.NoError(t, err)
	_, err = c.Open(class)
	require.ErrorIs(t, err, failed)
	assert.Equal(t, []string{"c.yaml:3: resources.model: raw: no such region"}, messages(t, err))

	c, err = Parse("c.yaml", []byte(fmt.Sprintf(file, "{}")), nil,
		WithModel("raw", func(struct{}, Environment) (llm.Model, error) { return nil, nil }))
	require.NoError(t, err)
	_, err = c.Open(class)
	assert.Equal(t, []string{"c.yaml:3: resources.model: raw: built no model"}, messages(t, err))
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	env := Environment{values: map[string]resolved{}}
	env.add("region", reference{Env: "REGION"}, "eu")
	env.add("key", reference{Env: "KEY", Secret: true}, "k-1")
	region, err := env.Value("region")
	require.NoError(t, err)
	assert.Equal(t, "eu", region)
	secret, err := env.Secret("region")
	require.NoError(t, err)
	assert.Equal(t, "eu", secret.Reveal())
	_, err = env.Value("key")
	require.EqualError(t, err, "environment.key is a secret; read it with Environment.Secret")
	for _, read := range []func() error{
		func() error { _, err := env.Value("token"); return err },
		func() error { _, err := env.Secret("token"); return err },
	} {
		require.EqualError(t, read(), "environment.token is missing from the file; want a reference such as {env: TOKEN}")
	}
}
