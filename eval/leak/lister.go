package leak

import (
	"context"
	"iter"
	"reflect"
)

// Lister is implemented by a value that holds texts where reading its fields would not find them: in a database, behind a function,
// in a packed form. Texts yields each of them, or the error that kept one from being read.
//
// A value is listed only where Go lets its method be called: not in an unexported field. Implement it on the value around.
type Lister interface {
	Texts(ctx context.Context) iter.Seq2[string, error]
}

// RecordLister is [Lister] for values that list records of any type, such as a retrieval index. Every text in a record is read.
type RecordLister[R any] interface {
	Records(ctx context.Context) iter.Seq2[R, error]
}

// listing returns the name of the method by which values of t, or pointers to them, list their texts; "" if there is none.
func listing(t reflect.Type) string {
	for _, name := range []string{"Texts", "Records"} {
		if m, ok := reflect.PointerTo(t).MethodByName(name); ok && lists(m.Type) {
			return name
		}
	}
	return ""
}

// lists reports whether a method, given with its receiver, takes a context and returns an iter.Seq2 of anything and an error.
func lists(m reflect.Type) bool {
	if m.NumIn() != 2 || m.In(1) != reflect.TypeFor[context.Context]() || m.NumOut() != 1 {
		return false
	}
	out := m.Out(0)
	return out.Kind() == reflect.Func && out.CanSeq2() && out.In(0).In(1) == reflect.TypeFor[error]()
}

// remote returns the name of a method by which values of t, or pointers to them, are asked for texts that are not in them; "" if there is
// none. A method without arguments, such as Query of a URL, asks for nothing.
func remote(t reflect.Type) string {
	for _, name := range []string{"Search", "Retrieve", "Query", "Read"} {
		if m, ok := reflect.PointerTo(t).MethodByName(name); ok && m.Type.NumIn() > 1 {
			return name
		}
	}
	return ""
}
