package strictjson

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// target returns the type whose fields and elements the scanner looks into; nil for a type that decodes itself.
func target(t reflect.Type) reflect.Type {
	if t == nil || decodesItself(t) {
		return nil
	}
	return indirect(t)
}

func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(indirect(t))
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func nilable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return true
	}
	return false
}

// mismatch says what would be right if raw cannot be decoded into t. Null passes unless the document as a whole must be there.
func mismatch(t reflect.Type, raw []byte, whole bool) string {
	if raw[0] == 'n' {
		if whole && !nilable(t) {
			return kindWanted(t)
		}
		return ""
	}
	if indirect(t).Kind() == reflect.Interface {
		return ""
	}
	want, got := kindWanted(t), kindOf(raw)
	switch {
	case decodesItself(t), isBytes(t), isNumber(t) && got == number:
		return refused(t, raw)
	case got == want:
		return ""
	case want == text:
		want += " in quotation marks"
	}
	return fmt.Sprintf("%s; this is %s", want, got)
}

// refused decodes raw into a new value of t and says what would be right if that fails.
func refused(t reflect.Type, raw []byte) string {
	err := json.Unmarshal(raw, reflect.New(t).Interface())
	if err == nil {
		return ""
	}
	if _, ok := err.(*json.UnmarshalTypeError); ok || indirect(t) == reflect.TypeFor[time.Time]() { //nolint:errorlint // Unmarshal returns it bare
		return kindWanted(t)
	}
	return "a value that fits: " + err.Error()
}

// What JSON values are called in errors.
const (
	object  = "an object"
	list    = "a list"
	text    = "a string"
	boolean = "true or false"
	number  = "a number"
)

// kindWanted names what is decoded into t.
func kindWanted(t reflect.Type) string {
	t = indirect(t)
	switch {
	case t == reflect.TypeFor[time.Time]():
		return "a time as in 2026-09-01T14:30:00Z"
	case t == reflect.TypeFor[json.Number]():
		return number
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return object
	case reflect.Slice, reflect.Array:
		return list
	case reflect.String:
		return text
	case reflect.Bool:
		return boolean
	case reflect.Float32, reflect.Float64:
		return number
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number, not negative"
	}
	return "a whole number"
}

// isNumber reports whether only decoding can tell if a number fits t.
func isNumber(t reflect.Type) bool {
	switch kindWanted(t) {
	case object, list, text, boolean:
		return false
	}
	return true
}

// isBytes reports whether t is written as a string in base 64.
func isBytes(t reflect.Type) bool {
	t = indirect(t)
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
}

// kindOf names what raw is.
func kindOf(raw []byte) string {
	switch raw[0] {
	case '{':
		return object
	case '[':
		return list
	case '"':
		return text
	case 't', 'f':
		return boolean
	}
	return number
}
