package leak

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Texts returns every text that v holds, in the order in which [Check] would read them. Its error is an [*Error] that names what cannot be
// read, or the end of ctx.
func Texts(ctx context.Context, v any) ([]string, error) {
	var texts []string
	r := newReader(ctx, func(_ *place, text string) { texts = append(texts, text) })
	if err := r.read(v); err != nil {
		return nil, err
	}
	if len(r.unreadable) > 0 {
		return nil, &Error{Unreadable: r.unreadable}
	}
	return texts, nil
}

// reader goes through everything reachable from one value. It keeps a list of what is left to visit instead of recursing, so that the depth
// of the data costs no stack.
type reader struct {
	ctx        context.Context //nolint:containedctx // a reader lives as long as one call
	text       func(at *place, text string)
	unreadable []Unreadable
	left       []visit
	seen       map[visited]reflect.Value // the values keep what they point to alive: an address that is used again would be taken for seen
	traits     map[reflect.Type]traits
}

type visit struct {
	v  reflect.Value
	at *place
}

// visited identifies what can be reached twice: a pointer, a map, a slice.
type visited struct {
	t       reflect.Type
	address uintptr
	length  int
}

type traits struct{ listing, remote string }

func newReader(ctx context.Context, text func(at *place, text string)) *reader {
	return &reader{ctx: ctx, text: text, seen: map[visited]reflect.Value{}, traits: map[reflect.Type]traits{}}
}

// read visits root and all that is reachable from it. Its error is the end of the context; what cannot be read is collected.
func (r *reader) read(root any) error {
	r.left = append(r.left[:0], visit{reflect.ValueOf(root), nil})
	r.visitLeft(0)
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx) //nolint:wrapcheck // the caller says what ended
	}
	return nil
}

// visitLeft visits what is left to visit, the last one first, until no more than stop are left.
func (r *reader) visitLeft(stop int) {
	for len(r.left) > stop && r.ctx.Err() == nil {
		next := r.left[len(r.left)-1]
		r.left = r.left[:len(r.left)-1]
		from := len(r.left)
		r.visit(next.v, next.at)
		slices.Reverse(r.left[from:])
	}
}

func (r *reader) push(v reflect.Value, up *place, step string, index int) {
	r.left = append(r.left, visit{v, &place{up, step, index}})
}

func (r *reader) refuse(at *place, reason string, err error) {
	r.unreadable = append(r.unreadable, Unreadable{Path: at.String(), Reason: reason, Err: err})
}

func (r *reader) visit(v reflect.Value, at *place) {
	switch v.Kind() {
	case reflect.Invalid:
		return
	case reflect.Pointer:
		if !v.IsNil() && r.first(v, v.Pointer(), 0) {
			r.left = append(r.left, visit{v.Elem(), at})
		}
		return
	case reflect.Interface:
		r.left = append(r.left, visit{v.Elem(), at})
		return
	default:
	}
	switch t := r.traitsOf(v.Type()); {
	case empty(v):
	case t.listing != "" && !v.CanInterface():
		r.refuse(at, "lists its texts with "+t.listing+", which an unexported field hides: implement Texts on the value around it", nil)
	case t.listing != "":
		r.list(v, at, t.listing)
	case t.remote != "":
		r.refuse(at, fmt.Sprintf("%s has a method %s, so its texts are elsewhere: implement Texts to list them", v.Type(), t.remote), nil)
	default:
		r.contents(v, at)
	}
}

// empty reports whether v is nil and thus holds nothing.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Func, reflect.Chan, reflect.Map, reflect.UnsafePointer:
		return v.IsNil()
	case reflect.Uintptr:
		return v.IsZero()
	default:
		return false
	}
}

func (r *reader) traitsOf(t reflect.Type) traits {
	known, ok := r.traits[t]
	if !ok {
		known = traits{listing(t), remote(t)}
		r.traits[t] = known
	}
	return known
}

// first reports whether v, which is reached through an address, is reached for the first time.
func (r *reader) first(v reflect.Value, address uintptr, length int) bool {
	key := visited{v.Type(), address, length}
	if _, ok := r.seen[key]; ok {
		return false
	}
	r.seen[key] = v
	return true
}

func (r *reader) contents(v reflect.Value, at *place) {
	switch v.Kind() {
	case reflect.String:
		r.string(v.String(), at)
	case reflect.Slice:
		if v.Len() > 0 && r.first(v, v.Pointer(), v.Len()) {
			r.elements(v, at)
		}
	case reflect.Array:
		r.elements(v, at)
	case reflect.Map:
		if r.first(v, v.Pointer(), 0) {
			r.entries(v, at)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() { // its zone names are no texts
			return
		}
		for i := range v.NumField() {
			r.push(v.Field(i), at, v.Type().Field(i).Name, -1)
		}
	case reflect.Func, reflect.Chan, reflect.UnsafePointer, reflect.Uintptr:
		r.refuse(at, fmt.Sprintf("a %s can hold texts that nobody can list: implement Texts on the value around it, or derive it from data", v.Type()), nil)
	default: // a number or a bool
	}
}

// elements reads a slice or an array; bytes are one text.
func (r *reader) elements(v reflect.Value, at *place) {
	switch k := v.Type().Elem().Kind(); {
	case k == reflect.Uint8:
		r.string(string(bytesOf(v)), at)
	case k >= reflect.Bool && k <= reflect.Complex128 && k != reflect.Uintptr: // numbers, perhaps millions of them
	default:
		for i := range v.Len() {
			r.push(v.Index(i), at, "", i)
		}
	}
}

func bytesOf(v reflect.Value) []byte {
	if v.Kind() == reflect.Slice || v.CanAddr() {
		return v.Bytes()
	}
	b := make([]byte, v.Len())
	for i := range b {
		b[i] = byte(v.Index(i).Uint())
	}
	return b
}

// entries reads a map in the order of its keys as they print.
func (r *reader) entries(v reflect.Value, at *place) {
	type entry struct {
		name       string
		key, value reflect.Value
	}
	entries := make([]entry, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		entries = append(entries, entry{keyName(it.Key()), it.Key(), it.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	for _, e := range entries {
		name := shorten(e.name)
		r.push(e.key, at, "key "+name, -1)
		r.push(e.value, at, "["+name+"]", -1)
	}
}

func keyName(key reflect.Value) string {
	if key.Kind() == reflect.String {
		return strconv.Quote(key.String())
	}
	return fmt.Sprint(key)
}

// string reads a text. Escapes hide its words if it is JSON, so then what it encodes is read as well.
func (r *reader) string(text string, at *place) {
	r.text(at, text)
	encoded := strings.TrimSpace(text)
	if encoded == "" || !strings.ContainsAny(encoded[:1], `{["`) || !strings.Contains(encoded, `\`) {
		return
	}
	var decoded any
	if json.Unmarshal([]byte(encoded), &decoded) == nil {
		r.push(reflect.ValueOf(decoded), at, "(JSON)", -1)
	}
}

// list reads what v lists, item by item. The code that lists is not ours: it may panic.
func (r *reader) list(v reflect.Value, at *place, method string) {
	at = &place{at, method, -1}
	defer func() {
		if p := recover(); p != nil {
			r.refuse(at, "listing failed", fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	if !v.CanAddr() {
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		v = c
	}
	out := v.Addr().MethodByName(method).Call([]reflect.Value{reflect.ValueOf(r.ctx)})[0]
	if out.IsNil() {
		r.refuse(at, "listing failed", errors.New("the listing is nil"))
		return
	}
	i := 0
	for item, failure := range out.Seq2() {
		if err, ok := failure.Interface().(error); ok && err != nil {
			r.refuse(at, fmt.Sprintf("listing failed at text %d", i), err)
			return
		}
		from := len(r.left)
		r.push(item, at, "", i)
		r.visitLeft(from)
		if i++; r.ctx.Err() != nil {
			return
		}
	}
}
