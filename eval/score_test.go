package eval_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/stats"
)

func TestScoreSaysWhatBecameOfEveryCell(t *testing.T) {
	t.Parallel()
	samples := samplesOf(6, 0)
	samples[3].Truth.First = 0  // not graded by the first rater
	samples[4].Truth.Second = 0 // nor by the second one
	results := resultsOf(samples, right)
	results[1].Out.Score = 0
	results[2].Err = errPlanned
	results[4].Out.Score = 9
	results = results[:5]

	o := scoreOf(t, holdoutOf(t, samples), results, eval.Metrics(
		eval.QWK[Essay]("qwk", sixPoints(), predictedScore, firstRater),
		eval.MAE[Essay]("mae", sixPoints(), predictedScore, firstRater),
		eval.Ceiling[Essay, Feedback]("teachers", eval.KindQWK, sixPoints(), firstRater, secondRater),
		tone(),
	))

	failed := eval.Cell{Status: eval.Errored, Detail: "inference failed"}
	unscored := eval.Cell{Status: eval.Missing, Detail: "the prediction lacks what is scored"}
	ungraded := eval.Cell{Status: eval.NotApplicable, Detail: "the truth has nothing to compare with"}
	unfinished := eval.Cell{Status: eval.Missing, Detail: "no result: the run ended before this item was finished"}
	off := eval.Cell{Status: eval.Errored, Detail: "the predicted score 9 is off the scale 1..6 step 1"}
	row := func(v ...float64) eval.Cell { return eval.Cell{Status: eval.Scored, Row: v} }
	infinite := eval.Cell{Status: eval.Errored,
		Detail: "number 1 of the row is +Inf: want finite numbers; return ErrMissing or ErrNotApplicable where there is none"}

	assert.Equal(t, []eval.ItemOutcome{
		{ID: "e00", Cells: []eval.Cell{row(1, 1), row(1, 1), row(1, 1), row(1)}},
		{ID: "e01", Cells: []eval.Cell{unscored, unscored, row(2, 6), infinite}},
		{ID: "e02", Error: "planned failure", Cells: []eval.Cell{failed, failed, row(3, 5), failed}},
		{ID: "e03", Cells: []eval.Cell{ungraded, ungraded, ungraded, row(0.2)}},
		{ID: "e04", Cells: []eval.Cell{off, off, ungraded, row(1. / 9)}},
		{ID: "e05", Cells: []eval.Cell{unfinished, unfinished, row(6, 2), unfinished}},
	}, o.Items)
	assert.Equal(t, eval.Counts{Scored: 1, Errored: 2, Missing: 2, NotApplicable: 1}, summaryOf(t, o, "qwk").Counts)
	assert.Equal(t, eval.Counts{Scored: 4, NotApplicable: 2}, summaryOf(t, o, "teachers").Counts)
}

func TestAMetricMayFailInManyWays(t *testing.T) {
	t.Parallel()
	mean := func(score func() (float64, error)) metric {
		return eval.Mean("m", func(context.Context, Case) (float64, error) { return score() })
	}
	reduced := func(row []float64) metric {
		return eval.Reduced("m", func(context.Context, Case) ([]float64, error) { return row, nil }, firstRow)
	}
	for name, tc := range map[string]struct {
		metric metric
		status eval.Status
		detail string
	}{
		"value":           {mean(func() (float64, error) { return 0.5, nil }), eval.Scored, ""},
		"error":           {mean(func() (float64, error) { return 1, errPlanned }), eval.Errored, "planned failure"},
		"panic":           {mean(func() (float64, error) { panic("oh") }), eval.Errored, "panic: oh"},
		"nil map":         {mean(func() (float64, error) { var p *Essay; return float64(len(p.ID)), nil }), eval.Errored, "panic: runtime error"},
		"NaN":             {mean(func() (float64, error) { return math.NaN(), nil }), eval.Errored, "number 1 of the row is NaN"},
		"missing":         {mean(func() (float64, error) { return 0, fmt.Errorf("no summary: %w", eval.ErrMissing) }), eval.Missing, "no summary: the prediction"},
		"not applicable":  {mean(func() (float64, error) { return 0, fmt.Errorf("blank: %w", eval.ErrNotApplicable) }), eval.NotApplicable, "blank: the truth"},
		"both":            {mean(func() (float64, error) { return 0, errors.Join(eval.ErrMissing, eval.ErrNotApplicable) }), eval.NotApplicable, "the prediction"},
		"row":             {reduced([]float64{1, 2, 3}), eval.Scored, ""},
		"empty row":       {reduced(nil), eval.Errored, "the row is empty"},
		"infinite in row": {reduced([]float64{1, math.Inf(-1)}), eval.Errored, "number 2 of the row is -Inf"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			samples := samplesOf(1, 0)
			o := scoreOf(t, holdoutOf(t, samples), resultsOf(samples, right), eval.Metrics(tc.metric))
			cell := o.Items[0].Cells[0]
			assert.Equal(t, tc.status, cell.Status)
			assert.Contains(t, cell.Detail, tc.detail)
			assert.Equal(t, tc.status == eval.Scored, len(cell.Row) > 0)
			assert.Equal(t, tc.detail == "", cell.Detail == "")
		})
	}
}

func firstRow(rows [][]float64) stats.Estimate {
	if len(rows) == 0 {
		return stats.Undefined("no rows")
	}
	return stats.Of(rows[0][0])
}

func TestARowIsCopied(t *testing.T) {
	t.Parallel()
	row := []float64{0}
	m := eval.Reduced("m", func(_ context.Context, c Case) ([]float64, error) {
		row[0] = c.Out.Score
		return row, nil
	}, firstRow)
	samples := samplesOf(2, 0)
	o := scoreOf(t, holdoutOf(t, samples), resultsOf(samples, right), eval.Metrics(m))
	assert.Equal(t, []float64{1}, o.Items[0].Cells[0].Row)
	assert.Equal(t, []float64{2}, o.Items[1].Cells[0].Row)
}

func TestScoreRefusesWhatCannotBeRight(t *testing.T) {
	t.Parallel()
	h := holdoutOf(t, samplesOf(2, 0))
	scale := sixPoints()
	for name, tc := range map[string]struct {
		h    *holdout
		ms   []metric
		opts []eval.Option
		want []string
	}{
		"no holdout":   {nil, eval.Metrics(tone()), nil, []string{"no holdout"}},
		"zero holdout": {&holdout{}, eval.Metrics(tone()), nil, []string{"no holdout"}},
		"no metric":    {h, nil, nil, []string{"no metric"}},
		"zero metric":  {h, []metric{tone(), {}}, nil, []string{"metric 2 is a zero metric"}},
		"same name":    {h, eval.Metrics(tone(), tone()), nil, []string{`two metrics are named "tone"`}},
		"no name":      {h, eval.Metrics(eval.Mean("", func(context.Context, Case) (float64, error) { return 0, nil })), nil, []string{"needs a name"}},
		"no reference": {h, eval.Metrics(tone().WithReference("teachers")), nil, []string{`metric "tone" refers to "teachers", which is not among the metrics`}},
		"nil functions": {h, eval.Metrics(
			eval.Mean[Essay, Feedback, Graded]("a", nil), eval.Reduced[Essay, Feedback, Graded]("b", nil, nil),
			eval.QWK[Essay, Feedback, Graded]("c", scale, nil, nil), eval.SetF1[Essay, Feedback, Graded]("d", nil, nil),
			eval.Ceiling[Essay, Feedback, Graded]("e", eval.KindQWK, scale, nil, nil)), nil,
			[]string{`"a": the function is nil`, `"b": a function is nil`, `"c": a function`, `"d": a function`, `"e": a function`}},
		"scales": {h, eval.Metrics(
			eval.QWK[Essay]("a", agreement.Scale{}, predictedScore, firstRater),
			eval.MAE[Essay]("b", agreement.Scale{Min: 1, Max: 2, Step: 0.3}, predictedScore, firstRater)), nil,
			[]string{`metric "a": scale`, `metric "b": scale`}},
		"kind of ceiling": {h, eval.Metrics(eval.Ceiling[Essay, Feedback]("a", eval.KindMean, scale, firstRater, secondRater)), nil,
			[]string{`kind "mean" does not compare two scores`}},
		"options": {h, eval.Metrics(tone()), []eval.Option{
			eval.WithLevel(95), eval.WithDraws(0), eval.WithName(""), nil, eval.IntervalOption{}},
			[]string{"WithLevel(95)", "WithDraws(0)", "WithName", "option is nil", "zero IntervalOption"}},
		"draws for the level": {h, eval.Metrics(tone()), []eval.Option{eval.WithLevel(0.999), eval.WithDraws(100)}, []string{"needs at least 2000"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			results := func(func(result) bool) { calls++ }
			o, err := eval.Score(t.Context(), tc.h, results, tc.ms, tc.opts...)
			require.Error(t, err)
			assert.Nil(t, o)
			assert.Zero(t, calls, "mistakes are found before results are asked for")
			lines := strings.Split(err.Error(), "\n")
			require.Len(t, lines, len(tc.want), err.Error())
			for i, want := range tc.want {
				assert.Contains(t, lines[i], want)
			}
		})
	}
	_, err := eval.Score(t.Context(), h, nil, eval.Metrics(tone()))
	require.ErrorContains(t, err, "the results are nil")
}

func TestResultsMustMatchSamples(t *testing.T) {
	t.Parallel()
	samples := samplesOf(3, 0)
	results := resultsOf(samples, right)
	results = append(results, results[1], result{ID: "stranger"}, results[0])
	o, err := eval.Score(t.Context(), holdoutOf(t, samples), slices.Values(results), eval.Metrics(tone()))
	assert.Nil(t, o)
	require.EqualError(t, err, `eval: sample "e01" has two results
eval: result "stranger" belongs to no sample of holdout "holdout"
eval: sample "e00" has two results`)
}

func TestTheOrderOfResultsDoesNotMatter(t *testing.T) {
	t.Parallel()
	samples := samplesOf(40, 4)
	h := holdoutOf(t, samples)
	results := resultsOf(samples, func(e Essay) (Feedback, error) {
		if strings.HasSuffix(e.ID, "7") {
			return Feedback{}, errPlanned
		}
		return guess(e), nil
	})
	want := scoreOf(t, h, results, everyMetric())
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 0))
		r.Shuffle(len(results), func(i, j int) { results[i], results[j] = results[j], results[i] })
		got := scoreOf(t, h, results, everyMetric())
		require.Equal(t, jsonOf(t, want), jsonOf(t, got))
		require.Equal(t, jsonOf(t, want.Summaries()), jsonOf(t, got.Summaries()))
	}
}

// Whatever happens to items, no metric loses one.
func TestCountsAddUpToAllItems(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		samples := samplesOf(1+r.IntN(30), r.IntN(4))
		var results []result
		for i, s := range samples {
			if r.IntN(3) == 0 {
				samples[i].Truth.First = 0
			}
			res := result{ID: s.ID, Out: guess(s.Input)}
			switch r.IntN(5) {
			case 0:
				continue
			case 1:
				res.Err = errPlanned
			case 2:
				res.Out = Feedback{Score: float64(r.IntN(9))}
			default:
			}
			results = append(results, res)
		}
		o := scoreOf(t, holdoutOf(t, samples), results, everyMetric())
		for _, s := range o.Summaries() {
			require.Equal(t, len(samples), s.Counts.Items(), "seed %d: %s", seed, s.Metric.Name)
			require.Equal(t, s.Counts.Scored, s.Interval.Items, "seed %d: %s", seed, s.Metric.Name)
			if s.Counts.Scored == 0 {
				require.False(t, s.Value().Defined(), "seed %d: %s", seed, s.Metric.Name)
			}
		}
	}
}

func TestRescoringCallsNothing(t *testing.T) {
	t.Parallel()
	samples := samplesOf(10, 0)
	h := holdoutOf(t, samples)
	stage := &counted{predict: func(_ context.Context, e Essay) (Feedback, error) { return guess(e), nil }}
	var kept []result
	first, err := eval.Run(t.Context(), newRun(t), stage.asset(), h, eval.Metrics(tone()))
	require.NoError(t, err)
	for _, s := range samples {
		kept = append(kept, result{ID: s.ID, Out: guess(s.Input)})
	}
	before := stage.calls.Load()
	again := scoreOf(t, h, kept, everyMetric(), eval.WithName("again"))
	assert.Equal(t, int64(10), before)
	assert.Equal(t, before, stage.calls.Load())
	assert.Equal(t, "again", again.Name)
	assert.InDelta(t, valueOf(t, first, "tone"), valueOf(t, again, "tone"), 0)
}

func TestAnInterruptedScoringReturnsWhatThereIs(t *testing.T) {
	t.Parallel()
	samples := samplesOf(4, 0)
	stopped := errors.New("lesson is over")
	ctx, cancel := context.WithCancelCause(t.Context())
	results := func(yield func(result) bool) {
		for _, r := range resultsOf(samples, right)[:2] {
			if !yield(r) {
				return
			}
		}
		cancel(stopped)
	}
	o, err := eval.Score(ctx, holdoutOf(t, samples), results, eval.Metrics(tone()))
	require.ErrorIs(t, err, stopped)
	require.NotNil(t, o)
	assert.Equal(t, eval.Counts{Scored: 2, Missing: 2}, summaryOf(t, o, "tone").Counts)
}
