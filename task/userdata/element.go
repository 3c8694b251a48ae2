package userdata

import (
	"errors"

	"github.com/gloss-sdk/gloss/internal/strictjson"
)

// element is one value of a file, in JSON, and the lines that its parts have in the file; or the problem that it has instead.
type element struct {
	data    []byte
	line    func(offset int) int
	problem *Problem
}

// decode decodes an element of a file. One decoder serves JSON, JSON lines and YAML, so that all are as strict and say the same.
func decode[T any](name string, e element) (Record[T], Problems) {
	if e.problem != nil {
		return Record[T]{}, Problems{e.problem}
	}
	r := Record[T]{Place: Place{name, e.line(0)}, lines: func(field string) int {
		at, _ := strictjson.Find(e.data, field) // the start of the record for a field that it leaves out
		return e.line(at)
	}}
	err := strictjson.UnmarshalComplete(e.data, &r.Value)
	if err == nil {
		return r, nil
	}
	faults, ok := errors.AsType[strictjson.Errors](err)
	if !ok {
		return r, Problems{{Place: r.Place, Want: err.Error()}}
	}
	var ps Problems
	for _, f := range faults {
		ps = append(ps, &Problem{Place: Place{name, e.line(f.Offset)}, Field: f.Path, Value: f.Value, Want: f.Want})
	}
	return r, ps
}

// yieldDecoded yields the record of an element, or its problems.
func yieldDecoded[T any](yield func(Record[T], error) bool, name string, e element) bool {
	r, problems := decode[T](name, e)
	for _, p := range problems {
		if !yield(Record[T]{}, p) {
			return false
		}
	}
	return len(problems) > 0 || yield(r, nil)
}
