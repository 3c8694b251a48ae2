package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/experiment"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// rubricScores predicts the scores of every draft and prints agreement for each criterion beside that of the two raters.
func (x *lab) rubricScores(ctx context.Context, w io.Writer) error {
	scorer, err := task.RubricScore(x.resources, task.WithoutClassDocs(), task.WithExemplars(x.exemplars))
	if err != nil {
		return err
	}
	h, folds, err := x.samples(func(userdata.Submission) bool { return true })
	if err != nil {
		return err
	}
	o, err := eval.CrossValidate(ctx, x.run, scorer, x.resources.Past(), h, folds, x.known, x.scoreMetrics(), eval.WithSeed(x.seed))
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "RubricScore: %d drafts, rater %s predicted from the other writers (leave one writer out)\n\n", h.Len(), x.rater)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "criterion\tn\tfailed\tQWK\t95% interval\traters' QWK\t")
	for _, s := range o.Summaries() {
		if s.Metric.TruthOnly {
			continue
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%s\t%s\t\n", s.Metric.Name, s.Counts.Scored, s.Counts.Errored+s.Counts.Missing,
			experiment.Figure(s.Value()), experiment.Bounds(s.Interval), experiment.Figure(s.Reference))
	}
	return t.Flush()
}

func (x *lab) scoreMetrics() []eval.Metric[userdata.Submission, task.Prediction, truth] {
	var ms []eval.Metric[userdata.Submission, task.Prediction, truth]
	add := func(name string, scale agreement.Scale, score func(get func(criterion string) (float64, bool)) (float64, bool)) {
		by := func(rater string) func(truth) (float64, bool) {
			return func(t truth) (float64, bool) {
				return score(func(criterion string) (float64, bool) { v, ok := t.raters[rater][criterion]; return v, ok })
			}
		}
		predicted := func(p task.Prediction) (float64, bool) {
			return score(func(criterion string) (float64, bool) { s, ok := p.Feedback.Score(criterion); return s.Value, ok })
		}
		ms = append(ms,
			eval.QWK[userdata.Submission](name, scale, predicted, by(x.rater)).WithReference("raters "+name),
			eval.Ceiling[userdata.Submission, task.Prediction]("raters "+name, eval.KindQWK, scale, by("c"), by("m")))
	}
	var total agreement.Scale
	total.Step = 1
	for _, c := range x.corpus.rubric.Criteria {
		add(c.ID, agreement.Scale{Min: c.Scale.Min, Max: c.Scale.Max, Step: 1},
			func(get func(string) (float64, bool)) (float64, bool) { return get(c.ID) })
		total.Min, total.Max = total.Min+c.Scale.Min, total.Max+c.Scale.Max
	}
	add("total", total, x.total)
	return ms
}

// total is the sum of all criteria.
func (x *lab) total(get func(string) (float64, bool)) (float64, bool) {
	sum := 0.0
	for _, c := range x.corpus.rubric.Criteria {
		v, ok := get(c.ID)
		if !ok {
			return 0, false
		}
		sum += v
	}
	return sum, true
}
