package task

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/prompt"
	"github.com/gloss-sdk/gloss/task/userdata"
)

//go:embed instructions/*.txt
var instructionFiles embed.FS

// kind is what sets one kind of task apart: its reply, and how past feedback shows such a reply.
type kind interface {
	// shape describes the reply for an assignment.
	shape(holistic userdata.Scale, criteria []userdata.CriterionScale) (prompt.Shape, error)
	// usable reports whether an exemplar has what the reply asks for.
	usable(e userdata.Exemplar, criteria []userdata.CriterionScale) bool
	// order is the score by which exemplars are put in order.
	order(e userdata.Exemplar) float64
	// example is the reply that a teacher's feedback amounts to.
	example(f userdata.Feedback, criteria []userdata.CriterionScale) any
	// read turns a reply into feedback.
	read(s *prompt.Schema, resp llm.Response, criteria []userdata.CriterionScale) (userdata.Feedback, error)
}

func kinds() map[Kind]kind {
	return map[Kind]kind{
		KindEssayScore:    essayScore{},
		KindRubricScore:   rubricScore{},
		KindDraftFeedback: draftFeedback{},
	}
}

func instructions(k Kind) (string, error) {
	text, err := instructionFiles.ReadFile("instructions/" + string(k) + ".txt")
	if err != nil {
		return "", fmt.Errorf("instructions: %w", err)
	}
	return string(text[:len(text)-1]), nil
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

func scoreShape(s prompt.Shape, path []string, scale userdata.Scale) prompt.Shape {
	step := scale.Step
	if step == 0 {
		step = 1
	}
	return s.With(path, prompt.Within(scale.Min, scale.Max, step))
}

// essayScore is one score for the whole text.
type essayScore struct{}

type essayReply struct {
	Rationale string  `json:"rationale" jsonschema:"description=one or two sentences that name what decided the score"`
	Score     float64 `json:"score"`
}

func (essayScore) shape(holistic userdata.Scale, _ []userdata.CriterionScale) (prompt.Shape, error) {
	if !holistic.Declared() {
		return prompt.Shape{}, fmt.Errorf("the assignment declares no scale for its holistic score")
	}
	return scoreShape(prompt.ShapeOf[essayReply](), []string{"score"}, holistic), nil
}

func (essayScore) usable(e userdata.Exemplar, _ []userdata.CriterionScale) bool {
	_, ok := e.Feedback.Score("")
	return ok
}

func (essayScore) order(e userdata.Exemplar) float64 { return meanScore(e) }

func (essayScore) example(f userdata.Feedback, _ []userdata.CriterionScale) any {
	s, _ := f.Score("")
	rationale := s.Rationale
	if rationale == "" {
		rationale = f.Summary
	}
	return essayReply{rationale, s.Value}
}

func (essayScore) read(s *prompt.Schema, resp llm.Response, _ []userdata.CriterionScale) (userdata.Feedback, error) {
	reply, err := prompt.Parse[essayReply](s, resp)
	if err != nil {
		return userdata.Feedback{}, err //nolint:wrapcheck // the stage names itself
	}
	return userdata.Feedback{Scores: []userdata.Score{{Value: reply.Score, Rationale: reply.Rationale}}}, nil
}

// rubricScore is a score for each criterion.
type rubricScore struct{}

type criterionReply struct {
	Quotes    []string `json:"quotes" jsonschema:"description=passages copied word for word from the submission"`
	Rationale string   `json:"rationale" jsonschema:"description=one sentence"`
	Score     float64  `json:"score"`
}

func (rubricScore) shape(_ userdata.Scale, criteria []userdata.CriterionScale) (prompt.Shape, error) {
	if len(criteria) == 0 {
		return prompt.Shape{}, fmt.Errorf("the assignment has no rubric with criteria")
	}
	one := prompt.ShapeOf[criterionReply]()
	var fields []prompt.Field
	for _, c := range criteria {
		fields = append(fields, prompt.Field{Name: c.ID, Shape: scoreShape(one, []string{"score"}, c.Scale)})
	}
	return prompt.Object(fields...), nil
}

func (rubricScore) usable(e userdata.Exemplar, criteria []userdata.CriterionScale) bool {
	for _, c := range criteria {
		if _, ok := e.Feedback.Score(c.ID); !ok {
			return false
		}
	}
	return len(criteria) > 0
}

func (rubricScore) order(e userdata.Exemplar) float64 { return criteriaMean(e) }

// ordered is a JSON object whose fields keep the order of the rubric, as in the schema: a map would sort them.
type ordered []namedReply

type namedReply struct {
	name  string
	reply criterionReply
}

// MarshalJSON writes the fields in order.
func (o ordered) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, f := range o {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := compactJSON(f.name)
		if err != nil {
			return nil, err
		}
		value, err := compactJSON(f.reply)
		if err != nil {
			return nil, err
		}
		out = slices.Concat(out, name, []byte{':'}, value)
	}
	return append(out, '}'), nil
}

func (rubricScore) example(f userdata.Feedback, criteria []userdata.CriterionScale) any {
	var out ordered
	for _, c := range criteria {
		s, _ := f.Score(c.ID)
		out = append(out, namedReply{c.ID, criterionReply{quotesOf(s.Evidence), s.Rationale, s.Value}})
	}
	return out
}

func (rubricScore) read(s *prompt.Schema, resp llm.Response, criteria []userdata.CriterionScale) (userdata.Feedback, error) {
	reply, err := prompt.Parse[map[string]criterionReply](s, resp)
	if err != nil {
		return userdata.Feedback{}, err //nolint:wrapcheck // the stage names itself
	}
	var f userdata.Feedback
	for _, c := range criteria {
		r := reply[c.ID]
		f.Scores = append(f.Scores, userdata.Score{
			Criterion: c.ID, Value: r.Score, Rationale: r.Rationale, Evidence: spansOf(r.Quotes),
		})
	}
	return f, nil
}

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

func (draftFeedback) shape(_ userdata.Scale, criteria []userdata.CriterionScale) (prompt.Shape, error) {
	var names, commentKinds []string
	for _, c := range criteria {
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

func (draftFeedback) example(f userdata.Feedback, criteria []userdata.CriterionScale) any {
	return feedbackReply{
		Strengths: points(f.Strengths), Improvements: points(f.Improvements),
		NextSteps: append([]string{}, f.NextSteps...), Comments: shownComments(f, criteria),
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

func (draftFeedback) read(s *prompt.Schema, resp llm.Response, _ []userdata.CriterionScale) (userdata.Feedback, error) {
	reply, err := prompt.Parse[feedbackReply](s, resp)
	if err != nil {
		return userdata.Feedback{}, err //nolint:wrapcheck // the stage names itself
	}
	f := userdata.Feedback{NextSteps: reply.NextSteps}
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

// exampleReply is an exemplar's reply as the model would have written it.
func exampleReply(k kind, f userdata.Feedback, criteria []userdata.CriterionScale) (string, error) {
	raw, err := compactJSON(k.example(f, criteria))
	if err != nil {
		return "", fmt.Errorf("exemplar %s: %w", f.Submission, err)
	}
	return string(raw), nil
}

var _ json.Marshaler = ordered(nil)
