package exemplarllm

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// kind says how the value of a schema is filled.
type kind int

const (
	kindNumber kind = iota // predicted
	kindObject
	kindArray
	kindChoice // voted: an enum, a boolean or null
	kindText   // taken from an example, or quoted
)

// schema is one place of a reply: what may stand there, and the places below it in the order in which they are written.
type schema struct {
	kind       kind
	nullable   bool
	properties []property // kindObject
	items      *schema    // kindArray
	minItems   int
	maxItems   int
	scale      scale    // kindNumber
	choices    []choice // kindChoice, at least one
	minLength  int      // kindText, in characters
	maxLength  int
}

// property is a named place in an object.
type property struct {
	name     string
	required bool
	schema   *schema
}

// choice is one value of an enum. Equal values have equal keys, however they are written.
type choice struct {
	literal json.RawMessage
	key     string
}

const (
	maxDepth  = 32   // a schema deeper than this refers to itself
	maxPlaces = 4096 // places in a reply
	maxItems  = 100  // items that a schema may demand
)

// schemaReader reads a schema document.
type schemaReader struct {
	document json.RawMessage
	places   int
}

// readSchema reads a JSON Schema of draft 2020-12. It refuses the keywords that it cannot honour rather than give an answer that
// does not validate.
func readSchema(document json.RawMessage) (*schema, error) {
	r := schemaReader{document: document}
	return r.read(document, "#", 0)
}

// read reads the schema at a place of the document; at is its JSON Pointer.
func (r *schemaReader) read(raw json.RawMessage, at string, depth int) (*schema, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%s: nested deeper than %d levels; a schema that refers to itself cannot be filled", at, maxDepth)
	}
	if r.places++; r.places > maxPlaces {
		return nil, fmt.Errorf("%s: more than %d places to fill", at, maxPlaces)
	}
	k, err := readKeywords(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	if k.ref != "" {
		return r.follow(k, at, depth)
	}
	s := &schema{
		nullable: slices.Contains(k.types, "null"),
		minItems: k.minItems, maxItems: k.maxItems, minLength: k.minLength, maxLength: k.maxLength,
	}
	switch typ, err := k.valueType(); {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", at, err)
	case typ == "object":
		return s, r.readObject(s, k, at, depth)
	case typ == "array":
		return s, r.readArray(s, k, at, depth)
	default:
		if err := s.setLeaf(typ, k); err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
		return s, nil
	}
}

// follow reads the schema that a $ref points to.
func (r *schemaReader) follow(k keywords, at string, depth int) (*schema, error) {
	if k.constrained {
		return nil, fmt.Errorf("%s: other keywords beside $ref are not supported", at)
	}
	path, local := strings.CutPrefix(k.ref, "#")
	if !local || path != "" && path[0] != '/' {
		return nil, fmt.Errorf("%s: $ref %q is not supported; it must point into the same document, such as #/$defs/Name", at, k.ref)
	}
	raw := r.document
	for _, token := range strings.Split(path, "/")[1:] {
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		fields, err := readFields(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: $ref %q: %w", at, k.ref, err)
		}
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == token })
		if i < 0 {
			return nil, fmt.Errorf("%s: $ref %q: there is no %q", at, k.ref, token)
		}
		raw = fields[i].raw
	}
	return r.read(raw, at, depth+1)
}

func (r *schemaReader) readObject(s *schema, k keywords, at string, depth int) error {
	s.kind = kindObject
	for _, f := range k.properties {
		child, err := r.read(f.raw, at+"/properties/"+f.name, depth+1)
		if err != nil {
			return err
		}
		s.properties = append(s.properties, property{f.name, slices.Contains(k.required, f.name), child})
	}
	for _, name := range k.required {
		if !slices.ContainsFunc(s.properties, func(p property) bool { return p.name == name }) {
			return fmt.Errorf("%s: required property %q is not among the properties", at, name)
		}
	}
	return nil
}

func (r *schemaReader) readArray(s *schema, k keywords, at string, depth int) error {
	s.kind = kindArray
	if k.items == nil {
		return fmt.Errorf("%s: an array needs items", at)
	}
	if s.maxItems >= 0 && s.minItems > s.maxItems {
		return fmt.Errorf("%s: minItems %d is above maxItems %d", at, s.minItems, s.maxItems)
	}
	if s.minItems > maxItems {
		return fmt.Errorf("%s: minItems is %d; at most %d can be filled", at, s.minItems, maxItems)
	}
	items, err := r.read(k.items, at+"/items", depth+1)
	s.items = items
	return err
}

// setLeaf makes s a place without others below it. The type is empty for an enum of any type.
func (s *schema) setLeaf(typ string, k keywords) error {
	scale, err := k.scale(typ)
	if err != nil {
		return err
	}
	if k.enum != nil {
		return s.setEnum(typ, scale, k)
	}
	switch typ {
	case "number", "integer":
		s.kind, s.scale = kindNumber, scale
	case "string":
		s.kind = kindText
		if s.maxLength >= 0 && s.minLength > s.maxLength {
			return fmt.Errorf("minLength %d is above maxLength %d", s.minLength, s.maxLength)
		}
		if promised := utf8.RuneCountInString(noText); s.minLength > promised {
			return fmt.Errorf("minLength is %d; at most %d characters can be promised", s.minLength, promised)
		}
	case "boolean":
		s.kind, s.choices = kindChoice, []choice{{json.RawMessage("false"), "false"}, {json.RawMessage("true"), "true"}}
	default:
		s.kind, s.choices, s.nullable = kindChoice, []choice{{json.RawMessage("null"), "null"}}, false
	}
	return nil
}

// setEnum makes s a choice between the values of an enum that the other keywords admit, or a scale if these are numbers.
func (s *schema) setEnum(typ string, within scale, k keywords) error {
	s.kind = kindChoice
	var numbers []number
	nulls := 0
	for _, raw := range k.enum {
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			return fmt.Errorf("enum: %w", err)
		}
		if !admits(typ, s.nullable, within, k, v) {
			continue
		}
		s.choices = append(s.choices, choice{literal: raw, key: keyOf(v)})
		switch v := v.(type) {
		case nil:
			nulls++
		case float64:
			numbers = append(numbers, number{v, string(raw)})
		}
	}
	if len(s.choices) == 0 {
		return errors.New("no value of the enum is admitted by the other keywords")
	}
	s.nullable = false
	if len(numbers) > 0 && len(numbers)+nulls == len(s.choices) {
		s.kind, s.scale, s.nullable = kindNumber, newList(numbers), nulls > 0
	}
	return nil
}

// admits reports whether a value of an enum satisfies the type and the bounds beside it.
func admits(typ string, nullable bool, within scale, k keywords, v any) bool {
	switch v := v.(type) {
	case nil:
		return typ == "" || typ == "null" || nullable
	case bool:
		return typ == "" || typ == "boolean"
	case string:
		n := utf8.RuneCountInString(v)
		return (typ == "" || typ == "string") && n >= k.minLength && (k.maxLength < 0 || n <= k.maxLength)
	case float64:
		onStep := within.step == nil || within.nearest(v, v, v).value == v
		return (typ == "" || typ == "number" || typ == "integer") && within.holds(v) && onStep
	default:
		return typ == ""
	}
}

// keyOf returns a text that is equal for equal JSON values.
func keyOf(v any) string {
	b, _ := json.Marshal(v) // what was decoded can be encoded
	return string(b)
}
