// Package baseline holds predictors without a language model: what a task must beat to be worth its price.
package baseline

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// MostFrequentCriteria returns the predictor that raises, for every submission alike, the n strengths and the n areas to improve that past
// feedback raises most often, ties in alphabetical order. It learns the teacher's habit and reads nothing of the submission.
func MostFrequentCriteria(r task.Resources, n int) pipeline.Asset[task.Stage] {
	m := pipeline.Meta{Name: "most_frequent_criteria", Version: 1}
	return pipeline.Derive(m, n, func(needs *pipeline.Needs, n int) func(context.Context) (task.Stage, error) {
		past := pipeline.Need(needs, r.Past())
		return func(context.Context) (task.Stage, error) {
			if n < 1 {
				return nil, fmt.Errorf("%d most frequent criteria; want 1 or more", n)
			}
			f := userdata.Feedback{Author: m.Name}
			f.Strengths = mostFrequent(past(), n, func(f userdata.Feedback) []userdata.Point { return f.Strengths })
			f.Improvements = mostFrequent(past(), n, func(f userdata.Feedback) []userdata.Point { return f.Improvements })
			return pipeline.Fn(func(_ context.Context, s userdata.Submission) (task.Prediction, error) {
				own := f
				own.Submission = s.ID
				return task.Prediction{Feedback: own, Provenance: task.Provenance{Task: m.Name}}, nil
			}), nil
		}
	})
}

// mostFrequent counts in how many pieces of feedback a criterion is raised.
func mostFrequent(past []userdata.Exemplar, n int, points func(userdata.Feedback) []userdata.Point) []userdata.Point {
	counts := map[string]int{}
	for _, e := range past {
		raised := map[string]bool{}
		for _, p := range points(e.Feedback) {
			if p.Criterion != "" && !raised[p.Criterion] {
				raised[p.Criterion] = true
				counts[p.Criterion]++
			}
		}
	}
	criteria := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	var out []userdata.Point
	for _, c := range criteria[:min(n, len(criteria))] {
		out = append(out, userdata.Point{Criterion: c})
	}
	return out
}
