package pipeline_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  error
		want string
	}{
		{&pipeline.StageError{Stage: "a/b", Item: "s1", Err: errBoom}, "item s1: stage a/b: boom"},
		{&pipeline.StageError{Stage: "a", Err: errBoom}, "stage a: boom"},
		{&pipeline.StageError{Item: "s1", Err: errBoom}, "item s1: boom"},
		{&pipeline.StageError{Err: errBoom}, "boom"},
		{&pipeline.AssetError{Asset: "index", Err: errBoom}, "asset index: boom"},
		{&pipeline.PanicError{Value: 42, Stack: []byte("long")}, "panic: 42"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			t.Parallel()
			assert.EqualError(t, tt.err, tt.want)
		})
	}
}

func TestErrorsUnwrapToTheirCause(t *testing.T) {
	t.Parallel()
	stage := pipeline.Named("read", pipeline.Fn(func(context.Context, int) (int, error) {
		return 0, &pipeline.AssetError{Asset: "index", Err: io.ErrUnexpectedEOF}
	}))
	_, err := start(t, stage).Run(t.Context(), 1)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	asset, ok := errors.AsType[*pipeline.AssetError](err)
	require.True(t, ok)
	assert.Equal(t, "index", asset.Asset)

	assert.ErrorIs(t, &pipeline.PanicError{Value: io.EOF}, io.EOF, "a panic with an error unwraps to it")
	assert.NoError(t, (&pipeline.PanicError{Value: "text"}).Unwrap())
}

func TestSharedErrorsAreNotChanged(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err   error
		named bool
		want  string
	}{
		"plain":             {errBoom, true, "stage outer: boom"},
		"plain, unnamed":    {errBoom, false, "boom"},
		"a path":            {&pipeline.StageError{Stage: "deep", Err: errBoom}, true, "stage outer/deep: boom"},
		"a path, unnamed":   {&pipeline.StageError{Stage: "deep", Err: errBoom}, false, "stage deep: boom"},
		"an item":           {&pipeline.StageError{Item: "elsewhere", Err: errBoom}, true, "stage outer: item elsewhere: boom"},
		"an item, unnamed ": {&pipeline.StageError{Item: "elsewhere", Err: errBoom}, false, "item elsewhere: boom"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := tt.err.Error()
			var stage pipeline.Stage[int, int] = pipeline.Fn(func(context.Context, int) (int, error) { return 0, tt.err })
			if tt.named {
				stage = pipeline.Named("outer", stage)
			}
			var results []pipeline.Result[int]
			for res := range start(t, stage).Stream(t.Context(), numbered(8)) {
				results = append(results, res)
			}
			require.Len(t, results, 8)
			for i, res := range results {
				failure, ok := errors.AsType[*pipeline.StageError](res.Err)
				require.True(t, ok)
				assert.Equal(t, "n"+strconv.Itoa(i), failure.Item)
				assert.EqualError(t, res.Err, "item n"+strconv.Itoa(i)+": "+tt.want)
			}
			assert.EqualError(t, tt.err, before)
		})
	}
}

func TestInnerBatchKeepsItsItems(t *testing.T) {
	t.Parallel()
	inner := start(t, pipeline.Named("prompt", pipeline.Fn(func(context.Context, essay) (int, error) { return 0, errBoom })))
	outer := pipeline.Named("vote", pipeline.Fn(func(ctx context.Context, e essay) (int, error) {
		return inner.Run(ctx, essay{id: e.id + "-draft"})
	}))
	_, err := start(t, outer).Run(t.Context(), essay{id: "s1"})
	require.EqualError(t, err, "item s1: stage vote: item s1-draft: stage prompt: boom")
	assert.ErrorIs(t, err, errBoom)
}

func TestNilStageErrorIsAFailureLikeAnyOther(t *testing.T) {
	t.Parallel()
	stage := pipeline.Fn(func(context.Context, int) (int, error) {
		var none *pipeline.StageError
		return 0, none
	})
	for name, s := range map[string]pipeline.Stage[int, int]{"unnamed": stage, "named": pipeline.Named("typed", stage)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := start(t, s).Run(t.Context(), 1)
			assert.Error(t, err)
		})
	}
}

// explode panics where a test can find it in a stack.
func explode(context.Context, int) (int, error) { panic("out of " + "cheese") }

func TestPanicsBecomeErrorsOfTheirItem(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		stage pipeline.Stage[int, int]
		path  string
	}{
		"unnamed": {pipeline.Fn(explode), ""},
		"named":   {pipeline.Named("outer", pipeline.Named("inner", pipeline.Fn(explode))), "outer/inner"},
		"call":    {pipeline.Named("outer", pipeline.Call("model", pipeline.Fn(explode))), "outer"},
	}
	runs := map[string][]pipeline.RunOption{
		"unobserved":  nil,
		"observed":    {pipeline.WithObserver(&recorder{})},
		"intercepted": {pipeline.WithInterceptor(passing("none", new([]string)))},
	}
	for name, tt := range tests {
		for how, opts := range runs {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				_, err := start(t, tt.stage, opts...).Run(t.Context(), 1)
				failure, ok := errors.AsType[*pipeline.StageError](err)
				require.True(t, ok, "%T", err)
				assert.Equal(t, tt.path, failure.Stage)
				panicked, ok := errors.AsType[*pipeline.PanicError](failure.Err)
				require.True(t, ok, "%T", failure.Err)
				assert.Equal(t, "out of cheese", panicked.Value)
				assert.Contains(t, string(panicked.Stack), "pipeline_test.explode", "the stack shows where the panic began")
			})
		}
	}
}

func TestNamedCatchesAPanicOutsideARun(t *testing.T) {
	t.Parallel()
	_, err := pipeline.Named("alone", pipeline.Fn(explode)).Run(t.Context(), 1)
	require.EqualError(t, err, "stage alone: panic: out of cheese")
}

func TestGoexitCostsOnlyItsItem(t *testing.T) {
	t.Parallel()
	odd := pipeline.Named("odd", pipeline.Fn(func(_ context.Context, n int) (int, error) {
		if n%2 == 1 {
			runtime.Goexit()
		}
		return n, nil
	}))
	for _, inFlight := range []int{1, 3} {
		t.Run(strconv.Itoa(inFlight), func(t *testing.T) {
			t.Parallel()
			events := &recorder{}
			runner := start(t, odd, pipeline.WithInFlight(inFlight), pipeline.WithObserver(events))
			var n int
			for res := range runner.Stream(t.Context(), numbered(20)) {
				assert.Equal(t, n, res.Index)
				if n%2 == 0 {
					assert.NoError(t, res.Err)
				} else {
					assert.ErrorContains(t, res.Err, "runtime.Goexit")
				}
				n++
			}
			assert.Equal(t, 20, n)
			for _, kind := range []pipeline.Kind{pipeline.KindStage, pipeline.KindItem} {
				ended := events.of(kind)
				require.Len(t, ended, 20, "%s is told of every item", kind)
				for _, e := range ended {
					assert.Equal(t, e.Index%2 == 1, e.Err != nil, "%s of item %d", kind, e.Index)
				}
			}
		})
	}
}

func TestGoexitLeavesTheRunnerItsStrength(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const inFlight = 8
		var working, most atomic.Int64
		stage := pipeline.Fn(func(_ context.Context, n int) (int, error) {
			if n < 50 {
				runtime.Goexit()
			}
			storeMax(&most, working.Add(1))
			defer working.Add(-1)
			time.Sleep(time.Second)
			return n, nil
		})
		for res := range start(t, stage, pipeline.WithInFlight(inFlight)).Stream(t.Context(), numbered(100)) {
			assert.Equal(t, res.Index < 50, res.Err != nil)
		}
		assert.EqualValues(t, inFlight, most.Load())
	})
}

func TestObserverPanicFailsItsItem(t *testing.T) {
	t.Parallel()
	kinds := []pipeline.Kind{
		pipeline.KindItemStarted, pipeline.KindStage, pipeline.KindCallStarted, pipeline.KindCall, pipeline.KindItem,
	}
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			broken := pipeline.ObserverFunc(func(_ context.Context, e pipeline.Event) {
				if e.Kind == kind && e.Index == 2 {
					panic("observer is broken")
				}
			})
			stage := pipeline.Named("double", pipeline.Call("model", pipeline.Fn(double)))
			for res := range start(t, stage, pipeline.WithObserver(broken)).Stream(t.Context(), numbered(4)) {
				if res.Index != 2 {
					require.NoError(t, res.Err)
					continue
				}
				require.ErrorContains(t, res.Err, "observer is broken")
				assert.Zero(t, res.Out)
			}
		})
	}
}
