package eval_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/stats"
)

// scored returns samples and results with the given true and predicted scores.
func scored(truth, predicted []float64) ([]sample, []result) {
	samples := samplesOf(len(truth), 0)
	results := resultsOf(samples, right)
	for i := range samples {
		samples[i].Truth.First = truth[i]
		results[i].Out.Score = predicted[i]
	}
	return samples, results
}

// The scale is declared: on the levels seen, 1, 3 and 6, the kappa would be 0.8.
func TestQWKUsesTheDeclaredScale(t *testing.T) {
	t.Parallel()
	samples, results := scored([]float64{1, 3, 6, 1, 3, 6}, []float64{1, 3, 6, 3, 3, 3})
	o := scoreOf(t, holdoutOf(t, samples), results, eval.Metrics(eval.QWK[Essay]("qwk", sixPoints(), predictedScore, firstRater)))
	want, err := agreement.QWK([]float64{1, 3, 6, 1, 3, 6}, []float64{1, 3, 6, 3, 3, 3}, sixPoints())
	require.NoError(t, err)
	v, _ := want.Value()
	assert.InDelta(t, v, valueOf(t, o, "qwk"), 1e-12)
}

func TestEachMetricIsItsMeasureOnTheScoredItems(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		n := 5 + r.IntN(40)
		truth, predicted := make([]float64, n), make([]float64, n)
		for i := range truth {
			truth[i], predicted[i] = float64(1+r.IntN(6)), float64(1+r.IntN(6))
		}
		samples, results := scored(truth, predicted)
		samples = append(samples, sample{ID: "ungraded"}, sample{ID: "failed", Truth: Graded{First: 6}}, sample{ID: "blank", Truth: Graded{First: 6}})
		results = append(results, result{ID: "ungraded", Out: Feedback{Score: 1}}, result{ID: "failed", Err: errPlanned}, result{ID: "blank"})
		o := scoreOf(t, holdoutOf(t, samples), results, eval.ScoreAgreement[Essay]("s", sixPoints(), predictedScore, firstRater))
		for name, measure := range map[string]func(a, b []float64) (stats.Estimate, error){
			"s qwk":      func(a, b []float64) (stats.Estimate, error) { return agreement.QWK(a, b, sixPoints()) },
			"s exact":    agreement.Exact,
			"s adjacent": func(a, b []float64) (stats.Estimate, error) { return agreement.Adjacent(a, b, 1) },
			"s pearson":  agreement.Pearson,
			"s mae":      agreement.MAE,
			"s rmse":     agreement.RMSE,
			"s smd":      agreement.SMD,
		} {
			want, err := measure(truth, predicted)
			require.NoError(t, err)
			v, ok := want.Value()
			got := summaryOf(t, o, name)
			require.Equal(t, ok, got.Value().Defined(), "seed %d: %s", seed, name)
			if ok {
				require.InDelta(t, v, valueOf(t, o, name), 1e-12, "seed %d: %s", seed, name)
			}
			require.Equal(t, eval.Counts{Scored: n, Errored: 1, Missing: 1, NotApplicable: 1}, got.Counts)
		}
		require.Len(t, o.Metrics, 7)
	}
}

func TestConstructorsMakeTheMetricsOfScoreAgreement(t *testing.T) {
	t.Parallel()
	scale := sixPoints()
	one := eval.Metrics(
		eval.QWK[Essay]("s qwk", scale, predictedScore, firstRater), eval.ExactAgreement[Essay]("s exact", scale, predictedScore, firstRater),
		eval.AdjacentAgreement[Essay]("s adjacent", scale, predictedScore, firstRater), eval.Pearson[Essay]("s pearson", scale, predictedScore, firstRater),
		eval.MAE[Essay]("s mae", scale, predictedScore, firstRater), eval.RMSE[Essay]("s rmse", scale, predictedScore, firstRater),
		eval.SMD[Essay]("s smd", scale, predictedScore, firstRater),
	)
	all := eval.ScoreAgreement[Essay]("s", scale, predictedScore, firstRater)
	require.Len(t, all, len(one))
	for i := range all {
		assert.Equal(t, all[i].Spec(), one[i].Spec())
		lower := all[i].Spec().Kind == eval.KindMAE || all[i].Spec().Kind == eval.KindRMSE
		assert.Equal(t, lower, all[i].Spec().LowerIsBetter, all[i].Spec().Name)
	}
}

func TestScoresMustLieOnTheScale(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		truth, predicted float64
		level, between   eval.Status
		detail           string
	}{
		"levels":         {2, 5, eval.Scored, eval.Scored, ""},
		"between levels": {2, 4.5, eval.Errored, eval.Scored, "the predicted score 4.5 is off the scale 1..6 step 1"},
		"above":          {2, 7, eval.Errored, eval.Errored, "the predicted score 7 is off the scale 1..6 step 1"},
		"below":          {2, -1, eval.Errored, eval.Errored, "the predicted score -1 is off the scale 1..6 step 1"},
		"rounding":       {2, 6.0000000001, eval.Scored, eval.Scored, ""},
		"NaN":            {2, math.NaN(), eval.Errored, eval.Errored, "the predicted score NaN is off the scale 1..6 step 1"},
		"truth":          {12, 3, eval.Errored, eval.Errored, "the true score 12 is off the scale 1..6 step 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			samples, results := scored([]float64{tc.truth}, []float64{tc.predicted})
			o := scoreOf(t, holdoutOf(t, samples), results, eval.ScoreAgreement[Essay]("s", sixPoints(), predictedScore, firstRater))
			for j, cell := range o.Items[0].Cells {
				want, detail := tc.between, tc.detail
				if j == 0 {
					want = tc.level
				}
				if want == eval.Scored {
					detail = ""
				}
				assert.Equal(t, want, cell.Status, o.Metrics[j].Name)
				assert.Equal(t, detail, cell.Detail, o.Metrics[j].Name)
			}
		})
	}
}

func TestCeilingCoversItemsWhoseInferenceFailed(t *testing.T) {
	t.Parallel()
	samples := samplesOf(12, 0)
	samples[0].Truth.First = 0
	samples[1].Truth.Second = 7
	none := func(Essay) (Feedback, error) { return Feedback{}, errPlanned }
	for _, kind := range []eval.Kind{
		eval.KindQWK, eval.KindExact, eval.KindAdjacent, eval.KindPearson, eval.KindMAE, eval.KindRMSE, eval.KindSMD,
	} {
		ms := eval.Metrics(eval.Ceiling[Essay, Feedback]("teachers", kind, sixPoints(), firstRater, secondRater))
		withResults := scoreOf(t, holdoutOf(t, samples), resultsOf(samples, right), ms)
		failed := scoreOf(t, holdoutOf(t, samples), resultsOf(samples, none), ms)
		without := scoreOf(t, holdoutOf(t, samples), nil, ms)
		s := summaryOf(t, withResults, "teachers")
		assert.True(t, s.Value().Defined(), kind)
		assert.Equal(t, eval.Counts{Scored: 10, Errored: 1, NotApplicable: 1}, s.Counts)
		assert.Equal(t, "the rater 2's score 7 is off the scale 1..6 step 1", withResults.Items[1].Cells[0].Detail)
		assert.Equal(t, s, summaryOf(t, failed, "teachers"))
		assert.Equal(t, s, summaryOf(t, without, "teachers"))
		assert.True(t, s.Metric.TruthOnly)
	}
}

func TestTheRatersHaveTheirOwnScale(t *testing.T) {
	t.Parallel()
	samples := samplesOf(8, 0)
	for i := range samples {
		samples[i].Truth.First, samples[i].Truth.Second = float64(10*(1+i%4)), float64(10*(1+i%3))
	}
	tens := agreement.Scale{Min: 10, Max: 40, Step: 10}
	ms := eval.Metrics(
		eval.Ceiling[Essay, Feedback]("teachers", eval.KindQWK, tens, firstRater, secondRater),
		eval.QWK[Essay]("qwk", sixPoints(), predictedScore, func(g Graded) (float64, bool) { return g.First / 10, true }).WithReference("teachers"),
	)
	o := scoreOf(t, holdoutOf(t, samples), resultsOf(samples, right), ms)
	assert.Equal(t, 8, summaryOf(t, o, "teachers").Counts.Scored)
	assert.Equal(t, summaryOf(t, o, "teachers").Value(), summaryOf(t, o, "qwk").Reference)
	assert.True(t, summaryOf(t, o, "qwk").Reference.Defined())
}

func TestSetF1IsOverTheLabelsOfAllItems(t *testing.T) {
	t.Parallel()
	samples := samplesOf(4, 0)
	results := resultsOf(samples, right)
	for i, tc := range []struct{ truth, predicted []string }{
		{[]string{"thesis", "evidence"}, []string{"evidence", "thesis", "thesis"}}, // 2 right
		{[]string{"evidence"}, []string{"style", "tone"}},                          // 2 wrong, 1 not found
		{nil, nil},
		{[]string{"style"}, nil}, // 1 not found
	} {
		samples[i].Truth.Labels, results[i].Out.Labels = tc.truth, tc.predicted
	}
	o := scoreOf(t, holdoutOf(t, samples), results, eval.Metrics(eval.SetF1[Essay]("labels", predictedLabels, trueLabels)))
	var rows [][]float64
	for _, item := range o.Items {
		rows = append(rows, item.Cells[0].Row)
	}
	assert.Equal(t, [][]float64{{2, 0, 0}, {0, 2, 1}, {0, 0, 0}, {0, 0, 1}}, rows)
	assert.InDelta(t, 2*2./(2*2+2+2), valueOf(t, o, "labels"), 1e-12)

	empty := scoreOf(t, holdoutOf(t, samples[2:3]), results[2:3], eval.Metrics(eval.SetF1[Essay]("labels", predictedLabels, trueLabels)))
	assert.False(t, summaryOf(t, empty, "labels").Value().Defined())
}

func TestSetF1DoesNotApplyWithoutTruth(t *testing.T) {
	t.Parallel()
	samples := samplesOf(2, 0)
	results := resultsOf(samples, right)
	samples[0].Truth.Labels, results[0].Out.Labels = []string{"thesis"}, []string{"thesis"}
	samples[1].Truth.Labels, results[1].Out.Labels = nil, []string{"tone"}
	m := eval.SetF1[Essay]("labels", predictedLabels, func(g Graded) ([]string, bool) { return g.Labels, g.Labels != nil })
	s := summaryOf(t, scoreOf(t, holdoutOf(t, samples), results, eval.Metrics(m)), "labels")
	assert.Equal(t, eval.Counts{Scored: 1, NotApplicable: 1}, s.Counts)
	value, ok := s.Value().Value()
	assert.True(t, ok)
	assert.InDelta(t, 1, value, 1e-12, "labels of what nobody looked at are no mistakes")
}
