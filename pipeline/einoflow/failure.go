package einoflow

import (
	"errors"
	"reflect"
)

// opaqueError is the error of a stage on its way out of a graph.
//
// A graph looks through the error of a node for one of its own kind: finding that of an inner graph, it adds its node to the path there
// and returns that inner error, without what was wrapped around it. Here that is the stage's own report, and the inner
// error may be shared between runs. So this error shows all of its chain but that kind: it has no Unwrap.
type opaqueError struct{ err error }

func (e *opaqueError) Error() string { return e.err.Error() }

// Is looks into the chain for [errors.Is].
func (e *opaqueError) Is(target error) bool { return errors.Is(e.err, target) }

// As looks into the chain for [errors.As].
func (e *opaqueError) As(target any) bool {
	want := reflect.TypeOf(target).Elem()
	if want.Kind() == reflect.Pointer {
		if named := want.Elem(); named.PkgPath() == "github.com/cloudwego/eino/compose" && named.Name() == "internalError" {
			return false
		}
	}
	return errors.As(e.err, target)
}
