package eval_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/stats"
)

// pairOf returns two outcomes on the same samples, whose ratings differ.
func pairOf(t testing.TB, n, clusterSize int, ms []metric) (base, other *eval.Outcome, baseValues, otherValues []float64) {
	t.Helper()
	samples, baseResults, baseValues := ratings(n, clusterSize, 1)
	_, otherResults, otherValues := ratings(n, clusterSize, 2)
	h := holdoutOf(t, samples)
	shuffled := slices.Clone(samples)
	rand.New(rand.NewPCG(3, 3)).Shuffle(n, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	return scoreOf(t, h, baseResults, ms, eval.WithName("base run")), scoreOf(t, holdoutOf(t, shuffled), otherResults, ms, eval.WithName("other run")),
		baseValues, otherValues
}

func TestCompareIsThePairedInterval(t *testing.T) {
	t.Parallel()
	for _, clusterSize := range []int{0, 4} {
		base, other, bv, ov := pairOf(t, 24, clusterSize, eval.Metrics(rated()))
		clusters := stats.Independent(24)
		if clusterSize > 0 {
			keys := make([]string, 24)
			for i, item := range base.Items {
				keys[i] = item.Cluster
			}
			clusters = stats.ClusterBy(keys)
		}
		want, err := stats.MeanDifference(bv, ov, clusters, 0.95)
		require.NoError(t, err)
		c, err := eval.Compare(base, other, "rating")
		require.NoError(t, err)
		assert.Equal(t, want.Interval, c.Difference)
		assert.Equal(t, want.P, c.P)
		assert.Equal(t, want.EffectSize, c.EffectSize)
		assert.Equal(t, summaryOf(t, base, "rating").Value(), c.Base)
		o, _ := c.Other.Value()
		assert.InDelta(t, valueOf(t, other, "rating"), o, 1e-12)
		assert.Equal(t, "base run", c.BaseName)
		assert.Equal(t, "other run", c.OtherName)
		assert.Empty(t, c.BaseOnly)
		assert.Empty(t, c.OtherOnly)

		narrow, err := eval.Compare(base, other, "rating", eval.WithLevel(0.5))
		require.NoError(t, err)
		assert.Less(t, width(t, narrow.Difference), width(t, c.Difference))
	}
}

func width(t *testing.T, iv stats.Interval) float64 {
	t.Helper()
	low, high, ok := iv.Bounds()
	require.True(t, ok, iv.Reason())
	return high - low
}

func TestCompareOfReductionsUsesTheSameItemsForBothSides(t *testing.T) {
	t.Parallel()
	base, other, bv, ov := pairOf(t, 24, 3, eval.Metrics(meanSpread()))
	truth := samplesOf(24, 3)
	keys := make([]string, 24)
	for i, s := range truth {
		keys[i] = s.Cluster
	}
	of := func(values []float64) stats.Statistic {
		return func(indices []int) stats.Estimate {
			var rows [][]float64
			for _, i := range indices {
				rows = append(rows, []float64{values[i], truth[i].Truth.First})
			}
			return largestRow(rows)
		}
	}
	want, err := stats.BootstrapDifference(stats.ClusterBy(keys), of(bv), of(ov), stats.Resampling{Draws: 200, Seed: 11})
	require.NoError(t, err)
	c, err := eval.Compare(base, other, "spread", eval.WithSeed(11))
	require.NoError(t, err)
	assert.Equal(t, want, c.Difference)
	assert.Nil(t, c.Tally)
	assert.False(t, c.P.Defined())
	assert.False(t, c.EffectSize.Defined())
	again, err := eval.Compare(base, other, "spread", eval.WithSeed(11))
	require.NoError(t, err)
	assert.Equal(t, c, again)
	more, err := eval.Compare(base, other, "spread", eval.WithDraws(400))
	require.NoError(t, err)
	assert.Equal(t, 400, more.Difference.Draws)
}

func TestAnOutcomeDoesNotDifferFromItself(t *testing.T) {
	t.Parallel()
	o := mixed(t)
	for _, m := range o.Metrics {
		c, err := eval.Compare(o, o, m.Name)
		require.NoError(t, err)
		v, ok := c.Difference.Point.Value()
		require.True(t, ok, m.Name)
		assert.Zero(t, v, m.Name)
		assert.False(t, c.Difference.Defined(), "no spread shows no error: %s", m.Name)
		if c.Tally != nil {
			assert.Equal(t, eval.Tally{Ties: c.Difference.Items}, *c.Tally)
		}
	}
}

func TestCompareSwapped(t *testing.T) {
	t.Parallel()
	base, other, _, _ := pairOf(t, 20, 0, eval.Metrics(rated(), meanSpread()))
	for _, metric := range []string{"rating", "spread"} {
		one, err := eval.Compare(base, other, metric)
		require.NoError(t, err)
		two, err := eval.Compare(other, base, metric)
		require.NoError(t, err)
		v, _ := one.Difference.Point.Value()
		w, _ := two.Difference.Point.Value()
		assert.InDelta(t, v, -w, 1e-12)
		if one.Tally != nil {
			assert.Equal(t, eval.Tally{Wins: two.Tally.Losses, Ties: two.Tally.Ties, Losses: two.Tally.Wins}, *one.Tally)
		}
	}
}

func TestTheTallyKnowsWhichWayIsBetter(t *testing.T) {
	t.Parallel()
	truth := []float64{3, 3, 3, 3, 3}
	samples, results := scored(truth, []float64{3, 4, 5, 6, 3})
	_, better := scored(truth, []float64{3, 3, 4, 6, 6})
	h := holdoutOf(t, samples)
	ms := append(eval.ScoreAgreement[Essay]("s", sixPoints(), predictedScore, firstRater), rated(), tone().LowerIsBetter())
	base, other := scoreOf(t, h, results, ms), scoreOf(t, h, better, ms)
	for metric, want := range map[string]*eval.Tally{
		"s mae":      {Wins: 2, Ties: 2, Losses: 1}, // errors 0 1 2 3 0 become 0 0 1 3 3
		"s exact":    {Wins: 1, Ties: 3, Losses: 1},
		"s adjacent": {Wins: 1, Ties: 3, Losses: 1},
		"rating":     {Wins: 1, Ties: 2, Losses: 2},
		"tone":       {Wins: 1, Ties: 2, Losses: 2}, // 1/score falls where the score rises
		"s rmse":     nil,
		"s qwk":      nil,
	} {
		c, err := eval.Compare(base, other, metric)
		require.NoError(t, err)
		assert.Equal(t, want, c.Tally, metric)
	}
}

func TestOnlyItemsThatBothScoredAreCompared(t *testing.T) {
	t.Parallel()
	samples := samplesOf(8, 0)
	values := func(vs ...float64) []result {
		results := resultsOf(samples[:len(vs)], right)
		for i, v := range vs {
			results[i].Out.Score = v
			if v == 0 {
				results[i] = result{ID: samples[i].ID, Err: errPlanned}
			}
		}
		return results
	}
	base := scoreOf(t, holdoutOf(t, samples[:6]), values(1, 2, 0, 4, 5, 6), eval.Metrics(rated()))
	wider := append(slices.Clone(samples[:5]), samples[6], samples[7])
	results := values(2, 0, 3, 5, 7)
	results = append(results, result{ID: "e06", Out: Feedback{Score: 100}}, result{ID: "e07", Out: Feedback{Score: 100}})
	other := scoreOf(t, holdoutOf(t, wider), results, eval.Metrics(rated()))

	c, err := eval.Compare(base, other, "rating")
	require.NoError(t, err)
	assert.Equal(t, 3, c.Difference.Items)
	assert.Equal(t, []string{"e01", "e05"}, c.BaseOnly)
	assert.Equal(t, []string{"e02", "e06", "e07"}, c.OtherOnly)
	assert.Equal(t, stats.Of(10./3), c.Base)
	assert.Equal(t, stats.Of(14./3), c.Other)
	assert.Equal(t, eval.Tally{Wins: 3}, *c.Tally)
	assert.Equal(t, "rating: base 3.333, other 4.667, difference +1.333 [-0.101, +2.768] (95% t), 3 paired, 3 won, 0 tied, 0 lost, p = 0.0572\n"+
		"not paired: 2 only in base, 3 only in other", c.String())

	none, err := eval.Compare(base, scoreOf(t, holdoutOf(t, samples[6:]), nil, eval.Metrics(rated())), "rating")
	require.NoError(t, err)
	assert.False(t, none.Difference.Point.Defined())
	assert.Equal(t, "rating: base undefined (no items), other undefined (no items), difference undefined (no items), 0 paired, 0 won, 0 tied, 0 lost\n"+
		"not paired: 5 only in base, 0 only in other", none.String())
}

func TestCompareRefusesWhatIsNotComparable(t *testing.T) {
	t.Parallel()
	samples := samplesOf(4, 2)
	moved := slices.Clone(samples)
	moved[1].Cluster, moved[3].Cluster = "elsewhere", "elsewhere"
	results := resultsOf(samples, right)
	outcome := func(s []sample, ms ...metric) *eval.Outcome { return scoreOf(t, holdoutOf(t, s), results, ms) }
	qwk := func(most float64) metric {
		scale := sixPoints()
		scale.Max = most
		return eval.QWK[Essay]("m", scale, predictedScore, firstRater)
	}
	named := func() metric {
		return eval.MAE[Essay]("m", sixPoints(), predictedScore, firstRater)
	}
	for name, tc := range map[string]struct {
		base, other *eval.Outcome
		opts        []eval.CompareOption
		want        string
	}{
		"nil":         {nil, outcome(samples, named()), nil, "an outcome is nil"},
		"no metric":   {outcome(samples, tone()), outcome(samples, rated()), nil, `has no metric "m": it has ["tone"]`},
		"other kind":  {outcome(samples, named()), outcome(samples, qwk(6)), nil, `metric "m" is {Name:m Kind:mae`},
		"other scale": {outcome(samples, qwk(6)), outcome(samples, qwk(8)), nil, `1..8 step 1`},
		"clusters":    {outcome(samples, named()), outcome(moved, named()), nil, `item "e01" is in cluster "student 0" of one outcome and "elsewhere" of the other`},
		"options": {outcome(samples, named()), outcome(samples, named()),
			[]eval.CompareOption{eval.WithLevel(7), eval.IntervalOption{}, nil}, "WithLevel(7)"},
		"draws": {outcome(samples, named()), outcome(samples, named()), []eval.CompareOption{eval.WithDraws(5)}, "5 draws"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := eval.Compare(tc.base, tc.other, "m", tc.opts...)
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestAStoredBaselineIsCompared(t *testing.T) {
	t.Parallel()
	base, other, _, _ := pairOf(t, 12, 0, eval.Metrics(rated(), meanSpread()))
	var stored eval.Outcome
	require.NoError(t, json.Unmarshal([]byte(jsonOf(t, base)), &stored))

	want, err := eval.Compare(base, other, "rating")
	require.NoError(t, err)
	got, err := eval.Compare(&stored, other, "rating")
	require.NoError(t, err)
	assert.Equal(t, want, got)
	var back eval.Comparison
	require.NoError(t, json.Unmarshal([]byte(jsonOf(t, got)), &back))
	assert.Equal(t, got, back)

	bare, err := eval.Compare(&stored, other, "spread")
	require.NoError(t, err)
	assert.Contains(t, bare.Difference.Reason(), "pass the metric to Reattach")
	whole, err := eval.Reattach(&stored, meanSpread())
	require.NoError(t, err)
	want, err = eval.Compare(base, other, "spread")
	require.NoError(t, err)
	got, err = eval.Compare(whole, other, "spread")
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

// With labels of its own, an item that both sides got right is no tie for a metric of sets: only the sum counts.
func TestComparingSetF1(t *testing.T) {
	t.Parallel()
	samples := samplesOf(30, 3)
	h := holdoutOf(t, samples)
	ms := eval.Metrics(eval.SetF1[Essay]("labels", predictedLabels, trueLabels))
	poor := resultsOf(samples, func(Essay) (Feedback, error) { return Feedback{Labels: []string{"l9"}}, nil })
	base, other := scoreOf(t, h, poor, ms), scoreOf(t, h, resultsOf(samples, right), ms)
	c, err := eval.Compare(base, other, "labels", eval.WithSeed(1))
	require.NoError(t, err)
	low, _, ok := c.Difference.Bounds()
	require.True(t, ok, c.Difference.Reason())
	assert.Positive(t, low)
	assert.Equal(t, 10, c.Difference.Clusters)
	assert.Contains(t, c.String(), "30 paired in 10 clusters")
	assert.NotContains(t, c.String(), "won")
}
