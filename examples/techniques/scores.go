package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/stats"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

type metric = eval.Metric[userdata.Submission, task.Prediction, truth]

// score is one score that an essay gets: the holistic one, whose criterion is empty, or that of a criterion.
type score struct {
	criterion string
	scale     userdata.Scale
}

// scores are all that an essay gets from a task.
type scores []score

// scoresOf returns what a kind of task gives the essays of a holdout. Kappa is of one scale, so all of them must be given the same, and
// the teacher's own must be on it.
func scoresOf(kind task.Kind, scales userdata.Scales, set *holdout) (scores, error) {
	var first scores
	var errs []error
	for _, s := range set.Samples() {
		own := scoresFor(kind, scales, s.Input.Assignment)
		switch {
		case own == nil:
			errs = append(errs, fmt.Errorf("essay %s: the class has no scale for %s on assignment %q", s.ID, kind, s.Input.Assignment))
		case first == nil:
			first = own
		case !slices.Equal(first, own):
			errs = append(errs, fmt.Errorf("essay %s: its assignment %q is scored in another way than those before: hold out one of them at a time",
				s.ID, s.Input.Assignment))
		}
		for _, want := range own {
			if given, ok := s.Truth.Teacher.Score(want.criterion); ok && !want.scale.Contains(given.Value) {
				errs = append(errs, fmt.Errorf("essay %s: the teacher's score %q is %g; want one of the scale %s",
					s.ID, want.criterion, given.Value, want.scale))
			}
		}
	}
	return first, errors.Join(errs...)
}

func scoresFor(kind task.Kind, scales userdata.Scales, assignment string) scores {
	var out scores
	if kind == task.KindRubricScore {
		for _, c := range scales.Criteria[assignment] {
			out = append(out, score{c.ID, stepped(c.Scale)})
		}
	} else if scale, ok := scales.Holistic[assignment]; ok {
		out = scores{{"", stepped(scale)}}
	}
	return out
}

// stepped spells out the step of a scale, which may be left out.
func stepped(s userdata.Scale) userdata.Scale {
	if s.Step == 0 {
		s.Step = 1
	}
	return s
}

// name is what the metric is called.
func (ss scores) name() string {
	if len(ss) == 1 {
		return "QWK"
	}
	return fmt.Sprintf("mean QWK of %d criteria", len(ss))
}

// metric is the agreement of predictions with the teacher.
func (ss scores) metric() metric {
	return eval.Reduced(ss.name(), func(_ context.Context, c eval.Case[userdata.Submission, task.Prediction, truth]) ([]float64, error) {
		given, ok := ss.of(c.Truth.Teacher)
		if !ok {
			return nil, eval.ErrNotApplicable
		}
		predicted, ok := ss.of(c.Out.Feedback)
		if !ok {
			return nil, eval.ErrMissing
		}
		return append(given, predicted...), nil
	}, ss.agreement)
}

// ceiling is the agreement of the second rater with the teacher, and the number of essays that both scored.
func (ss scores) ceiling(set *holdout) (stats.Estimate, int) {
	var rows [][]float64
	for _, s := range set.Samples() {
		one, ok1 := ss.of(s.Truth.Teacher)
		two, ok2 := ss.of(userdata.Feedback{Scores: s.Truth.Second})
		if ok1 && ok2 {
			rows = append(rows, append(one, two...))
		}
	}
	if rows == nil {
		return stats.Undefined("there is no second rater"), 0
	}
	return ss.agreement(rows), len(rows)
}

// of returns the scores that feedback has, and false if one is missing.
func (ss scores) of(f userdata.Feedback) ([]float64, bool) {
	values := make([]float64, len(ss))
	for i, s := range ss {
		given, ok := f.Score(s.criterion)
		if !ok {
			return nil, false
		}
		values[i] = given.Value
	}
	return values, true
}

// agreement is the mean of the scores' QWK. A row has the scores of one side, then those of the other.
func (ss scores) agreement(rows [][]float64) stats.Estimate {
	sum := 0.0
	for i, s := range ss {
		one, two := make([]float64, len(rows)), make([]float64, len(rows))
		for n, row := range rows {
			one[n], two[n] = row[i], row[len(ss)+i]
		}
		kappa, err := agreement.QWK(one, two, agreement.Scale(s.scale))
		if err != nil {
			return stats.Undefined(err.Error())
		}
		v, ok := kappa.Value()
		if !ok {
			return kappa
		}
		sum += v
	}
	return stats.Of(sum / float64(len(ss)))
}
