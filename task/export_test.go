package task

import "github.com/gloss-sdk/gloss/task/userdata"

// ReduceScore exposes the reduction of samples.
func ReduceScore(values []float64, how Reduction, scale userdata.Scale) (score float64, agreeing int) {
	return reduceScore(values, how, scale)
}

// Placed exposes the placing by comparisons: the scores of anchors and the outcomes against them.
func Placed(scale userdata.Scale, anchors, outcomes []float64) float64 {
	var cs []comparison
	for i, a := range anchors {
		cs = append(cs, comparison{a, outcomes[i]})
	}
	return placed(scale, cs)
}
