package userdata

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Submissions returns a source of the submissions in the table, one a row. The column id must be there, and text or file; assignment,
// student, draft, prior and submitted_at (a time as in 2026-09-01T14:30:00Z) may be. File is the path of a text file in the table's
// file system, and counts in a row whose text is empty. Other columns are not read.
func (t *Table) Submissions() Source[Submission] {
	entries := rowSource(t, func(h *header) *Problem {
		if h.find("file") >= 0 {
			return h.lacks("id")
		}
		return h.lacks("id", "text")
	}, submissionOf)
	return withTexts(entries, textFiles{fsys: t.file.fsys, encoding: t.file.encoding})
}

// Feedback returns a source of the scores in the table, one feedback a row: the column id names the submission, score holds the holistic
// score, each column criterion.<id> the score on that criterion, and author who gave them. A field without content is no score, and a row
// without any score is skipped. The column id must be there, and one with scores.
func (t *Table) Feedback() Source[Feedback] {
	return rowSource(t, func(h *header) *Problem {
		if len(h.scoreKeys()) > 0 {
			return h.lacks("id")
		}
		return h.lacks("id", "score")
	}, feedbackOf)
}

// students returns a source of the students in the table. Columns other than id and grade_level are attributes.
func (t *Table) students() Source[Student] {
	return rowSource(t, func(h *header) *Problem { return h.lacks("id") }, func(row Row) (*Student, Problems) {
		s := &Student{ID: row.trimmed("id"), GradeLevel: row.trimmed("grade_level")}
		for _, name := range row.header.names {
			value := row.trimmed(name)
			if name == "" || name == "id" || name == "grade_level" || value == "" {
				continue
			}
			if s.Attributes == nil {
				s.Attributes = map[string]string{}
			}
			s.Attributes[name] = value
		}
		return s, nil
	})
}

// rowSource returns a source of what f makes of each row below a header that passes check. A row without problems of which f makes nil
// is skipped.
func rowSource[T any](t *Table, check func(*header) *Problem, f func(Row) (*T, Problems)) Source[T] {
	return SourceFunc[T](func(ctx context.Context) iter.Seq2[Record[T], error] {
		return func(yield func(Record[T], error) bool) {
			for row, err := range t.rows(ctx, check) {
				if err != nil {
					if !yield(Record[T]{}, err) {
						return
					}
					continue
				}
				value, problems := f(row)
				for _, p := range problems {
					if !yield(Record[T]{}, p) {
						return
					}
				}
				if len(problems) == 0 && value != nil && !yield(Record[T]{Value: *value, Place: row.Place}, nil) {
					return
				}
			}
		}
	})
}

func (r Row) trimmed(column string) string { return strings.TrimSpace(r.Get(column)) }

// scoreKeys lists the keys of the columns that hold scores of feedback.
func (h *header) scoreKeys() []string {
	var keys []string
	add := func(key string) {
		isScore := key == "score" || isCriterionKey(key)
		if isScore && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	for _, column := range h.columns {
		add(column.Key)
	}
	for _, name := range h.names {
		add(name)
	}
	return keys
}

func feedbackOf(row Row) (*Feedback, Problems) {
	f := &Feedback{Submission: row.trimmed("id"), Author: row.trimmed("author")}
	var problems Problems
	for _, key := range row.header.scoreKeys() {
		if row.trimmed(key) == "" {
			continue
		}
		value, err := row.Number(key)
		if err != nil {
			problems = append(problems, asProblem(err))
			continue
		}
		criterion := ""
		if isCriterionKey(key) {
			criterion = strings.TrimPrefix(key, criterionKey)
		}
		f.Scores = append(f.Scores, Score{Criterion: criterion, Value: value})
	}
	if len(f.Scores) == 0 {
		return nil, problems
	}
	return f, problems
}

func submissionOf(row Row) (*submissionEntry, Problems) {
	e := &submissionEntry{File: row.trimmed("file"), Submission: Submission{
		ID: row.trimmed("id"), Assignment: row.trimmed("assignment"), Student: row.trimmed("student"), Prior: row.trimmed("prior"),
	}}
	if row.Has("text") && (e.File == "" || row.trimmed("text") != "") {
		text := row.Get("text")
		e.Text = &text
	}
	var (
		problems Problems
		err      error
	)
	if draft := row.trimmed("draft"); draft != "" {
		if e.Draft, err = strconv.Atoi(draft); err != nil {
			problems = append(problems, row.problem("draft", draft, "a whole number"))
		}
	}
	if at := row.trimmed("submitted_at"); at != "" {
		if e.SubmittedAt, err = time.Parse(time.RFC3339, at); err != nil {
			problems = append(problems, row.problem("submitted_at", at, "a time as in 2026-09-01T14:30:00Z"))
		}
	}
	return e, problems
}
