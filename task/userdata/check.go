package userdata

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Check reads all data of the class and returns every problem in it, of each file and of files that do not agree: IDs that refer to
// nothing, scores off their scale, quotations that are not in the submission, texts without any content.
func (c *Class) Check(ctx context.Context) error {
	var r report
	g, err := c.graded(ctx, &r)
	if err != nil {
		return err
	}
	documents, err := read(ctx, c.sources.Documents, documentID, &r)
	if err != nil {
		return err
	}
	students, err := read(ctx, c.sources.Students, studentID, &r)
	if err != nil {
		return err
	}
	g.exemplars(&r)
	documents.check(checkDocument, &r)
	for _, a := range g.assignments.records {
		for i, id := range a.Value.Documents {
			if field := fmt.Sprintf("documents[%d]", i); documents.lacks(id) || !documents.given {
				r.add(a.at(field), field, id, among("a document of the class", documents.ids))
			}
		}
	}
	for _, d := range documents.records {
		if id := d.Value.Assignment; id != "" && g.assignments.lacks(id) {
			r.add(d.at("assignment"), "assignment", id, among("an assignment of the class", g.assignments.ids))
		}
	}
	for _, s := range g.submissions.records {
		g.checkAssigned(s, &r)
		checkText(s, &r)
		if id := s.Value.Student; id != "" && students.lacks(id) {
			r.add(s.at("student"), "student", id, "a student of the class")
		}
	}
	return r.err()
}

func checkAssignment(a Record[Assignment], r *report) {
	genres := []Genre{Argumentative, Narrative, Informative, SourceBased, ShortAnswer}
	if g := a.Value.Genre; g != "" && !slices.Contains(genres, g) {
		r.add(a.at("genre"), "genre", string(g), oneOf(texts(genres)))
	}
	if a.Value.Scale.Declared() {
		checkScale(a, "scale", a.Value.Scale, r)
	}
}

func checkDocument(d Record[Document], r *report) {
	kinds := []DocumentKind{Reading, LectureNotes, Instructions, ModelAnswer}
	if k := d.Value.Kind; k != "" && !slices.Contains(kinds, k) {
		r.add(d.at("kind"), "kind", string(k), oneOf(texts(kinds)))
	}
	if strings.TrimSpace(d.Value.Text) == "" {
		r.add(d.at("text"), "text", "", "a text; document "+d.Value.ID+" is empty")
	}
}

func checkText(s Record[Submission], r *report) {
	if strings.TrimSpace(s.Value.Text) == "" {
		r.add(s.at("text"), "text", "", "a text; submission "+s.Value.ID+" is empty")
	}
}

func checkScale[T any](at Record[T], field string, s Scale, r *report) bool {
	err := s.Validate()
	if err != nil {
		r.add(at.at(field), field, "", "a scale: "+err.Error())
	}
	return err == nil
}

func checkRubric(b Record[Rubric], r *report) {
	if len(b.Value.Criteria) == 0 {
		r.add(b.at("criteria"), "criteria", "", "at least one criterion")
	}
	for i, c := range b.Value.Criteria {
		field := fmt.Sprintf("criteria[%d]", i)
		same := func(earlier Criterion) bool { return earlier.ID == c.ID }
		switch {
		case c.ID == "":
			r.add(b.at(field+".id"), field+".id", "", "an id")
		case slices.ContainsFunc(b.Value.Criteria[:i], same):
			r.add(b.at(field+".id"), field+".id", c.ID, "an id of its own within the rubric")
		}
		if c.Weight < 0 || math.IsNaN(c.Weight) || math.IsInf(c.Weight, 0) {
			r.add(b.at(field+".weight"), field+".weight", number(c.Weight), "a weight above 0, or none for 1")
		}
		if checkScale(b, field+".scale", c.Scale, r) {
			checkLevels(b, field, c, r)
		}
	}
}

func checkLevels(b Record[Rubric], field string, c Criterion, r *report) {
	for i, l := range c.Levels {
		field := fmt.Sprintf("%s.levels[%d].score", field, i)
		switch {
		case !c.Scale.Contains(l.Score):
			r.add(b.at(field), field, number(l.Score), "a score on the scale "+c.Scale.String())
		case i > 0 && l.Score <= c.Levels[i-1].Score:
			r.add(b.at(field), field, number(l.Score), fmt.Sprintf("more than %s, the score of the level before it", number(c.Levels[i-1].Score)))
		}
	}
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func texts[S ~string](names []S) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = string(name)
	}
	return out
}
