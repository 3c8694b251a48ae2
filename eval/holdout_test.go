package eval_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/pipeline"
)

func TestNewHoldoutReportsEveryProblem(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		name    string
		samples []sample
		want    []string
	}{
		"nothing":    {"", nil, []string{"a holdout needs a name", `holdout "": no samples`}},
		"no samples": {"h", []sample{}, []string{`holdout "h": no samples`}},
		"IDs": {"h", []sample{{ID: "a"}, {}, {ID: "b"}, {ID: "a"}, {ID: "b"}}, []string{
			`holdout "h": sample 2 has no ID`, `samples 1 and 4 have the ID "a"`, `samples 3 and 5 have the ID "b"`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, err := eval.NewHoldout(tc.name, tc.samples)
			require.Error(t, err)
			assert.Nil(t, h)
			lines := strings.Split(err.Error(), "\n")
			require.Len(t, lines, len(tc.want))
			for i, want := range tc.want {
				assert.Contains(t, lines[i], want)
			}
		})
	}
}

func TestAHoldoutKeepsItsSamples(t *testing.T) {
	t.Parallel()
	samples := samplesOf(3, 0)
	want := slices.Clone(samples)
	h := holdoutOf(t, samples)
	samples[0].ID = "changed"
	h.Samples()[1].ID = "changed"
	assert.Equal(t, want, h.Samples())
	assert.Equal(t, 3, h.Len())
	assert.Equal(t, "holdout", h.Name())
	held, err := pipeline.Value(t.Context(), newRun(t), h.Asset())
	require.NoError(t, err)
	assert.Equal(t, want, held)
}

func TestItemsCarryNoTruth(t *testing.T) {
	t.Parallel()
	h := holdoutOf(t, samplesOf(3, 0))
	var items []pipeline.Item[Essay]
	for it := range h.Items() {
		items = append(items, it)
	}
	assert.Equal(t, []pipeline.Item[Essay]{
		{ID: "e00", In: Essay{"e00", text(0)}}, {ID: "e01", In: Essay{"e01", text(1)}}, {ID: "e02", In: Essay{"e02", text(2)}},
	}, items)
	for range h.Items() {
		break // a consumer may stop
	}
}

// needing is an asset of a group that reads the holdout.
func needing(h *holdout, group string) pipeline.Asset[pipeline.Stage[Essay, Feedback]] {
	return pipeline.Derive(pipeline.Meta{Name: "cheat", Group: group}, 0,
		func(n *pipeline.Needs, _ int) func(context.Context) (pipeline.Stage[Essay, Feedback], error) {
			truth := pipeline.Need(n, h.Asset())
			return func(context.Context) (pipeline.Stage[Essay, Feedback], error) {
				scores := map[string]float64{}
				for _, s := range truth() {
					scores[s.ID] = s.Truth.First
				}
				return pipeline.Fn(func(_ context.Context, e Essay) (Feedback, error) { return Feedback{Score: scores[e.ID]}, nil }), nil
			}
		})
}

func TestInferenceThatNeedsTheHoldoutFailsPlanning(t *testing.T) {
	t.Parallel()
	h := holdoutOf(t, samplesOf(3, 0))
	for _, group := range []string{"", pipeline.GroupShared, "draft_feedback"} {
		_, err := pipeline.NewPlan(needing(h, group))
		require.ErrorContains(t, err, "inference must not see what an evaluation holds out")
		_, err = eval.Run(t.Context(), newRun(t), needing(h, group), h, everyMetric())
		require.ErrorContains(t, err, "inference must not see what an evaluation holds out")
	}
	_, err := pipeline.NewPlan(needing(h, pipeline.GroupEvaluation))
	require.NoError(t, err, "what belongs to an evaluation may read it")
}

func TestEvenAnEvaluationAssetCannotPredictFromTheHoldout(t *testing.T) {
	t.Parallel()
	h := holdoutOf(t, samplesOf(3, 0))
	_, err := eval.Run(t.Context(), newRun(t), needing(h, pipeline.GroupEvaluation), h, everyMetric())
	require.ErrorContains(t, err, `root "holdout" at [0].Input.Text holds all 16 words of held text "e00"`)
}
