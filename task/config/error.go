package config

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/internal/spelling"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// Error is one thing wrong with a configuration.
type Error struct {
	// Place is the line of the file, or "set" for an assignment of [WithSet].
	Place userdata.Place
	// Path leads to the value at fault, as in tasks.strict.steps[0].at; it is empty for the document as a whole.
	Path string
	// Value shows the value at fault as it is written. It is empty when there is none to show, as for everything below environment.
	Value string
	// Want says what would be right.
	Want string
	// Err is what another package found, in its own words; Value and Want are then empty.
	Err error

	order int // the line, or more than any line for an assignment
}

// Error returns "file:line: path: got value; want …" with the parts that are known.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Place.File != "" {
		fmt.Fprintf(&b, "%s: ", e.Place)
	}
	if e.Path != "" {
		fmt.Fprintf(&b, "%s: ", e.Path)
	}
	if e.Err != nil {
		return b.String() + e.Err.Error()
	}
	if e.Value != "" {
		fmt.Fprintf(&b, "got %s; ", shortened(e.Value))
	}
	return b.String() + "want " + e.Want
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

const shownRunes = 60

func shortened(value string) string {
	if r := []rune(value); len(r) > shownRunes {
		return fmt.Sprintf("%q… (%d bytes)", string(r[:shownRunes]), len(value))
	}
	return fmt.Sprintf("%q", value)
}

// Errors is everything that is wrong with a configuration, in the order of lines; assignments of [WithSet] come last.
type Errors []*Error

// Error returns one problem a line, after a line that counts them when there are several.
func (es Errors) Error() string {
	var lines []string
	if len(es) > 1 {
		lines = append(lines, fmt.Sprintf("%d problems in the configuration:", len(es)))
	}
	for _, e := range es {
		lines = append(lines, e.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems.
func (es Errors) Unwrap() []error {
	errs := make([]error, len(es))
	for i, e := range es {
		errs[i] = e
	}
	return errs
}

// problems collects what is wrong with the configuration that one file starts.
type problems struct {
	file string
	list Errors
}

// add notes a problem at a place. Values below environment may be secrets that do not belong in a file, so they are not shown.
func (ps *problems) add(at place, p path, e Error) {
	e.Place, e.order = userdata.Place{File: ps.file, Line: at.line}, at.line
	if at.level == LevelSet {
		e.Place, e.order = userdata.Place{File: string(LevelSet)}, math.MaxInt
	}
	e.Path = p.String()
	if len(p) > 0 && p[0].key == "environment" {
		e.Value = ""
	}
	ps.list = append(ps.list, &e)
}

// below reports whether there is a problem with what a path leads to, or with anything inside.
func (ps *problems) below(p path) bool {
	prefix := p.String()
	return slices.ContainsFunc(ps.list, func(e *Error) bool {
		rest, ok := strings.CutPrefix(e.Path, prefix)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// err returns the problems in order without repetitions, or nil.
func (ps *problems) err() error {
	if len(ps.list) == 0 {
		return nil
	}
	slices.SortStableFunc(ps.list, func(a, b *Error) int { return cmp.Compare(a.order, b.order) })
	said := map[string]bool{}
	return slices.DeleteFunc(ps.list, func(e *Error) bool {
		text := e.Error()
		again := said[text]
		said[text] = true
		return again
	})
}

// choose says what would be right instead of name: the nearest of the names that are known, or any of them.
func choose(what, name string, known []string) string {
	if len(known) == 0 {
		return fmt.Sprintf("no %s; none is known here", what)
	}
	all := strings.Join(known, ", ")
	if near := nearest(name, known); near != "" {
		return fmt.Sprintf("the %s %q (known here: %s)", what, near, all)
	}
	return fmt.Sprintf("a %s that is known here: %s", what, all)
}

// nearest returns the name that the fewest edits make of name, or "" if that would be another word.
func nearest(name string, names []string) string {
	best, fewest := "", len(name)/3+2
	for _, n := range names {
		if d := spelling.Distance(strings.ToLower(name), strings.ToLower(n)); d < fewest {
			best, fewest = n, d
		}
	}
	return best
}
