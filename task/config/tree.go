package config

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
)

// node is a value of a document with the place that set it. Nodes are shared between trees and must not change once tasks are resolved.
type node struct {
	kind   kind
	raw    string // of a scalar: its JSON text
	items  []*node
	fields []field
	place  place
}

type kind int

const (
	null kind = iota
	scalar
	list
	object
)

// field is one key of an object. A document as written may have a key twice.
type field struct {
	key   string
	value *node
}

// place is where a value comes from: the line of its key, or of a list's element.
type place struct {
	level Level
	line  int
}

func (n *node) field(key string) *node {
	for _, f := range n.fields {
		if f.key == key {
			return f.value
		}
	}
	return nil
}

// child returns what a step leads to, or nil.
func (n *node) child(s step) *node {
	if s.index < 0 {
		return n.field(s.key)
	}
	if s.index < len(n.items) {
		return n.items[s.index]
	}
	return nil
}

// find returns what a path leads to, or nil.
func (n *node) find(p path) *node {
	for _, s := range p {
		if n == nil {
			return nil
		}
		n = n.child(s)
	}
	return n
}

// given reports whether a value is there and is not null.
func (n *node) given() bool { return n != nil && n.kind != null }

// leaf reports whether n has nothing inside: a scalar, null, an empty object or an empty list.
func (n *node) leaf() bool { return len(n.items)+len(n.fields) == 0 }

// leaves visits the leaves below n in the order of the document.
func (n *node) leaves(at path, visit func(path, *node)) {
	if n.leaf() {
		visit(at, n)
		return
	}
	for _, f := range n.fields {
		f.value.leaves(at.then(toKey(f.key)), visit)
	}
	for i, item := range n.items {
		item.leaves(at.then(toIndex(i)), visit)
	}
}

// from says that n and all below it were set by a level.
func (n *node) from(level Level) {
	n.place.level = level
	for _, f := range n.fields {
		f.value.from(level)
	}
	for _, item := range n.items {
		item.from(level)
	}
}

// without returns n without the value that a path of keys leads to.
func (n *node) without(p path) *node {
	out := *n
	out.fields = nil
	for _, f := range n.fields {
		if f.key == p[0].key {
			if len(p) == 1 {
				continue
			}
			f.value = f.value.without(p[1:])
		}
		out.fields = append(out.fields, f)
	}
	return &out
}

// merge returns base with what over says instead: objects are merged key by key, anything else is replaced, also by null.
func merge(base, over *node) *node {
	switch {
	case over == nil:
		return base
	case base == nil || base.kind != object || over.kind != object:
		return over
	}
	out := *over
	out.fields = slices.Clone(base.fields)
	for _, f := range over.fields {
		if i := slices.IndexFunc(out.fields, func(b field) bool { return b.key == f.key }); i >= 0 {
			out.fields[i].value = merge(out.fields[i].value, f.value)
			continue
		}
		out.fields = append(out.fields, f)
	}
	return &out
}

// same reports whether two leaves hold one value, however their numbers are written.
func same(a, b *node) bool {
	if a.kind != b.kind || a.kind != scalar || a.raw == b.raw {
		return a.kind == b.kind
	}
	x, errX := strconv.ParseFloat(a.raw, 64)
	y, errY := strconv.ParseFloat(b.raw, 64)
	return errX == nil && errY == nil && x == y
}

// text returns the JSON text of a value.
func (n *node) text() json.RawMessage {
	var e encoder
	e.value(n)
	return e.out.Bytes()
}

// encoder writes a tree as JSON. With marks, it notes which value, or which field's key, begins at an offset.
type encoder struct {
	out   bytes.Buffer
	path  path
	marks map[int]mark
}

type mark struct {
	path  path
	place place
}

func (e *encoder) value(n *node) {
	e.mark(n)
	switch n.kind {
	case null:
		e.out.WriteString("null")
	case scalar:
		e.out.WriteString(n.raw)
	case list:
		e.out.WriteByte('[')
		for i, item := range n.items {
			e.comma(i)
			e.inside(toIndex(i), func() { e.value(item) })
		}
		e.out.WriteByte(']')
	case object:
		e.out.WriteByte('{')
		for i, f := range n.fields {
			e.comma(i)
			e.inside(toKey(f.key), func() {
				e.mark(f.value)
				e.out.WriteString(quote(f.key) + ":")
				e.value(f.value)
			})
		}
		e.out.WriteByte('}')
	}
}

func (e *encoder) inside(s step, write func()) {
	e.path = append(e.path, s)
	write()
	e.path = e.path[:len(e.path)-1]
}

func (e *encoder) comma(i int) {
	if i > 0 {
		e.out.WriteByte(',')
	}
}

func (e *encoder) mark(n *node) {
	if e.marks != nil {
		e.marks[e.out.Len()] = mark{slices.Clone(e.path), n.place}
	}
}

// quote returns a string as JSON, with nothing escaped for HTML.
func quote(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always has a JSON text
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}
