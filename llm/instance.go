package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	maxInstanceDepth  = 32   // below it a schema refers to itself
	wholeDepth        = 8    // below it an instance has only what the schema demands
	maxInstanceValues = 4096 // values that are tried for one instance
	maxInstanceBytes  = 1 << 20
)

// instanceOf returns a typical value that fits a JSON Schema, as compact JSON with properties in their order:
//
//   - const, the first value of an enum, the first schema of anyOf, oneOf and allOf of which there is a value; false for a boolean;
//   - the middle of the range of a number, rounded down to a step; with one bound the value next to it, 0 without any;
//   - a text of 200 characters and a list of 2 elements, or what the bounds demand;
//   - all properties. Deeper than 8 levels, where a schema may refer to itself, only those that are required, and no elements beyond the least.
//
// Formats, patterns, contains, dependent and unevaluated keywords are not known to it, nor is what stands beside a $ref or an anyOf.
func instanceOf(schema json.RawMessage) (string, error) {
	b := instanceBuilder{document: schema}
	if err := b.value(schema, 0); err != nil {
		return "", err
	}
	return b.out.String(), nil
}

// instanceBuilder writes an instance of a schema.
type instanceBuilder struct {
	document json.RawMessage
	out      bytes.Buffer
	values   int
}

func (b *instanceBuilder) value(raw json.RawMessage, depth int) error {
	if b.values++; depth > maxInstanceDepth || b.values > maxInstanceValues || b.out.Len() > maxInstanceBytes {
		return errors.New("an answer would have no end: the schema refers to itself, or demands too much")
	}
	n, err := readNode(raw)
	if err != nil {
		return err
	}
	switch {
	case n.Const != nil:
		return b.literal(n.Const)
	case len(n.Enum) > 0:
		return b.literal(n.Enum[0])
	case n.Ref != "":
		target, err := pointed(b.document, n.Ref)
		if err != nil {
			return err
		}
		return b.value(target, depth+1)
	}
	for _, among := range [][]json.RawMessage{n.AnyOf, n.OneOf, n.AllOf} {
		if len(among) > 0 {
			return b.firstOf(among, depth)
		}
	}
	return b.typed(n, depth)
}

// firstOf writes the first alternative that has a value.
func (b *instanceBuilder) firstOf(alternatives []json.RawMessage, depth int) error {
	var errs []error
	begin := b.out.Len()
	for _, a := range alternatives {
		err := b.value(a, depth+1)
		if err == nil {
			return nil
		}
		b.out.Truncate(begin)
		errs = append(errs, err)
	}
	return errs[0]
}

func (b *instanceBuilder) typed(n schemaNode, depth int) error {
	switch t := n.valueType(); t {
	case "object":
		return b.object(n, depth)
	case "array":
		return b.array(n, depth)
	case "number", "integer":
		in, err := n.interval(t == "integer")
		if err != nil {
			return err
		}
		b.out.WriteString(in.typical())
	case "boolean":
		b.out.WriteString("false")
	case "null":
		b.out.WriteString("null")
	case "string", "":
		return b.text(n)
	default:
		return fmt.Errorf("there is no type %q", t)
	}
	return nil
}

func (b *instanceBuilder) literal(raw json.RawMessage) error {
	return json.Compact(&b.out, raw) //nolint:wrapcheck // it was decoded before
}

func (b *instanceBuilder) object(n schemaNode, depth int) error {
	b.out.WriteByte('{')
	first := true
	for _, p := range n.Properties {
		if depth >= wholeDepth && !slices.Contains(n.Required, p.name) {
			continue
		}
		if !first {
			b.out.WriteByte(',')
		}
		first = false
		if err := b.quoted(p.name); err != nil {
			return err
		}
		b.out.WriteByte(':')
		if err := b.value(p.raw, depth+1); err != nil {
			return err
		}
	}
	b.out.WriteByte('}')
	return nil
}

func (b *instanceBuilder) array(n schemaNode, depth int) error {
	length := max(n.MinItems, listLength)
	if depth >= wholeDepth {
		length = n.MinItems
	}
	if n.MaxItems != nil {
		length = max(n.MinItems, min(length, *n.MaxItems))
	}
	b.out.WriteByte('[')
	for i := range length {
		if i > 0 {
			b.out.WriteByte(',')
		}
		if err := b.value(n.Items, depth+1); err != nil {
			return err
		}
	}
	b.out.WriteByte(']')
	return nil
}

func (b *instanceBuilder) text(n schemaNode) error {
	length := max(n.MinLength, textLength)
	if n.MaxLength != nil {
		length = max(n.MinLength, min(length, *n.MaxLength))
	}
	if length > maxInstanceBytes {
		return fmt.Errorf("a text of %d characters is too long to be made up", length)
	}
	return b.quoted(prose(max(length, 0)))
}

// quoted writes a string without the escapes for HTML.
func (b *instanceBuilder) quoted(text string) error {
	enc := json.NewEncoder(&b.out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil {
		return err //nolint:wrapcheck // a string can be encoded
	}
	b.out.Truncate(b.out.Len() - 1) // the newline
	return nil
}

// prose returns a text of length characters that reads, and counts, like what is written about an essay.
func prose(length int) string {
	const passage = "The essay makes its claim early and keeps to it, and most of the reasons that follow are tied to what the sources say. " +
		"The second part leaves an objection open that a reader would raise, so the conclusion is less convincing than it could be. "
	return strings.Repeat(passage, length/len(passage)+1)[:length]
}
