package userdata

import (
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Columns says where a table has what a reader looks for: each key with the name of its column, in the order given. A key that it does
// not name is in the column of that name.
//
// The keys are id (of the submission), text, file, assignment, student, draft, prior and submitted_at for a submission; score, author
// and criterion.<id> (the score on the criterion <id>) for feedback; rater1, rater2 (scores of two raters) and group (of students) for an
// evaluation of scores.
type Columns []Column

// Column is one key and the name of its column in the header of a table.
type Column struct{ Key, Name string }

const criterionKey = "criterion."

func isCriterionKey(key string) bool {
	return len(key) > len(criterionKey) && strings.HasPrefix(key, criterionKey)
}

func columnKeys() []string {
	return []string{
		"id", "text", "file", "assignment", "student", "draft", "prior", "submitted_at", "score", "author", "rater1", "rater2", "group",
	}
}

// ParseColumns parses a list such as "id=essay_id,text=essay,score=domain1_score". The names may hold spaces; a part with a comma goes
// in quotation marks as in a CSV file. The error names every unknown key, every key given twice and every part that is no key=name.
func ParseColumns(spec string) (Columns, error) {
	r := csv.NewReader(strings.NewReader(spec))
	parts, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("userdata: columns %q; want a list such as id=essay_id,text=essay", spec)
	}
	var (
		columns Columns
		errs    []error
	)
	for _, part := range parts {
		key, name, ok := strings.Cut(part, "=")
		if !ok {
			errs = append(errs, fmt.Errorf("userdata: column %q; want key=name, as in id=essay_id", part))
			continue
		}
		columns = append(columns, Column{Key: strings.TrimSpace(key), Name: strings.TrimSpace(name)})
	}
	if err := errors.Join(append(errs, columns.validate())...); err != nil {
		return nil, err
	}
	return columns, nil
}

// String returns the list that [ParseColumns] parses into c.
func (c Columns) String() string {
	parts := make([]string, len(c))
	for i, column := range c {
		parts[i] = column.Key + "=" + column.Name
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write(parts) // a strings.Builder does not fail
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}

// name returns the name of a key's column.
func (c Columns) name(key string) string {
	for _, column := range c {
		if column.Key == key {
			return column.Name
		}
	}
	return key
}

func (c Columns) validate() error {
	var errs []error
	for i, column := range c {
		known := slices.Contains(columnKeys(), column.Key) || isCriterionKey(column.Key)
		switch {
		case !known:
			errs = append(errs, fmt.Errorf("userdata: unknown column key %q; want one of %s, %s<id>",
				column.Key, strings.Join(columnKeys(), ", "), criterionKey))
		case column.Name == "":
			errs = append(errs, fmt.Errorf("userdata: column key %q has no column; want %s=name", column.Key, column.Key))
		case slices.ContainsFunc(c[:i], func(earlier Column) bool { return earlier.Key == column.Key }):
			errs = append(errs, fmt.Errorf("userdata: column key %q is given twice", column.Key))
		}
	}
	return errors.Join(errs...)
}
