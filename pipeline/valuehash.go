package pipeline

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"math"
	"reflect"
	"slices"

	"github.com/gloss-sdk/gloss/internal/plainjson"
)

// valueHasher hashes what JSON would hold of a value, without writing the JSON: texts are hashed as they are, long ones by their sum. Of
// the values of one type those are told apart that JSON tells apart, in every process alike. Fields that are zero are left out, so that a
// field that is added to a type changes nothing for values that do not use it. A value is hashed by its own JSON or text where its type has
// a method for it.
//
// It is not safe for concurrent use.
type valueHasher struct {
	digest hash.Hash
	buf    []byte
	last   [sha256.Size]byte
	types  typeFields
	text   textHasher
	sums   *textSums // of the item that the value belongs to
}

// maxHashDepth bounds how deep a value is looked into: one that refers to itself has no identity.
const maxHashDepth = 100

var errNoIdentity = errors.New("the value has no identity")

func newValueHasher() *valueHasher { return &valueHasher{digest: sha256.New()} }

// hash returns the hash of parts and v, whose texts sums may know; "" if v has no identity.
func (h *valueHasher) hash(v any, sums *textSums, parts []string) (sum string) {
	defer func() {
		if recover() != nil { // in a method of the value
			sum = ""
		}
	}()
	h.digest.Reset()
	h.sums = sums
	for _, p := range parts {
		h.short('p', p)
	}
	if err := h.value(reflect.ValueOf(v), 0); err != nil {
		return ""
	}
	h.digest.Sum(h.last[:0])
	h.buf = hex.AppendEncode(h.buf[:0], h.last[:])
	return string(h.buf)
}

// mark hashes what comes next and how long it is.
func (h *valueHasher) mark(kind byte, n uint64) {
	h.buf = binary.BigEndian.AppendUint64(append(h.buf[:0], kind), n)
	h.digest.Write(h.buf)
}

// short hashes a text as it is.
func (h *valueHasher) short(kind byte, s string) {
	h.mark(kind, uint64(len(s)))
	h.buf = append(h.buf[:0], s...)
	h.digest.Write(h.buf)
}

// string hashes a text, by its sum if it is long.
func (h *valueHasher) string(s string) {
	if len(s) < longText {
		h.short('s', s)
		return
	}
	h.mark('t', uint64(len(s)))
	h.last = h.sums.sum(&h.text, s)
	h.digest.Write(h.last[:])
}

func (h *valueHasher) value(v reflect.Value, depth int) error {
	if !v.IsValid() {
		h.mark('0', 0)
		return nil
	}
	if depth > maxHashDepth {
		return errNoIdentity
	}
	if spoken, err := h.own(v); spoken || err != nil {
		return err
	}
	switch v.Kind() {
	case reflect.String:
		h.string(v.String())
	case reflect.Bool:
		h.mark('b', boolBit(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		h.mark('i', uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		h.mark('u', v.Uint())
	case reflect.Float32, reflect.Float64:
		h.mark('f', math.Float64bits(v.Float()))
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			h.mark('0', 0)
			return nil
		}
		return h.value(v.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		return h.list(v, depth)
	case reflect.Map:
		return h.entries(v, depth)
	case reflect.Struct:
		return h.structure(v, depth)
	default:
		return errNoIdentity // functions and channels
	}
	return nil
}

// own hashes what a type says of its values by a method for JSON or text.
func (h *valueHasher) own(v reflect.Value) (spoken bool, err error) {
	if !h.types.speaks(v.Type()) || v.Kind() == reflect.Pointer && v.IsNil() {
		return false, nil
	}
	var text []byte
	switch m := v.Interface().(type) {
	case json.Marshaler:
		text, err = m.MarshalJSON()
	case encoding.TextMarshaler:
		text, err = m.MarshalText()
	default: // a method of the pointer, which JSON asks only where it can
		return false, nil
	}
	if err != nil {
		return true, fmt.Errorf("%w: %w", errNoIdentity, err)
	}
	h.mark('j', uint64(len(text)))
	h.digest.Write(text)
	return true, nil
}

func (h *valueHasher) list(v reflect.Value, depth int) error {
	if v.Kind() == reflect.Slice && v.IsNil() {
		h.mark('0', 0)
		return nil
	}
	h.mark('l', uint64(v.Len()))
	if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
		h.digest.Write(v.Bytes())
		return nil
	}
	for i := range v.Len() {
		if err := h.value(v.Index(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// entries hashes a map by the text of its keys, as JSON writes them, in their order.
func (h *valueHasher) entries(v reflect.Value, depth int) error {
	if v.IsNil() {
		h.mark('0', 0)
		return nil
	}
	type entry struct {
		key   []byte
		value reflect.Value
	}
	all := make([]entry, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		single := reflect.MakeMapWithSize(reflect.MapOf(v.Type().Key(), reflect.TypeFor[int]()), 1)
		single.SetMapIndex(it.Key(), reflect.ValueOf(0))
		key, err := json.Marshal(single.Interface())
		if err != nil {
			return fmt.Errorf("%w: %w", errNoIdentity, err)
		}
		all = append(all, entry{key, it.Value()})
	}
	slices.SortFunc(all, func(a, b entry) int { return bytes.Compare(a.key, b.key) })
	h.mark('m', uint64(len(all)))
	for _, e := range all {
		h.short('k', string(e.key))
		if err := h.value(e.value, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// structure hashes the fields that JSON would hold. A struct that has fields, none of them for JSON, does not say what it is.
func (h *valueHasher) structure(v reflect.Value, depth int) error {
	fields := h.types.of(v.Type())
	if fields.hidden && !v.IsZero() {
		return errNoIdentity
	}
	h.mark('{', 0)
	for _, f := range fields.list {
		fv := v.Field(f.index)
		if fv.IsZero() {
			continue
		}
		h.short('n', f.name)
		if err := h.value(fv, depth+1); err != nil {
			return err
		}
	}
	h.mark('}', 0)
	return nil
}

// typeFields keeps what is known of types. The zero value is empty.
type typeFields struct {
	known map[reflect.Type]*structFields
	talks map[reflect.Type]bool
}

type structFields struct {
	list   []namedField
	hidden bool
}

type namedField struct {
	index int
	name  string
}

// speaks reports whether values of t have JSON or a text of their own.
func (tf *typeFields) speaks(t reflect.Type) bool {
	talks, ok := tf.talks[t]
	if !ok {
		talks = t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
		if tf.talks == nil {
			tf.talks = map[reflect.Type]bool{}
		}
		tf.talks[t] = talks
	}
	return talks
}

func (tf *typeFields) of(t reflect.Type) *structFields {
	if known, ok := tf.known[t]; ok {
		return known
	}
	fields := &structFields{hidden: plainjson.HidesAll(t)}
	for f := range t.Fields() {
		tag := f.Tag.Get("json")
		if tag == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		name, _, _ := bytes.Cut([]byte(tag), []byte(","))
		fields.list = append(fields.list, namedField{f.Index[0], cmp.Or(string(name), f.Name)})
	}
	if tf.known == nil {
		tf.known = map[reflect.Type]*structFields{}
	}
	tf.known[t] = fields
	return fields
}

func boolBit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
