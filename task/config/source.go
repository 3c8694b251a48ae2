package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// The bounds of a document keep parsers, which recurse, from being driven too far.
const (
	maxBytes = 256 << 10
	maxDepth = 64
	// shownDepth is how much of the path to a value that is too deep is shown.
	shownDepth = 4
)

// reader reads one document into a tree.
type reader struct {
	level    Level // of everything that is read
	problems *problems
	path     path // to the value that is being read
}

// read returns the tree of a document in YAML or JSON, or nil after a problem with the document as a whole.
func (r *reader) read(name string, data []byte) *node {
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	isJSON := json.Valid(data)
	switch {
	case len(data) > maxBytes:
		r.fault(0, fmt.Sprintf("at most %d bytes; this has %d", maxBytes, len(data)))
		return nil
	case !utf8.Valid(data):
		r.fault(lineAt(data, bytes.IndexRune(data, utf8.RuneError)), "text in UTF-8")
		return nil
	case isJSON:
		return readJSON(r, data)
	case strings.EqualFold(filepath.Ext(name), ".json"):
		r.invalidJSON(data)
		return nil
	}
	return r.readYAML(data)
}

func (r *reader) fault(line int, want string) {
	r.problems.add(place{r.level, line}, r.path, Error{Want: want})
}

func (r *reader) inside(s step, read func()) {
	r.path = r.path.then(s)
	read()
	r.path = r.path[:len(r.path)-1]
}

// tooDeep notes a value that has too many others around it.
func (r *reader) tooDeep(line int) bool {
	if len(r.path) <= maxDepth {
		return false
	}
	r.problems.add(place{r.level, line}, r.path[:shownDepth], Error{Want: fmt.Sprintf("at most %d values around each other", maxDepth)})
	return true
}

// lineAt returns the line, counted from 1, that an offset is in.
func lineAt(data []byte, offset int) int { return 1 + bytes.Count(data[:offset], []byte("\n")) }

func (r *reader) invalidJSON(data []byte) {
	var value json.RawMessage
	err := json.Unmarshal(data, &value)
	line := 1
	if at, ok := err.(*json.SyntaxError); ok { //nolint:errorlint // Unmarshal returns it bare
		line = lineAt(data, max(0, int(at.Offset)-1))
	}
	r.fault(line, fmt.Sprintf("valid JSON (%v)", err))
}

// jsonReader reads valid JSON.
type jsonReader struct {
	*reader
	dec  *json.Decoder
	data []byte
	line int // of the token read last
	seen int // bytes counted into line
}

func readJSON(r *reader, data []byte) *node {
	j := jsonReader{reader: r, dec: json.NewDecoder(bytes.NewReader(data)), data: data, line: 1}
	j.dec.UseNumber()
	return j.value(j.next())
}

// next returns the next token. No token spans lines, so the line of its end is that of its start.
func (r *jsonReader) next() json.Token {
	token, err := r.dec.Token()
	if err != nil {
		return nil // the document is valid
	}
	end := int(r.dec.InputOffset())
	r.line += bytes.Count(r.data[r.seen:end], []byte("\n"))
	r.seen = end
	return token
}

func (r *jsonReader) value(token json.Token) *node {
	n := &node{place: place{r.level, r.line}}
	switch t := token.(type) {
	case string:
		n.kind, n.raw = scalar, quote(t)
	case bool, json.Number:
		n.kind, n.raw = scalar, fmt.Sprint(t)
	case json.Delim:
		if r.tooDeep(r.line) {
			r.skip()
			return n
		}
		r.collection(t, n)
	}
	return n
}

func (r *jsonReader) collection(open json.Delim, n *node) {
	n.kind = list
	if open == '{' {
		n.kind = object
	}
	for r.dec.More() {
		if n.kind == list {
			r.inside(toIndex(len(n.items)), func() { n.items = append(n.items, r.value(r.next())) })
			continue
		}
		key, _ := r.next().(string) // keys are strings
		line := r.line
		r.inside(toKey(key), func() {
			value := r.value(r.next())
			value.place.line = line
			n.fields = append(n.fields, field{key, value})
		})
	}
	r.next()
}

// skip reads to the end of the object or list that was just opened.
func (r *jsonReader) skip() {
	for open := 1; open > 0; {
		switch r.next() {
		case json.Delim('['), json.Delim('{'):
			open++
		case json.Delim(']'), json.Delim('}'):
			open--
		}
	}
}
