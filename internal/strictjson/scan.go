package strictjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// scanner walks over a valid JSON document beside the type that it is to be decoded into and notes what does not fit. A nil type
// fits everything.
type scanner struct {
	data     []byte
	at       int
	complete bool
	known    map[reflect.Type]fields
	path     path
	visit    func(at int) // called before each value; may be nil
	faults   Errors
}

func (s *scanner) fault(at int, value, want string) {
	s.faults = append(s.faults, &Error{Path: s.path.String(), Offset: at, Value: value, Want: want})
}

// value walks over one value.
func (s *scanner) value(t reflect.Type) {
	s.space()
	start := s.at
	if s.visit != nil {
		s.visit(start)
	}
	inner := target(t)
	switch s.data[s.at] {
	case '{':
		s.object(inner)
	case '[':
		s.list(inner)
	case '"':
		s.at = endOfString(s.data, s.at)
	default:
		for s.at < len(s.data) && strings.IndexByte(",]} \t\r\n", s.data[s.at]) < 0 {
			s.at++
		}
	}
	if t == nil {
		return
	}
	if want := mismatch(t, s.data[start:s.at], s.complete && len(s.path) == 0); want != "" {
		s.fault(start, shown(s.data[start:s.at]), want)
	}
}

// object walks over an object that is decoded into t.
func (s *scanner) object(t reflect.Type) {
	start := s.at
	known, isStruct := s.fieldsOf(t)
	given := map[string]bool{} // whether the value of a key is something else than null
	s.at++                     // the brace
	for s.space(); s.data[s.at] != '}'; s.space() {
		at := s.at
		s.at = endOfString(s.data, s.at)
		key := unquote(s.data[at:s.at])
		s.path = append(s.path, step{key: key, index: byKey})
		var value reflect.Type
		name := key
		if _, twice := given[key]; twice {
			s.fault(at, "", "one value; the key is there twice")
		} else if isStruct {
			name, value = s.field(at, key, known)
		} else if t != nil && t.Kind() == reflect.Map {
			value = t.Elem()
		}
		s.space()
		s.at++ // the colon
		s.space()
		given[name] = !s.absent()
		s.value(value)
		s.path = s.path[:len(s.path)-1]
		s.comma()
	}
	s.at++
	if s.complete && isStruct {
		s.missing(start, known, given)
	}
}

// field returns the name and the type of a key's field, and notes a key that has none or is written in another case.
func (s *scanner) field(at int, key string, known fields) (string, reflect.Type) {
	if f, ok := known.byName[key]; ok {
		return key, f.typ
	}
	if name, ok := known.fold(key); ok {
		s.fault(at, "", fmt.Sprintf("the key written %q", name))
		return name, nil
	}
	s.fault(at, "", "a known key: "+strings.Join(known.names, ", "))
	return key, nil
}

// missing notes the required fields that an object has not got.
func (s *scanner) missing(at int, known fields, given map[string]bool) {
	for _, name := range known.names {
		if known.byName[name].required && !given[name] {
			s.path = append(s.path, step{key: name, index: byKey})
			s.fault(at, "", "a value; the key is missing or null")
			s.path = s.path[:len(s.path)-1]
		}
	}
}

// list walks over a list that is decoded into t.
func (s *scanner) list(t reflect.Type) {
	var element reflect.Type
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		element = t.Elem()
	}
	s.at++ // the bracket
	i := 0
	for s.space(); s.data[s.at] != ']'; s.space() {
		s.path = append(s.path, step{index: i})
		if s.complete && element != nil && !nilable(element) && s.absent() {
			s.fault(s.at, "null", kindWanted(element))
		}
		s.value(element)
		s.path = s.path[:len(s.path)-1]
		s.comma()
		i++
	}
	s.at++
}

func (s *scanner) space() {
	for s.at < len(s.data) && (s.data[s.at] == ' ' || s.data[s.at] == '\t' || s.data[s.at] == '\r' || s.data[s.at] == '\n') {
		s.at++
	}
}

func (s *scanner) comma() {
	s.space()
	if s.data[s.at] == ',' {
		s.at++
	}
}

// absent reports whether the value that comes next is null.
func (s *scanner) absent() bool { return s.data[s.at] == 'n' }

func (s *scanner) fieldsOf(t reflect.Type) (fields, bool) {
	if t == nil || t.Kind() != reflect.Struct {
		return fields{}, false
	}
	if _, ok := s.known[t]; !ok {
		s.known[t] = fieldsOf(t, nil)
	}
	return s.known[t], true
}

// shown returns a value as an error shows it: objects and lists not at all.
func shown(raw []byte) string {
	switch raw[0] {
	case '{', '[':
		return ""
	case '"':
		return unquote(raw)
	}
	return string(raw)
}

// endOfString returns the offset after the string that starts at offset at.
func endOfString(data []byte, at int) int {
	for at++; data[at] != '"'; at++ {
		if data[at] == '\\' {
			at++
		}
	}
	return at + 1
}

func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	_ = json.Unmarshal(raw, &s) // the document is valid JSON
	return s
}
