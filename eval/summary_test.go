package eval_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/stats"
)

// rated is a metric that takes the predicted score as it is.
func rated() metric {
	return eval.Mean("rating", func(_ context.Context, c Case) (float64, error) { return c.Out.Score, nil })
}

func ratings(n, clusterSize int, seed uint64) ([]sample, []result, []float64) {
	r := rand.New(rand.NewPCG(seed, 5))
	samples := samplesOf(n, clusterSize)
	results := resultsOf(samples, right)
	values := make([]float64, n)
	for i := range results {
		values[i] = r.NormFloat64()
		results[i].Out.Score = values[i]
	}
	return samples, results, values
}

func TestAMeanHasATInterval(t *testing.T) {
	t.Parallel()
	samples, results, values := ratings(30, 0, 1)
	s := summaryOf(t, scoreOf(t, holdoutOf(t, samples), results, eval.Metrics(rated()), eval.WithLevel(0.9)), "rating")
	want, err := stats.MeanInterval(values, stats.Independent(30), 0.9)
	require.NoError(t, err)
	assert.Equal(t, want, s.Interval)
	assert.Equal(t, stats.StudentT, s.Interval.Method)
	assert.Equal(t, want.Point, s.Value())
}

func TestClustersWidenIntervals(t *testing.T) {
	t.Parallel()
	samples, results, values := ratings(30, 5, 1)
	samples[28].Cluster, samples[29].Cluster = "", "" // share nothing, not even with each other
	keys := make([]string, 30)
	for i, s := range samples {
		keys[i] = s.Cluster + strings.Repeat(s.ID, 1-min(len(s.Cluster), 1))
	}
	o := scoreOf(t, holdoutOf(t, samples), results, eval.Metrics(rated(), meanSpread()))
	s := summaryOf(t, o, "rating")
	want, err := stats.MeanInterval(values, stats.ClusterBy(keys), 0.95)
	require.NoError(t, err)
	assert.Equal(t, want, s.Interval)
	assert.Equal(t, stats.ClusterT, s.Interval.Method)
	assert.Equal(t, 8, s.Interval.Clusters, "five full ones, one of three, two of one")
	assert.Equal(t, 8, summaryOf(t, o, "spread").Interval.Clusters)
}

// A set whose scored items happen to lie in no cluster is still one whose samples hang together.
func TestClustersAreThoseOfTheOutcomeNotOfTheScoredItems(t *testing.T) {
	t.Parallel()
	samples, results, _ := ratings(6, 2, 1)
	for i := 2; i < 6; i++ {
		samples[i].Cluster = ""
	}
	o := scoreOf(t, holdoutOf(t, samples), results[2:], eval.Metrics(rated()))
	assert.Equal(t, stats.ClusterT, summaryOf(t, o, "rating").Interval.Method)
	assert.Equal(t, 4, summaryOf(t, o, "rating").Interval.Clusters)
}

func TestAReducedMetricIsBootstrapped(t *testing.T) {
	t.Parallel()
	samples, results, _ := ratings(25, 5, 2)
	h := holdoutOf(t, samples)
	spread := func(seed uint64) stats.Interval {
		return summaryOf(t, scoreOf(t, h, results, eval.Metrics(meanSpread()), eval.WithSeed(seed), eval.WithDraws(300)), "spread").Interval
	}
	o := scoreOf(t, h, results, eval.Metrics(meanSpread()), eval.WithSeed(4), eval.WithDraws(300))
	var rows [][]float64
	var keys []string
	for _, item := range o.Items {
		rows = append(rows, item.Cells[0].Row)
		keys = append(keys, item.Cluster)
	}
	want, err := stats.Bootstrap(stats.ClusterBy(keys), func(indices []int) stats.Estimate {
		var sample [][]float64
		for _, i := range indices {
			sample = append(sample, rows[i])
		}
		return largestRow(sample)
	}, stats.Resampling{Seed: 4, Draws: 300})
	require.NoError(t, err)
	assert.Equal(t, want, spread(4))
	assert.NotEqual(t, spread(4), spread(5))
	assert.Equal(t, want, summaryOf(t, o, "spread").Interval)
	assert.Equal(t, want, summaryOf(t, o, "spread").Interval, "asking twice changes nothing")
}

func TestAReducerThatPanicsIsUndefined(t *testing.T) {
	t.Parallel()
	samples := samplesOf(4, 0)
	m := eval.Reduced("m", func(context.Context, Case) ([]float64, error) { return []float64{1}, nil },
		func([][]float64) stats.Estimate { panic("no such column") })
	o := scoreOf(t, holdoutOf(t, samples), resultsOf(samples, right), eval.Metrics(m))
	assert.Equal(t, "the reducer panicked: no such column", summaryOf(t, o, "m").Value().Reason())
	assert.Equal(t, 4, summaryOf(t, o, "m").Counts.Scored)
}

func TestSummaryOfAnUnknownMetric(t *testing.T) {
	t.Parallel()
	_, err := mixed(t).Summary("kappa")
	require.ErrorContains(t, err, `outcome "mixed" has no metric "kappa": it has ["score qwk"`)
}

func TestTheTableIsAlignedAndSaysWhatIsUndefined(t *testing.T) {
	t.Parallel()
	samples := samplesOf(5, 2)
	samples[0].Truth.Second = 0
	results := resultsOf(samples, func(e Essay) (Feedback, error) {
		if e.ID == "e04" {
			return Feedback{}, errPlanned
		}
		return Feedback{Score: 3}, nil
	})
	o := scoreOf(t, holdoutOf(t, samples), results, eval.Metrics(
		eval.QWK[Essay]("übereinstimmung", sixPoints(), predictedScore, firstRater).WithReference("teachers"),
		eval.Pearson[Essay]("r", sixPoints(), predictedScore, firstRater),
		rated(),
		eval.Mean("none", func(context.Context, Case) (float64, error) { return 0, eval.ErrNotApplicable }),
		eval.Ceiling[Essay, Feedback]("teachers", eval.KindExact, sixPoints(), firstRater, secondRater),
	), eval.WithLevel(0.9))
	var b strings.Builder
	require.NoError(t, o.WriteTable(&b))
	want := `
metric           value                                  90% interval                                  n  clusters  errors  missing  n.a.  reference
übereinstimmung  0.000                                  undefined (all draws give 0)                  4  2         1       0        0     0.250
r                undefined (all values of b are 3)      -                                             4  2         1       0        0     -
rating           3.000                                  undefined (no spread between 2 clusters)      4  2         1       0        0     -
none             undefined (no items)                   -                                             0  -         1       0        4     -
teachers         0.250                                  [0.000, 0.797] cluster t                     4  3         0       0        1     -
`
	assert.Equal(t, squeeze(want), squeeze("\n"+b.String()))
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	require.Len(t, lines, 6)
	at := strings.Index(lines[0], "clusters")
	for _, line := range lines {
		assert.Equal(t, strings.TrimRight(line, " "), line, "no blanks at the end")
		runes := []rune(line)
		assert.Equal(t, ' ', runes[at-1], line)
		assert.NotEqual(t, ' ', runes[at], line)
	}
}

// squeeze makes runs of blanks one blank.
func squeeze(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines, "\n")
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errPlanned }

func TestAWriterThatFails(t *testing.T) {
	t.Parallel()
	err := mixed(t).WriteTable(broken{})
	require.ErrorIs(t, err, errPlanned)
	require.True(t, strings.HasPrefix(err.Error(), "eval: table: "))
}

func TestShownIntervalStaysWithinTheMetric(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kind      eval.Kind
		low, high float64
	}{
		{eval.KindExact, 0, 1}, {eval.KindAdjacent, 0, 1}, {eval.KindSetF1, 0, 1}, {eval.KindQWK, -1, 1}, {eval.KindPearson, -1, 1},
		{eval.KindMAE, 0, 3}, {eval.KindRMSE, 0, 3}, {eval.KindSMD, -2, 3}, {eval.KindMean, -2, 3}, {eval.KindReduced, -2, 3},
	} {
		s := eval.Summary{
			Metric:   eval.MetricSpec{Name: "x", Kind: tc.kind},
			Interval: stats.Interval{Point: stats.Of(0.5), Low: stats.Of(-2), High: stats.Of(3)},
		}
		low, high, ok := s.Shown().Bounds()
		require.True(t, ok)
		require.InDelta(t, tc.low, low, 0, tc.kind)
		require.InDelta(t, tc.high, high, 0, tc.kind)
		low, _, _ = s.Interval.Bounds()
		require.InDelta(t, -2, low, 0, "what was computed stays")
	}
	require.False(t, eval.Summary{}.Shown().Defined())
}
