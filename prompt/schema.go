package prompt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"

	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/gloss-sdk/gloss/llm"
)

// Schema is a compiled [Shape] under a name. It is immutable and safe for concurrent use; the zero value accepts nothing.
type Schema struct {
	sent     llm.Schema
	text     json.RawMessage // of sent
	root     *jsonschema.Schema
	compiled *validator.Schema
	form     *form // nil if the shape says more than a form knows
	scales   scales
}

var schemaName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Schema compiles s. The name identifies the schema to providers: lower-case letters, digits and underscores.
func (s Shape) Schema(name string) (*Schema, error) {
	if !schemaName.MatchString(name) {
		return nil, fmt.Errorf("prompt: schema name %q: want lower-case letters, digits and underscores", name)
	}
	if s.err != nil {
		return nil, fmt.Errorf("prompt: schema %s: %w", name, s.err)
	}
	if s.root == nil {
		return nil, fmt.Errorf("prompt: schema %s: the shape is empty", name)
	}
	document, err := json.Marshal(s.root)
	if err != nil {
		return nil, fmt.Errorf("prompt: schema %s: %w", name, err)
	}
	compiled, err := compile(name, document)
	if err != nil {
		return nil, fmt.Errorf("prompt: schema %s: %w", name, err)
	}
	onScale := scales{}
	onScale.add(s.root)
	sent := llm.Schema{Name: name, JSON: document}
	text, err := json.Marshal(sent)
	if err != nil {
		return nil, fmt.Errorf("prompt: schema %s: %w", name, err)
	}
	return &Schema{sent, text, s.root, compiled, newForm(s.root), onScale}, nil
}

func compile(name string, document []byte) (*validator.Schema, error) {
	parsed, err := validator.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, err //nolint:wrapcheck // Schema says which schema
	}
	url := "mem:///" + name
	c := validator.NewCompiler()
	if err := c.AddResource(url, parsed); err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	return c.Compile(url) //nolint:wrapcheck // as above
}

// Name returns the schema's name.
func (s *Schema) Name() string { return s.sent.Name }

// MarshalJSON returns the schema as sent: its name and document. The bytes must not be modified.
func (s *Schema) MarshalJSON() ([]byte, error) {
	if s.text == nil {
		return json.Marshal(s.sent) //nolint:wrapcheck // plain data
	}
	return slices.Clip(s.text), nil
}

func (s *Schema) wire() *llm.Schema { sent := s.sent; return &sent }

func whole(v float64) bool { return v == math.Trunc(v) }

func number(v float64) json.Number { return json.Number(strconv.FormatFloat(v, 'f', -1, 64)) }
