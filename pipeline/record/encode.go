package record

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
)

// errForeign says that a value is left to encoding/json.
var errForeign = errors.New("record: the value is left to encoding/json")

// maxDepth bounds how deep a value is looked into; one that refers to itself has no JSON.
const maxDepth = 200

// plain encodes v into out, unless it has to be left to encoding/json as a whole. What panics is left to it as well, which says why.
func (e *encoder) plain(v any) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	e.out = e.out[:0]
	if v == nil {
		e.out = append(e.out, "null"...)
		return true
	}
	rv := reflect.ValueOf(v)
	s := e.shapes.of(rv.Type())
	return s.kind != shapeForeign && e.append(s, rv, 0) == nil
}

// append appends what is stored of v inside of a value.
func (e *encoder) append(s *shape, v reflect.Value, depth int) error {
	if depth > maxDepth {
		return errForeign
	}
	switch s.kind {
	case shapeBool:
		e.out = strconv.AppendBool(e.out, v.Bool())
	case shapeInt:
		e.out = strconv.AppendInt(e.out, v.Int(), 10)
	case shapeUint:
		e.out = strconv.AppendUint(e.out, v.Uint(), 10)
	case shapeFloat32:
		return e.float(v.Float(), 32)
	case shapeFloat64:
		return e.float(v.Float(), 64)
	case shapeString:
		e.string(v.String())
	case shapeStruct, shapeSlice, shapeArray, shapeMap:
		return e.container(s, v, depth)
	case shapePointer, shapeInterface:
		return e.pointee(s, v, depth)
	default:
		return e.foreign(v)
	}
	return nil
}

// pointee appends what a pointer or an interface holds.
func (e *encoder) pointee(s *shape, v reflect.Value, depth int) error {
	if v.IsNil() {
		e.out = append(e.out, "null"...)
		return nil
	}
	if s.kind == shapeInterface {
		return e.append(e.shapes.of(v.Elem().Type()), v.Elem(), depth+1)
	}
	if e.refer(v) {
		return nil
	}
	begin := len(e.out)
	if err := e.append(s.elem, v.Elem(), depth+1); err != nil {
		return err
	}
	e.remember(v, begin)
	return nil
}

// container appends an object or an array, or a reference to it if it is large and inside of a value.
func (e *encoder) container(s *shape, v reflect.Value, depth int) error {
	if (s.kind == shapeSlice || s.kind == shapeMap) && e.refer(v) {
		return nil
	}
	begin := len(e.out)
	var err error
	switch {
	case s.kind == shapeStruct:
		err = e.structure(s, v, depth)
	case s.kind == shapeArray:
		err = e.elements(s, v, depth)
	case v.IsNil():
		e.out = append(e.out, "null"...)
	case s.kind == shapeSlice:
		err = e.elements(s, v, depth)
	default:
		err = e.entries(s, v, depth)
	}
	if err == nil {
		e.takeOut(begin)
		if s.kind == shapeSlice || s.kind == shapeMap {
			e.remember(v, begin)
		}
	}
	return err
}

// refer appends the reference to a slice, a map or a pointer inside of a value that an earlier value of the item held as well.
func (e *encoder) refer(v reflect.Value) bool {
	if len(e.out) == 0 {
		return false
	}
	for i := range e.parts {
		if e.parts[i].is(v) {
			e.out = appendReference(e.out, kindValue, e.parts[i].sum)
			return true
		}
	}
	return false
}

// remember keeps v for what comes later if what begins in out, inside of a value, refers to it.
func (e *encoder) remember(v reflect.Value, begin int) {
	if begin == 0 {
		return
	}
	if s, ok := valueReference(e.out[begin:]); ok {
		e.freshParts = append(e.freshParts, storedPart{v, s})
	}
}

// takeOut stores what begins in out on its own if it is large enough and not the whole value.
func (e *encoder) takeOut(begin int) {
	if begin > 0 && len(e.out)-begin >= minValue {
		e.out = appendReference(e.out[:begin], kindValue, e.put(kindValue, e.out[begin:]))
	}
}

func (e *encoder) structure(s *shape, v reflect.Value, depth int) error {
	e.out = append(e.out, '{')
	first := true
	for i := range s.fields {
		f := &s.fields[i]
		fv := v.Field(f.index[0])
		for _, inner := range f.index[1:] {
			fv = fv.Field(inner)
		}
		if f.omits(fv) {
			continue
		}
		if !first {
			e.out = append(e.out, ',')
		}
		first = false
		e.out = append(e.out, f.key...)
		if err := e.append(f.shape, fv, depth+1); err != nil {
			return err
		}
	}
	e.out = append(e.out, '}')
	return nil
}

// isEmpty reports what the option omitempty leaves out.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	default:
		return v.IsZero()
	}
}

func (e *encoder) elements(s *shape, v reflect.Value, depth int) error {
	e.out = append(e.out, '[')
	for i := range v.Len() {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		if err := e.append(s.elem, v.Index(i), depth+1); err != nil {
			return err
		}
	}
	e.out = append(e.out, ']')
	return nil
}

// entries appends a map in the order of its keys.
func (e *encoder) entries(s *shape, v reflect.Value, depth int) error {
	type entry struct {
		key   string
		value reflect.Value
	}
	sorted := make([]entry, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		sorted = append(sorted, entry{it.Key().String(), it.Value()})
	}
	slices.SortFunc(sorted, func(a, b entry) int { return bytes.Compare([]byte(a.key), []byte(b.key)) })
	e.out = append(e.out, '{')
	for i, x := range sorted {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.out = append(appendKey(e.out, x.key), ':')
		if err := e.append(s.elem, x.value, depth+1); err != nil {
			return err
		}
	}
	e.out = append(e.out, '}')
	return nil
}

// appendKey appends a key, marked if it looks like a reference.
func appendKey(b []byte, key string) []byte {
	begin := len(b)
	b = appendQuoted(b, key)
	if dollars(b[begin:]) > 0 {
		b = slices.Insert(b, begin+1, '$')
	}
	return b
}

// string appends a short string, or the reference to a long one.
func (e *encoder) string(s string) {
	if len(s) >= minText {
		if known, ok := e.tryText(s); ok {
			e.out = appendReference(e.out, kindText, known)
			return
		}
	}
	begin := len(e.out)
	e.out = appendQuoted(e.out, s)
	if len(e.out)-begin-2 < minText {
		return
	}
	if known, ok := e.tryText(s); ok { // what is short may have long JSON
		e.out = appendReference(e.out[:begin], kindText, known)
	} else {
		e.out = appendReference(e.out[:begin], kindValue, e.put(kindValue, e.out[begin:]))
	}
}

// float appends a number in the format of ECMAScript, as encoding/json does.
func (e *encoder) float(f float64, size int) error {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return errForeign
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 {
		if size == 64 && (abs < 1e-6 || abs >= 1e21) || size == 32 && (float32(abs) < 1e-6 || float32(abs) >= 1e21) {
			format = 'e'
		}
	}
	e.out = strconv.AppendFloat(e.out, f, format, -1, size)
	if n := len(e.out); format == 'e' && n >= 4 && e.out[n-4] == 'e' && (e.out[n-3] == '-' || e.out[n-3] == '+') && e.out[n-2] == '0' {
		e.out[n-2] = e.out[n-1] // e-09 is e-9
		e.out = e.out[:n-1]
	}
	return nil
}

// foreign appends what encoding/json says of v.
func (e *encoder) foreign(v reflect.Value) error {
	if v.CanAddr() {
		v = v.Addr() // methods of the pointer are asked as well then
	}
	if raw, ok := asRaw(v); ok {
		return e.raw(raw)
	}
	json, err := marshal(v.Interface())
	if err != nil {
		return err
	}
	e.json(json)
	return nil
}

// json appends what is stored of JSON inside of a value.
func (e *encoder) json(json []byte) {
	begin := len(e.out)
	e.out = append(e.out, split(json, e)...)
	if json[0] == '{' || json[0] == '[' {
		e.takeOut(begin)
	}
}
