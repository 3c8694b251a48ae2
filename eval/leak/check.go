package leak

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/gloss-sdk/gloss/pipeline"
)

// MinWords is how many words a held text needs so that finding it means something.
const MinWords = 8

// Held is a text that inference must not be able to read. Several texts may have one ID, that of their item.
type Held struct {
	ID   string
	Text string
}

// Report says how much was compared with how much, so that "no leak" can be weighed.
type Report struct {
	// Roots are the roots in the order given.
	Roots []RootReport `json:"roots"`
	// Held counts the held texts, TooShort those of fewer than [MinWords] words, which prove nothing, and TooShortFound those of
	// the latter that equal a whole text of a root.
	Held          int `json:"held"`
	TooShort      int `json:"too_short"`
	TooShortFound int `json:"too_short_found"`
}

// RootReport says what was read of one root.
type RootReport struct {
	Name   string          `json:"name"`
	Origin pipeline.Origin `json:"origin"`
	Texts  int             `json:"texts"`
	Words  int             `json:"words"`
	// Trusted marks a tool that cannot list texts: it is declared to hold none, and was not read.
	Trusted bool `json:"trusted,omitempty"`
}

// Check searches roots, as [pipeline.Run.Roots] returns them, for the held texts. Its error is an [*Error] that names everything that
// leaks and everything that could not be read, or the end of ctx; the report is valid either way, as far as the check came.
//
// A tool is read if it can list its texts ([Lister], [RecordLister]). One that cannot is taken at its word, unless it has a method
// Search, Retrieve, Query or Read, which tells that it knows texts. Values must not be modified during the check.
//
// Time grows with the number of words in roots and of held texts that begin like something there, memory with those of the largest root.
func Check(ctx context.Context, roots []pipeline.RootValue, held []Held) (Report, error) {
	p := newPatterns(held)
	report := Report{Held: len(held), TooShort: p.tooShort}
	problems := &Error{}
	for _, root := range roots {
		d := &document{}
		r := newReader(ctx, func(at *place, text string) { d.add(p, at, text) })
		read := RootReport{Name: root.Name, Origin: root.Origin}
		if root.Origin == pipeline.OriginTool {
			read.Trusted = trusted(root.Value)
		}
		if !read.Trusted {
			if err := r.read(root.Value); err != nil {
				return report, fmt.Errorf("leak check: root %q: %w", root.Name, err)
			}
		}
		read.Texts, read.Words = len(d.segments), len(d.words)
		report.Roots = append(report.Roots, read)
		report.TooShortFound += p.countShort(d)
		problems.Hits = append(problems.Hits, hits(root.Name, p, d)...)
		for _, u := range r.unreadable {
			u.Root = root.Name
			problems.Unreadable = append(problems.Unreadable, u)
		}
	}
	if len(problems.Hits)+len(problems.Unreadable) > 0 {
		return report, problems
	}
	return report, nil
}

// trusted reports whether a tool neither lists texts nor looks like something that knows some.
func trusted(tool any) bool {
	v := reflect.ValueOf(tool)
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	return !v.IsValid() || listing(v.Type()) == "" && remote(v.Type()) == ""
}

// hits returns the held texts in one root by place and ID, each once a place.
func hits(root string, p *patterns, d *document) []Hit {
	type found struct {
		start int
		held  string
		words int
	}
	var all []found
	p.search(d, func(start int, match *pattern) {
		all = append(all, found{start, match.ID, len(match.words)})
	})
	slices.SortFunc(all, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.held, b.held), cmp.Compare(a.words, b.words))
	})
	var list []Hit
	listed := map[Hit]bool{}
	for _, f := range all {
		h := Hit{Root: root, Path: d.placeOf(f.start).String(), Held: f.held, Words: f.words}
		if !listed[h] {
			listed[h] = true
			list = append(list, h)
		}
	}
	return list
}
