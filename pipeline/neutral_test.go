package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gloss-sdk/gloss/pipeline"
)

// classed is an error with a class, also where it is nil.
type classed struct{ class string }

func (e *classed) Error() string      { return "classed" }
func (e *classed) ErrorClass() string { return e.class }

func TestErrorClass(t *testing.T) {
	t.Parallel()
	var none *classed
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"nil":            {nil, ""},
		"plain":          {errBoom, "unknown"},
		"classed":        {fmt.Errorf("x: %w", &classed{"throttled"}), "throttled"},
		"empty":          {&classed{}, ""},
		"a panic":        {&pipeline.PanicError{Value: &classed{"throttled"}}, "panic"},
		"inside a stage": {&pipeline.StageError{Err: &classed{"auth"}}, "auth"},
		"canceled":       {fmt.Errorf("x: %w", context.Canceled), "canceled"},
		"out of time":    {context.DeadlineExceeded, "timeout"},
		"class first":    {errors.Join(context.Canceled, &classed{"timeout"}), "timeout"},
		"nil pointer":    {none, "unknown"},
	} {
		assert.Equal(t, tt.want, pipeline.ErrorClass(tt.err), name)
	}
}

func TestWhatValuesSayOfTheirTokens(t *testing.T) {
	t.Parallel()
	assert.Equal(t, pipeline.Usage{Input: 30, Output: 3, Cached: 2, Reasoning: 1}, pipeline.TokensOf(reply{tokens: 3}))
	assert.Zero(t, pipeline.TokensOf("silent"))
	assert.Zero(t, pipeline.TokensOf(nil))
	input, bound, ok := pipeline.EstimateTokens(question{Tokens: 7})
	assert.Equal(t, []any{7, 100, true}, []any{input, bound, ok})
	input, bound, ok = pipeline.EstimateTokens(7)
	assert.Equal(t, []any{0, 0, false}, []any{input, bound, ok})
}

// What stopped a run says what it was: a spent budget is not a failure of too many items.
func TestAStoppedRunHasAClass(t *testing.T) {
	t.Parallel()
	run := newRun(t, pipeline.WithBudget(pipeline.Budget{Calls: 1}))
	consult(t, run, &oracle{}, 3)
	assert.Equal(t, "budget", pipeline.ErrorClass(run.Stopped()))
	run = newRun(t, pipeline.WithFailurePolicy(pipeline.FailurePolicy{Count: 1}))
	consult(t, run, &oracle{fail: func(question) error { return errBoom }}, 3)
	assert.Equal(t, "stopped", pipeline.ErrorClass(run.Stopped()))
	run = newRun(t, pipeline.WithMaxItems(1))
	consult(t, run, &oracle{}, 3)
	assert.Equal(t, "stopped", pipeline.ErrorClass(run.Stopped()))
}
