package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

var errBoom = errors.New("boom")

func parse(_ context.Context, s string) (int, error)  { return strconv.Atoi(s) }
func show(_ context.Context, n int) (string, error)   { return strconv.Itoa(n), nil }
func double(_ context.Context, n int) (int, error)    { return 2 * n, nil }
func increment(_ context.Context, n int) (int, error) { return n + 1, nil }
func fail(_ context.Context, _ int) (int, error)      { return 7, errBoom }

// counting returns a stage that counts how often it runs.
func counting(calls *int) pipeline.Stage[int, int] {
	return pipeline.Fn(func(_ context.Context, n int) (int, error) {
		*calls++
		return n, nil
	})
}

// textLength is a stage that does not import the package's adapters.
type textLength struct{}

func (textLength) Run(_ context.Context, s string) (int, error) { return len(s), nil }

func TestComposingInfersTypes(t *testing.T) {
	t.Parallel()
	// That these lines compile is the test: no type is written.
	number := pipeline.Then(pipeline.Fn(parse), pipeline.Chain(pipeline.Fn(double), pipeline.Fn(increment)))
	text := pipeline.Named("text", pipeline.Then(pipeline.Call("parser", number), pipeline.Fn(show)))

	got, err := text.Run(t.Context(), "20")
	require.NoError(t, err)
	assert.Equal(t, "41", got)

	length, err := pipeline.Then(text, textLength{}).Run(t.Context(), "-6")
	require.NoError(t, err)
	assert.Equal(t, 3, length, "any type with a method Run is a stage")
}

func TestThenStopsAtAnError(t *testing.T) {
	t.Parallel()
	var calls int
	out, err := pipeline.Then(pipeline.Fn(fail), counting(&calls)).Run(t.Context(), 1)
	assert.Same(t, errBoom, err, "composition adds nothing to an error")
	assert.Zero(t, out, "what a failed stage returned is not passed on")
	assert.Zero(t, calls)

	_, err = pipeline.Then(counting(&calls), pipeline.Fn(fail)).Run(t.Context(), 1)
	assert.Same(t, errBoom, err)
	assert.Equal(t, 1, calls)
}

func TestChainRunsStepsInOrder(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		steps []pipeline.Stage[int, int]
		want  int
	}{
		"none":             {nil, 5},
		"one":              {[]pipeline.Stage[int, int]{pipeline.Fn(double)}, 10},
		"double increment": {[]pipeline.Stage[int, int]{pipeline.Fn(double), pipeline.Fn(increment)}, 11},
		"increment double": {[]pipeline.Stage[int, int]{pipeline.Fn(increment), pipeline.Fn(double)}, 12},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := pipeline.Chain(tt.steps...).Run(t.Context(), 5)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestChainStopsAtAnError(t *testing.T) {
	t.Parallel()
	var before, after int
	out, err := pipeline.Chain(counting(&before), pipeline.Fn(fail), counting(&after)).Run(t.Context(), 1)
	assert.Same(t, errBoom, err)
	assert.Zero(t, out)
	assert.Equal(t, 1, before)
	assert.Zero(t, after)
}

func TestChainCopiesItsSteps(t *testing.T) {
	t.Parallel()
	steps := []pipeline.Stage[int, int]{pipeline.Fn(double)}
	chain := pipeline.Chain(steps...)
	steps[0] = pipeline.Fn(fail)
	got, err := chain.Run(t.Context(), 4)
	require.NoError(t, err)
	assert.Equal(t, 8, got)
}

func TestNamedPaths(t *testing.T) {
	t.Parallel()
	failing := pipeline.Stage[int, int](pipeline.Fn(fail))
	fine := pipeline.Named("fine", pipeline.Fn(double))
	tests := map[string]struct {
		stage pipeline.Stage[int, int]
		path  string
	}{
		"one":                  {pipeline.Named("inner", failing), "inner"},
		"nested":               {pipeline.Named("outer", pipeline.Named("inner", failing)), "outer/inner"},
		"three deep":           {pipeline.Named("a", pipeline.Named("b", pipeline.Named("c", failing))), "a/b/c"},
		"a sibling is no part": {pipeline.Named("outer", pipeline.Chain(fine, pipeline.Named("second", failing))), "outer/second"},
		"unnamed in between":   {pipeline.Named("outer", pipeline.Then(fine, pipeline.Chain(failing))), "outer"},
	}
	for name, tt := range tests {
		for _, inRun := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s in run %t", name, inRun), func(t *testing.T) {
				t.Parallel()
				run := tt.stage.Run
				if inRun {
					run = start(t, tt.stage).Run
				}
				_, err := run(t.Context(), 1)
				failure, ok := errors.AsType[*pipeline.StageError](err)
				require.True(t, ok, "%T", err)
				assert.Equal(t, tt.path, failure.Stage)
				assert.Same(t, errBoom, failure.Err, "one error names the whole path")
			})
		}
	}
}

func TestNamedFollowsANarrowedContext(t *testing.T) {
	t.Parallel()
	type key struct{}
	var seen pipeline.Event
	observer := pipeline.ObserverFunc(func(_ context.Context, e pipeline.Event) {
		if e.Kind == pipeline.KindStage && e.Stage == "outer/inner" {
			seen = e
		}
	})
	inner := pipeline.Named("inner", pipeline.Fn(func(ctx context.Context, _ int) (any, error) {
		_, limited := ctx.Deadline()
		assert.True(t, limited, "the inner stage sees the context that the outer one made")
		return ctx.Value(key{}), nil
	}))
	outer := pipeline.Named("outer", pipeline.Fn(func(ctx context.Context, n int) (any, error) {
		ctx, cancel := context.WithTimeout(context.WithValue(ctx, key{}, "kept"), time.Hour)
		defer cancel()
		return inner.Run(ctx, n)
	}))
	got, err := start(t, outer, pipeline.WithObserver(observer)).Run(t.Context(), 3)
	require.NoError(t, err)
	assert.Equal(t, "kept", got)
	assert.Equal(t, "kept", seen.Out)
	assert.Equal(t, 3, seen.In)
}

func TestNamedKeepsWhatAFailedStageReturned(t *testing.T) {
	t.Parallel()
	out, err := pipeline.Named("partial", pipeline.Fn(fail)).Run(t.Context(), 1)
	require.Error(t, err)
	assert.Equal(t, 7, out, "a caller that knows the stage may look at its output")
}
