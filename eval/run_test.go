package eval_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/leak"
	"github.com/gloss-sdk/gloss/pipeline"
)

// system is a pipeline with roots of every kind: data, a source, a model, and an index derived from the data.
type system struct {
	built, modelCalls, reads atomic.Int64
	target                   pipeline.Asset[pipeline.Stage[Essay, Feedback]]
}

// newSystem returns a system that knows past essays and the documents that read returns.
func newSystem(past any, read func() ([]string, error)) *system {
	s := &system{}
	pastAsset := pipeline.Given("past", past)
	docs := pipeline.Source("documents", func(context.Context) ([]string, error) {
		s.reads.Add(1)
		return read()
	})
	model := pipeline.Tool[pipeline.Stage[Essay, Feedback]]("model", pipeline.Fn(func(_ context.Context, e Essay) (Feedback, error) {
		s.modelCalls.Add(1)
		return guess(e), nil
	}))
	index := pipeline.Derive(pipeline.Meta{Name: "index"}, 0, func(n *pipeline.Needs, _ int) func(context.Context) (int, error) {
		pipeline.Need(n, pastAsset)
		texts := pipeline.Need(n, docs)
		return func(context.Context) (int, error) {
			s.built.Add(1)
			return len(texts()), nil
		}
	})
	s.target = pipeline.Derive(pipeline.Meta{Name: "draft", Group: "draft"}, 0,
		func(n *pipeline.Needs, _ int) func(context.Context) (pipeline.Stage[Essay, Feedback], error) {
			pipeline.Need(n, index)
			call := pipeline.Need(n, model)
			return func(context.Context) (pipeline.Stage[Essay, Feedback], error) {
				s.built.Add(1)
				return pipeline.Call("model", call()), nil
			}
		})
	return s
}

func documents(texts ...string) func() ([]string, error) {
	return func() ([]string, error) { return texts, nil }
}

// secretive keeps its texts where the audit must go looking.
type secretive struct {
	notes map[string]*struct{ inner any }
	self  *secretive
}

func hide(text string) *secretive {
	s := &secretive{notes: map[string]*struct{ inner any }{"x": {inner: []string{text}}}}
	s.self = s
	return s
}

func TestALeakStopsTheRunBeforeAnythingIsCalled(t *testing.T) {
	t.Parallel()
	samples := samplesOf(8, 0)
	for name, tc := range map[string]struct {
		past any
		read func() ([]string, error)
		want string
	}{
		"exact copy in given data":     {[]string{"x", text(3)}, documents(), `root "past" at [1] holds all 16 words of held text "e03"`},
		"shouted in a source":          {0, documents(strings.ToUpper(text(5))), `root "documents" at [0] holds all 16 words of held text "e05"`},
		"inside a longer document":     {0, documents("One more: " + text(2) + " And so on."), `root "documents" at [0] holds all 16 words of held text "e02"`},
		"nested and unexported":        {hide(text(0)), documents(), `root "past" at notes["x"].inner[0] holds all 16 words of held text "e00"`},
		"a root that cannot be read":   {func() string { return text(1) }, documents(), `root "past": a func() string can hold texts that nobody can list`},
		"a source that fails":          {0, func() ([]string, error) { return nil, errPlanned }, "asset documents: planned failure"},
		"a source that panics":         {0, func() ([]string, error) { panic("no disk") }, "asset documents: panic: no disk"},
		"a leak and an unreadable one": {[]any{func() {}, text(6)}, documents(), "1 part cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSystem(tc.past, tc.read)
			o, err := eval.Run(t.Context(), newRun(t), s.target, holdoutOf(t, samples), everyMetric())
			require.ErrorContains(t, err, tc.want)
			assert.Nil(t, o)
			assert.Zero(t, s.modelCalls.Load(), "the model was called")
			assert.Zero(t, s.built.Load(), "an asset was built")
		})
	}
}

func TestALeakErrorCanBeInspected(t *testing.T) {
	t.Parallel()
	s := newSystem(text(3), documents())
	_, err := eval.Run(t.Context(), newRun(t), s.target, holdoutOf(t, samplesOf(8, 0)), everyMetric())
	var problem *leak.Error
	require.ErrorAs(t, err, &problem)
	assert.Equal(t, []leak.Hit{{Root: "past", Held: "e03", Words: 16}}, problem.Hits)
}

func TestAnOverrideIsAuditedInThePlaceOfWhatItReplaces(t *testing.T) {
	t.Parallel()
	past := pipeline.Given("past", []string{text(1)})
	target := pipeline.Derive(pipeline.Meta{Name: "draft"}, 0,
		func(n *pipeline.Needs, _ int) func(context.Context) (pipeline.Stage[Essay, Feedback], error) {
			pipeline.Need(n, past)
			return func(context.Context) (pipeline.Stage[Essay, Feedback], error) { return pipeline.Fn(rightStage), nil }
		})
	h, r := holdoutOf(t, samplesOf(3, 0)), newRun(t)
	_, err := eval.Run(t.Context(), r, target, h, everyMetric())
	require.ErrorContains(t, err, `held text "e01"`)
	_, err = eval.Run(t.Context(), r.With(pipeline.Replace(past, []string{"nothing"})), target, h, everyMetric())
	require.NoError(t, err)
	_, err = eval.Run(t.Context(), r.With(pipeline.Replace(past, []string{text(2)})), target, h, everyMetric())
	require.ErrorContains(t, err, `held text "e02"`)
}

func rightStage(_ context.Context, e Essay) (Feedback, error) { return guess(e), nil }

func TestRunReportsWhatItSearched(t *testing.T) {
	t.Parallel()
	samples := samplesOf(8, 0)
	samples[7].Input.Text = "too short"
	s := newSystem([]string{"one two", "three"}, documents("four"))
	o, err := eval.Run(t.Context(), newRun(t), s.target, holdoutOf(t, samples), everyMetric())
	require.NoError(t, err)
	assert.Equal(t, "draft", o.Name)
	assert.Equal(t, "holdout", o.Holdout)
	assert.Equal(t, int64(8), s.modelCalls.Load())
	assert.Equal(t, int64(2), s.built.Load())
	assert.Equal(t, int64(1), s.reads.Load(), "the source was read once, for the audit and the index")
	require.Len(t, o.LeakChecks, 1)
	assert.Equal(t, leak.Report{
		Roots: []leak.RootReport{
			{Name: "past", Origin: pipeline.OriginGiven, Texts: 2, Words: 3},
			{Name: "documents", Origin: pipeline.OriginSource, Texts: 1, Words: 1},
			{Name: "model", Origin: pipeline.OriginTool, Trusted: true},
		},
		Held: 8, TooShort: 1,
	}, o.LeakChecks[0])
}

func TestHeldTextsCanBeNamed(t *testing.T) {
	t.Parallel()
	type input struct{ Assignment, Essay string }
	prompt := "Should the school day start later than it does? Explain your opinion."
	h, err := eval.NewHoldout("h", []eval.Sample[input, int]{{ID: "a", Input: input{prompt, text(0)}}, {ID: "b", Input: input{prompt, text(1)}}})
	require.NoError(t, err)
	target := func(known string) pipeline.Asset[pipeline.Stage[input, int]] {
		root := pipeline.Given("class", known)
		return pipeline.Derive(pipeline.Meta{Name: "t"}, 0, func(n *pipeline.Needs, _ int) func(context.Context) (pipeline.Stage[input, int], error) {
			pipeline.Need(n, root)
			return func(context.Context) (pipeline.Stage[input, int], error) {
				return pipeline.Fn(func(context.Context, input) (int, error) { return 1, nil }), nil
			}
		})
	}
	one := eval.Metrics(eval.Mean("one", func(_ context.Context, c eval.Case[input, int, int]) (float64, error) { return float64(c.Out), nil }))
	_, err = eval.Run(t.Context(), newRun(t), target(prompt), h, one)
	require.ErrorContains(t, err, `held text "a"`, "by default every text of an input is held out")

	essays := h.WithHeldTexts(func(in input) []string { return []string{in.Essay} })
	_, err = eval.Run(t.Context(), newRun(t), target(prompt), essays, one)
	require.NoError(t, err)
	_, err = eval.Run(t.Context(), newRun(t), target(text(1)), essays, one)
	require.ErrorContains(t, err, `held text "b"`)
}

func TestAnInputThatCannotBeReadStopsTheRun(t *testing.T) {
	t.Parallel()
	h, err := eval.NewHoldout("h", []eval.Sample[func() string, int]{{ID: "a", Input: func() string { return text(0) }}})
	require.NoError(t, err)
	stage := pipeline.Tool[pipeline.Stage[func() string, int]]("t", pipeline.Fn(func(context.Context, func() string) (int, error) { return 1, nil }))
	ms := eval.Metrics(eval.Mean("one", func(context.Context, eval.Case[func() string, int, int]) (float64, error) { return 1, nil }))
	_, err = eval.Run(t.Context(), newRun(t), stage, h, ms)
	require.ErrorContains(t, err, `holdout "h": item "a": its texts cannot be read (name them with WithHeldTexts)`)
	o, err := eval.Run(t.Context(), newRun(t), stage, h.WithHeldTexts(func(f func() string) []string { return []string{f()} }), ms)
	require.NoError(t, err)
	assert.Equal(t, 1, o.LeakChecks[0].Held)
}

func TestTheOutcomeIsTheSameAtAnyNumberInFlight(t *testing.T) {
	t.Parallel()
	samples := samplesOf(150, 4)
	h := holdoutOf(t, samples)
	predict := func(_ context.Context, e Essay) (Feedback, error) {
		for range len(e.ID) * int(e.ID[len(e.ID)-1]) % 17 {
			runtime.Gosched()
		}
		switch e.ID[len(e.ID)-1] {
		case '3':
			return Feedback{}, fmt.Errorf("%s: %w", e.ID, errPlanned)
		case '4':
			panic("on " + e.ID)
		case '5':
			return Feedback{Score: 7}, nil
		default:
			return guess(e), nil
		}
	}
	var outcomes, summaries []string
	for _, inFlight := range []int{1, 64, 64, 7} {
		stage := &counted{predict: predict}
		o, err := eval.Run(t.Context(), newRun(t, pipeline.WithInFlight(inFlight)), stage.asset(), h, everyMetric(), eval.WithSeed(3), eval.WithDraws(100))
		require.NoError(t, err)
		require.Equal(t, int64(150), stage.calls.Load())
		outcomes, summaries = append(outcomes, jsonOf(t, o)), append(summaries, jsonOf(t, o.Summaries()))
	}
	for i := range outcomes {
		assert.Equal(t, outcomes[0], outcomes[i])
		assert.Equal(t, summaries[0], summaries[i])
	}
	assert.Contains(t, outcomes[0], "panic: on e04")
}

func TestAnInterruptedRunSaysWhatItDidNotReach(t *testing.T) {
	t.Parallel()
	stopped := errors.New("lesson is over")
	ctx, cancel := context.WithCancelCause(t.Context())
	stage := &counted{}
	stage.predict = func(ctx context.Context, e Essay) (Feedback, error) {
		if stage.calls.Load() == 10 {
			cancel(stopped)
			return Feedback{}, context.Cause(ctx)
		}
		return guess(e), nil
	}
	o, err := eval.Run(ctx, newRun(t, pipeline.WithInFlight(1)), stage.asset(), holdoutOf(t, samplesOf(40, 0)), everyMetric())
	require.ErrorIs(t, err, stopped)
	require.NotNil(t, o)
	assert.Equal(t, eval.Counts{Scored: 9, Errored: 1, Missing: 30}, summaryOf(t, o, "score qwk").Counts)
	assert.Equal(t, eval.Counts{Scored: 40}, summaryOf(t, o, "teachers").Counts, "truth needs no result")
	require.Len(t, o.LeakChecks, 1)
	var table strings.Builder
	require.NoError(t, o.WriteTable(&table))
	assert.Contains(t, table.String(), "30")
}

func TestRunChecksItsArguments(t *testing.T) {
	t.Parallel()
	stage := &counted{predict: rightStage}
	h := holdoutOf(t, samplesOf(2, 0))
	_, err := eval.Run(t.Context(), nil, stage.asset(), h, eval.Metrics(tone()))
	require.ErrorContains(t, err, "the run is nil")
	_, err = eval.Run(t.Context(), newRun(t), stage.asset(), h, nil, eval.WithLevel(2))
	require.ErrorContains(t, err, "no metric")
	require.ErrorContains(t, err, "WithLevel(2)")
	_, err = eval.Run(t.Context(), newRun(t), pipeline.Asset[pipeline.Stage[Essay, Feedback]]{}, h, eval.Metrics(tone()))
	require.ErrorContains(t, err, "zero asset")
	_, err = eval.Run(t.Context(), newRun(t), nil, h, eval.Metrics(tone()))
	require.Error(t, err)
	empty := pipeline.Tool[pipeline.Stage[Essay, Feedback]]("empty", nil)
	_, err = eval.Run(t.Context(), newRun(t), empty, h, eval.Metrics(tone()))
	require.ErrorContains(t, err, "holds no stage")
	assert.Zero(t, stage.calls.Load())
}

// What a run that stopped did not reach is missing, and the outcome says that it is not complete.
func TestARunThatStops(t *testing.T) {
	t.Parallel()
	s := newSystem("nothing", documents("a document"))
	r := newRun(t, pipeline.WithInFlight(1), pipeline.WithBudget(pipeline.Budget{Calls: 4}))
	outcome, err := eval.Run(t.Context(), r, s.target, holdoutOf(t, samplesOf(6, 0)), []metric{tone()})
	require.ErrorIs(t, err, r.Stopped())
	require.ErrorContains(t, err, "is not complete: the run stopped: the budget of 4 calls is spent")
	require.NotNil(t, outcome)
	assert.EqualValues(t, 4, s.modelCalls.Load())
	counts := map[eval.Status]int{}
	for _, item := range outcome.Items {
		counts[item.Cells[0].Status]++
	}
	assert.Equal(t, map[eval.Status]int{eval.Scored: 4, eval.Errored: 1, eval.Missing: 1}, counts)
}
