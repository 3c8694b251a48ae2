package writing

import (
	"slices"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// CriteriaF1 returns the metric that compares which criteria a prediction raises with which the teacher raised: micro-averaged F1 over the
// sets of criteria of all submissions. points picks the list that is compared, in the predicted feedback and in the true one alike:
// [Strengths], or [Improvements]. truth returns false for a submission on which the teacher wrote no feedback; the metric does not apply to
// it. Feedback that raises nothing is the empty set, on either side. The row of an item is that of [eval.SetF1].
//
// What a teacher raises is in large part the teacher's habit, so show it beside a predictor that always names the most frequent criteria
// (baseline.MostFrequentCriteria in task/baseline).
func CriteriaF1[I, T any](
	name string, points func(f userdata.Feedback) []userdata.Point, truth func(T) (userdata.Feedback, bool),
) eval.Metric[I, task.Prediction, T] {
	if points == nil || truth == nil {
		return eval.SetF1[I, task.Prediction, T](name, nil, nil)
	}
	return eval.SetF1[I](name,
		func(p task.Prediction) []string { return Criteria(points(p.Feedback)) },
		func(t T) ([]string, bool) {
			f, ok := truth(t)
			return Criteria(points(f)), ok
		})
}

// Strengths returns the strengths of f, to be compared by [CriteriaF1].
func Strengths(f userdata.Feedback) []userdata.Point { return f.Strengths }

// Improvements returns the areas to improve of f, to be compared by [CriteriaF1].
func Improvements(f userdata.Feedback) []userdata.Point { return f.Improvements }

// Criteria returns the set of criteria that points are tied to, sorted; nil when there is none. Points without a criterion count for nothing.
func Criteria(points []userdata.Point) []string {
	var out []string
	for _, p := range points {
		if p.Criterion != "" {
			out = append(out, p.Criterion)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
