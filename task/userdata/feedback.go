package userdata

// Score is one rating of one submission.
type Score struct {
	// Criterion is the ID of the criterion; empty for the holistic score.
	Criterion string  `json:"criterion,omitempty"`
	Value     float64 `json:"value"`
	// Rater is who gave the score; empty for the feedback's author.
	Rater     string `json:"rater,omitempty"`
	Rationale string `json:"rationale,omitempty"`
	// Evidence are passages of the submission that the score rests on.
	Evidence []Span `json:"evidence,omitempty"`
}

// Point is one thing that feedback raises: a strength or something to improve. Criterion is the ID of the criterion it belongs to; empty
// when it belongs to none.
type Point struct {
	Criterion string `json:"criterion,omitempty"`
	Text      string `json:"text"`
}

// Comment is a remark in the margin.
type Comment struct {
	Kind      CommentKind `json:"kind"`
	Criterion string      `json:"criterion,omitempty"`
	// Anchor is the passage that the comment is about; nil for the text as a whole.
	Anchor *Span  `json:"anchor,omitempty"`
	Text   string `json:"text"`
}

// CommentKind is what a comment does.
type CommentKind string

// The kinds of comments.
const (
	Praise     CommentKind = "praise"
	Issue      CommentKind = "issue"
	Question   CommentKind = "question"
	Suggestion CommentKind = "suggestion"
)

// CommentKinds lists the kinds of comments.
func CommentKinds() []CommentKind { return []CommentKind{Praise, Issue, Question, Suggestion} }

// Feedback is what a teacher, or a task, hands back on one submission.
type Feedback struct {
	ID string `json:"id,omitempty"`
	// Submission is the ID of the submission.
	Submission string `json:"submission"`
	// Author is the teacher who wrote it, or the task that predicted it.
	Author       string    `json:"author,omitempty"`
	Scores       []Score   `json:"scores,omitempty"`
	Summary      string    `json:"summary,omitempty"`
	Strengths    []Point   `json:"strengths,omitempty"`
	Improvements []Point   `json:"improvements,omitempty"`
	NextSteps    []string  `json:"next_steps,omitempty"`
	Comments     []Comment `json:"comments,omitempty"`
}

// Score returns the score of a criterion ("" is the holistic score). If several raters scored it, the first one in the list counts.
func (f Feedback) Score(criterion string) (Score, bool) {
	for _, s := range f.Scores {
		if s.Criterion == criterion {
			return s, true
		}
	}
	return Score{}, false
}

// Exemplar is a submission with the feedback that a teacher gave on it: the unit of a teacher's past feedback.
type Exemplar struct {
	Submission Submission `json:"submission"`
	Feedback   Feedback   `json:"feedback"`
}
