package task_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task"
)

type greeting struct {
	Words string `json:"words"`
	Loud  bool   `json:"loud,omitempty"`
}

// greet defines a step that says something.
func greet(version int) task.StepDef[greeting] {
	return task.DefineStep("greet", version, func(g greeting) (task.Step, error) {
		if g.Words == "" {
			return nil, errors.New("words is empty")
		}
		return task.StepFunc(func(_ context.Context, d task.Draft) (task.Draft, error) {
			said := task.Flag{Kind: "greeting", Detail: fmt.Sprintf("%s v%d loud=%t", g.Words, version, g.Loud)}
			d.Prediction.Flags = slices.Concat(d.Prediction.Flags, []task.Flag{said})
			return d, nil
		}), nil
	})
}

func TestDefinedStepsAreStored(t *testing.T) {
	t.Parallel()
	res := smallClass().using(&answers{})
	tk := mustBuild(t, res, task.KindEssayScore,
		task.WithStep(task.After(task.PlaceVerify), greet(2).Use(greeting{Words: "<good> day", Loud: true})),
		task.WithStep(task.Before(task.PlacePrompt), greet(2).Use(greeting{Words: "hello"})))
	raw, err := json.Marshal(tk.Spec())
	require.NoError(t, err)
	stored, err := task.ParseSpec(raw)
	require.NoError(t, err)
	require.Equal(t, tk.Spec().Steps[1], stored.Steps[1])
	require.JSONEq(t, `[{"at":"after:verify","name":"greet","version":2,"params":{"words":"<good> day","loud":true}},
		{"at":"before:prompt","name":"greet","version":2,"params":{"words":"hello"}}]`, asJSON(t, stored.Steps))

	again, err := task.New(res, stored, greet(1), greet(2))
	require.NoError(t, err)
	require.Equal(t, plan(t, tk), plan(t, again), "the same plan, whichever way the parameters are written")
	p, err := predict(t, again, target())
	require.NoError(t, err)
	require.Equal(t, []task.Flag{
		{Kind: "greeting", Detail: "hello v2 loud=false"}, {Kind: "greeting", Detail: "<good> day v2 loud=true"},
	}, p.Flags)
}

func TestStepsThatCannotBeBuilt(t *testing.T) {
	t.Parallel()
	none := task.DefineStep("none", 0, func(struct{}) (task.Step, error) { return nil, nil })
	unwritten := task.DefineStep[struct{}]("unwritten", 0, nil)
	for name, tc := range map[string]struct {
		steps string
		defs  []task.StepKind
		want  string
	}{
		"no definition": {
			`{"at":"after:parse","name":"greet","version":1}`, nil,
			`task essay_score: step "greet": its definition was not passed in`,
		},
		"nil definition": {
			`{"at":"after:parse","name":"greet","version":1}`, []task.StepKind{nil},
			`task essay_score: step "greet": its definition was not passed in`,
		},
		"another version": {
			`{"at":"after:parse","name":"greet","version":2}`, []task.StepKind{greet(1)},
			`task essay_score: step "greet": the spec names version 2, the definition is version 1`,
		},
		"unknown parameter": {
			`{"at":"after:parse","name":"greet","version":1,"params":{"words":"x","lout":true}}`, []task.StepKind{greet(1)},
			`task essay_score: step "greet": params: lout: want a known key: words, loud`,
		},
		"build error": {
			`{"at":"after:parse","name":"greet","version":1}`, []task.StepKind{greet(1)},
			`task essay_score: step "greet": words is empty`,
		},
		"nothing built": {
			`{"at":"after:parse","name":"none"}`, []task.StepKind{none}, `task essay_score: step "none": its definition built no step`,
		},
		"nothing to build with": {
			`{"at":"after:parse","name":"unwritten"}`, []task.StepKind{unwritten},
			`task essay_score: step "unwritten": its definition has no function that builds it`,
		},
		"every problem": {
			`{"at":"after:parse","name":"none"},{"at":"after:parse","name":"greet"}`, []task.StepKind{none},
			"task essay_score: step \"none\": its definition built no step\ntask essay_score: step \"greet\": its definition was not passed in",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := task.ParseSpec([]byte(`{"task":"essay_score","steps":[` + tc.steps + `]}`))
			require.NoError(t, err)
			_, err = task.New(smallClass().using(&answers{}), s, tc.defs...)
			require.EqualError(t, err, tc.want)
		})
	}
}

func TestStepsThatCannotBePlaced(t *testing.T) {
	t.Parallel()
	res := smallClass().using(&answers{})
	unencodable := task.DefineStep("x", 1, func(func()) (task.Step, error) { return nil, nil })
	for name, tc := range map[string]struct {
		use  task.StepUse
		at   task.At
		want string
	}{
		"no such place":      {nothing("x"), task.After("lunch"), `at "after:lunch": want before:, after: or replace: and one of`},
		"no place":           {nothing("x"), task.At{}, `at ":": want before:`},
		"no name":            {nothing(""), task.After(task.PlaceParse), `name "" must be a non-empty line without a slash`},
		"a name with a path": {nothing("a/b"), task.After(task.PlaceParse), `name "a/b" must be`},
		"no function":        {task.Inline("x", nil), task.After(task.PlaceParse), `step "x": the function is nil`},
		"no step":            {task.StepUse{}, task.After(task.PlaceParse), `name ""`},
		"params":             {unencodable.Use(func() {}), task.After(task.PlaceParse), `step "x": params: json: unsupported type: func()`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := task.EssayScore(res, task.WithStep(tc.at, tc.use))
			require.ErrorContains(t, err, tc.want)
		})
	}
}

// TestInlineSteps: an inline function runs, stands in the plan by its name, and never in a stored spec.
func TestInlineSteps(t *testing.T) {
	t.Parallel()
	res := smallClass().using(&answers{})
	flag := task.Inline("flag", func(_ context.Context, d task.Draft) (task.Draft, error) {
		d.Prediction.Flags = []task.Flag{{Kind: "mine"}}
		return d, nil
	})
	tk := mustBuild(t, res, task.KindEssayScore, task.WithStep(task.After(task.PlaceVerify), flag))
	p, err := predict(t, tk, target())
	require.NoError(t, err)
	require.Equal(t, []task.Flag{{Kind: "mine"}}, p.Flags)
	require.Contains(t, plan(t, tk), `"inline":["flag"]`)

	_, err = json.Marshal(tk.Spec())
	require.ErrorContains(t, err, `step "flag" is an inline function and cannot be stored; define it with DefineStep`)
	_, err = task.New(res, tk.Spec())
	require.EqualError(t, err, `task essay_score: step "flag": it is an inline function of another task; pass it again with WithStep`)
	_, err = task.EssayScore(res, tk.Spec().Options()...)
	require.ErrorContains(t, err, "inline function of another task")
	_, err = tk.With(task.WithStep(task.After(task.PlaceParse), flag))
	require.EqualError(t, err, `task essay_score: step "flag": an inline step of that name is there already`)
}

// TestWithKeepsSteps: a variant has the steps of the task that it was made from, and its own are not passed back.
func TestWithKeepsSteps(t *testing.T) {
	t.Parallel()
	res := smallClass().using(&answers{})
	base := mustBuild(t, res, task.KindEssayScore,
		task.WithStep(task.After(task.PlaceVerify), greet(1).Use(greeting{Words: "first"})), task.WithStep(task.After(task.PlaceVerify), nothing("n1")))
	left, err := base.With(task.WithStep(task.After(task.PlaceVerify), nothing("n2")), task.WithoutRubric())
	require.NoError(t, err)
	right, err := base.With(task.WithStep(task.After(task.PlaceVerify), greet(1).Use(greeting{Words: "second"})))
	require.NoError(t, err)
	own := []string{"exemplars", "documents", "prompt", "generate", "parse", "verify"}
	require.Equal(t, append(own, "greet", "n1"), passed(t, base))
	require.Equal(t, append(own, "greet", "n1", "n2"), passed(t, left))
	require.Equal(t, append(own, "greet", "n1", "greet"), passed(t, right))
	require.True(t, base.Spec().Inputs.Rubric)
	p, err := predict(t, right, target())
	require.NoError(t, err)
	require.Equal(t, "first v1 loud=false", p.Flags[0].Detail)
	require.Equal(t, "second v1 loud=false", p.Flags[1].Detail)
}

// TestVariantsOfOneTaskDoNotMix: what one variant adds is not seen by another that was made from the same task.
func TestVariantsOfOneTaskDoNotMix(t *testing.T) {
	t.Parallel()
	use := func(name string) task.Option {
		def := task.DefineStep(name, 1, func(struct{}) (task.Step, error) { return nothingDone, nil })
		return task.WithStep(task.After(task.PlaceVerify), def.Use(struct{}{}))
	}
	inline := func(name string) task.Option { return task.WithStep(task.After(task.PlaceVerify), nothing(name)) }
	base := mustBuild(t, smallClass().using(&answers{}), task.KindEssayScore, use("a"), use("b"), use("c"), inline("i"))
	left, err := base.With(use("left"), inline("same"))
	require.NoError(t, err)
	right, err := base.With(use("right"), inline("same"))
	require.NoError(t, err)
	for _, tk := range []*task.Task{left, right, base} {
		again, err := tk.With()
		require.NoError(t, err)
		require.Equal(t, tk.Spec(), again.Spec())
	}
}

// TestStepErrors: a step that fails says which it was, and costs its item only.
func TestStepErrors(t *testing.T) {
	t.Parallel()
	planned := errors.New("planned failure")
	for name, f := range map[string]func(context.Context, task.Draft) (task.Draft, error){
		"error": func(context.Context, task.Draft) (task.Draft, error) { return task.Draft{}, planned },
		"panic": func(context.Context, task.Draft) (task.Draft, error) { panic(planned) },
	} {
		tk := mustBuild(t, smallClass().using(&answers{}), task.KindEssayScore, task.WithStep(task.After(task.PlaceParse), task.Inline("mine", f)))
		_, err := predict(t, tk, target())
		require.ErrorIs(t, err, planned, name)
		require.ErrorContains(t, err, "item t1: stage essay_score/mine: ", name)
	}
}

// TestTasksCannotBeChangedThroughTheirSpec: what Spec returns and what options were given belongs to the caller.
func TestTasksCannotBeChangedThroughTheirSpec(t *testing.T) {
	t.Parallel()
	temperature, seed := 0.5, int64(1)
	tk := mustBuild(t, smallClass().using(&answers{}), task.KindRubricScore,
		task.WithGeneration(task.Generation{Temperature: &temperature, Seed: &seed}),
		task.WithStep(task.After(task.PlaceParse), greet(1).Use(greeting{Words: "hello"})))
	before := asJSON(t, tk.Spec())
	temperature, seed = 1.5, 2
	s := tk.Spec()
	*s.Generation.Temperature, *s.Generation.Seed = 1.7, 3
	s.Exemplars.K, s.Documents.MaxTokens, s.Steps[0].Name, s.Steps[0].Params[2] = 99, 99, "other", 'W'
	require.Equal(t, before, asJSON(t, tk.Spec()))
}
