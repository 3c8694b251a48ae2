package task

import (
	"github.com/gloss-sdk/gloss/prompt"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// Kind is what a task predicts.
type Kind string

// The kinds of tasks.
const (
	KindEssayScore    Kind = "essay_score"
	KindRubricScore   Kind = "rubric_score"
	KindDraftFeedback Kind = "draft_feedback"
)

// Kinds lists the kinds of tasks.
func Kinds() []Kind { return []Kind{KindEssayScore, KindRubricScore, KindDraftFeedback} }

// kind is what sets one kind of task apart: its reply, and how past feedback shows such a reply.
type kind interface {
	// shape describes the reply.
	shape(f form) (prompt.Shape, error)
	// usable reports whether an exemplar has what the reply asks for.
	usable(e userdata.Exemplar, criteria []userdata.CriterionScale) bool
	// order is the score by which exemplars are put in order.
	order(e userdata.Exemplar) float64
	// example is the reply that a teacher's feedback amounts to.
	example(fb userdata.Feedback, f form) any
	// read turns a reply into feedback.
	read(s *prompt.Schema, r prompt.Reply, f form) (userdata.Feedback, error)
}

func kinds() map[Kind]kind {
	return map[Kind]kind{
		KindEssayScore:    essayScore{},
		KindRubricScore:   rubricScore{},
		KindDraftFeedback: draftFeedback{},
	}
}

// meanScore orders exemplars by the holistic score if there is one, else by the mean of the criteria, else not at all.
func meanScore(e userdata.Exemplar) float64 {
	if s, ok := e.Feedback.Score(""); ok {
		return s.Value
	}
	return criteriaMean(e)
}

func criteriaMean(e userdata.Exemplar) float64 {
	sum, n := 0.0, 0.0
	for _, s := range e.Feedback.Scores {
		if s.Criterion != "" {
			sum, n = sum+s.Value, n+1
		}
	}
	if n == 0 {
		return 0
	}
	return sum / n
}

// quotesOf returns the quotations of spans.
func quotesOf(spans []userdata.Span) []string {
	quotes := []string{}
	for _, s := range spans {
		quotes = append(quotes, s.Quote)
	}
	return quotes
}

func spansOf(quotes []string) []userdata.Span {
	var spans []userdata.Span
	for _, q := range quotes {
		spans = append(spans, userdata.Span{Quote: q})
	}
	return spans
}
