// Package plainjson is JSON as fingerprints and records have it, and what stands in for it.
package plainjson

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
)

// Marshal returns v as compact JSON with the keys of maps sorted and nothing escaped for HTML, so that equal values have equal bytes. Its
// error is that of encoding/json.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err //nolint:wrapcheck // the caller says what was encoded
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// HidesAll reports whether t is a struct, or a pointer to one, that has fields and none of them in JSON: then {} says nothing of what it
// holds. A method of the pointer does not speak for a value, which encoding/json cannot ask for it either.
func HidesAll(t reflect.Type) bool {
	for ; t.Kind() == reflect.Pointer; t = t.Elem() {
		if speaks(t) {
			return false
		}
	}
	if t.Kind() != reflect.Struct || speaks(t) {
		return false
	}
	for f := range t.Fields() {
		if (f.IsExported() || f.Anonymous) && f.Tag.Get("json") != "-" {
			return false
		}
	}
	return t.NumField() > 0
}

func speaks(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

// Identity returns the method Identity of v, whatever the type of its result; nil if there is none.
func Identity(v any) func() any {
	if v == nil {
		return nil
	}
	if m, ok := v.(interface{ Identity() string }); ok {
		return func() any { return m.Identity() }
	}
	m := reflect.ValueOf(v).MethodByName("Identity")
	if !m.IsValid() || m.Type().NumIn() != 0 || m.Type().NumOut() != 1 {
		return nil
	}
	return func() any { return m.Call(nil)[0].Interface() }
}
