package pipeline_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

func TestGuardsStopBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		opts []pipeline.RunOption
		want string
	}{
		"items":   {[]pipeline.RunOption{pipeline.WithMaxItems(9)}, "there are more than 9 items, and no more may run; see WithMaxItems"},
		"as many": {[]pipeline.RunOption{pipeline.WithMaxItems(10)}, ""},
		"cost": { // an item: 10+20 in, 7+7 out at 10
			[]pipeline.RunOption{priced(), pipeline.WithMaxCost(1699 * pipeline.Unit)},
			"10 items are expected to cost 1700.00, and no more than 1699.00 may be spent; see WithMaxCost",
		},
		"cheap": {[]pipeline.RunOption{priced(), pipeline.WithMaxCost(1700 * pipeline.Unit)}, ""},
		"unknown price": {
			[]pipeline.RunOption{pipeline.WithMaxCost(pipeline.Unit), pipeline.WithPrices(pipeline.PricerFunc(
				func(pipeline.CallInfo, string, pipeline.Usage) (pipeline.Money, bool) { return 0, false }))},
			`the cost of 10 items is not known, and no more than 1.00 may be spent: no price is known for model "pythia" of "delphi"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &oracle{}
			run := newRun(t, tt.opts...)
			results := consult(t, run, o, 10)
			if tt.want == "" {
				require.NoError(t, run.Stopped())
				assert.Equal(t, 20, o.calls())
				assert.Equal(t, pipeline.Usage{Calls: 20, Input: 300, Cost: run.Usage().Cost}, run.Usage(), "a rehearsal consumes nothing")
				return
			}
			require.EqualError(t, run.Stopped(), "the run stopped: "+tt.want)
			require.Len(t, results, 1)
			require.ErrorIs(t, results[0].Err, run.Stopped())
			assert.Zero(t, o.calls())
		})
	}
}

func TestAnEstimateIsRehearsed(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 31, 64, 65, 1000, 4097} {
		o, events := &oracle{}, &recorder{}
		book := newNotebook("")
		run := newRun(t, priced(), pipeline.WithObserver(events), pipeline.WithJournal(book), pipeline.WithBudget(pipeline.Budget{Calls: 1}))
		e, err := pipeline.EstimateRun(t.Context(), run, consultation(o, consultConfig{}), questions(n))
		require.NoError(t, err)
		assert.Equal(t, n, e.Items)
		assert.LessOrEqual(t, e.Sampled, 64)
		assert.GreaterOrEqual(t, e.Sampled, min(n, 32))
		want := pipeline.Usage{Calls: 2 * n, Input: 30 * n, Output: 14 * n, Cost: pipeline.Money(170*n) * pipeline.Unit}
		assert.Equal(t, want, e.Usage)
		cost, known := e.Cost()
		assert.True(t, known)
		assert.Equal(t, want.Cost, cost)
		if n > 0 {
			assert.Equal(t, []pipeline.ResourceEstimate{{Resource: "oracle", Provider: "delphi", Model: "pythia", Usage: want}}, e.Resources)
		}
		assert.Zero(t, o.calls())
		assert.Zero(t, run.Usage())
		assert.Empty(t, events.of(), "nothing happened")
		assert.Empty(t, book.work)
		require.NoError(t, run.Stopped())
	}
}

// Assets that call while they are built are rehearsed as well, and closed.
func TestAnEstimateCoversAssets(t *testing.T) {
	t.Parallel()
	o := &oracle{}
	var closed int
	index := pipeline.Derive(pipeline.Meta{Name: "index"}, 0, func(*pipeline.Needs, int) func(context.Context) (closing, error) {
		return func(ctx context.Context) (closing, error) {
			_, err := pipeline.Call("embedder", o).Run(ctx, question{"all documents", 1000})
			return closing{&closed}, err
		}
	})
	target := pipeline.Derive(pipeline.Meta{Name: "t"}, 0, func(n *pipeline.Needs, _ int) func(context.Context) (pipeline.Stage[question, string], error) {
		pipeline.Need(n, index)
		return func(context.Context) (pipeline.Stage[question, string], error) { return consulting(o), nil }
	})
	e, err := pipeline.EstimateRun(t.Context(), newRun(t), target, questions(3))
	require.NoError(t, err)
	assert.Equal(t, pipeline.Usage{Calls: 1, Input: 1000, Output: 7}, e.Assets)
	assert.Equal(t, pipeline.Usage{Calls: 6, Input: 90, Output: 42}, e.Usage)
	assert.Equal(t, e.Usage.Add(e.Assets), e.Total())
	assert.Equal(t, 1, closed)
	assert.Zero(t, o.calls())
	assert.Equal(t, `3 items, 7 calls, about 1090 tokens in and 49 out, cost at least 0.00
  embedder (delphi pythia): 1 calls, 1000 tokens in, 7 out, cost 0.00
  oracle (delphi pythia): 6 calls, 90 tokens in, 42 out, cost 0.00
  not known: no price is known for model "pythia" of "delphi"
  rehearsed 3 of 3 items with made-up answers, without failures, retries or caching by the provider
`, e.String())
}

type closing struct{ closed *int }

func (c closing) Close() error { *c.closed++; return nil }

func TestWhatCannotBeRehearsedIsSaid(t *testing.T) {
	t.Parallel()
	called := 0
	mute := pipeline.Named("ask", pipeline.Call("mute", counting(&called)))
	run := newRun(t, priced(), pipeline.WithMaxCost(pipeline.Unit))
	e, err := pipeline.EstimateRun(t.Context(), run, pipeline.Tool("stage", mute), numbered(5))
	require.NoError(t, err)
	assert.Equal(t, 5, e.Failed)
	assert.Equal(t, 5, e.Usage.Calls)
	_, known := e.Cost()
	assert.False(t, known)
	assert.Equal(t, []string{`calls of "mute" cannot be rehearsed: their tokens, and what follows them, are not counted`}, e.Unknown)
	assert.Zero(t, called)
	assert.Contains(t, e.String(), "5 of them did not get to their end")

	runner, err := pipeline.Start(t.Context(), run, pipeline.Tool("stage", mute))
	require.NoError(t, err)
	assert.Len(t, slices.Collect(runner.Stream(t.Context(), numbered(5))), 1)
	require.ErrorContains(t, run.Stopped(), "the cost of 5 items is not known")
	assert.Zero(t, called)
}

func TestItemsThatAreInvalidAreNotRehearsed(t *testing.T) {
	t.Parallel()
	o := &oracle{}
	items := slices.Collect(questions(4))
	items[1].Err = errors.New("cannot be read")
	e, err := pipeline.EstimateRun(t.Context(), newRun(t), consultation(o, consultConfig{}), slices.Values(items))
	require.NoError(t, err)
	assert.Equal(t, 1, e.Failed)
	assert.Equal(t, 6, e.Usage.Calls)
}

func TestAnEstimateEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := &oracle{}
	_, err := pipeline.EstimateRun(ctx, newRun(t), identified(consulting(o)), questions(4))
	require.ErrorIs(t, err, context.Canceled)
}
