package prompt

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/invopop/jsonschema"
)

// form is a shape compiled for the common case: a reply that fits. It reads the text once and keeps nothing, where the validator needs the
// decoded value and several allocations for each part of it. A form may doubt a reply that fits; it never takes one that does not.
// Whatever it doubts, the validator decides.
type form struct {
	kind      string
	fields    []formField
	items     *form
	enum      []string
	min, max  int64   // millionths
	step      int64   // millionths, 0 is any number
	listed    []int64 // millionths, in ascending order; nil is any number
	maxLength int
	maxItems  int
}

type formField struct {
	name string
	form *form
}

const (
	// unbounded stands for a bound that is not there.
	unbounded = int(^uint(0) >> 1)
	// maxFields is how many fields fit the set of those that were seen.
	maxFields = 64
	// millionths are the unit in which a form compares numbers: exact, and enough for any scale.
	millionths = 6
)

// newForm compiles s, or returns nil if s says something that a form does not know.
func newForm(s *jsonschema.Schema) *form {
	if s == nil {
		return nil
	}
	f := &form{kind: s.Type}
	rest := *s
	rest.Type, rest.Title, rest.Description, rest.Comments, rest.Examples, rest.Default = "", "", "", "", nil, nil
	var ok bool
	switch s.Type {
	case "object":
		ok = f.object(s)
		rest.Properties, rest.Required, rest.AdditionalProperties = nil, nil, nil
	case "array":
		f.items, f.maxItems = newForm(s.Items), bound(s.MaxItems)
		ok = f.items != nil
		rest.Items, rest.MaxItems = nil, nil
	case "string":
		ok = f.values(s.Enum)
		f.maxLength = bound(s.MaxLength)
		rest.Enum, rest.MaxLength = nil, nil
	case "number", "integer":
		ok = f.scale(s) && f.numbers(s.Enum)
		rest.Minimum, rest.Maximum, rest.MultipleOf, rest.Enum = "", "", "", nil
	case "boolean":
		ok = true
	}
	if !ok || !reflect.ValueOf(rest).IsZero() {
		return nil
	}
	return f
}

func bound(n *uint64) int {
	if n == nil || *n > uint64(unbounded) {
		return unbounded
	}
	return int(*n)
}

func (f *form) object(s *jsonschema.Schema) bool {
	if s.AdditionalProperties != jsonschema.FalseSchema || s.Properties == nil {
		return false
	}
	for p := s.Properties.Oldest(); p != nil; p = p.Next() {
		field := newForm(p.Value)
		if field == nil || !slices.Contains(s.Required, p.Key) {
			return false
		}
		f.fields = append(f.fields, formField{p.Key, field})
	}
	return len(f.fields) == len(s.Required) && len(f.fields) <= maxFields
}

func (f *form) values(enum []any) bool {
	for _, v := range enum {
		s, ok := v.(string)
		if !ok {
			return false
		}
		f.enum = append(f.enum, s)
	}
	return true
}

func (f *form) scale(s *jsonschema.Schema) bool {
	f.min, f.max = -1<<63, 1<<63-1
	for _, b := range []struct {
		text string
		to   *int64
	}{{string(s.Minimum), &f.min}, {string(s.Maximum), &f.max}, {string(s.MultipleOf), &f.step}} {
		if b.text == "" {
			continue
		}
		v, ok := fixed(b.text)
		if !ok {
			return false
		}
		*b.to = v
	}
	return s.MultipleOf == "" || f.step > 0
}

func (f *form) numbers(enum []any) bool {
	for _, v := range enum {
		n, ok := fixed(string(numeral(v)))
		if !ok {
			return false
		}
		f.listed = append(f.listed, n)
	}
	slices.Sort(f.listed)
	return true
}

// fixed returns a number in millionths, if it is written without an exponent and has few digits.
func fixed(raw string) (int64, bool) {
	whole, fraction, _ := strings.Cut(raw, ".")
	if len(whole) > millionths+millionths || len(fraction) > millionths {
		return 0, false
	}
	v, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return 0, false
	}
	parts := int64(0)
	for i := range millionths {
		v, parts = v*10, parts*10
		if i >= len(fraction) {
			continue
		}
		if fraction[i] < '0' || fraction[i] > '9' {
			return 0, false
		}
		parts += int64(fraction[i] - '0')
	}
	if raw[0] == '-' {
		parts = -parts
	}
	return v + parts, true
}

// fits tells whether text is certainly one JSON value of the form, and nothing else.
func (f *form) fits(text string) bool {
	s := scanner{text: text}
	return utf8.ValidString(text) && f.read(&s) && s.space() == 0 && s.at == len(text)
}

func (f *form) read(s *scanner) bool {
	first := s.space()
	switch f.kind {
	case "object":
		return f.readObject(s)
	case "array":
		return f.readArray(s)
	case "string":
		raw, escaped, ok := s.str()
		if !ok || escaped && f.enum != nil {
			return false
		}
		// An escape is never shorter than what it stands for.
		return (len(raw) <= f.maxLength || utf8.RuneCountInString(raw) <= f.maxLength) && (f.enum == nil || slices.Contains(f.enum, raw))
	case "boolean":
		return first == 't' && s.word("true") || first == 'f' && s.word("false")
	default:
		raw, ok := s.number()
		return ok && f.onScale(raw)
	}
}

func (f *form) onScale(raw string) bool {
	if f.kind == "integer" && strings.Contains(raw, ".") {
		return false
	}
	v, ok := fixed(raw)
	if !ok || v < f.min || f.max < v || f.step != 0 && v%f.step != 0 {
		return false
	}
	_, ok = slices.BinarySearch(f.listed, v)
	return ok || f.listed == nil
}

func (f *form) readObject(s *scanner) bool {
	if !s.accept('{') {
		return false
	}
	var seen uint64
	for i := range f.fields {
		if i > 0 && !s.accept(',') {
			return false
		}
		name, escaped, ok := s.str()
		if !ok || escaped || !s.accept(':') {
			return false
		}
		at := i
		if f.fields[at].name != name {
			at = slices.IndexFunc(f.fields, func(field formField) bool { return field.name == name })
		}
		if at < 0 || seen&(1<<at) != 0 || !f.fields[at].form.read(s) {
			return false
		}
		seen |= 1 << at
	}
	return s.accept('}')
}

func (f *form) readArray(s *scanner) bool {
	if !s.accept('[') {
		return false
	}
	if s.accept(']') {
		return true
	}
	for range f.maxItems {
		if !f.items.read(s) {
			return false
		}
		if !s.accept(',') {
			return s.accept(']')
		}
	}
	return false
}
