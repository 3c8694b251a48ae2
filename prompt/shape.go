package prompt

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/invopop/jsonschema"
)

// Shape describes a JSON value that a model is to write. Objects are closed (no other fields), all their fields are required, and fields
// keep their order: what a model writes first guides what it writes next, so put evidence before a rationale and a rationale before a
// score. Shapes are values: the methods return changed copies. An error, such as a field that is not there, is kept and reported by
// [Shape.Schema].
type Shape struct {
	root *jsonschema.Schema
	err  error
}

// Field is one field of an [Object].
type Field struct {
	Name  string
	Shape Shape
}

// ShapeOf returns the shape of T's JSON: fields in the order of the struct, descriptions from `jsonschema:"description=…"` tags.
func ShapeOf[T any]() Shape {
	r := jsonschema.Reflector{DoNotReference: true, ExpandedStruct: true, Anonymous: true}
	t := reflect.TypeFor[T]()
	s := r.ReflectFromType(t)
	s.Version, s.ID = "", ""
	require(s)
	return Shape{root: s}
}

// require makes every field of every object required, also those that Go's encoder may omit.
func require(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	require(s.Items)
	if s.Properties == nil {
		return
	}
	s.Required = nil
	for p := s.Properties.Oldest(); p != nil; p = p.Next() {
		s.Required = append(s.Required, p.Key)
		require(p.Value)
	}
}

// Object returns the shape of an object with fields that are known at run time only, such as the criteria of a rubric.
func Object(fields ...Field) Shape {
	s := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema}
	var errs []error
	for _, f := range fields {
		if _, twice := s.Properties.Get(f.Name); twice || f.Name == "" {
			errs = append(errs, fmt.Errorf("field %q is empty or named twice", f.Name))
		}
		errs = append(errs, f.Shape.err)
		s.Properties.Set(f.Name, f.Shape.root)
		s.Required = append(s.Required, f.Name)
	}
	return Shape{root: s, err: errors.Join(errs...)}
}

// Edit narrows one place of a [Shape].
type Edit func(*jsonschema.Schema) error

// OneOf allows only these strings. Without values it changes nothing.
func OneOf(values ...string) Edit {
	return func(s *jsonschema.Schema) error {
		if s.Type != "string" {
			return fmt.Errorf("OneOf needs a string, not %q", s.Type)
		}
		s.Enum = nil
		for _, v := range values {
			s.Enum = append(s.Enum, v)
		}
		return nil
	}
}

// With applies edits at a path of field names; the items of a list are named "*": []string{"strengths", "*", "criterion"}.
func (s Shape) With(path []string, edits ...Edit) Shape {
	if s.err != nil {
		return s
	}
	root, at, err := copyTo(s.root, path)
	if err != nil {
		return Shape{root: s.root, err: fmt.Errorf("path %q: %w", path, err)}
	}
	var errs []error
	for _, e := range edits {
		if err := e(at); err != nil {
			errs = append(errs, fmt.Errorf("path %q: %w", path, err))
		}
	}
	return Shape{root: root, err: errors.Join(errs...)}
}

// copyTo copies s along path and returns the copy and the place that path leads to.
func copyTo(s *jsonschema.Schema, path []string) (root, at *jsonschema.Schema, err error) {
	c := *s
	if len(path) == 0 {
		return &c, &c, nil
	}
	if path[0] == "*" {
		if c.Items == nil {
			return nil, nil, errors.New("not a list")
		}
		c.Items, at, err = copyTo(c.Items, path[1:])
		return &c, at, err
	}
	if c.Properties == nil {
		return nil, nil, errors.New("not an object")
	}
	properties := jsonschema.NewProperties()
	for p := s.Properties.Oldest(); p != nil; p = p.Next() {
		v := p.Value
		if p.Key == path[0] {
			if v, at, err = copyTo(v, path[1:]); err != nil {
				return nil, nil, err
			}
		}
		properties.Set(p.Key, v)
	}
	if at == nil {
		return nil, nil, fmt.Errorf("there is no field %q", path[0])
	}
	c.Properties = properties
	c.Required = slices.Clone(c.Required)
	return &c, at, nil
}
