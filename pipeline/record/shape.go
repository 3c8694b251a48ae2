package record

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// shape says how the values of one type are encoded: by this package where encoding/json would do nothing special, which is faster and
// finds texts without looking at them again, and by encoding/json itself everywhere else.
type shape struct {
	kind   shapeKind
	fields []shapeField // of a struct
	elem   *shape       // of a slice, an array, a map or a pointer
}

type shapeKind int

const (
	shapeForeign shapeKind = iota // left to encoding/json
	shapeBool
	shapeInt
	shapeUint
	shapeFloat32
	shapeFloat64
	shapeString
	shapeStruct
	shapeSlice
	shapeArray
	shapeMap
	shapePointer
	shapeInterface
)

// zeroKind says what a field is left out for, if its tag has omitzero.
type zeroKind int

const (
	neverZero zeroKind = iota
	zeroValue
	zeroByMethod // the type has a method IsZero
)

type shapeField struct {
	index     []int  // of the field, behind those of the embedded structs around it
	key       string // as JSON, marked as a key and with its colon
	omitEmpty bool
	zero      zeroKind // what omitzero leaves out
	shape     *shape
}

// shapes keeps the shapes of the types that a run has met. It is safe for concurrent use; the zero value is empty.
type shapes struct {
	known sync.Map // of reflect.Type to *shape
	mu    sync.Mutex
}

func (ss *shapes) of(t reflect.Type) *shape {
	if s, ok := ss.known.Load(t); ok {
		return s.(*shape) //nolint:errcheck,forcetypeassert // nothing else is kept
	}
	ss.mu.Lock()
	defer ss.mu.Unlock()
	built := map[reflect.Type]*shape{}
	s := ss.build(t, built)
	for t, s := range built { // only now are those complete that refer to themselves
		ss.known.Store(t, s)
	}
	return s
}

func (ss *shapes) build(t reflect.Type, built map[reflect.Type]*shape) *shape {
	if s, ok := ss.known.Load(t); ok {
		return s.(*shape) //nolint:errcheck,forcetypeassert // nothing else is kept
	}
	if s, ok := built[t]; ok {
		return s
	}
	s := &shape{}
	built[t] = s
	if speaksForItself(t) {
		return s
	}
	switch t.Kind() {
	case reflect.Struct:
		s.fields, s.kind = ss.fields(t, built)
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 { // bytes are base64
			s.kind, s.elem = shapeSlice, ss.build(t.Elem(), built)
		}
	case reflect.Array:
		s.kind, s.elem = shapeArray, ss.build(t.Elem(), built)
	case reflect.Map:
		if k := t.Key(); k.Kind() == reflect.String && !speaksForItself(k) {
			s.kind, s.elem = shapeMap, ss.build(t.Elem(), built)
		}
	case reflect.Pointer:
		s.kind, s.elem = shapePointer, ss.build(t.Elem(), built)
	default:
		s.kind = scalarKind(t.Kind())
	}
	return s
}

func scalarKind(k reflect.Kind) shapeKind {
	switch k {
	case reflect.Bool:
		return shapeBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return shapeInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return shapeUint
	case reflect.Float32:
		return shapeFloat32
	case reflect.Float64:
		return shapeFloat64
	case reflect.String:
		return shapeString
	case reflect.Interface:
		return shapeInterface
	default:
		return shapeForeign
	}
}

// speaksForItself reports whether encoding/json asks a value of t, or a pointer to one, for its JSON.
func speaksForItself(t reflect.Type) bool {
	if t == reflect.TypeFor[json.Number]() {
		return true
	}
	for _, own := range []reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()} {
		if t.Implements(own) || reflect.PointerTo(t).Implements(own) {
			return true
		}
	}
	return false
}

// fields returns the fields of a struct, those of embedded structs in their place, or that it is foreign: fields that hide each other,
// embedded pointers, and options that few use, are left to encoding/json.
func (ss *shapes) fields(t reflect.Type, built map[reflect.Type]*shape) ([]shapeField, shapeKind) {
	fields := make([]shapeField, 0, t.NumField())
	seen := map[string]bool{}
	for _, f := range inlined(t, nil) {
		tag := f.Tag.Get("json")
		if f.Anonymous {
			return nil, shapeForeign
		}
		if !f.IsExported() || tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if name == "" {
			name = f.Name
		}
		field := shapeField{index: f.Index, key: string(appendKey(nil, name)) + ":"}
		if !isPlainName(name) || seen[name] || !field.takes(options, f.Type) {
			return nil, shapeForeign
		}
		seen[name] = true
		field.shape = ss.build(f.Type, built)
		fields = append(fields, field)
	}
	return fields, shapeStruct
}

// takes sets the options of a tag, and reports whether it knows them all.
func (f *shapeField) takes(options string, t reflect.Type) bool {
	known := true
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "":
		case "omitempty":
			f.omitEmpty = true
		case "omitzero":
			f.zero, known = zeroOf(t)
		default:
			return false
		}
	}
	return known
}

// inlined returns the fields of a struct with those of embedded structs in their place. An embedded field that encoding/json treats in
// another way, because it has a name or JSON of its own or is no struct, stays as it is.
func inlined(t reflect.Type, index []int) []reflect.StructField {
	var fields []reflect.StructField
	for f := range t.Fields() {
		f.Index = append(slices.Clip(slices.Clone(index)), f.Index...)
		if f.Anonymous && f.Tag.Get("json") == "" && f.Type.Kind() == reflect.Struct && f.IsExported() && !speaksForItself(f.Type) {
			fields = append(fields, inlined(f.Type, f.Index)...)
			continue
		}
		fields = append(fields, f)
	}
	return fields
}

// zeroer is implemented by types that say themselves what their zero is, such as [time.Time].
type zeroer interface{ IsZero() bool }

// zeroOf returns how encoding/json tells a zero of type t; ok is false where it takes a way of its own, by a pointer's or an interface's
// method.
func zeroOf(t reflect.Type) (kind zeroKind, ok bool) {
	method := reflect.TypeFor[zeroer]()
	switch {
	case t.Kind() == reflect.Interface || t.Kind() == reflect.Pointer:
		return zeroValue, !t.Implements(method)
	case t.Implements(method):
		return zeroByMethod, true
	default:
		return zeroValue, !reflect.PointerTo(t).Implements(method)
	}
}

// omits reports whether the field of value v is left out.
func (f *shapeField) omits(v reflect.Value) bool {
	if f.omitEmpty && isEmpty(v) {
		return true
	}
	switch f.zero {
	case zeroValue:
		return v.IsZero()
	case zeroByMethod:
		z, ok := v.Interface().(zeroer)
		return ok && z.IsZero()
	default:
		return false
	}
}

// isPlainName reports whether encoding/json takes a name as it is, whatever else it may accept.
func isPlainName(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && r != '-' && r != '$' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}
