package userdata

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Past reads the graded work: an exemplar for each feedback, in the order of the submissions, and of the feedback where
// several authors gave theirs on one submission. Every passage that feedback or a submission quotes is located.
//
// Submissions, their drafts and the feedback are checked, and so is every score against its scale if the class has assignments.
func (c *Class) Past(ctx context.Context) ([]Exemplar, error) {
	var r report
	g, err := c.graded(ctx, &r)
	if err != nil {
		return nil, err
	}
	exemplars := g.exemplars(&r)
	if err := r.err(); err != nil {
		return nil, err
	}
	return exemplars, nil
}

// graded is what past feedback is made of and checked against.
type graded struct {
	assignments dataset[Assignment]
	rubrics     dataset[Rubric]
	submissions dataset[Submission]
	feedback    dataset[Feedback]
}

func (c *Class) graded(ctx context.Context, r *report) (g graded, err error) {
	if g.assignments, err = read(ctx, c.sources.Assignments, assignmentID, r); err != nil {
		return g, err
	}
	if g.rubrics, err = read(ctx, c.sources.Rubrics, rubricID, r); err != nil {
		return g, err
	}
	if g.submissions, err = read(ctx, c.sources.Submissions, submissionID, r); err != nil {
		return g, err
	}
	g.feedback, err = read(ctx, c.sources.Feedback, nil, r)
	return g, err
}

// exemplars joins the feedback with its submissions, and notes what is wrong with either.
func (g graded) exemplars(r *report) []Exemplar {
	scales := scalesOf(g.assignments, g.rubrics, r)
	submissions := linkDrafts(g.submissions, r)
	given := make([][]Feedback, len(submissions))
	count := 0
	for _, f := range g.feedback.records {
		i, ok := g.submissions.index[f.Value.Submission]
		if !ok {
			g.noSubmission(f, r)
			continue
		}
		if slices.ContainsFunc(given[i], func(other Feedback) bool { return other.Author == f.Value.Author }) {
			r.add(f.at("submission"), "submission", f.Value.Submission, "one feedback by each author on a submission")
		}
		checkText(g.submissions.records[i], r)
		check := feedbackCheck{Record: f, submission: submissions[i], report: r}
		if g.checkAssigned(g.submissions.records[i], r) && g.rubrics.complete {
			check.scales = &scales
		}
		given[i] = append(given[i], check.located())
		count++
	}
	out := make([]Exemplar, 0, count)
	for i, s := range submissions {
		for _, f := range given[i] {
			out = append(out, Exemplar{Submission: s, Feedback: f})
		}
	}
	return out
}

func (g graded) noSubmission(f Record[Feedback], r *report) {
	if g.submissions.complete {
		r.add(f.at("submission"), "submission", f.Value.Submission, "the id of a submission of the class")
	}
}

// checkAssigned reports whether the assignment of a submission is known, and notes one that the class has not got.
func (g graded) checkAssigned(s Record[Submission], r *report) bool {
	id := s.Value.Assignment
	if g.assignments.lacks(id) {
		r.add(s.at("assignment"), "assignment", id, among("an assignment of the class", g.assignments.ids))
	}
	_, ok := g.assignments.index[id]
	return ok
}

// feedbackCheck checks one feedback.
type feedbackCheck struct {
	Record[Feedback]
	submission Submission
	scales     *Scales // nil if they are not known
	report     *report
}

func (c feedbackCheck) note(field, value, want string) { c.report.add(c.at(field), field, value, want) }

// located checks the feedback and returns it with its passages located. The slices of the original are left alone.
func (c feedbackCheck) located() Feedback {
	f := c.Value
	f.Scores = slices.Clone(f.Scores)
	for i, s := range f.Scores {
		f.Scores[i] = c.score(fmt.Sprintf("scores[%d]", i), s)
		if slices.ContainsFunc(f.Scores[:i], func(o Score) bool { return o.Criterion == s.Criterion && o.Rater == s.Rater }) {
			c.note(fmt.Sprintf("scores[%d]", i), s.Criterion, "one score of each criterion by each rater")
		}
	}
	c.points("strengths", f.Strengths)
	c.points("improvements", f.Improvements)
	f.Comments = slices.Clone(f.Comments)
	for i, comment := range f.Comments {
		f.Comments[i] = c.comment(fmt.Sprintf("comments[%d]", i), comment)
	}
	return f
}

func (c feedbackCheck) score(field string, s Score) Score {
	if math.IsNaN(s.Value) || math.IsInf(s.Value, 0) {
		c.note(field+".value", number(s.Value), "a finite number")
	} else if scale, ok := c.scale(field, s.Criterion); ok && !scale.Contains(s.Value) {
		c.note(field+".value", number(s.Value), "a score on the scale "+scale.String())
	}
	s.Evidence = slices.Clone(s.Evidence)
	for i, span := range s.Evidence {
		s.Evidence[i] = locate(c.Record, fmt.Sprintf("%s.evidence[%d]", field, i), c.submission, span, c.report)
	}
	return s
}

// scale returns the scale of a score, if it is known and valid, and notes a score that has none.
func (c feedbackCheck) scale(field, criterion string) (Scale, bool) {
	if c.scales == nil {
		return Scale{}, false
	}
	assignment := c.submission.Assignment
	if criterion != "" {
		s, ok := c.criterion(field, criterion)
		return s.Scale, ok && s.Scale.Validate() == nil
	}
	s, ok := c.scales.Holistic[assignment]
	if !ok {
		c.note(field+".criterion", "", "a criterion; assignment "+assignment+" has no scale for a score of the whole")
	}
	return s, ok && s.Validate() == nil
}

// criterion returns a criterion of the assignment's rubric, and notes one that it has not got.
func (c feedbackCheck) criterion(field, id string) (CriterionScale, bool) {
	criteria := c.scales.Criteria[c.submission.Assignment]
	i := slices.IndexFunc(criteria, func(s CriterionScale) bool { return s.ID == id })
	if i >= 0 {
		return criteria[i], true
	}
	ids := make([]string, len(criteria))
	for i, s := range criteria {
		ids[i] = s.ID
	}
	c.note(field+".criterion", id, among("a criterion of assignment "+c.submission.Assignment, ids))
	return CriterionScale{}, false
}

func (c feedbackCheck) points(field string, points []Point) {
	for i, p := range points {
		c.remark(fmt.Sprintf("%s[%d]", field, i), p.Criterion, p.Text)
	}
}

func (c feedbackCheck) comment(field string, m Comment) Comment {
	c.remark(field, m.Criterion, m.Text)
	if kinds := CommentKinds(); !slices.Contains(kinds, m.Kind) {
		c.note(field+".kind", string(m.Kind), oneOf(texts(kinds)))
	}
	if m.Anchor != nil {
		span := locate(c.Record, field+".anchor", c.submission, *m.Anchor, c.report)
		m.Anchor = &span
	}
	return m
}

// remark checks what points and comments have in common.
func (c feedbackCheck) remark(field, criterion, text string) {
	if strings.TrimSpace(text) == "" {
		c.note(field+".text", "", "a text")
	}
	if criterion != "" && c.scales != nil {
		c.criterion(field, criterion)
	}
}
