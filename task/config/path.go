package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// path leads from the document to a value. Its text is as in tasks.strict.steps[0].params["a.b"]: keys that are not plain words are
// quoted.
type path []step

// step goes to a key of an object, or to an element of a list if index is not negative.
type step struct {
	key   string
	index int
}

func toKey(key string) step  { return step{key, -1} }
func toIndex(index int) step { return step{"", index} }

// keys returns the path of keys, one inside the other.
func keys(names ...string) path {
	p := make(path, len(names))
	for i, name := range names {
		p[i] = toKey(name)
	}
	return p
}

// then returns p with more steps, sharing nothing.
func (p path) then(more ...step) path { return slices.Concat(p, more) }

func (p path) String() string {
	var b strings.Builder
	for i, s := range p {
		switch {
		case s.index >= 0:
			fmt.Fprintf(&b, "[%d]", s.index)
		case !plain(s.key):
			fmt.Fprintf(&b, "[%s]", strconv.Quote(s.key))
		case i > 0:
			b.WriteString("." + s.key)
		default:
			b.WriteString(s.key)
		}
	}
	return b.String()
}

func plain(key string) bool {
	special := func(r rune) bool {
		return strings.ContainsRune(`.[]="`, r) || unicode.IsSpace(r) || !unicode.IsPrint(r)
	}
	return key != "" && !strings.ContainsFunc(key, special)
}

func comparePaths(a, b path) int {
	return slices.CompareFunc(a, b, func(x, y step) int {
		return cmp.Or(cmp.Compare(x.index, y.index), strings.Compare(x.key, y.key))
	})
}

// parsePath reads the path that text starts with and returns what follows it.
func parsePath(text string) (p path, rest string, err error) {
	rest = text
	for {
		var s step
		if s, rest, err = parseStep(rest); err != nil {
			return nil, "", err
		}
		p = append(p, s)
		switch {
		case strings.HasPrefix(rest, "."):
			rest = rest[1:]
			if strings.HasPrefix(rest, "[") {
				return nil, "", fmt.Errorf("%q follows a dot", "[")
			}
		case !strings.HasPrefix(rest, "["):
			return p, rest, nil
		}
	}
}

func parseStep(text string) (step, string, error) {
	if !strings.HasPrefix(text, "[") {
		end := strings.IndexAny(text, ".[=")
		if end < 0 {
			end = len(text)
		}
		if !plain(text[:end]) {
			return step{}, "", fmt.Errorf("%q is no key; one with spaces or signs is written [\"in quotes\"]", text[:end])
		}
		return toKey(text[:end]), text[end:], nil
	}
	quoted, err := strconv.QuotedPrefix(text[1:])
	if err != nil {
		number, rest, closed := strings.Cut(text[1:], "]")
		index, err := strconv.ParseUint(number, 10, 31)
		if err != nil || !closed {
			return step{}, "", fmt.Errorf("%q is no place in a list; want a number in brackets, or a key in quotes", text)
		}
		return toIndex(int(index)), rest, nil
	}
	key, err := strconv.Unquote(quoted)
	rest, closed := strings.CutPrefix(text[1+len(quoted):], "]")
	if err != nil || !closed {
		return step{}, "", fmt.Errorf("%q does not end in a bracket", text)
	}
	return toKey(key), rest, nil
}
