package task_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// named is the filler as a model that says what it is.
type named struct {
	*filler
	model string
}

func newNamed() named { return named{&filler{}, "filler-1"} }

func (n named) Identity() string                    { return "filler/" + n.model }
func (n named) ModelInfo() (provider, model string) { return "filler", n.model }

// submissions returns n submissions of one text each, whose lengths differ.
func submissions(n int) []userdata.Submission {
	subs, _ := graded(n)
	for i := range subs {
		subs[i].ID, subs[i].Student = fmt.Sprintf("u%02d", i+1), fmt.Sprintf("new%d", i+1)
	}
	return append(subs, revised())
}

// eachTechnique runs a test for every kind and technique, with and without RAG.
func eachTechnique(t *testing.T, f func(t *testing.T, spec task.Spec)) {
	t.Helper()
	for _, kind := range task.Kinds() {
		for name, opts := range map[string][]task.Option{"whole": nil, "rag": {task.WithRAG(task.RAG{Passages: 2})}} {
			opts = append(opts, task.WithExemplars(task.Exemplars{K: 2}))
			for _, v := range task.Techniques(mustBuild(t, smallClass().using(nil), kind, opts...).Spec()) {
				t.Run(fmt.Sprintf("%s/%s/%s", kind, v.Name, name), func(t *testing.T) {
					t.Parallel()
					f(t, v.Spec)
				})
			}
		}
	}
}

// inputTolerance is how much of the input a rehearsal may be off: nothing where every question is asked once. A critique and a revision repeat
// answers, whose length is made up: here they are long beside a tiny class and the two words that the model says.
func inputTolerance(s task.Spec) float64 {
	if s.Technique.Critiques > 0 {
		return 0.5
	}
	return 0
}

// TestRehearsals compares what a run is expected to take with what it takes.
func TestRehearsals(t *testing.T) {
	t.Parallel()
	eachTechnique(t, func(t *testing.T, spec task.Spec) {
		model := newNamed()
		tk, err := task.New(smallClass().using(model), spec)
		require.NoError(t, err)
		run, err := pipeline.NewRun()
		require.NoError(t, err)
		essays := submissions(8)

		expected, err := pipeline.EstimateRun(t.Context(), run, tk, pipeline.Items(essays...))
		require.NoError(t, err)
		require.Zero(t, model.calls(), "nothing is sent")
		require.Equal(t, [3]int{len(essays), len(essays), 0}, [3]int{expected.Items, expected.Sampled, expected.Failed})
		require.Len(t, expected.Resources, 1)
		require.Equal(t, []string{"model", "filler", "filler-1"},
			[]string{expected.Resources[0].Resource, expected.Resources[0].Provider, expected.Resources[0].Model})

		used := usageOf(t, run, tk, essays)
		require.Equal(t, used.Calls, expected.Usage.Calls)
		require.Equal(t, used.Calls, model.calls())
		input := 0
		for _, req := range model.requests {
			input += llm.CountRequest(llm.Estimate{}, req)
		}
		require.InEpsilon(t, input, expected.Usage.Input, inputTolerance(spec)+1e-9)
		require.Positive(t, expected.Usage.Output)
	})
}

// usageOf runs essays through a task and adds up what they took.
func usageOf(tb testing.TB, run *pipeline.Run, tk *task.Task, essays []userdata.Submission) pipeline.Usage {
	tb.Helper()
	runner, err := pipeline.Start(tb.Context(), run, tk)
	require.NoError(tb, err)
	var used pipeline.Usage
	for result := range runner.Stream(tb.Context(), pipeline.Items(essays...)) {
		require.NoError(tb, result.Err)
		used = used.Add(result.Usage)
	}
	return used
}

// rehearsing answers as a rehearsal does, so that a run with it is the rehearsal of a run.
type rehearsing struct{ named }

func (r rehearsing) Generate(ctx context.Context, req llm.Request) (llm.Response, error) {
	r.mu.Lock()
	r.requests = append(r.requests, req)
	r.mu.Unlock()
	return llm.Rehearse(ctx, r.named, req)
}

// TestARehearsalIsTheRunWithoutTheModel: where the answers are those that were made up, every token is as expected, and no reply is asked
// for again.
func TestARehearsalIsTheRunWithoutTheModel(t *testing.T) {
	t.Parallel()
	eachTechnique(t, func(t *testing.T, spec task.Spec) {
		model := rehearsing{newNamed()}
		tk, err := task.New(smallClass().using(model), spec)
		require.NoError(t, err)
		run, err := pipeline.NewRun()
		require.NoError(t, err)
		essays := submissions(3)
		expected, err := pipeline.EstimateRun(t.Context(), run, tk, pipeline.Items(essays...))
		require.NoError(t, err)
		require.Equal(t, expected.Usage, usageOf(t, run, tk, essays))

		d, err := until(t, tk, task.PlaceVerify, essays[0])
		require.NoError(t, err)
		require.False(t, slices.ContainsFunc(d.Prediction.Flags, func(f task.Flag) bool {
			return f.Kind == task.FlagReasked || f.Kind == task.FlagRepaired || f.Kind == task.FlagSampleLost
		}), "%v", d.Prediction.Flags)
	})
}
