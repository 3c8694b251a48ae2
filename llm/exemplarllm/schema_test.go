package exemplarllm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// validator compiles a schema with an implementation of the standard.
func validator(document []byte) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("reply.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("reply.json")
}

// validate reports whether an answer fits a schema.
func validate(v *jsonschema.Schema, answer string) error {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(answer))
	if err != nil {
		return err
	}
	return v.Validate(doc)
}

func TestReadSchemaKeepsTheOrderOfProperties(t *testing.T) {
	t.Parallel()
	s, err := readSchema([]byte(`{"type":"object","required":["m"],"properties":{
		"z":{"type":"string"},"a":{"type":"integer"},"m":{"type":"array","items":{"type":"boolean"}}}}`))
	require.NoError(t, err)
	var names []string
	var kinds []kind
	for _, p := range s.properties {
		names = append(names, p.name)
		kinds = append(kinds, p.schema.kind)
		assert.Equal(t, p.name == "m", p.required)
	}
	assert.Equal(t, []string{"z", "a", "m"}, names)
	assert.Equal(t, []kind{kindText, kindNumber, kindArray}, kinds)
}

func TestReadSchemaLeaves(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]schema{
		`{"type":"string","minLength":2,"maxLength":9}`: {kind: kindText, minLength: 2, maxLength: 9},
		`{"type":["string","null"]}`:                    {kind: kindText, nullable: true, maxLength: -1},
		`{"type":"boolean"}`:                            {kind: kindChoice, choices: []choice{{[]byte("false"), "false"}, {[]byte("true"), "true"}}, maxLength: -1},
		`{"type":"null"}`:                               {kind: kindChoice, choices: []choice{{[]byte("null"), "null"}}, maxLength: -1},
		`{"const":"a"}`:                                 {kind: kindChoice, choices: []choice{{[]byte(`"a"`), `"a"`}}, maxLength: -1},
		`{"enum":["b","\u0061"]}`:                       {kind: kindChoice, choices: []choice{{[]byte(`"b"`), `"b"`}, {[]byte(`"\u0061"`), `"a"`}}, maxLength: -1},
		`{"type":"boolean","enum":["b",true]}`:          {kind: kindChoice, choices: []choice{{[]byte("true"), "true"}}, maxLength: -1},
		`{"type":"string","enum":["b",1,null]}`:         {kind: kindChoice, choices: []choice{{[]byte(`"b"`), `"b"`}}, maxLength: -1},
		`{"type":["string","null"],"enum":["b",null]}`:  {kind: kindChoice, choices: []choice{{[]byte(`"b"`), `"b"`}, {[]byte("null"), "null"}}, maxLength: -1},
		`{"enum":["abc","d"],"minLength":2}`:            {kind: kindChoice, minLength: 2, maxLength: -1, choices: []choice{{[]byte(`"abc"`), `"abc"`}}},
		`{"enum":["abc","d"],"maxLength":1}`:            {kind: kindChoice, maxLength: 1, choices: []choice{{[]byte(`"d"`), `"d"`}}},
	} {
		s, err := readSchema([]byte(document))
		require.NoError(t, err, document)
		want.maxItems = -1
		assert.Equal(t, &want, s, document)
	}
}

func TestReadSchemaEnumOfNumbersIsAScale(t *testing.T) {
	t.Parallel()
	for document, want := range map[string][]number{
		`{"enum":[3,1.0,2]}`: {{1, "1.0"}, {2, "2"}, {3, "3"}},
		`{"type":"integer","enum":[3,1.5,"2",7],"maximum":5}`:    {{3, "3"}},
		`{"type":["number","null"],"enum":[2,null,1]}`:           {{1, "1"}, {2, "2"}},
		`{"type":"number","enum":[0,0.3,0.5],"multipleOf":0.25}`: {{0, "0"}, {.5, "0.5"}},
	} {
		s, err := readSchema([]byte(document))
		require.NoError(t, err, document)
		assert.Equal(t, kindNumber, s.kind, document)
		assert.Equal(t, want, s.scale.listed, document)
		assert.Equal(t, strings.Contains(document, "null"), s.nullable, document)
	}
}

func TestReadSchemaFollowsReferences(t *testing.T) {
	t.Parallel()
	s, err := readSchema([]byte(`{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://x.test/reply",
		"$ref":"#/$defs/Reply","$defs":{
		"Reply":{"type":"object","properties":{"a":{"$ref":"#/$defs/a~1b"},"b":{"$ref":"#/$defs/a~1b","description":"again"}}},
		"a/b":{"type":"integer","minimum":1,"maximum":4}}}`))
	require.NoError(t, err)
	require.Len(t, s.properties, 2)
	for _, p := range s.properties {
		assert.Equal(t, "2", p.schema.scale.middle().literal)
	}
	bare, err := readSchema([]byte(`{"properties":{"a":{"type":"null"}}}`))
	require.NoError(t, err)
	assert.Equal(t, kindObject, bare.kind, "properties alone are an object")
	assert.NotSame(t, s.properties[0].schema, s.properties[1].schema, "every place has a schema of its own")
}

func TestReadSchemaSaysWhatItCannotRead(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"type":"array","items":`, 40) + `{"type":"null"}` + strings.Repeat("}", 40)
	wide := `{"$defs":{"a":{"type":"object","properties":{"x":{"$ref":"#/$defs/b"},"y":{"$ref":"#/$defs/b"}}}`
	for c := 'b'; c < 'o'; c++ {
		wide += fmt.Sprintf(`,"%c":{"type":"object","properties":{"x":{"$ref":"#/$defs/%c"},"y":{"$ref":"#/$defs/%c"}}}`, c, c+1, c+1)
	}
	wide += `,"o":{"type":"null"}},"$ref":"#/$defs/a"}`
	for document, want := range map[string]string{
		``:                                "#: a schema is a JSON object: EOF",
		`true`:                            "#: a schema is a JSON object: want an object, got true",
		`{"type":"string"`:                "#: a schema is a JSON object:",
		`{"type":"string"} x`:             "#: a schema is a JSON object: text after the object",
		`{"type":"string","type":"null"}`: `"type" is given twice`,
		`{}`:                              "#: has neither a type nor an enum",
		`{"type":"text"}`:                 `#: type: "text" is not a type`,
		`{"type":7}`:                      "#: type: ",
		`{"type":["string","number"]}`:    `type lists ["string" "number"]; one type, and null, is supported`,
		`{"enum":[]}`:                     "#: enum: lists no values",
		`{"enum":["a"],"const":"a"}`:      "#: const: enum and const together are not supported",
		`{"enum":["a"],"type":"number"}`:  "#: no value of the enum is admitted by the other keywords",
		`{"enum":[[1]],"type":"array"}`:   "#: an enum of arrays is not supported",
		`{"type":"object","properties":{"a":{"type":"string","pattern":"x"}}}`:  "#/properties/a: pattern: is not supported",
		`{"type":"object","properties":{"a":{"type":"string"},"a":{}}}`:         `#: properties: "a" is given twice`,
		`{"type":"object","required":["b"],"properties":{}}`:                    `#: required property "b" is not among the properties`,
		`{"type":"object","required":"b"}`:                                      "#: required: ",
		`{"type":"array"}`:                                                      "#: an array needs items",
		`{"type":"array","items":{}}`:                                           "#/items: has neither a type nor an enum",
		`{"type":"array","items":{"type":"null"},"minItems":3,"maxItems":2}`:    "#: minItems 3 is above maxItems 2",
		`{"type":"array","items":{"type":"null"},"minItems":1000}`:              "#: minItems is 1000; at most 100 can be filled",
		`{"type":"array","items":{"type":"null"},"minItems":1.5}`:               "#: minItems: 1.5 is not a count",
		`{"type":"string","maxLength":-1}`:                                      "#: maxLength: -1 is not a count",
		`{"type":"string","minLength":3,"maxLength":2}`:                         "#: minLength 3 is above maxLength 2",
		`{"type":"string","minLength":300}`:                                     "#: minLength is 300; at most 51 characters can be promised",
		`{"type":"integer","minimum":"1"}`:                                      `#: minimum: "1" is not a number`,
		`{"type":"integer","minimum":4,"maximum":1}`:                            "#: minimum 4 is above maximum 1",
		`{"type":"number","multipleOf":1e-300}`:                                 "#: multipleOf: 1e-300 is out of range",
		`{"type":"integer","multipleOf":-1}`:                                    "#: multipleOf is -1; it must be positive",
		`{"enum":[1e400]}`:                                                      "#: enum: json: cannot unmarshal number 1e400",
		`{"type":"string","enum":[{"a":1},[]]}`:                                 "#: no value of the enum is admitted by the other keywords",
		`{"$schema":7,"type":"string"}`:                                         "#: $schema: json: cannot unmarshal number",
		`{"type":}`:                                                             "#: a schema is a JSON object: invalid character",
		`{"type":"string",}`:                                                    "#: a schema is a JSON object: invalid character",
		`{"type":[],"properties":{}}`:                                           "#: type: lists no type",
		`{"type":"string"]`:                                                     "#: a schema is a JSON object: invalid character",
		`[{"type":"string"}]`:                                                   "#: a schema is a JSON object: want an object, got [",
		`{"$ref":"other.json"}`:                                                 `#: $ref "other.json" is not supported; it must point into the same document`,
		`{"$ref":"#name"}`:                                                      `#: $ref "#name" is not supported`,
		`{"$ref":"#/$defs/x"}`:                                                  `#: $ref "#/$defs/x": there is no "$defs"`,
		`{"$ref":"#/$defs/x","$defs":{"x":7}}`:                                  "#: a schema is a JSON object",
		`{"$ref":"#/$defs/x/y","$defs":{"x":7}}`:                                `#: $ref "#/$defs/x/y": want an object, got 7`,
		`{"$ref":"#"}`:                                                          "a schema that refers to itself cannot be filled",
		`{"$ref":"#/$defs/x","type":"string","$defs":{"x":{"type":"string"}}}`:  "#: other keywords beside $ref are not supported",
		`{"$schema":"http://json-schema.org/draft-07/schema#","type":"string"}`: `#: $schema: draft "http://json-schema.org/draft-07/schema#" is not supported`,
		deep: "nested deeper than 32 levels",
		wide: "more than 4096 places to fill",
	} {
		_, err := readSchema([]byte(document))
		require.Error(t, err, document)
		assert.Contains(t, err.Error(), want, document)
	}
}

func TestReadSchemaRefusesEveryKeywordThatItCannotHonour(t *testing.T) {
	t.Parallel()
	for _, keyword := range []string{
		"allOf", "anyOf", "oneOf", "not", "if", "uniqueItems", "contains", "prefixItems", "exclusiveMinimum", "exclusiveMaximum",
		"patternProperties", "propertyNames", "dependentRequired", "dependentSchemas", "minProperties", "maxProperties", "$dynamicRef",
		"unevaluatedItems", "unevaluatedProperties",
	} {
		_, err := readSchema([]byte(`{"type":"string","` + keyword + `":1}`))
		assert.EqualError(t, err, "#: "+keyword+": is not supported")
	}
	for _, keyword := range []string{"title", "description", "default", "examples", "format", "$comment", "additionalProperties", "x-of-my-own", "Type"} {
		_, err := readSchema([]byte(`{"type":"string","` + keyword + `":1}`))
		assert.NoError(t, err, keyword)
	}
}

func FuzzReadSchema(f *testing.F) {
	for _, seed := range []string{
		`{"type":"object","properties":{"score":{"type":"integer","minimum":1,"maximum":4},"why":{"type":"string"}},"required":["score"]}`,
		`{"type":"array","items":{"enum":["a","b"]},"minItems":1,"maxItems":3}`,
		`{"$ref":"#/$defs/a","$defs":{"a":{"type":["number","null"],"multipleOf":0.1,"minimum":-1.5}}}`,
		`{"type":["string","null"],"enum":["a",null,1],"minLength":1,"maxLength":7}`,
		`{"enum":[3,1,2.5],"minimum":2}`,
		`{"const":{"a":[1]}}`,
		`{"type":"boolean"}`,
		`{"type":"integer","multipleOf":2.5,"maximum":-1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		s, err := readSchema(document)
		if err != nil {
			assert.NotEmpty(t, err.Error())
			return
		}
		v, err := validator(document)
		if err != nil {
			t.Skip("not a schema")
		}
		answer := newFiller(conversation{target: "Whales sing."}, "").reply(s, nil)
		require.True(t, json.Valid([]byte(answer)), answer)
		assert.NoError(t, validate(v, answer), answer)
	})
}
