package eval

import (
	"context"
	"fmt"
	"slices"

	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/stats"
)

// QWK returns the quadratic weighted kappa ([agreement.QWK]) of predicted and true scores on a declared scale.
//
// The functions return false where there is no score. No true score makes the cell [NotApplicable], no predicted one [Missing]. Scores must be levels
// of the scale; any other is an error of its cell, so round a fractional prediction first.
func QWK[I, O, T any](name string, scale agreement.Scale, predicted func(O) (float64, bool), truth func(T) (float64, bool)) Metric[I, O, T] {
	return scoreAgreement[I](name, KindQWK, scale, predicted, truth)
}

// ExactAgreement returns the share of predicted scores that equal the true ones. Unlike for [QWK], scores may lie between the levels of the scale,
// here and for the metrics below, but not outside of it.
func ExactAgreement[I, O, T any](name string, scale agreement.Scale, predicted func(O) (float64, bool), truth func(T) (float64, bool)) Metric[I, O, T] {
	return scoreAgreement[I](name, KindExact, scale, predicted, truth)
}

// AdjacentAgreement returns the share of predicted scores at most one step of the scale away from the true ones.
func AdjacentAgreement[I, O, T any](name string, scale agreement.Scale, predicted func(O) (float64, bool), truth func(T) (float64, bool)) Metric[I, O, T] {
	return scoreAgreement[I](name, KindAdjacent, scale, predicted, truth)
}

// Pearson returns the correlation of predicted and true scores ([agreement.Pearson]).
func Pearson[I, O, T any](name string, scale agreement.Scale, predicted func(O) (float64, bool), truth func(T) (float64, bool)) Metric[I, O, T] {
	return scoreAgreement[I](name, KindPearson, scale, predicted, truth)
}

// MAE returns the mean absolute error of predicted scores, in points of the scale. Lower is better.
func MAE[I, O, T any](name string, scale agreement.Scale, predicted func(O) (float64, bool), truth func(T) (float64, bool)) Metric[I, O, T] {
	return scoreAgreement[I](name, KindMAE, scale, predicted, truth)
}

// RMSE returns the root mean squared error of predicted scores, in points of the scale. Lower is better.
func RMSE[I, O, T any](name string, scale agreement.Scale, predicted func(O) (float64, bool), truth func(T) (float64, bool)) Metric[I, O, T] {
	return scoreAgreement[I](name, KindRMSE, scale, predicted, truth)
}

// SMD returns the standardized mean difference ([agreement.SMD]): by how many standard deviations of the true scores the predicted ones are too
// high. The best value is 0.
func SMD[I, O, T any](name string, scale agreement.Scale, predicted func(O) (float64, bool), truth func(T) (float64, bool)) Metric[I, O, T] {
	return scoreAgreement[I](name, KindSMD, scale, predicted, truth)
}

// ScoreAgreement returns all of the above for one score, named after it and their kinds: "overall qwk", "overall exact" and so on.
func ScoreAgreement[I, O, T any](score string, scale agreement.Scale, predicted func(O) (float64, bool), truth func(T) (float64, bool)) []Metric[I, O, T] {
	var ms []Metric[I, O, T]
	for _, kind := range agreements() {
		ms = append(ms, scoreAgreement[I](score+" "+string(kind), kind, scale, predicted, truth))
	}
	return ms
}

// Ceiling returns the agreement of two raters with each other, on their own scale: what a predictor could be expected to reach at most. kind is one of
// score agreement. It looks at truth alone, so it covers every item of which both raters gave a score, also those whose inference failed; an item
// without both is [NotApplicable]. Show it next to a metric with [Metric.WithReference].
func Ceiling[I, O, T any](name string, kind Kind, scale agreement.Scale, rater1, rater2 func(T) (float64, bool)) Metric[I, O, T] {
	m := pairMetric[I, O, T](name, kind, scale, func(c Case[I, O, T]) ([]float64, error) {
		first, ok1 := rater1(c.Truth)
		second, ok2 := rater2(c.Truth)
		if !ok1 || !ok2 {
			return nil, ErrNotApplicable
		}
		return []float64{first, second}, nil
	}, "rater 1's", "rater 2's")
	m.spec.TruthOnly = true
	if rater1 == nil || rater2 == nil {
		return m.fail("a function is nil")
	}
	return m
}

func scoreAgreement[I, O, T any](
	name string, kind Kind, scale agreement.Scale, predicted func(O) (float64, bool), truth func(T) (float64, bool),
) Metric[I, O, T] {
	m := pairMetric[I, O, T](name, kind, scale, func(c Case[I, O, T]) ([]float64, error) {
		true1, ok := truth(c.Truth)
		if !ok {
			return nil, ErrNotApplicable
		}
		guess, ok := predicted(c.Out)
		if !ok {
			return nil, ErrMissing
		}
		return []float64{true1, guess}, nil
	}, "true", "predicted")
	if predicted == nil || truth == nil {
		return m.fail("a function is nil")
	}
	return m
}

// pairMetric is a metric of two scores, which must lie on the scale.
func pairMetric[I, O, T any](
	name string, kind Kind, scale agreement.Scale, pair func(Case[I, O, T]) ([]float64, error), first, second string,
) Metric[I, O, T] {
	m := newMetric[I, O, T](MetricSpec{Name: name, Kind: kind, Scale: scale, LowerIsBetter: kind == KindMAE || kind == KindRMSE})
	if !slices.Contains(agreements(), kind) {
		return m.fail(fmt.Sprintf("kind %q does not compare two scores: want one of %q", kind, agreements()))
	}
	m.row = func(_ context.Context, c Case[I, O, T]) ([]float64, error) {
		scores, err := pair(c)
		if err != nil {
			return nil, err
		}
		for i, whose := range []string{first, second} {
			if !onScale(scale, scores[i], kind == KindQWK) {
				return nil, fmt.Errorf("the %s score %g is off the scale %v", whose, scores[i], scale)
			}
		}
		return scores, nil
	}
	return m
}

// onScale reports whether a score is a level of the scale or, unless that is asked for, lies between two. Scores that were computed may miss the ends by a
// rounding.
func onScale(scale agreement.Scale, score float64, level bool) bool {
	if level {
		_, err := agreement.QWK([]float64{score}, []float64{score}, scale)
		return err == nil
	}
	slack := 1e-6 * scale.Step
	return score >= scale.Min-slack && score <= scale.Max+slack
}

// SetF1 returns the F1 of predicted labels against true ones, such as the criteria that a teacher commented on, over the labels of all items together
// (micro-average). The row of an item counts true positives, false positives and false negatives. Order and repetition do not count; no labels are
// the empty set, on either side. Where truth returns false there is nothing to compare with, and the item is [NotApplicable].
func SetF1[I, O, T any](name string, predicted func(O) []string, truth func(T) ([]string, bool)) Metric[I, O, T] {
	m := newMetric[I, O, T](MetricSpec{Name: name, Kind: KindSetF1})
	if predicted == nil || truth == nil {
		return m.fail("a function is nil")
	}
	m.row = func(_ context.Context, c Case[I, O, T]) ([]float64, error) {
		labels, ok := truth(c.Truth)
		if !ok {
			return nil, ErrNotApplicable
		}
		n := agreement.CountLabels(agreement.LabelSets[string]{Predicted: predicted(c.Out), Truth: labels})
		return []float64{float64(n.TP), float64(n.FP), float64(n.FN)}, nil
	}
	return m
}

func microF1(rows [][]float64) stats.Estimate {
	var sum agreement.Counts
	for _, row := range rows {
		sum = sum.Plus(agreement.Counts{TP: int(row[0]), FP: int(row[1]), FN: int(row[2])})
	}
	return sum.F1()
}
