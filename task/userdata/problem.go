package userdata

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Place is where a value was read: a file, and a line counted from 1 (0 when lines mean nothing).
type Place struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
}

// String returns "file:line", or the file alone.
func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Problem is one thing wrong with data. Field names the value at fault ("" for the record as a whole), Value shows it, Want says
// what would be right.
type Problem struct {
	Place Place
	Field string
	Value string
	Want  string
}

// Error returns "file:line: field: got value; want …" with the parts that are known. Long values are shortened.
func (p *Problem) Error() string {
	var b strings.Builder
	if p.Place.File != "" {
		fmt.Fprintf(&b, "%s: ", p.Place)
	}
	if p.Field != "" {
		fmt.Fprintf(&b, "%s: ", p.Field)
	}
	if p.Value != "" {
		fmt.Fprintf(&b, "got %s; ", shorten(p.Value))
	}
	b.WriteString("want " + p.Want)
	return b.String()
}

const shownValue = 60

func shorten(s string) string {
	if r := []rune(s); len(r) > shownValue {
		return fmt.Sprintf("%q… (%d bytes)", string(r[:shownValue]), len(s))
	}
	return fmt.Sprintf("%q", s)
}

// Problems is every problem found in the data of a class, in the order of files and lines.
type Problems []*Problem

// Error returns one problem a line, after a line that counts them when there are several.
func (ps Problems) Error() string {
	lines := make([]string, 0, len(ps)+1)
	if len(ps) > 1 {
		lines = append(lines, fmt.Sprintf("%d problems in the data:", len(ps)))
	}
	for _, p := range ps {
		lines = append(lines, p.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems, for [errors.As].
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}

// report gathers problems while data is read and compared.
type report struct{ problems Problems }

func (r *report) add(at Place, field, value, want string) {
	r.problems = append(r.problems, &Problem{Place: at, Field: field, Value: value, Want: want})
}

// err returns the problems in the order of files and lines, each once; nil when there are none.
func (r *report) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b *Problem) int {
		return cmp.Or(strings.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Line, b.Place.Line))
	})
	seen := map[Problem]bool{}
	return slices.DeleteFunc(r.problems, func(p *Problem) bool {
		again := seen[*p]
		seen[*p] = true
		return again
	})
}

// oneOf returns "a, b or c". Long lists are cut.
func oneOf(names []string) string {
	const shown = 12
	switch n := len(names); {
	case n == 1:
		return names[0]
	case n > shown:
		return fmt.Sprintf("%s or one of %d more", strings.Join(names[:shown], ", "), n-shown)
	default:
		return strings.Join(names[:n-1], ", ") + " or " + names[n-1]
	}
}

// among says that a name should be one of those that what it belongs to has.
func among(what string, names []string) string {
	if len(names) == 0 {
		return what + ", which has none"
	}
	return what + ": " + oneOf(names)
}

// asProblem returns the problem in err's chain, or nil.
func asProblem(err error) *Problem {
	p, _ := errors.AsType[*Problem](err)
	return p
}
