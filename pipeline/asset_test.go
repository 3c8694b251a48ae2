package pipeline_test

import (
	"context"
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// derive is [pipeline.Derive] for builds that need no context.
func derive[T any](name string, cfg any, wire func(n *pipeline.Needs) func() (T, error)) pipeline.Asset[T] {
	return pipeline.Derive(pipeline.Meta{Name: name}, cfg,
		func(n *pipeline.Needs, _ any) func(context.Context) (T, error) {
			build := wire(n)
			return func(context.Context) (T, error) { return build() }
		})
}

// inGroup derives an asset of a group that adds up its needs.
func inGroup(group, name string, needs ...pipeline.Asset[int]) pipeline.Asset[int] {
	return pipeline.Derive(pipeline.Meta{Name: name, Group: group}, 0,
		func(n *pipeline.Needs, _ int) func(context.Context) (int, error) {
			var gets []func() int
			for _, need := range needs {
				gets = append(gets, pipeline.Need(n, need))
			}
			return func(context.Context) (int, error) {
				sum := 1
				for _, get := range gets {
					sum += get()
				}
				return sum, nil
			}
		})
}

// value builds h in a run of its own.
func value[T any](t *testing.T, h pipeline.Handle[T]) (T, error) {
	t.Helper()
	run, err := pipeline.NewRun()
	require.NoError(t, err)
	return pipeline.Value(t.Context(), run, h)
}

func TestAssetNames(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "essays", pipeline.Given("essays", 1).Name())
	assert.Equal(t, "index", inGroup("", "index").Name())
	assert.Empty(t, pipeline.Asset[int]{}.Name())
	assert.Equal(t, pipeline.Asset[int]{}, pipeline.Asset[int]{}.InGroup("x"))
}

func TestOriginsAndGroups(t *testing.T) {
	t.Parallel()
	read := func(context.Context) (int, error) { return 0, nil }
	plan, err := pipeline.NewPlan(
		pipeline.Given("g", 0), pipeline.Source("s", read), pipeline.Tool("t", 0), inGroup("essay", "d"),
		pipeline.Given("truth", 0).InGroup(pipeline.GroupEvaluation),
	)
	require.NoError(t, err)
	type place struct {
		origin pipeline.Origin
		group  string
	}
	var got []place
	for _, e := range plan.Entries() {
		got = append(got, place{e.Origin, e.Group})
	}
	assert.Equal(t, []place{
		{pipeline.OriginGiven, pipeline.GroupShared}, {pipeline.OriginSource, pipeline.GroupShared},
		{pipeline.OriginTool, pipeline.GroupShared}, {pipeline.OriginDerived, "essay"},
		{pipeline.OriginGiven, pipeline.GroupEvaluation},
	}, got)
}

func TestSourceIsReadOnceAndOnlyIfNeeded(t *testing.T) {
	t.Parallel()
	reads := map[string]int{}
	source := func(name string) pipeline.Asset[int] {
		return pipeline.Source(name, func(context.Context) (int, error) {
			reads[name]++
			return 5, nil
		})
	}
	needed, unneeded := source("needed"), source("unneeded")
	left, right := inGroup("", "left", needed), inGroup("", "right", needed)
	inGroup("", "elsewhere", unneeded)

	run, err := pipeline.NewRun()
	require.NoError(t, err)
	_, err = run.Plan(left, right, unneeded)
	require.NoError(t, err)
	assert.Empty(t, reads, "planning reads nothing")
	got, err := pipeline.Value(t.Context(), run, inGroup("", "top", left, right))
	require.NoError(t, err)
	assert.Equal(t, 13, got)
	assert.Equal(t, map[string]int{"needed": 1}, reads)
}

func TestMistakesOfWiringFailPlanning(t *testing.T) {
	t.Parallel()
	number := pipeline.Given("number", 1)
	tests := map[string]struct {
		asset pipeline.Node
		want  string
	}{
		"nil":            {nil, "plan: target 1 is a zero asset"},
		"zero":           {pipeline.Asset[int]{}, "plan: target 1 is a zero asset"},
		"nameless root":  {pipeline.Given("", 1), `plan: asset "": an asset needs a name`},
		"nameless asset": {inGroup("", ""), `plan: asset "": an asset needs a name`},
		"zero need":      {inGroup("", "sum", number, pipeline.Asset[int]{}), `plan: asset "sum": need 2 is a zero asset`},
		"nil need": {
			derive("sum", 0, func(n *pipeline.Needs) func() (int, error) {
				assert.Zero(t, pipeline.Need[int](n, nil)(), "there is nothing to read")
				return nil
			}), `plan: asset "sum": need 1 is a zero asset`,
		},
		"read while wiring": {
			derive("eager", 0, func(n *pipeline.Needs) func() (int, error) {
				early := pipeline.Need(n, number)()
				return func() (int, error) { return early, nil }
			}), `plan: asset "eager": "number" was read while wiring; read it in the returned function`,
		},
		"configuration without JSON": {
			derive("odd", math.NaN(), func(*pipeline.Needs) func() (int, error) { return nil }),
			`plan: asset "odd": configuration: json: unsupported value: NaN`,
		},
		"derived asset moved": {
			inGroup("", "sum").InGroup("evaluation"), `plan: asset "sum": InGroup("evaluation"): only a root can be moved; set Meta.Group instead`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := pipeline.NewPlan(tt.asset)
			assert.EqualError(t, err, tt.want)
		})
	}
}

func TestPlanningReportsEveryMistakeAtOnce(t *testing.T) {
	t.Parallel()
	_, err := pipeline.NewPlan(pipeline.Given("", 1), pipeline.Asset[int]{}, inGroup("", "sum", pipeline.Asset[int]{}))
	require.Error(t, err)
	assert.ErrorContains(t, err, "an asset needs a name")
	assert.ErrorContains(t, err, "target 2 is a zero asset")
	assert.ErrorContains(t, err, "need 1 is a zero asset")

	_, err = pipeline.NewPlan()
	assert.EqualError(t, err, "plan: no target was named")
}

func TestBrokenAssetDoesNotHideBehindAnEqualOne(t *testing.T) {
	t.Parallel()
	fine, broken := inGroup("", "sum"), inGroup("", "sum", pipeline.Asset[int]{})
	_, err := pipeline.NewPlan(fine, broken)
	assert.ErrorContains(t, err, "need 1 is a zero asset")
}

func TestWiringsThatDifferFailTheBuild(t *testing.T) {
	t.Parallel()
	one, two := pipeline.Given("one", 1), pipeline.Given("two", 2)
	tests := map[string]struct {
		first, later []pipeline.Asset[int]
		want         string
	}{
		"more":  {[]pipeline.Asset[int]{one}, []pipeline.Asset[int]{one, two}, "wiring declared 1 needs at first and 2 now"},
		"fewer": {[]pipeline.Asset[int]{one}, nil, "wiring declared 1 needs at first and 0 now"},
		"other": {
			[]pipeline.Asset[int]{one, two}, []pipeline.Asset[int]{one, one},
			`wiring declared "two" as need 2 at first and "one" now`,
		},
		"broken": {
			[]pipeline.Asset[int]{one}, []pipeline.Asset[int]{one, {}},
			"need 2 is a zero asset",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wired := 0
			_, err := value(t, derive("fickle", 0, func(n *pipeline.Needs) func() (int, error) {
				needs := tt.first
				if wired++; wired > 1 {
					needs = tt.later
				}
				for _, need := range needs {
					pipeline.Need(n, need)
				}
				return func() (int, error) { t.Error("was built"); return 0, nil }
			}))
			assert.EqualError(t, err, "asset fickle: "+tt.want)
		})
	}
}

func TestNeedDeclaredWhileBuildingFailsTheBuild(t *testing.T) {
	t.Parallel()
	late := pipeline.Given("late", 1)
	_, err := value(t, derive("sum", 0, func(n *pipeline.Needs) func() (int, error) {
		return func() (int, error) { return pipeline.Need(n, late)(), nil }
	}))
	assert.EqualError(t, err, `asset sum: "late" was declared while building; declare it while wiring`)
}

func TestGetterStaysValidForWhatWasBuilt(t *testing.T) {
	t.Parallel()
	number := pipeline.Given("number", 3)
	lazy := derive("lazy", 0, func(n *pipeline.Needs) func() (func() int, error) {
		get := pipeline.Need(n, number)
		return func() (func() int, error) { return get, nil }
	})
	run, err := pipeline.NewRun()
	require.NoError(t, err)
	read, err := pipeline.Value(t.Context(), run, lazy)
	require.NoError(t, err)
	assert.Equal(t, 3, read(), "a stage may read its needs when it runs")

	read, err = pipeline.Value(t.Context(), run.With(pipeline.Replace(number, 4)), lazy)
	require.NoError(t, err)
	assert.Equal(t, 4, read())
}

func TestConfigIsCanonicalJSON(t *testing.T) {
	t.Parallel()
	type config struct {
		Prompt string         `json:"prompt"`
		Limits map[string]int `json:"limits"`
	}
	asset := derive("prompt", config{"a < b & <c>", map[string]int{"z": 1, "a": 2, "m": 3}},
		func(*pipeline.Needs) func() (int, error) { return nil })
	plan, err := pipeline.NewPlan(asset)
	require.NoError(t, err)
	entry := plan.Entries()[0]
	const want = `{"prompt":"a < b & <c>","limits":{"a":2,"m":3,"z":1}}`
	assert.Equal(t, json.RawMessage(want), entry.Config)

	entry.Config[0] = '!'
	again, err := pipeline.NewPlan(asset)
	require.NoError(t, err)
	assert.Equal(t, want, string(again.Entries()[0].Config), "what a reader of a plan does to it does not reach the asset")
}

func TestMetaIsCopied(t *testing.T) {
	t.Parallel()
	steps, off := []string{"clean"}, []string{"documents"}
	asset := pipeline.Derive(pipeline.Meta{Name: "task", Steps: steps, Off: off}, 0,
		func(*pipeline.Needs, int) func(context.Context) (int, error) { return nil })
	steps[0], off[0] = "changed", "changed"
	plan, err := pipeline.NewPlan(asset)
	require.NoError(t, err)
	assert.Equal(t, []string{"clean"}, plan.Entries()[0].Steps)
	assert.Equal(t, []string{"documents"}, plan.Entries()[0].Off)
}

func TestEvaluationIsOutOfReach(t *testing.T) {
	t.Parallel()
	truth := pipeline.Given("truth", 1).InGroup(pipeline.GroupEvaluation)
	essays := pipeline.Given("essays", 1)
	leak := inGroup("", "index", essays, truth)
	scored := inGroup(pipeline.GroupEvaluation, "scored", essays, truth)
	const leaking = `plan: asset "index" of group "shared" needs "truth" of group "evaluation": ` +
		`inference must not see what an evaluation holds out`
	tests := map[string]struct {
		target pipeline.Node
		want   string
	}{
		"evaluation needs both":       {scored, ""},
		"the root itself":             {truth, ""},
		"direct":                      {leak, leaking},
		"through a shared asset":      {inGroup("essay", "score", leak), leaking},
		"far away":                    {inGroup("essay", "a", inGroup("essay", "b", inGroup("", "c", leak))), leaking},
		"evaluation needs what leaks": {inGroup(pipeline.GroupEvaluation, "report", leak), leaking},
		"what an evaluation derived": {
			inGroup("essay", "score", scored), `plan: asset "score" of group "essay" needs "scored" of group "evaluation": ` +
				`inference must not see what an evaluation holds out`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := pipeline.NewPlan(tt.target)
			if tt.want == "" {
				assert.NoError(t, err)
				return
			}
			assert.EqualError(t, err, tt.want)
		})
	}
}

func TestInGroupLeavesTheRootItIsMadeFrom(t *testing.T) {
	t.Parallel()
	essays := pipeline.Given("essays", 1)
	held := essays.InGroup(pipeline.GroupEvaluation)
	_, err := pipeline.NewPlan(inGroup("", "index", essays))
	require.NoError(t, err)
	plan, err := pipeline.NewPlan(essays, held)
	require.NoError(t, err)
	assert.Len(t, plan.Entries(), 2, "the copy is a root of its own")
}
