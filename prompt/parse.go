package prompt

import (
	"context"
	"errors"
	"fmt"
	"strings"

	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/gloss-sdk/gloss/internal/strictjson"
	"github.com/gloss-sdk/gloss/llm"
)

// ParseError is a reply that is not what was asked for. Schema names what was asked for, Text is the reply as received, Finish says why the
// model stopped (a cut reply is seldom valid), Problems lists what is wrong, each with its place in the reply.
type ParseError struct {
	Schema   string
	Text     string
	Finish   llm.Finish
	Problems []string
}

// Error lists the problems. The reply itself is not part of the message: it may quote a student.
func (e *ParseError) Error() string {
	return fmt.Sprintf("reply (%d bytes, finish %s) does not fit schema %s: %s",
		len(e.Text), e.Finish, e.Schema, strings.Join(e.Problems, "; "))
}

// ErrorClass returns "parse".
func (e *ParseError) ErrorClass() string { return "parse" }

// Parse reads a reply that must be exactly one JSON value of schema s, and nothing around it, into a T. Its error is a [*ParseError].
func Parse[T any](s *Schema, resp llm.Response) (T, error) {
	var out T
	fail := func(problems ...string) (T, error) {
		var zero T
		return zero, &ParseError{Schema: s.name, Text: resp.Text, Finish: resp.Finish, Problems: problems}
	}
	value, err := validator.UnmarshalJSON(strings.NewReader(resp.Text))
	if err != nil {
		return fail("not JSON: " + err.Error())
	}
	if err := s.compiled.Validate(value); err != nil {
		return fail(violations(err)...)
	}
	if err := strictjson.Unmarshal([]byte(resp.Text), &out); err != nil {
		return fail(err.Error())
	}
	return out, nil
}

// violations lists the leaves of a validation error: the inner nodes only say that something below is wrong.
func violations(err error) []string {
	var root *validator.ValidationError
	if !errors.As(err, &root) {
		return []string{err.Error()}
	}
	english := message.NewPrinter(language.English)
	var out []string
	var walk func(*validator.ValidationError)
	walk = func(e *validator.ValidationError) {
		for _, cause := range e.Causes {
			walk(cause)
		}
		if len(e.Causes) == 0 {
			out = append(out, "/"+strings.Join(e.InstanceLocation, "/")+": "+e.ErrorKind.LocalizedString(english))
		}
	}
	walk(root)
	return out
}

// Parsing is [Parse] as a pipeline stage: it satisfies pipeline.Stage[llm.Response, T].
type Parsing[T any] struct{ Schema *Schema }

// Run parses one reply.
func (p Parsing[T]) Run(_ context.Context, resp llm.Response) (T, error) {
	return Parse[T](p.Schema, resp)
}
