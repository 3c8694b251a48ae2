package prompt

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/invopop/jsonschema"
)

// maxDepth bounds how deep a reply may be nested: no shape needs more.
const maxDepth = 100

// maxRepairs bounds how many numbers of a reply are put on their scale: with more wrong, the reply is not worth having.
const maxRepairs = 100

// value is a JSON value in a text, decoded as the validator wants it. Its problems are those that the validator cannot see: it is complete
// all the same.
type value struct {
	start, end int
	decoded    any
	fixes      []fix
	problems   []string
	open       bool // the value is broken because it does not end: the rest of the text stands in it
}

// fix is a number of a text that is put on its scale.
type fix struct {
	start, end int
	to         string
	at         *place
}

// place is where a value stands: a path from it to the root. It is written out only when it is told.
type place struct {
	in  *place
	key string
}

// path returns the keys from the root.
func (p *place) path() []string {
	var keys []string
	for ; p != nil; p = p.in {
		keys = append(keys, p.key)
	}
	slices.Reverse(keys)
	return keys
}

// reader decodes one JSON value, and puts its numbers on the scale of their place where there is one.
type reader struct {
	scanner
	scales   scales
	depth    int
	fixes    []fix
	problems []string
	broken   string // why there is no value
	open     bool
}

const wantOne = "want one JSON value and nothing around it"

// readValue decodes the value that starts at or after offset. If broken is not empty there is none, and value.end is how far the reader came.
func (s *Schema) readValue(text string, offset int, clamp bool) (v value, broken string) {
	r := reader{scanner: scanner{text: text, at: offset}}
	if clamp {
		r.scales = s.scales
	}
	r.space()
	start := r.at
	decoded := r.value(s.root, nil)
	if !utf8.ValidString(text[start:r.at]) {
		r.problem("/: the reply is not UTF-8; want UTF-8, which JSON is always written in")
	}
	return value{start, r.at, decoded, r.fixes, r.problems, r.open}, r.broken
}

// readWhole decodes a text that is one JSON value with nothing around it.
func (s *Schema) readWhole(text string, clamp bool) (v value, broken string) {
	v, broken = s.readValue(text, 0, clamp)
	if broken != "" {
		return v, broken
	}
	rest := scanner{text: text, at: v.end}
	if rest.space(); rest.at < len(text) {
		return v, fmt.Sprintf("not JSON: there is text after the value, from byte %d on; "+wantOne, rest.at)
	}
	return v, ""
}

// problem notes what is wrong with a value that can be read.
func (r *reader) problem(format string, args ...any) {
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, fmt.Sprintf(format, args...))
	}
}

// stop notes that no value can be read, and why: the reader stands at the byte at fault.
func (r *reader) stop() any {
	switch {
	case r.broken != "":
	case strings.Trim(r.text, white) == "":
		r.broken = "not JSON: EOF: the reply is empty; " + wantOne
	case r.at >= len(r.text):
		r.open = true
		r.broken = fmt.Sprintf("not JSON: unexpected EOF: the value does not end within %d bytes; "+wantOne, len(r.text))
	default:
		r.broken = fmt.Sprintf("not JSON: byte %d does not belong there; "+wantOne, r.at)
	}
	return nil
}

func (r *reader) value(schema *jsonschema.Schema, at *place) any {
	switch c := r.space(); {
	case c == '{':
		return r.nested(func() any { return r.object(schema, at) })
	case c == '[':
		return r.nested(func() any { return r.array(schema, at) })
	case c == '"':
		return r.string()
	case c == 't' && r.word("true"):
		return true
	case c == 'f' && r.word("false"):
		return false
	case c == 'n' && r.word("null"):
		return nil
	case c == '-' || '0' <= c && c <= '9':
		return r.numberOn(schema, at)
	default:
		return r.stop()
	}
}

func (r *reader) nested(read func() any) any {
	if r.depth == maxDepth {
		r.open = true
		r.broken = fmt.Sprintf("not JSON that can be read: nested more than %d deep at byte %d; "+wantOne, maxDepth, r.at)
		return nil
	}
	r.depth++
	defer func() { r.depth-- }()
	return read()
}

func (r *reader) string() any {
	raw, escaped, ok := r.str()
	if !ok {
		return r.stop()
	}
	s, err := unquote(raw, escaped)
	if err != nil {
		return r.stop()
	}
	return s
}

func (r *reader) object(schema *jsonschema.Schema, at *place) any {
	out := map[string]any{}
	r.accept('{')
	for first := true; !r.accept('}'); first = false {
		if !first && !r.accept(',') || r.space() != '"' {
			return r.stop()
		}
		key, ok := r.string().(string)
		if !ok {
			return nil
		}
		if _, twice := out[key]; twice {
			r.problem("%s: duplicate property %s, want it once", where(at.path()), quoted(key))
		}
		if !r.accept(':') {
			return r.stop()
		}
		out[key] = r.value(below(schema, key), &place{at, key})
		if r.broken != "" {
			return nil
		}
	}
	return out
}

func (r *reader) array(schema *jsonschema.Schema, at *place) any {
	out := []any{}
	var items *jsonschema.Schema
	if schema != nil {
		items = schema.Items
	}
	r.accept('[')
	for first := true; !r.accept(']'); first = false {
		if !first && !r.accept(',') {
			return r.stop()
		}
		out = append(out, r.value(items, &place{at, strconv.Itoa(len(out))}))
		if r.broken != "" {
			return nil
		}
	}
	return out
}

// numberOn reads a number, and puts it on the scale of its place.
func (r *reader) numberOn(schema *jsonschema.Schema, at *place) any {
	start := r.at
	raw, ok := r.number()
	if !ok {
		return r.stop()
	}
	if !usable(raw) {
		r.problem("%s: a number of %d characters is too long or too large, want an ordinary number", where(at.path()), len(raw))
		return json.Number("0")
	}
	sc, ok := r.scales[schema]
	if !ok || len(r.fixes) == maxRepairs {
		return json.Number(raw)
	}
	if to, ok := sc.nearest(raw); ok && to != raw {
		r.fixes = append(r.fixes, fix{start, r.at, to, at})
		raw = to
	}
	return json.Number(raw)
}

// below returns the schema of a field, nil if there is none.
func below(schema *jsonschema.Schema, key string) *jsonschema.Schema {
	if schema == nil || schema.Properties == nil {
		return nil
	}
	field, _ := schema.Properties.Get(key)
	return field
}
