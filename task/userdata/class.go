package userdata

import "context"

// Class is the known data of one class: a teacher's assignments, documents, students, and past work with its feedback. It holds
// sources, not values: each method reads what it returns, and nothing else.
//
// The methods of a Class return [Problems] when data is malformed: every problem of everything they read. Any other error is a
// file that could not be read, or the end of ctx. A Class is immutable and safe for concurrent use if its sources are.
type Class struct {
	// ID and Teacher name the class and its teacher; both may be empty.
	ID, Teacher string
	// Name is what people call the class, and Language the language it is taught in, a BCP 47 tag; both may be empty.
	Name, Language string
	sources        Sources
}

// NewClass assembles a class from one source per data type.
func NewClass(id, teacher string, s Sources) *Class {
	return &Class{ID: id, Teacher: teacher, sources: s}
}

// Assignments reads the assignments.
func (c *Class) Assignments(ctx context.Context) ([]Assignment, error) {
	return values(ctx, c.sources.Assignments, assignmentID, checkAssignment)
}

// Rubrics reads the rubrics.
func (c *Class) Rubrics(ctx context.Context) ([]Rubric, error) {
	return values(ctx, c.sources.Rubrics, rubricID, checkRubric)
}

// Documents reads the class documents.
func (c *Class) Documents(ctx context.Context) ([]Document, error) {
	return values(ctx, c.sources.Documents, documentID, checkDocument)
}

// Students reads the students.
func (c *Class) Students(ctx context.Context) ([]Student, error) {
	return values(ctx, c.sources.Students, studentID, nil)
}

// Submissions reads all submissions, graded or not, each with its earlier drafts in PriorDraft and its target located. A text may be
// empty here; [Class.Past] and [Class.Check] refuse that.
func (c *Class) Submissions(ctx context.Context) ([]Submission, error) {
	var r report
	d, err := read(ctx, c.sources.Submissions, submissionID, &r)
	if err != nil {
		return nil, err
	}
	submissions := linkDrafts(d, &r)
	if err := r.err(); err != nil {
		return nil, err
	}
	return submissions, nil
}

// Scales are the declared scales of a class, without any text that a rubric or an assignment shows.
type Scales struct {
	// Rubrics maps every assignment to the ID of its rubric, empty if it has none.
	Rubrics map[string]string `json:"rubrics"`
	// Holistic maps an assignment to the scale of its holistic score, if it has one.
	Holistic map[string]Scale `json:"holistic"`
	// Criteria maps an assignment to its criteria, in the rubric's order, if it has a rubric.
	Criteria map[string][]CriterionScale `json:"criteria"`
}

// CriterionScale is a criterion's scale, with its weight in a total.
type CriterionScale struct {
	ID     string  `json:"id"`
	Scale  Scale   `json:"scale"`
	Weight float64 `json:"weight"`
}

// Scales reads the scales of assignments and rubrics. A weight that a rubric leaves out is 1.
func (c *Class) Scales(ctx context.Context) (Scales, error) {
	var r report
	a, err := read(ctx, c.sources.Assignments, assignmentID, &r)
	if err != nil {
		return Scales{}, err
	}
	b, err := read(ctx, c.sources.Rubrics, rubricID, &r)
	if err != nil {
		return Scales{}, err
	}
	s := scalesOf(a, b, &r)
	if err := r.err(); err != nil {
		return Scales{}, err
	}
	return s, nil
}

// scalesOf joins assignments with their rubrics, and checks both.
func scalesOf(assignments dataset[Assignment], rubrics dataset[Rubric], r *report) Scales {
	s := Scales{Rubrics: map[string]string{}, Holistic: map[string]Scale{}, Criteria: map[string][]CriterionScale{}}
	rubrics.check(checkRubric, r)
	assignments.check(checkAssignment, r)
	for _, a := range assignments.records {
		s.Rubrics[a.Value.ID] = a.Value.Rubric
		if a.Value.Scale.Declared() {
			s.Holistic[a.Value.ID] = a.Value.Scale
		}
		if a.Value.Rubric == "" {
			continue
		}
		rubric, ok := rubrics.find(a.Value.Rubric)
		if !ok {
			if rubrics.complete {
				r.add(a.at("rubric"), "rubric", a.Value.Rubric, among("a rubric of the class", rubrics.ids))
			}
			continue
		}
		criteria := make([]CriterionScale, len(rubric.Criteria))
		for i, c := range rubric.Criteria {
			criteria[i] = CriterionScale{ID: c.ID, Scale: c.Scale, Weight: c.Weight}
			if c.Weight == 0 {
				criteria[i].Weight = 1
			}
		}
		s.Criteria[a.Value.ID] = criteria
	}
	return s
}
