package bedrockllm

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUnbounded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ schema, want string }{
		"nothing to take out": {`{"z":1,"type":"string","a":[true, null]}`, `{"z":1,"type":"string","a":[true, null]}`},
		"true":                {`true`, `true`},
		"number": {
			`{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1.50,"multipleOf":0.1}`,
			`{"type":"number","description":"exclusiveMinimum 0, exclusiveMaximum 1.50, multipleOf 0.1"}`,
		},
		"string":       {`{"minLength":1,"type":"string"}`, `{"type":"string","description":"minLength 1"}`},
		"set":          {`{"type":"array","uniqueItems":true,"minItems":2}`, `{"type":"array","description":"uniqueItems true, minItems 2"}`},
		"one item":     {`{"type":"array","minItems":1}`, `{"type":"array","minItems":1}`},
		"any number":   {`{"type":"array","minItems":0}`, `{"type":"array","minItems":0}`},
		"described":    {`{"description":"Say \"why\".","maxLength":9,"type":"string"}`, `{"description":"Say \"why\". (maxLength 9)","type":"string"}`},
		"alternatives": {`{"anyOf":[{"type":"integer","minimum":1},{"type":"null"}]}`, `{"anyOf":[{"type":"integer","description":"minimum 1"},{"type":"null"}]}`},
		"definitions": {
			`{"$defs":{"minimum":{"type":"integer","minimum":1}},"$ref":"#/$defs/minimum"}`,
			`{"$defs":{"minimum":{"type":"integer","description":"minimum 1"}},"$ref":"#/$defs/minimum"}`,
		},
		"values are no schemas": {`{"enum":[{"minimum":1}],"const":{"maxLength":2}}`, `{"enum":[{"minimum":1}],"const":{"maxLength":2}}`},
		"closed":                {`{"additionalProperties":false}`, `{"additionalProperties":false}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := unbounded(json.RawMessage(test.schema))
			require.NoError(t, err)
			assert.Equal(t, test.want, string(got))
		})
	}
}

func TestUnboundedSaysWhereItFails(t *testing.T) {
	t.Parallel()
	for schema, want := range map[string]string{
		`{"properties":{"a":{"anyOf":7}}}`:              "properties: a: anyOf: ",
		`{"items":{"description":3,"minimum":1}}`:       "items: description: ",
		`{"allOf":[{},{"items":{"oneOf":{}}}]}`:         "allOf: 1: items: oneOf: ",
		`{"$defs":{"x":{"then":{"prefixItems":true}}}}`: "$defs: x: then: prefixItems: ",
	} {
		_, err := unbounded(json.RawMessage(schema))
		assert.ErrorContains(t, err, want, schema)
	}
}

// What comes out is JSON, has no bounds left, and taking them out again changes nothing.
func FuzzUnbounded(f *testing.F) {
	for _, seed := range []string{
		`{}`, `true`, `{"properties":{"minimum":{"minimum":1}}}`, `{"items":[{"maximum":1}]}`, `{"minItems":2,"description":"x"}`,
		`{"a":1,"a":2,"minimum":1,"minimum":2}`, `{"description":null,"maxLength":1}`, `{"properties":null}`, `{"minimum":{"a":[1]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, schema []byte) {
		if !json.Valid(schema) {
			return
		}
		once, err := unbounded(schema)
		if err != nil {
			return
		}
		if !json.Valid(once) {
			t.Fatalf("%s became %s", schema, once)
		}
		members, _, err := membersOf(once)
		require.NoError(t, err)
		for _, m := range members {
			if isBound(m) {
				t.Fatalf("%s is left in %s", m.key, once)
			}
		}
		twice, err := unbounded(once)
		require.NoError(t, err)
		if !reflect.DeepEqual(decoded(t, once), decoded(t, twice)) {
			t.Fatalf("%s became %s and then %s", schema, once, twice)
		}
	})
}

func decoded(t *testing.T, raw []byte) (v any) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	require.NoError(t, dec.Decode(&v), strings.ToValidUTF8(string(raw), "?"))
	return v
}
