package userdata

// Assignment is what students were asked to write.
type Assignment struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
	// Prompt is the task text that students saw.
	Prompt     string `json:"prompt,omitempty"`
	Genre      Genre  `json:"genre,omitempty"`
	GradeLevel string `json:"grade_level,omitempty"`
	Subject    string `json:"subject,omitempty"`
	// Language is a BCP 47 tag.
	Language string `json:"language,omitempty"`
	// Rubric is the ID of the rubric that the assignment is graded by; empty when there is none.
	Rubric string `json:"rubric,omitempty"`
	// Documents are the IDs of the class documents that students were given with the assignment. They are checked; which documents a task may
	// show is said by each [Document] itself.
	Documents []string `json:"documents,omitempty"`
	// ReferenceAnswers are model answers to a short-answer question.
	ReferenceAnswers []string `json:"reference_answers,omitempty"`
	// Scale is the scale of the holistic score; undeclared when the assignment has none.
	Scale Scale `json:"scale,omitzero"`
}

// Genre is the kind of writing that an assignment asks for.
type Genre string

// The genres.
const (
	Argumentative Genre = "argumentative"
	Narrative     Genre = "narrative"
	Informative   Genre = "informative"
	SourceBased   Genre = "source_based"
	ShortAnswer   Genre = "short_answer"
)

// Rubric is a set of criteria that an assignment is graded by.
type Rubric struct {
	ID       string      `json:"id"`
	Name     string      `json:"name,omitempty"`
	Criteria []Criterion `json:"criteria"`
}

// Criterion is one quality that a rubric names.
type Criterion struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	// Description says what the criterion looks at.
	Description string `json:"description,omitempty"`
	// Weight is the criterion's share in a weighted total; 0 means 1.
	Weight float64 `json:"weight,omitempty"`
	Scale  Scale   `json:"scale"`
	// Levels describe scores, lowest first; not every score needs one.
	Levels []Level `json:"levels,omitempty"`
}

// Level describes one score of a criterion.
type Level struct {
	Score      float64 `json:"score"`
	Label      string  `json:"label,omitempty"`
	Descriptor string  `json:"descriptor,omitempty"`
}

// Document is a text that the class was given: a reading, notes, instructions.
type Document struct {
	ID    string       `json:"id"`
	Title string       `json:"title,omitempty"`
	Kind  DocumentKind `json:"kind,omitempty"`
	// Assignment is the ID of the assignment that the document belongs to; empty for the whole class.
	Assignment string `json:"assignment,omitempty"`
	Text       string `json:"text"`
}

// DocumentKind is what a document is for.
type DocumentKind string

// The kinds of documents.
const (
	Reading      DocumentKind = "reading"
	LectureNotes DocumentKind = "lecture_notes"
	Instructions DocumentKind = "instructions"
	ModelAnswer  DocumentKind = "model_answer"
)

// Student is who wrote a submission. Attributes describe groups for an evaluation and are never shown to a model.
type Student struct {
	// ID is a pseudonym.
	ID         string            `json:"id"`
	GradeLevel string            `json:"grade_level,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
}
