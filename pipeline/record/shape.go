package record

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"unicode"
)

// shape says how the values of one type are encoded: by this package where encoding/json would do nothing special, which is faster and finds
// texts without looking at them again, and by encoding/json itself everywhere else.
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

type shapeField struct {
	index     int
	key       string // as JSON, marked as a key and with its colon
	omitEmpty bool
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

// fields returns the fields of a struct, or that it is foreign: embedded fields, and options that few use, are left to encoding/json.
func (ss *shapes) fields(t reflect.Type, built map[reflect.Type]*shape) ([]shapeField, shapeKind) {
	fields := make([]shapeField, 0, t.NumField())
	seen := map[string]bool{}
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		switch {
		case f.Anonymous:
			return nil, shapeForeign
		case !f.IsExported() || tag == "-":
			continue
		}
		name, option, _ := strings.Cut(tag, ",")
		if name == "" {
			name = f.Name
		}
		if !isPlainName(name) || option != "" && option != "omitempty" || seen[name] {
			return nil, shapeForeign
		}
		seen[name] = true
		key := string(appendKey(nil, name)) + ":"
		fields = append(fields, shapeField{i, key, option != "", ss.build(f.Type, built)})
	}
	return fields, shapeStruct
}

// isPlainName reports whether encoding/json takes a name as it is, whatever else it may accept.
func isPlainName(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && r != '-' && r != '$' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}
