package task

import (
	"slices"

	"github.com/gloss-sdk/gloss/prompt"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// draftFeedback is what a teacher writes on a draft.
type draftFeedback struct{}

type pointReply struct {
	Criterion string `json:"criterion"`
	Text      string `json:"text"`
}

type commentReply struct {
	Quote     string `json:"quote" jsonschema:"description=the passage that the comment is about\\, copied word for word"`
	Kind      string `json:"kind"`
	Criterion string `json:"criterion"`
	Text      string `json:"text"`
}

type feedbackReply struct {
	Strengths    []pointReply   `json:"strengths"`
	Improvements []pointReply   `json:"improvements"`
	NextSteps    []string       `json:"next_steps"`
	Comments     []commentReply `json:"comments"`
}

func (draftFeedback) shape(f form) (prompt.Shape, error) {
	var names, commentKinds []string
	for _, c := range f.criteria {
		names = append(names, c.ID)
	}
	for _, k := range userdata.CommentKinds() {
		commentKinds = append(commentKinds, string(k))
	}
	return prompt.ShapeOf[feedbackReply]().
		With([]string{"strengths", "*", "criterion"}, prompt.OneOf(names...)).
		With([]string{"improvements", "*", "criterion"}, prompt.OneOf(names...)).
		With([]string{"comments", "*", "criterion"}, prompt.OneOf(names...)).
		With([]string{"comments", "*", "kind"}, prompt.OneOf(commentKinds...)), nil
}

func (draftFeedback) usable(e userdata.Exemplar, criteria []userdata.CriterionScale) bool {
	f := e.Feedback
	if len(f.Strengths)+len(f.Improvements)+len(f.NextSteps)+len(shownComments(f, criteria)) == 0 {
		return false
	}
	// With a rubric every point of the reply names a criterion, so an exemplar that leaves one open cannot be shown.
	for _, p := range slices.Concat(f.Strengths, f.Improvements) {
		if p.Criterion == "" && len(criteria) > 0 {
			return false
		}
	}
	return true
}

func (draftFeedback) order(e userdata.Exemplar) float64 { return meanScore(e) }

func (draftFeedback) example(fb userdata.Feedback, f form) any {
	return feedbackReply{
		Strengths: points(fb.Strengths), Improvements: points(fb.Improvements),
		NextSteps: append([]string{}, fb.NextSteps...), Comments: shownComments(fb, f.criteria),
	}
}

// shownComments are the comments that a reply could have: anchored and, with a rubric, tied to a criterion.
func shownComments(f userdata.Feedback, criteria []userdata.CriterionScale) []commentReply {
	out := []commentReply{}
	for _, c := range f.Comments {
		if c.Anchor != nil && (c.Criterion != "" || len(criteria) == 0) {
			out = append(out, commentReply{c.Anchor.Quote, string(c.Kind), c.Criterion, c.Text})
		}
	}
	return out
}

func points(ps []userdata.Point) []pointReply {
	out := []pointReply{}
	for _, p := range ps {
		out = append(out, pointReply(p))
	}
	return out
}

func (draftFeedback) read(s *prompt.Schema, r prompt.Reply, form form) (userdata.Feedback, error) {
	reply, err := decode[feedbackReply](s, r, form)
	if err != nil {
		return userdata.Feedback{}, err
	}
	f := userdata.Feedback{NextSteps: append([]string(nil), reply.NextSteps...)} // nil for none, as read from a record
	for _, p := range reply.Strengths {
		f.Strengths = append(f.Strengths, userdata.Point(p))
	}
	for _, p := range reply.Improvements {
		f.Improvements = append(f.Improvements, userdata.Point(p))
	}
	for _, c := range reply.Comments {
		comment := userdata.Comment{Kind: userdata.CommentKind(c.Kind), Criterion: c.Criterion, Text: c.Text}
		if c.Quote != "" {
			comment.Anchor = &userdata.Span{Quote: c.Quote}
		}
		f.Comments = append(f.Comments, comment)
	}
	return f, nil
}
