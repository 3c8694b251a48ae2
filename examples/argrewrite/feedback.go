package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/experiment"
	"github.com/gloss-sdk/gloss/eval/stats"
	"github.com/gloss-sdk/gloss/eval/writing"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/baseline"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// side is one of the two lists that the expert wrote.
type side struct {
	name   string
	points func(userdata.Feedback) []userdata.Point
	best   bool // the expert's strengths should be the highest scores
}

func sides() []side {
	return []side{{"strengths", writing.Strengths, true}, {"improvements", writing.Improvements, false}}
}

// draftFeedback predicts which criteria the expert raises on first drafts and prints the F1 of the sets beside baselines.
func (x *lab) draftFeedback(ctx context.Context, w io.Writer) error {
	writer, err := task.DraftFeedback(x.resources, task.WithoutClassDocs(), task.WithExemplars(x.exemplars))
	if err != nil {
		return err
	}
	predicted, err := x.crossValidate(ctx, writer)
	if err != nil {
		return err
	}
	habit, err := x.crossValidate(ctx, baseline.MostFrequentCriteria(x.resources, 3))
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nDraftFeedback: which criteria the expert raises, %d first drafts, leave one writer out, micro-F1\n\n", len(x.corpus.feedback))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tn\tfailed\tstrengths\t95% interval\timprovements\t95% interval\t")
	if err := outcomeRow(t, "DraftFeedback", predicted); err != nil {
		return err
	}
	if err := outcomeRow(t, "always the expert's three most frequent", habit); err != nil {
		return err
	}
	x.truthRow(t, "the same, counted with the held-out writer", x.habitF1)
	x.truthRow(t, "highest / lowest by mean rater score, right number", x.scoreF1)
	x.truthRow(t, "random choice of the right number", x.chanceF1)
	return t.Flush()
}

func (x *lab) crossValidate(ctx context.Context, target pipeline.Handle[task.Stage]) (*eval.Outcome, error) {
	h, folds, err := x.samples(func(s userdata.Submission) bool { _, ok := x.corpus.feedback[s.ID]; return ok })
	if err != nil {
		return nil, err
	}
	var ms []eval.Metric[userdata.Submission, task.Prediction, truth]
	for _, s := range sides() {
		ms = append(ms, writing.CriteriaF1[userdata.Submission](s.name, s.points,
			func(t truth) (userdata.Feedback, bool) { return t.feedback, t.feedback.Submission != "" }))
	}
	return eval.CrossValidate(ctx, x.run, target, x.resources.Past(), h, folds, x.known, ms, eval.WithSeed(x.seed))
}

func outcomeRow(w io.Writer, name string, o *eval.Outcome) error {
	strengths, err := o.Summary("strengths")
	if err != nil {
		return err
	}
	improvements, err := o.Summary("improvements")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\t%s\t\n", name, strengths.Counts.Scored, strengths.Counts.Errored+strengths.Counts.Missing,
		experiment.Figure(strengths.Value()), experiment.Bounds(strengths.Interval), experiment.Figure(improvements.Value()), experiment.Bounds(improvements.Interval))
	return err
}

// truthRow prints what a choice that looks at the truth itself would reach.
func (x *lab) truthRow(w io.Writer, name string, f1 func(s side) stats.Estimate) {
	fmt.Fprintf(w, "%s\t%d\t", name, len(x.corpus.feedback))
	for _, s := range sides() {
		fmt.Fprintf(w, "\t%s\t", experiment.Figure(f1(s)))
	}
	fmt.Fprintln(w)
}

// sets are the criteria that the expert raised on each first draft, in the order of drafts, beside what choose would have named.
func (x *lab) sets(s side, choose func() []string) []agreement.LabelSets[string] {
	var sets []agreement.LabelSets[string]
	for _, sub := range x.corpus.submissions {
		if f, ok := x.corpus.feedback[sub.ID]; ok {
			sets = append(sets, agreement.LabelSets[string]{Truth: writing.Criteria(s.points(f)), Predicted: choose()})
		}
	}
	return sets
}

// chanceF1 is the expectation of drawing the right number of criteria.
func (x *lab) chanceF1(s side) stats.Estimate {
	f1, err := agreement.ChanceSetF1(x.sets(s, func() []string { return nil }), len(x.corpus.rubric.Criteria))
	if err != nil {
		return stats.Undefined(err.Error())
	}
	return f1
}

// habitF1 always names the three criteria that the expert raises most often over all drafts, the one at hand included.
func (x *lab) habitF1(s side) stats.Estimate {
	counts := map[string]int{}
	for _, f := range x.corpus.feedback {
		for _, c := range writing.Criteria(s.points(f)) {
			counts[c]++
		}
	}
	criteria := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	return agreement.SetF1(x.sets(s, func() []string { return criteria[:min(3, len(criteria))] })).F1
}

// scoreF1 names as many criteria as the expert did, those that the raters together scored highest (or lowest). Criteria that tie for the last
// place are drawn, so it is an expectation. As many are named as are true, and precision, recall and F1 are one number.
func (x *lab) scoreF1(s side) stats.Estimate {
	var hits, raised float64
	for _, sub := range x.corpus.submissions {
		truth := writing.Criteria(s.points(x.corpus.feedback[sub.ID]))
		raised += float64(len(truth))
		for _, c := range truth {
			hits += x.chosen(s, sub.ID, c, len(truth))
		}
	}
	return stats.Of(hits / raised)
}

// chosen is the probability that a criterion is among the n highest (or lowest) of a draft.
func (x *lab) chosen(s side, draft, criterion string, n int) float64 {
	sum := func(criterion string) float64 {
		total := 0.0
		for _, given := range x.corpus.scores[draft] {
			total += given[criterion]
		}
		if s.best {
			return -total
		}
		return total
	}
	before, tied := 0, 0
	for _, c := range x.corpus.rubric.Criteria {
		switch cmp.Compare(sum(c.ID), sum(criterion)) {
		case -1:
			before++
		case 0:
			tied++
		}
	}
	return min(max(float64(n-before)/float64(tied), 0), 1)
}
