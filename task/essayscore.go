package task

import (
	"errors"

	"github.com/gloss-sdk/gloss/prompt"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// essayScore is one score for the whole text.
type essayScore struct{}

func (essayScore) shape(f form) (prompt.Shape, error) {
	if !f.holistic.Declared() {
		return prompt.Shape{}, errors.New("the assignment declares no scale for its holistic score")
	}
	return f.scored(f.holistic), nil
}

func (essayScore) usable(e userdata.Exemplar, _ []userdata.CriterionScale) bool {
	_, ok := e.Feedback.Score("")
	return ok
}

func (essayScore) order(e userdata.Exemplar) float64 { return meanScore(e) }

func (essayScore) example(fb userdata.Feedback, f form) any {
	s, _ := fb.Score("")
	if s.Rationale == "" {
		s.Rationale = fb.Summary
	}
	return f.scoredExample(s)
}

func (essayScore) read(s *prompt.Schema, r prompt.Reply, f form) (userdata.Feedback, error) {
	reply, err := decode[quotedReply](s, r, f) // without evidence the schema has no quotes
	if err != nil {
		return userdata.Feedback{}, err
	}
	return userdata.Feedback{Scores: []userdata.Score{reply.score("")}}, nil
}
