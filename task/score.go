package task

import (
	"github.com/gloss-sdk/gloss/prompt"
	"github.com/gloss-sdk/gloss/task/userdata"
)

func scoreShape(s prompt.Shape, scale userdata.Scale) prompt.Shape {
	step := scale.Step
	if step == 0 {
		step = 1
	}
	return s.With([]string{"score"}, prompt.Within(scale.Min, scale.Max, step))
}

// scoreReply is a score, behind what it rests on.
type scoreReply struct {
	Rationale string  `json:"rationale" jsonschema:"description=what decided the score"`
	Score     float64 `json:"score"`
}

// quotedReply is a score with evidence, which comes first.
type quotedReply struct {
	Quotes    []string `json:"quotes" jsonschema:"description=passages copied word for word from the submission"`
	Rationale string   `json:"rationale" jsonschema:"description=what decided the score"`
	Score     float64  `json:"score"`
}

func (f form) scored(scale userdata.Scale) prompt.Shape {
	if f.evidence {
		return scoreShape(prompt.ShapeOf[quotedReply](), scale)
	}
	return scoreShape(prompt.ShapeOf[scoreReply](), scale)
}

func (f form) scoredExample(s userdata.Score) any {
	if f.evidence {
		return quotedReply{quotesOf(s.Evidence), s.Rationale, s.Value}
	}
	return scoreReply{s.Rationale, s.Value}
}

func (r quotedReply) score(criterion string) userdata.Score {
	return userdata.Score{Criterion: criterion, Value: r.Score, Rationale: r.Rationale, Evidence: spansOf(r.Quotes)}
}
