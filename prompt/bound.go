package prompt

import (
	"fmt"
	"maps"
	"slices"

	"github.com/invopop/jsonschema"
)

// MaxLength allows at most n characters (Unicode code points) in a string. A server that holds a model to a schema while it writes lets an
// unbounded string, or list, run on to the token limit; bound them well above what a good reply needs. [Shape.Bounded] does so for all
// of a shape.
func MaxLength(n int) Edit {
	return func(s *jsonschema.Schema) error {
		if s.Type != "string" || n < 1 {
			return fmt.Errorf("MaxLength needs a string and at least 1, not %q and %d", s.Type, n)
		}
		most := uint64(n)
		s.MaxLength = &most
		return nil
	}
}

// MaxItems allows at most n items in a list; see [MaxLength].
func MaxItems(n int) Edit {
	return func(s *jsonschema.Schema) error {
		if s.Type != "array" || n < 1 {
			return fmt.Errorf("MaxItems needs a list and at least 1, not %q and %d", s.Type, n)
		}
		most := uint64(n)
		s.MaxItems = &most
		return nil
	}
}

// Bounded allows at most maxLength characters in every string of the shape and at most maxItems items in every list, however deep. A bound
// of 0 is left out, and a negative one is an error. A tighter bound that is already there stays, and so do strings with an enum.
//
// It is for servers that hold a model to a schema while it writes: a model that repeats itself in a string or a list without a bound runs on
// to the token limit, and the reply is lost. Some providers refuse a schema with maxLength or maxItems; ask those without.
func (s Shape) Bounded(maxLength, maxItems int) Shape {
	if s.err != nil {
		return s
	}
	if maxLength < 0 || maxItems < 0 {
		return Shape{root: s.root, err: fmt.Errorf("Bounded needs bounds of 0 or more, not %d and %d", maxLength, maxItems)}
	}
	return Shape{root: boundAll(s.root, maxLength, maxItems)}
}

// boundAll returns a copy of s with bounds at all its places.
func boundAll(s *jsonschema.Schema, maxLength, maxItems int) *jsonschema.Schema {
	if s == nil || s == jsonschema.TrueSchema || s == jsonschema.FalseSchema { // which are told by their address
		return s
	}
	c := *s
	switch {
	case c.Type == "string" && c.Enum == nil && c.Const == nil:
		c.MaxLength = tighter(c.MaxLength, maxLength)
	case c.Type == "array":
		c.MaxItems = tighter(c.MaxItems, maxItems)
	}
	each := func(list []*jsonschema.Schema) []*jsonschema.Schema {
		list = slices.Clone(list)
		for i, one := range list {
			list[i] = boundAll(one, maxLength, maxItems)
		}
		return list
	}
	c.AllOf, c.AnyOf, c.OneOf, c.PrefixItems = each(c.AllOf), each(c.AnyOf), each(c.OneOf), each(c.PrefixItems)
	c.Items = boundAll(c.Items, maxLength, maxItems)
	c.AdditionalProperties = boundAll(c.AdditionalProperties, maxLength, maxItems)
	c.PatternProperties = maps.Clone(c.PatternProperties)
	for pattern, one := range c.PatternProperties {
		c.PatternProperties[pattern] = boundAll(one, maxLength, maxItems)
	}
	if s.Properties != nil {
		c.Properties = jsonschema.NewProperties()
		for p := s.Properties.Oldest(); p != nil; p = p.Next() {
			c.Properties.Set(p.Key, boundAll(p.Value, maxLength, maxItems))
		}
	}
	return &c
}

// tighter returns the smaller of a bound that may be there and one that is none if it is 0.
func tighter(is *uint64, most int) *uint64 {
	n := uint64(most)
	if n == 0 || is != nil && *is <= n {
		return is
	}
	return &n
}
