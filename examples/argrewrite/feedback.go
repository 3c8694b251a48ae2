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
	x.truthRow(t, "the same, counted with the held-out writer", x.byHabit)
	x.truthRow(t, "highest / lowest by mean rater score, right number", x.byScore)
	x.truthRow(t, "random choice of the right number", nil)
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

// truthRow prints what a choice that looks at the truth itself would reach; without a choice, the expectation of a random one.
func (x *lab) truthRow(w io.Writer, name string, choose func(s side, draft string, n int) []string) {
	fmt.Fprintf(w, "%s\t%d\t", name, len(x.corpus.feedback))
	for _, s := range sides() {
		var sets []agreement.LabelSets[string]
		for _, sub := range x.corpus.submissions {
			f, ok := x.corpus.feedback[sub.ID]
			if !ok {
				continue
			}
			set := agreement.LabelSets[string]{Truth: writing.Criteria(s.points(f))}
			if choose != nil {
				set.Predicted = choose(s, sub.ID, len(set.Truth))
			}
			sets = append(sets, set)
		}
		var f1 stats.Estimate
		if choose != nil {
			f1 = agreement.SetF1(sets).F1
		} else if chance, err := agreement.ChanceSetF1(sets, len(x.corpus.rubric.Criteria)); err == nil {
			f1 = chance
		}
		fmt.Fprintf(w, "\t%s\t", experiment.Figure(f1))
	}
	fmt.Fprintln(w)
}

// byHabit names the three criteria that the expert raises most often over all drafts, the one at hand included.
func (x *lab) byHabit(s side, _ string, _ int) []string {
	counts := map[string]int{}
	for _, f := range x.corpus.feedback {
		for _, c := range writing.Criteria(s.points(f)) {
			counts[c]++
		}
	}
	criteria := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	return criteria[:min(3, len(criteria))]
}

// byScore names the n criteria that the raters scored highest (or lowest), ties in the rubric's order.
func (x *lab) byScore(s side, draft string, n int) []string {
	criteria := slices.Clone(x.corpus.rubric.Criteria)
	mean := func(c userdata.Criterion) float64 {
		sum := 0.0
		for _, given := range x.corpus.scores[draft] {
			sum += given[c.ID]
		}
		return sum
	}
	slices.SortStableFunc(criteria, func(a, b userdata.Criterion) int {
		if s.best {
			return cmp.Compare(mean(b), mean(a))
		}
		return cmp.Compare(mean(a), mean(b))
	})
	var out []string
	for _, c := range criteria[:n] {
		out = append(out, c.ID)
	}
	return out
}
