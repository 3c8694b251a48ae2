package exemplarllm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"
)

// keywords are the parts of one schema object that say what may stand there.
type keywords struct {
	ref                  string
	types                []string
	enum                 []json.RawMessage // nil without enum and const
	properties           []field
	required             []string
	items                json.RawMessage
	minItems, maxItems   int // maxItems is -1 without one
	minLength, maxLength int
	minimum, maximum     *big.Rat
	multipleOf           *big.Rat
	constrained          bool // anything but $ref was said
}

// readKeywords reads a schema object. Annotations and unknown keywords say nothing; keywords that restrict the value in a way
// that cannot be honoured are refused.
func readKeywords(raw json.RawMessage) (keywords, error) {
	k := keywords{maxItems: -1, maxLength: -1}
	fields, err := readFields(raw)
	if err != nil {
		return k, fmt.Errorf("a schema is a JSON object: %w", err)
	}
	for _, f := range fields {
		if err := k.set(f); err != nil {
			return k, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return k, nil
}

func (k *keywords) set(f field) (err error) {
	switch f.name {
	case "$ref":
		return json.Unmarshal(f.raw, &k.ref)
	case "$schema":
		return checkDraft(f.raw)
	case "type":
		k.types, err = readTypes(f.raw)
	case "enum", "const":
		err = k.setValues(f)
	case "properties":
		k.properties, err = readFields(f.raw)
	case "required":
		err = json.Unmarshal(f.raw, &k.required)
	case "items":
		k.items = f.raw
	case "minItems":
		k.minItems, err = readCount(f.raw)
	case "maxItems":
		k.maxItems, err = readCount(f.raw)
	case "minLength":
		k.minLength, err = readCount(f.raw)
	case "maxLength":
		k.maxLength, err = readCount(f.raw)
	case "minimum":
		k.minimum, err = readDecimal(f.raw)
	case "maximum":
		k.maximum, err = readDecimal(f.raw)
	case "multipleOf":
		k.multipleOf, err = readDecimal(f.raw)
	default:
		if unsupported(f.name) {
			return errors.New("is not supported")
		}
		return nil
	}
	k.constrained = true
	return err
}

// setValues reads an enum, or a const as an enum of one value.
func (k *keywords) setValues(f field) error {
	if k.enum != nil {
		return errors.New("enum and const together are not supported")
	}
	if f.name == "const" {
		k.enum = []json.RawMessage{f.raw}
		return nil
	}
	if err := json.Unmarshal(f.raw, &k.enum); err != nil {
		return err
	}
	if len(k.enum) == 0 {
		return errors.New("lists no values")
	}
	return nil
}

// unsupported reports whether a keyword restricts the value in a way that this package cannot honour.
func unsupported(keyword string) bool {
	return slices.Contains([]string{
		"$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependentRequired",
		"patternProperties", "propertyNames", "minProperties", "maxProperties", "unevaluatedProperties",
		"prefixItems", "contains", "minContains", "maxContains", "uniqueItems", "unevaluatedItems",
		"pattern", "exclusiveMinimum", "exclusiveMaximum",
	}, keyword)
}

func checkDraft(raw json.RawMessage) error {
	var draft string
	if err := json.Unmarshal(raw, &draft); err != nil {
		return err
	}
	if draft != "https://json-schema.org/draft/2020-12/schema" {
		return fmt.Errorf("draft %q is not supported; use https://json-schema.org/draft/2020-12/schema", draft)
	}
	return nil
}

func readTypes(raw json.RawMessage) ([]string, error) {
	var one string
	types := []string{}
	if json.Unmarshal(raw, &one) == nil {
		types = append(types, one)
	} else if err := json.Unmarshal(raw, &types); err != nil {
		return nil, err
	}
	if len(types) == 0 {
		return nil, errors.New("lists no type")
	}
	for _, t := range types {
		if !slices.Contains([]string{"object", "array", "string", "number", "integer", "boolean", "null"}, t) {
			return nil, fmt.Errorf("%q is not a type", t)
		}
	}
	return types, nil
}

func readCount(raw json.RawMessage) (int, error) {
	var n float64
	if err := json.Unmarshal(raw, &n); err != nil || n < 0 || n != math.Trunc(n) || n > math.MaxInt32 {
		return 0, fmt.Errorf("%s is not a count", raw)
	}
	return int(n), nil
}

// valueType returns the one type besides null, "null" where there is no other, and "" for an enum of any type.
func (k keywords) valueType() (string, error) {
	types := slices.DeleteFunc(slices.Clone(k.types), func(t string) bool { return t == "null" })
	switch {
	case len(types) == 1 && k.enum != nil && (types[0] == "object" || types[0] == "array"):
		return "", fmt.Errorf("an enum of %ss is not supported", types[0])
	case len(types) == 1:
		return types[0], nil
	case len(types) > 1:
		return "", fmt.Errorf("type lists %q; one type, and null, is supported", k.types)
	case len(k.types) > 0:
		return "null", nil
	case k.enum != nil:
		return "", nil
	case k.properties != nil:
		return "object", nil
	default:
		return "", errors.New("has neither a type nor an enum")
	}
}

// scale returns the numbers that the bounds admit for a type.
func (k keywords) scale(typ string) (scale, error) {
	step := k.multipleOf
	if typ == "integer" && (step == nil || step.Sign() > 0) {
		step = wholeStep(step)
	}
	return newScale(k.minimum, k.maximum, step)
}

// field is a member of a JSON object, in the order of the document.
type field struct {
	name string
	raw  json.RawMessage
}

// readFields returns the members of a JSON object in their order. No name may be given twice.
func readFields(raw json.RawMessage) ([]field, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	if token != json.Delim('{') {
		return nil, fmt.Errorf("want an object, got %.40s", raw)
	}
	fields, seen := []field{}, map[string]bool{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		f := field{name: name.(string)} //nolint:errcheck // the decoder gives strings as the names of members
		if err := dec.Decode(&f.raw); err != nil {
			return nil, err
		}
		if seen[f.name] {
			return nil, fmt.Errorf("%q is given twice", f.name)
		}
		seen[f.name] = true
		fields = append(fields, f)
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the object")
	}
	return fields, nil
}
