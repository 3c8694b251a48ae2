package eval_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/stats"
	"github.com/gloss-sdk/gloss/pipeline"
)

// Essay, Feedback and Graded are the input, the output and the truth of the tests.
type Essay struct {
	ID   string
	Text string
}

type Feedback struct {
	Score  float64
	Labels []string
}

type Graded struct {
	First, Second float64 // 0 if the rater gave no score
	Labels        []string
}

type Case = eval.Case[Essay, Feedback, Graded]

type (
	sample  = eval.Sample[Essay, Graded]
	metric  = eval.Metric[Essay, Feedback, Graded]
	holdout = eval.Holdout[Essay, Graded]
	result  = pipeline.Result[Feedback]
)

// sixPoints is the scale of all scores.
func sixPoints() agreement.Scale { return agreement.Scale{Min: 1, Max: 6, Step: 1} }

func predictedScore(f Feedback) (float64, bool) { return f.Score, f.Score != 0 }
func firstRater(g Graded) (float64, bool)       { return g.First, g.First != 0 }
func secondRater(g Graded) (float64, bool)      { return g.Second, g.Second != 0 }
func predictedLabels(f Feedback) []string       { return f.Labels }
func trueLabels(g Graded) ([]string, bool)      { return g.Labels, true }

// text returns an essay that shares no eight words in a row with another number's.
func text(i int) string {
	return strings.TrimSpace(strings.Repeat(fmt.Sprintf("essay %d says that ", i), 4))
}

// samplesOf returns n samples in clusters of the given size, or without clusters for size 0.
func samplesOf(n, clusterSize int) []sample {
	samples := make([]sample, n)
	for i := range samples {
		id := fmt.Sprintf("e%02d", i)
		samples[i] = sample{ID: id, Input: Essay{id, text(i)}, Truth: Graded{
			First: float64(1 + i*7%6), Second: float64(1 + i*5%6), Labels: []string{"thesis", fmt.Sprint("l", i%3)},
		}}
		if clusterSize > 0 {
			samples[i].Cluster = fmt.Sprint("student ", i/clusterSize)
		}
	}
	return samples
}

func holdoutOf(t testing.TB, samples []sample) *holdout {
	t.Helper()
	h, err := eval.NewHoldout("holdout", samples)
	require.NoError(t, err)
	return h
}

// guess is a prediction that is often right: it depends on the number of the essay only.
func guess(e Essay) Feedback {
	var i int
	_, err := fmt.Sscanf(e.ID, "e%d", &i)
	if err != nil {
		return Feedback{}
	}
	return Feedback{Score: float64(1 + (i*7%6+i%5/3)%6), Labels: []string{"thesis", fmt.Sprint("l", i%2)}}
}

// resultsOf are the results of predict on every sample.
func resultsOf(samples []sample, predict func(Essay) (Feedback, error)) []result {
	results := make([]result, len(samples))
	for i, s := range samples {
		out, err := predict(s.Input)
		results[i] = result{Index: i, ID: s.ID, Out: out, Err: err}
	}
	return results
}

func right(e Essay) (Feedback, error) { return guess(e), nil }

// tone is a metric with a number an item, length one with a reducer of its own.
func tone() metric {
	return eval.Mean("tone", func(_ context.Context, c Case) (float64, error) { return 1 / c.Out.Score, nil })
}

// largestRow is a statistic that has no formula.
func largestRow(rows [][]float64) stats.Estimate {
	if len(rows) == 0 {
		return stats.Undefined("no rows")
	}
	sum, most := 0.0, math.Inf(-1)
	for _, row := range rows {
		sum += row[0] - row[1]
		most = max(most, row[0])
	}
	return stats.Of(sum/float64(len(rows)) + most)
}

func meanSpread() metric {
	return eval.Reduced("spread", func(_ context.Context, c Case) ([]float64, error) {
		return []float64{c.Out.Score, c.Truth.First}, nil
	}, largestRow)
}

// everyMetric returns one metric of each kind.
func everyMetric() []metric {
	return slices.Concat(
		eval.ScoreAgreement[Essay]("score", sixPoints(), predictedScore, firstRater),
		eval.Metrics(
			tone(), meanSpread(),
			eval.SetF1[Essay]("labels", predictedLabels, trueLabels),
			eval.Ceiling[Essay, Feedback]("teachers", eval.KindQWK, sixPoints(), firstRater, secondRater),
		),
	)
}

func scoreOf(t testing.TB, h *holdout, results []result, ms []metric, opts ...eval.Option) *eval.Outcome {
	t.Helper()
	o, err := eval.Score(t.Context(), h, slices.Values(results), ms, append([]eval.Option{eval.WithDraws(200)}, opts...)...)
	require.NoError(t, err)
	return o
}

func jsonOf(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func summaryOf(t testing.TB, o *eval.Outcome, metric string) eval.Summary {
	t.Helper()
	s, err := o.Summary(metric)
	require.NoError(t, err)
	return s
}

func valueOf(t testing.TB, o *eval.Outcome, metric string) float64 {
	t.Helper()
	v, ok := summaryOf(t, o, metric).Value().Value()
	require.True(t, ok, "%s: %s", metric, summaryOf(t, o, metric).Value())
	return v
}

// counted is a stage that counts what it is asked for.
type counted struct {
	calls   atomic.Int64
	predict func(context.Context, Essay) (Feedback, error)
}

func (c *counted) Run(ctx context.Context, e Essay) (Feedback, error) {
	c.calls.Add(1)
	return c.predict(ctx, e)
}

func (c *counted) asset() pipeline.Asset[pipeline.Stage[Essay, Feedback]] {
	return pipeline.Tool[pipeline.Stage[Essay, Feedback]]("counted", c)
}

func newRun(t testing.TB, opts ...pipeline.RunOption) *pipeline.Run {
	t.Helper()
	r, err := pipeline.NewRun(opts...)
	require.NoError(t, err)
	return r
}

var errPlanned = errors.New("planned failure")
