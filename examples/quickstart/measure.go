package main

import (
	"context"
	"sync"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/stats"
	"github.com/gloss-sdk/gloss/eval/writing"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/baseline"
	"github.com/gloss-sdk/gloss/task/userdata"
)

type metric = eval.Metric[userdata.Submission, task.Prediction, truth]

// predicted reads one score of a prediction.
func predicted(criterion string) func(task.Prediction) (float64, bool) {
	return func(p task.Prediction) (float64, bool) {
		s, ok := p.Feedback.Score(criterion)
		return s.Value, ok
	}
}

// agreementWithTeacher is QWK against the teacher, beside what the second rater reaches.
func agreementWithTeacher(name, criterion string, scale agreement.Scale) []metric {
	return []metric{
		eval.QWK[userdata.Submission](name, scale, predicted(criterion), byTeacher(criterion)).WithReference("raters " + name),
		eval.Ceiling[userdata.Submission, task.Prediction]("raters "+name, eval.KindQWK, scale, byTeacher(criterion), bySecond(criterion)),
	}
}

func raised(t truth) (userdata.Feedback, bool) { return t.Teacher, true }

// metrics are what a kind of task is measured by.
func metrics(kind task.Kind) []metric {
	holistic, criterion := agreement.Scale{Min: 1, Max: 6, Step: 1}, agreement.Scale{Min: 1, Max: 4, Step: 1}
	switch kind {
	case task.KindEssayScore:
		return append(agreementWithTeacher("QWK", "", holistic),
			eval.AdjacentAgreement[userdata.Submission]("within one point", holistic, predicted(""), byTeacher("")),
			eval.MAE[userdata.Submission]("mean absolute error", holistic, predicted(""), byTeacher("")))
	case task.KindRubricScore:
		var ms []metric
		for _, c := range []string{"thesis", "evidence", "counterargument", "organization", "conventions"} {
			ms = append(ms, agreementWithTeacher("QWK "+c, c, criterion)...)
		}
		return ms
	default:
		return []metric{
			writing.CriteriaF1[userdata.Submission]("strengths F1", writing.Strengths, raised),
			writing.CriteriaF1[userdata.Submission]("improvements F1", writing.Improvements, raised),
			writing.QuoteFaithfulness[truth]("quotes found in the essay"),
		}
	}
}

// measure evaluates one task, and for feedback also the baseline that raises what the teacher raises most.
func (s *summary) measure(ctx context.Context, r *pipeline.Run, res task.Resources, t *task.Task, h *holdout) error {
	kind := t.Spec().Task
	outcome, err := eval.Run(ctx, r, t, h, metrics(kind), eval.WithSeed(seed))
	if err != nil {
		return err
	}
	references := map[string]stats.Estimate{}
	label := "second rater"
	if hasBaseline(t) {
		label = "teacher's habit"
		habit, err := eval.Run(ctx, r, baseline.MostFrequentCriteria(res, 2), h, metrics(kind)[:2], eval.WithSeed(seed))
		if err != nil {
			return err
		}
		for _, b := range habit.Summaries() {
			references[b.Metric.Name] = b.Value()
		}
	}
	for _, m := range outcome.Summaries() {
		if m.Metric.TruthOnly {
			continue
		}
		row := newRow(t.Name(), m)
		if ref, ok := references[m.Metric.Name]; ok {
			row.Reference = ref
		}
		if row.Reference.Defined() {
			row.ReferenceIs = label
		}
		s.Metrics = append(s.Metrics, row)
	}
	for _, item := range outcome.Items {
		if item.Error != "" {
			s.Failed++
		}
	}
	return nil
}

// hasBaseline reports whether a task is measured beside one: which points a teacher raises is in large part habit.
func hasBaseline(t *task.Task) bool { return t.Spec().Task == task.KindDraftFeedback }

// keeper keeps predictions as they come, to show one in full.
type keeper struct {
	mu          sync.Mutex
	predictions map[string][]task.Prediction
}

func newKeeper() *keeper { return &keeper{predictions: map[string][]task.Prediction{}} }

// Observe keeps the prediction of a finished item.
func (k *keeper) Observe(_ context.Context, e pipeline.Event) {
	p, ok := e.Out.(task.Prediction)
	if e.Kind != pipeline.KindItem || !ok {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.predictions[e.Item] = append(k.predictions[e.Item], p)
}
