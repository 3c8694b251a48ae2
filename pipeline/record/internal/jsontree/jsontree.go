// Package jsontree walks JSON in the order in which it is written, and names the places in it. All of it takes valid JSON; what it makes of
// anything else is undefined, but it returns.
package jsontree

import (
	"bytes"
	"encoding/json"
	"iter"
	"strconv"
	"unicode"
)

// Kind is what a JSON value is.
type Kind byte

// The kinds of JSON values.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// KindOf returns the kind of v, [Null] where nothing is.
func KindOf(v json.RawMessage) Kind {
	v = next(v)
	if len(v) == 0 {
		return Null
	}
	switch v[0] {
	case 'n':
		return Null
	case 't', 'f':
		return Bool
	case '"':
		return String
	case '[':
		return Array
	case '{':
		return Object
	default:
		return Number
	}
}

// Members yields the keys and values of an object. A key that stands twice is yielded twice; for encoding/json the last one counts.
func Members(object json.RawMessage) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		for rest := inside(object); len(rest) > 0 && rest[0] == '"'; {
			key := rest[:size(rest)]
			value := next(rest[len(key):])
			value = value[:size(value)]
			if !yield(Text(key), value) {
				return
			}
			rest = next(next(rest[len(key):])[len(value):])
		}
	}
}

// Elements yields the elements of an array.
func Elements(array json.RawMessage) iter.Seq[json.RawMessage] {
	return func(yield func(json.RawMessage) bool) {
		for rest := inside(array); size(rest) > 0; {
			value := rest[:size(rest)]
			if !yield(value) {
				return
			}
			rest = next(rest[len(value):])
		}
	}
}

// Text returns the text of a string.
func Text(v json.RawMessage) string {
	if n := len(v); n >= 2 && bytes.IndexByte(v, '\\') < 0 {
		return string(v[1 : n-1])
	}
	var s string
	if err := json.Unmarshal(v, &s); err != nil {
		return ""
	}
	return s
}

// Key returns the path of the member key of the object at path, "" being the whole: "a.b", or a["b c"] where the key is more than letters,
// digits, '_' and '-'. Different places have different paths.
func Key(path, key string) string {
	switch {
	case !plain(key):
		return path + "[" + strconv.Quote(key) + "]"
	case path == "":
		return key
	default:
		return path + "." + key
	}
}

// Index returns the path of element i of the array at path: a[2].
func Index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func plain(key string) bool {
	for _, r := range key {
		if r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return key != ""
}

// inside returns what stands behind the opening bracket of v.
func inside(v []byte) []byte {
	v = next(v)
	if len(v) == 0 {
		return nil
	}
	return next(v[1:])
}

// next skips what separates values.
func next(v []byte) []byte { return bytes.TrimLeft(v, " \t\r\n,:") }

// size returns the length of the value that v begins with, 0 if it begins with none.
func size(v []byte) int {
	depth := 0
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case '"':
			i += quoted(v[i:]) - 1
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(v)
}

// quoted returns the length of the string that v begins with.
func quoted(v []byte) int {
	for i := 1; i < len(v); i++ {
		switch v[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(v)
}
