package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// failing fails for the numbers of bad.
func failing(bad ...int) pipeline.Stage[int, int] {
	return pipeline.Fn(func(_ context.Context, n int) (int, error) {
		if slices.Contains(bad, n) {
			return 0, errBoom
		}
		return n, nil
	})
}

func TestAFailurePolicyStopsTheRun(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		policy pipeline.FailurePolicy
		bad    []int
		taken  int
		want   string
	}{
		"never":       {pipeline.FailurePolicy{}, upTo(50), 50, ""},
		"first":       {pipeline.FailurePolicy{Count: 1}, []int{7}, 8, "1 items failed, and 1 are as many as may"},
		"third":       {pipeline.FailurePolicy{Count: 3}, []int{1, 4, 9, 10}, 10, "3 items failed, and 3 are as many as may"},
		"share":       {pipeline.FailurePolicy{Share: .1, After: 20}, upTo(3), 20, "3 of 20 items failed, and no more than 10 % may"},
		"within":      {pipeline.FailurePolicy{Share: .1, After: 20}, []int{0, 20, 40}, 50, ""},
		"exactly":     {pipeline.FailurePolicy{Share: .5}, []int{1, 3, 5, 7}, 50, ""},
		"at any time": {pipeline.FailurePolicy{Share: .5}, []int{0}, 1, "1 of 1 items failed, and no more than 50 % may"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events := &recorder{}
			run := newRun(t, pipeline.WithFailurePolicy(tt.policy), pipeline.WithInFlight(1), pipeline.WithObserver(events))
			runner, err := pipeline.Start(t.Context(), run, pipeline.Tool("stage", failing(tt.bad...)))
			require.NoError(t, err)
			results := slices.Collect(runner.Stream(t.Context(), numbered(50)))
			assert.Len(t, results, tt.taken)
			ended := events.of(pipeline.KindBatchEnded)
			require.Len(t, ended, 1)
			if tt.want == "" {
				require.NoError(t, run.Stopped())
				assert.NoError(t, ended[0].Err)
				return
			}
			require.EqualError(t, run.Stopped(), "the run stopped: "+tt.want)
			assert.Equal(t, run.Stopped(), ended[0].Err)
			assert.Equal(t, run.Stopped(), run.With().Stopped(), "children stop with it")
			_, err = runner.Run(t.Context(), 1)
			require.ErrorContains(t, err, tt.want, "nothing new begins")
			_, stopped := errors.AsType[*pipeline.StopError](err)
			assert.True(t, stopped)
		})
	}
}

// What has begun when the run stops is paid for: it ends.
func TestWhatHasBegunGoesOnToItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stage := pipeline.Fn(func(ctx context.Context, n int) (int, error) {
			time.Sleep(time.Duration(n+1) * time.Second)
			if n == 0 {
				return 0, errBoom
			}
			return n, ctx.Err()
		})
		results := slices.Collect(start(t, stage, pipeline.WithInFlight(4), pipeline.WithFailurePolicy(pipeline.FailurePolicy{Count: 1})).
			Stream(t.Context(), numbered(100)))
		require.Len(t, results, 4)
		for _, res := range results[1:] {
			require.NoError(t, res.Err)
		}
	})
}

func TestABudgetStopsTheRun(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		budget pipeline.Budget
		want   string
	}{
		"calls":  {pipeline.Budget{Calls: 5}, "the budget of 5 calls is spent: 5 were made and 0 are in flight"},
		"tokens": {pipeline.Budget{Tokens: 200}, "the budget of 200 tokens is spent"}, // 10+5, 20+5 an item; the first expects 100 out
		"money":  {pipeline.Budget{Money: 1500 * pipeline.Unit}, "the budget of 1500.00 is spent"},
		"enough": {pipeline.Budget{Calls: 40, Tokens: 5000, Money: 1e5 * pipeline.Unit}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &oracle{out: 5}
			run := newRun(t, pipeline.WithBudget(tt.budget), priced(), pipeline.WithInFlight(1))
			results := consult(t, run, o, 20)
			if tt.want == "" {
				require.NoError(t, run.Stopped())
				assert.Equal(t, 40, o.calls())
				return
			}
			require.ErrorContains(t, run.Stopped(), tt.want)
			last := results[len(results)-1]
			if last.Err != nil { // the budget ended inside of an item
				require.ErrorIs(t, last.Err, run.Stopped())
				require.ErrorContains(t, last.Err, fmt.Sprintf("item q%d: stage ", len(results)-1))
			}
			used := run.Usage()
			assert.Equal(t, o.calls(), used.Calls)
			if tt.budget.Tokens > 0 {
				assert.LessOrEqual(t, used.Tokens(), tt.budget.Tokens)
				assert.Greater(t, used.Tokens(), tt.budget.Tokens/2)
			}
			if tt.budget.Money > 0 {
				assert.LessOrEqual(t, used.Cost, tt.budget.Money)
			}
		})
	}
}

// Calls in flight count with what they are expected to take, so that many at once do not pass the budget together.
func TestABudgetHoldsForCallsInFlight(t *testing.T) {
	t.Parallel()
	for range 20 {
		o := &oracle{out: 5}
		run := newRun(t, pipeline.WithBudget(pipeline.Budget{Calls: 11}), pipeline.WithInFlight(64))
		results := consult(t, run, o, 100)
		require.Equal(t, 11, o.calls())
		require.Error(t, run.Stopped())
		for _, res := range results {
			if res.Err != nil {
				require.ErrorIs(t, res.Err, run.Stopped())
			}
		}
	}
}

// A failed attempt gives back what was reserved for it.
func TestARetriedCallReservesOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		failed := 0
		o := &oracle{fail: func(question) error {
			if failed < 3 {
				failed++
				return &busyError{}
			}
			return nil
		}}
		run := newRun(t, pipeline.WithBudget(pipeline.Budget{Tokens: 160}))
		require.NoError(t, consult(t, run, o, 1)[0].Err)
		assert.Equal(t, 5, run.Usage().Calls)
	})
}

func TestABudgetInMoneyNeedsPrices(t *testing.T) {
	t.Parallel()
	_, err := pipeline.NewRun(pipeline.WithBudget(pipeline.Budget{Money: 1}), pipeline.WithMaxCost(1))
	require.EqualError(t, err, "run: a budget in money needs prices: add WithPrices\nrun: WithMaxCost needs prices: add WithPrices")

	unknown := pipeline.PricerFunc(func(pipeline.CallInfo, string, pipeline.Usage) (pipeline.Money, bool) { return 0, false })
	o := &oracle{}
	run := newRun(t, pipeline.WithPrices(unknown), pipeline.WithBudget(pipeline.Budget{Money: pipeline.Unit}))
	consult(t, run, o, 3)
	require.EqualError(t, run.Stopped(), `the run stopped: there is a budget in money, and no price for model "pythia" of "delphi"`)
	assert.Zero(t, o.calls())
	call := pipeline.Call("index", pipeline.Fn(double))
	run = newRun(t, pipeline.WithPrices(unknown), pipeline.WithBudget(pipeline.Budget{Money: pipeline.Unit}))
	runner, err := pipeline.Start(t.Context(), run, pipeline.Tool("stage", call))
	require.NoError(t, err)
	_, err = runner.Run(t.Context(), 1)
	require.ErrorContains(t, err, `no price for resource "index", which names no model`)
}

func TestInvalidBounds(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]pipeline.RunOption{
		"run: WithBudget({Calls:-1 Tokens:0 Money:0.00}): no bound may be negative":                                                      pipeline.WithBudget(pipeline.Budget{Calls: -1}),
		"run: WithMaxItems(0): at least 1 item must be allowed":                                                                          pipeline.WithMaxItems(0),
		"run: WithMaxCost(0.00): the cost must be positive":                                                                              pipeline.WithMaxCost(0),
		"run: WithItemTimeout(0s): the time must be positive":                                                                            pipeline.WithItemTimeout(0),
		"run: WithFailurePolicy({Count:-1 Share:0 After:0}): Count and After must not be negative, and Share be at least 0 and below 1":  pipeline.WithFailurePolicy(pipeline.FailurePolicy{Count: -1}),
		"run: WithFailurePolicy({Count:0 Share:1 After:0}): Count and After must not be negative, and Share be at least 0 and below 1":   pipeline.WithFailurePolicy(pipeline.FailurePolicy{Share: 1}),
		"run: WithFailurePolicy({Count:0 Share:NaN After:0}): Count and After must not be negative, and Share be at least 0 and below 1": pipeline.WithFailurePolicy(pipeline.FailurePolicy{Share: math.NaN()}),
		"run: WithFailurePolicy({Count:0 Share:0 After:9}): After says nothing without a Share":                                          pipeline.WithFailurePolicy(pipeline.FailurePolicy{After: 9}),
		"run: WithRetry({Attempts:0 ItemAttempts:-2 Initial:0s Max:0s}): no field may be negative, nor Max be below Initial":             pipeline.WithRetry(pipeline.Retry{ItemAttempts: -2}),
	} {
		_, err := pipeline.NewRun(o)
		assert.EqualError(t, err, want)
	}
}

func TestItemAttemptsBoundTheFailuresOfAnItem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		model := pipeline.Call("model", newService(
			&busyError{}, nil, &busyError{}, &busyError{}, nil, // the first item fails for good at its third failure
			&busyError{}, nil, nil,
		))
		twice := pipeline.Fn(func(ctx context.Context, n int) (int, error) {
			for range 2 {
				if _, err := model.Run(ctx, n); err != nil {
					return 0, err
				}
			}
			return n, nil
		})
		results := slices.Collect(start(t, twice, pipeline.WithInFlight(1), pipeline.WithRandom(noBackoff),
			pipeline.WithRetry(pipeline.Retry{ItemAttempts: 3})).Stream(t.Context(), numbered(2)))
		require.EqualError(t, results[0].Err, "item n0: busy")
		assert.Equal(t, 4, results[0].Usage.Calls)
		require.NoError(t, results[1].Err, "the next item counts for itself")
		assert.Equal(t, 3, results[1].Usage.Calls)
	})
}

func TestItemTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := pipeline.Named("think", pipeline.Fn(func(ctx context.Context, n int) (int, error) {
			select {
			case <-time.After(time.Duration(n) * time.Minute):
				return n, nil
			case <-ctx.Done():
				return 0, context.Cause(ctx)
			}
		}))
		results := slices.Collect(start(t, slow, pipeline.WithItemTimeout(90*time.Second)).Stream(t.Context(), numbered(3)))
		require.NoError(t, results[1].Err)
		require.EqualError(t, results[2].Err, "item n2: stage think: the item was not finished within 1m30s")
		require.ErrorIs(t, results[2].Err, context.DeadlineExceeded)
		assert.Equal(t, 90*time.Second, results[2].Elapsed)
	})
}

// A wait that ends after the item's time is not begun.
func TestAWaitBeyondTheItemsTimeIsNotBegun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		model := pipeline.Call("model", newService(&busyError{after: time.Hour}))
		res := slices.Collect(start(t, model, pipeline.WithItemTimeout(time.Minute)).Stream(t.Context(), numbered(1)))[0]
		require.EqualError(t, res.Err, "item n0: the item was not finished within 1m0s before the call could be sent again: busy")
		require.ErrorIs(t, res.Err, context.DeadlineExceeded)
		assert.Zero(t, res.Elapsed)
	})
}
