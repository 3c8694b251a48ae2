package leak

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// place is where in a root a value was found: one step from the place above. It becomes text only for the few places that are shown.
type place struct {
	up    *place
	step  string // a field, a map key in brackets or a method; empty for an element
	index int    // the number of an element, otherwise -1
}

// maxSteps is how many steps of a path are shown from either end.
const maxSteps = 8

// String returns the path from the root, such as "Documents[3].Text"; "" for the root itself.
func (p *place) String() string {
	var steps []string
	for ; p != nil; p = p.up {
		steps = append(steps, p.label())
	}
	slices.Reverse(steps)
	if len(steps) > 2*maxSteps {
		steps = slices.Concat(steps[:maxSteps], []string{"…"}, steps[len(steps)-maxSteps:])
	}
	return strings.TrimPrefix(strings.Join(steps, ""), ".")
}

func (p *place) label() string {
	switch {
	case p.index >= 0:
		return "[" + strconv.Itoa(p.index) + "]"
	case strings.HasPrefix(p.step, "["):
		return p.step
	default:
		return "." + p.step
	}
}

// shorten cuts a map key to what a path has room for.
func shorten(name string) string {
	const most = 40
	if utf8.RuneCountInString(name) <= most {
		return name
	}
	return string([]rune(name)[:most]) + "…"
}
