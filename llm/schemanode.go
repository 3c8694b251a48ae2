package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// schemaNode is what an instance needs to know of a place in a JSON Schema.
type schemaNode struct {
	Ref        string            `json:"$ref"`
	Type       schemaTypes       `json:"type"`
	Const      json.RawMessage   `json:"const"`
	Enum       []json.RawMessage `json:"enum"`
	AnyOf      []json.RawMessage `json:"anyOf"`
	OneOf      []json.RawMessage `json:"oneOf"`
	AllOf      []json.RawMessage `json:"allOf"`
	Properties orderedNodes      `json:"properties"`
	Required   []string          `json:"required"`
	Items      json.RawMessage   `json:"items"`
	MinItems   int               `json:"minItems"`
	MaxItems   *int              `json:"maxItems"`
	MinLength  int               `json:"minLength"`
	MaxLength  *int              `json:"maxLength"`
	Minimum    *json.Number      `json:"minimum"`
	Maximum    *json.Number      `json:"maximum"`
	Above      *json.Number      `json:"exclusiveMinimum"`
	Below      *json.Number      `json:"exclusiveMaximum"`
	MultipleOf *json.Number      `json:"multipleOf"`
}

// readNode reads a place of a schema. The schema true, and one that says nothing, holds for any value.
func readNode(raw json.RawMessage) (schemaNode, error) {
	var n schemaNode
	switch string(bytes.TrimSpace(raw)) {
	case "", "true":
		return n, nil
	case "false":
		return n, errors.New("the schema false holds for no value")
	}
	if err := json.Unmarshal(raw, &n); err != nil {
		return n, fmt.Errorf("not a JSON Schema: %w", err)
	}
	return n, nil
}

// valueType returns the type of the values, of several the first that is not null, and "" where nothing tells.
func (n schemaNode) valueType() string {
	for _, t := range n.Type {
		if t != "null" {
			return t
		}
	}
	switch {
	case len(n.Type) > 0:
		return "null"
	case n.Properties != nil:
		return "object"
	case n.Items != nil:
		return "array"
	case n.Minimum != nil, n.Maximum != nil, n.Above != nil, n.Below != nil, n.MultipleOf != nil:
		return "number"
	default:
		return ""
	}
}

// schemaTypes are the types of a value: one or a list.
type schemaTypes []string

// UnmarshalJSON reads a name or a list of names.
func (t *schemaTypes) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, (*[]string)(t)) //nolint:wrapcheck // readNode says what was read
	}
	var name string
	err := json.Unmarshal(text, &name)
	*t = schemaTypes{name}
	return err //nolint:wrapcheck // as above
}

// orderedNodes are the properties of an object, in the order in which they are written.
type orderedNodes []namedNode

type namedNode struct {
	name string
	raw  json.RawMessage
}

// UnmarshalJSON reads an object.
func (p *orderedNodes) UnmarshalJSON(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	open, err := dec.Token()
	if err != nil || open != json.Delim('{') {
		return errors.Join(errors.New("properties: want an object"), err)
	}
	*p = orderedNodes{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err //nolint:wrapcheck // as above
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err //nolint:wrapcheck // as above
		}
		name, _ := key.(string) // as all keys are
		*p = append(*p, namedNode{name, raw})
	}
	return nil
}

// pointed returns the part of document that a reference of this document points to, by a JSON Pointer (RFC 6901).
func pointed(document json.RawMessage, ref string) (json.RawMessage, error) {
	path, local := strings.CutPrefix(ref, "#")
	if !local || path != "" && path[0] != '/' {
		return nil, fmt.Errorf("$ref %q does not point into the same document", ref)
	}
	at := document
	for _, token := range strings.Split(path, "/")[1:] {
		var fields map[string]json.RawMessage
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		if err := json.Unmarshal(at, &fields); err != nil || fields[token] == nil {
			return nil, fmt.Errorf("$ref %q points to nothing", ref)
		}
		at = fields[token]
	}
	return at, nil
}
