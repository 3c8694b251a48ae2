package task

import "github.com/gloss-sdk/gloss/task/userdata"

// Total is a weighted sum of scores, and what it can be.
type Total struct {
	Value float64 `json:"value"`
	Min   float64 `json:"min"`
	Max   float64 `json:"max"`
}

// total is the weighted sum of the criteria. It is never asked of a model: adding up is no judgment.
func total(scores []userdata.Score, criteria []userdata.CriterionScale) *Total {
	t := Total{}
	for _, c := range criteria {
		for _, s := range scores {
			if s.Criterion == c.ID {
				t.Value += c.Weight * s.Value
			}
		}
		t.Min, t.Max = t.Min+c.Weight*c.Scale.Min, t.Max+c.Weight*c.Scale.Max
	}
	return &t
}
