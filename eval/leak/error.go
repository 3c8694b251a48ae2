package leak

import (
	"fmt"
	"strings"
)

// Hit is one held text that a root holds.
type Hit struct {
	Root string `json:"root"` // the name of the root
	Path string `json:"path"` // where in the root the copy begins, such as "Past[12].Text"; empty for the root's value itself
	Held string `json:"held"` // the ID of the held text
	// Words is the length of the copy.
	Words int `json:"words"`
}

// Unreadable is a part of a root of which nobody can tell what it holds.
type Unreadable struct {
	Root string `json:"root"`
	Path string `json:"path"`
	// Reason says why and what to do about it; Err is the failure of a listing, or nil.
	Reason string `json:"reason"`
	Err    error  `json:"-"`
}

// Error is the failure of a check: everything that leaks and everything that cannot be read.
type Error struct {
	Hits       []Hit
	Unreadable []Unreadable
}

// shown is how many problems of a kind an error message lists.
const shown = 10

// Error lists the problems, the first ten of each kind, one a line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("leak check: ")
	if n := len(e.Hits); n > 0 {
		fmt.Fprintf(&b, "inference can read %s:", count(n, "held text"))
		for _, h := range e.Hits[:min(n, shown)] {
			fmt.Fprintf(&b, "\n  root %q%s holds all %d words of held text %q", h.Root, at(h.Path), h.Words, h.Held)
		}
		more(&b, n)
	}
	if n := len(e.Unreadable); n > 0 {
		if len(e.Hits) > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s cannot be read:", count(n, "part"))
		for _, u := range e.Unreadable[:min(n, shown)] {
			fmt.Fprintf(&b, "\n  root %q%s: %s", u.Root, at(u.Path), u.Reason)
			if u.Err != nil {
				fmt.Fprintf(&b, ": %v", u.Err)
			}
		}
		more(&b, n)
	}
	return b.String()
}

// Unwrap returns the failures of listings.
func (e *Error) Unwrap() []error {
	var errs []error
	for _, u := range e.Unreadable {
		if u.Err != nil {
			errs = append(errs, u.Err)
		}
	}
	return errs
}

func at(path string) string {
	if path == "" {
		return ""
	}
	return " at " + path
}

func more(b *strings.Builder, n int) {
	if n > shown {
		fmt.Fprintf(b, "\n  and %d more", n-shown)
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
