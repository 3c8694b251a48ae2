// Package strictjson decodes JSON and refuses what encoding/json takes in silence.
//
// Package encoding/json, left to itself, lets the last of two equal keys win, matches a key to a field whatever its case, drops keys
// that no field has, replaces bytes that are not UTF-8, and stops at the first value of a wrong type. Data that people write by
// hand has such faults, and each of them changes what is read without a word. This package refuses them, finds every fault of
// a document at once, and names each by its path and its offset.
//
// Fields are found as encoding/json finds them, by their json tags.
package strictjson

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// Error is one fault of a document.
type Error struct {
	// Path leads to the value at fault, as in scores[2].value; it is empty for the document as a whole.
	Path string
	// Offset counts the bytes before the value at fault, or before the key if the key is at fault.
	Offset int
	// Value is the value as written, a string without its quotation marks; it is empty when no value is at fault.
	Value string
	// Want says what would be right.
	Want string
}

// Error returns "path: got value; want …" with the parts that are known.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Path != "" {
		fmt.Fprintf(&b, "%s: ", e.Path)
	}
	if e.Value != "" {
		fmt.Fprintf(&b, "got %q; ", e.Value)
	}
	return b.String() + "want " + e.Want
}

// Errors is every fault of a document, in the order of the document.
type Errors []*Error

// Error returns the faults one a line.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the faults.
func (es Errors) Unwrap() []error {
	errs := make([]error, len(es))
	for i, e := range es {
		errs[i] = e
	}
	return errs
}

// Unmarshal decodes data, which must be one JSON value, into the value that v points to. A fault of data is returned as [Errors], and
// what v points to is then as it was unless a custom UnmarshalJSON method refused its value at the very end. As in encoding/json, null stands
// for a value that is not there.
func Unmarshal(data []byte, v any) error { return unmarshal(data, v, false) }

// UnmarshalComplete decodes as [Unmarshal] does and refuses an object that leaves out a field whose json tag has neither omitempty
// nor omitzero: what the encoder of the type always writes must be there, so that a number left out never reads as 0. A null counts as
// left out, and in a list it is refused unless the elements can be nil.
func UnmarshalComplete(data []byte, v any) error { return unmarshal(data, v, true) }

func unmarshal(data []byte, v any, complete bool) error {
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return &json.InvalidUnmarshalError{Type: reflect.TypeOf(v)}
	}
	if fault := syntax(data); fault != nil {
		return Errors{fault}
	}
	s := scanner{data: data, complete: complete, known: map[reflect.Type]fields{}}
	s.value(target.Type().Elem())
	if len(s.faults) > 0 {
		return s.faults
	}
	if err := json.Unmarshal(data, v); err != nil {
		return Errors{{Want: "a value that fits: " + err.Error()}}
	}
	return nil
}

// syntax returns the fault of data that is no JSON value, or nil.
func syntax(data []byte) *Error {
	if !utf8.Valid(data) {
		at := 0
		for r, size := utf8.DecodeRune(data); r != utf8.RuneError || size > 1; r, size = utf8.DecodeRune(data[at:]) {
			at += size
		}
		return &Error{Offset: at, Want: "UTF-8, which JSON is always written in"}
	}
	if json.Valid(data) {
		return nil
	}
	var value json.RawMessage
	err := json.Unmarshal(data, &value)
	fault := &Error{Want: fmt.Sprintf("valid JSON (%v)", err)}
	if at, ok := err.(*json.SyntaxError); ok { //nolint:errorlint // Unmarshal returns it bare
		fault.Offset = max(0, int(at.Offset)-1)
	}
	return fault
}

// Find returns the offset of the value that path leads to, with paths written as in [Error]. Data must be a valid JSON value.
func Find(data []byte, path string) (offset int, ok bool) {
	if !json.Valid(data) {
		return 0, false
	}
	s := scanner{data: data}
	s.visit = func(at int) {
		if !ok && s.path.String() == path {
			offset, ok = at, true
		}
	}
	s.value(nil)
	return offset, ok
}
