package bedrockllm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// member is one member of a JSON object, in the order of the text.
type member struct {
	key   string
	value json.RawMessage
}

// unbounded returns a schema without the keywords that Bedrock refuses in the format of a text: bounds of numbers, of the length of strings
// and of the length of lists (Amazon Bedrock User Guide, "Get validated JSON results from models"). Each of them is added to the description
// of its place, so that the model still reads it. The order of everything else stays.
func unbounded(schema json.RawMessage) (json.RawMessage, error) {
	members, ok, err := membersOf(schema)
	if err != nil || !ok {
		return schema, err // true and false are schemas as well
	}
	var kept []member
	var bounds []string
	for _, m := range members {
		if isBound(m) {
			bounds = append(bounds, m.key+" "+string(m.value))
			continue
		}
		switch m.key {
		case "properties", "patternProperties", "$defs", "definitions", "dependentSchemas":
			m.value, err = eachMember(m.value)
		case "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames":
			m.value, err = unbounded(m.value)
		case "anyOf", "allOf", "oneOf", "prefixItems":
			m.value, err = eachElement(m.value)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.key, err)
		}
		kept = append(kept, m)
	}
	if kept, err = describe(kept, bounds); err != nil {
		return nil, err
	}
	return object(kept)
}

func isBound(m member) bool {
	switch m.key {
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
		"minLength", "maxLength", "maxItems", "uniqueItems":
		return true
	case "minItems":
		return string(m.value) != "0" && string(m.value) != "1" // the two that are supported
	}
	return false
}

// describe adds bounds to the description, or adds a description.
func describe(members []member, bounds []string) ([]member, error) {
	if len(bounds) == 0 {
		return members, nil
	}
	note := strings.Join(bounds, ", ")
	at := len(members)
	for i, m := range members {
		if m.key != "description" {
			continue
		}
		var text string
		if err := json.Unmarshal(m.value, &text); err != nil {
			return nil, fmt.Errorf("description: %w", err)
		}
		note = text + " (" + note + ")"
		at = i
	}
	value, err := json.Marshal(note)
	if err != nil {
		return nil, err //nolint:wrapcheck // a string can be written
	}
	if at == len(members) {
		return append(members, member{"description", value}), nil
	}
	members[at].value = value
	return members, nil
}

// eachMember takes the bounds out of the schemas of an object of schemas, whose keys are names and no keywords.
func eachMember(schemas json.RawMessage) (json.RawMessage, error) {
	members, ok, err := membersOf(schemas)
	if err != nil || !ok {
		return schemas, err
	}
	for i, m := range members {
		if members[i].value, err = unbounded(m.value); err != nil {
			return nil, fmt.Errorf("%s: %w", m.key, err)
		}
	}
	return object(members)
}

func eachElement(schemas json.RawMessage) (json.RawMessage, error) {
	var elements []json.RawMessage
	if err := json.Unmarshal(schemas, &elements); err != nil {
		return nil, err //nolint:wrapcheck // the caller says where
	}
	for i, e := range elements {
		var err error
		if elements[i], err = unbounded(e); err != nil {
			return nil, fmt.Errorf("%d: %w", i, err)
		}
	}
	return json.Marshal(elements)
}

// membersOf reads the members of an object in order; ok is false for JSON that is no object.
func membersOf(raw json.RawMessage) (members []member, ok bool, err error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, false, err //nolint:wrapcheck // the caller says where
	}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, false, err //nolint:wrapcheck // the caller says where
		}
		key, _ := t.(string) // the decoder gives nothing else here
		m := member{key: key}
		if err := dec.Decode(&m.value); err != nil {
			return nil, false, err //nolint:wrapcheck // the caller says where
		}
		members = append(members, m)
	}
	return members, true, nil
}

func object(members []member) (json.RawMessage, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(m.key)
		if err != nil {
			return nil, err //nolint:wrapcheck // a string can be written
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(m.value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
