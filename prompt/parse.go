package prompt

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/gloss-sdk/gloss/llm"
)

// Decode reads a reply that [Schema.Read] returned into a T. It does not hold the reply to the schema again, but a field that T does not
// have, or has as another type, is an error: T and the schema then do not belong together. The error is a [*ParseError].
func Decode[T any](s *Schema, r Reply) (T, error) {
	var out T
	d := json.NewDecoder(bytes.NewReader(r.JSON))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		var zero T
		return zero, &ParseError{Schema: s.Name(), Text: string(r.JSON), Finish: llm.FinishUnknown, Problems: []string{mismatch(err, reflect.TypeFor[T]())}}
	}
	return out, nil
}

// mismatch says why a reply that fits its schema does not fit a type. An error of a type's own decoder may quote the reply, so it is not told.
func mismatch(err error, t reflect.Type) string {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Sprintf("/%s: got %s, which the type %s cannot hold; want a value of type %s",
			strings.ReplaceAll(wrong.Field, ".", "/"), wrong.Value, t, wrong.Type)
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Sprintf("the schema has a field %s that the type %s does not have", field, t)
	}
	return fmt.Sprintf("the type %s does not take the reply", t)
}

// Parse reads a reply that must be exactly one JSON value of schema s, and nothing around it, into a T: it is [Schema.Read] without tolerance
// and [Decode]. Its error is a [*ParseError].
func Parse[T any](s *Schema, resp llm.Response) (T, error) {
	reply, err := s.Read(resp, Tolerance{})
	if err != nil {
		var zero T
		return zero, err
	}
	out, err := Decode[T](s, reply)
	if parse, ok := errors.AsType[*ParseError](err); ok {
		parse.Text, parse.Finish = resp.Text, resp.Finish
	}
	return out, err
}

// Parsing is [Parse] as a pipeline stage: it satisfies pipeline.Stage[llm.Response, T].
type Parsing[T any] struct{ Schema *Schema }

// Run parses one reply.
func (p Parsing[T]) Run(_ context.Context, resp llm.Response) (T, error) {
	return Parse[T](p.Schema, resp)
}
