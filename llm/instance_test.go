package llm_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
)

// asked is a request for a reply that fits a schema.
func asked(schema string) llm.Request {
	req := ask("Grade this.")
	req.Reply = &llm.Schema{Name: "reply", JSON: json.RawMessage(schema)}
	return req
}

// madeUp is the reply that a rehearsal has for a schema.
func madeUp(tb testing.TB, schema string) (string, error) {
	tb.Helper()
	resp, err := llm.Rehearse(tb.Context(), nil, asked(schema))
	return resp.Text, err
}

// passage is the text of a reply that may have any length.
const passage = "The essay makes its claim early and keeps to it, and most of the reasons that follow are tied to what the sources say. " +
	"The second part leaves an objection open that a reader would raise, so the conclu"

func TestMadeUpReplies(t *testing.T) {
	t.Parallel()
	for schema, want := range map[string]string{
		`{"type":"object","properties":{"z":{"type":"boolean"},"a":{"type":"null"}}}`: `{"z":false,"a":null}`,
		`{"type":"object","properties":{}}`:                                           `{}`,
		`{"properties":{"<&>":{"const":{"b": 1, "a": "<"}}}}`:                         `{"<&>":{"b":1,"a":"<"}}`,
		`{"type":"string","enum":["low","high"]}`:                                     `"low"`,
		`{"enum":[3,1]}`:                  `3`,
		`{"const":null}`:                  `null`,
		`{"type":"string"}`:               `"` + passage + `"`,
		`true`:                            `"` + passage + `"`,
		`{}`:                              `"` + passage + `"`,
		`{"type":"string","maxLength":9}`: `"The essay"`,
		`{"type":"string","maxLength":0}`: `""`,
		`{"type":["null","integer"]}`:     `0`,
		`{"type":["null"]}`:               `null`,
		`{"type":"array","items":{"type":"integer"}}`:              `[0,0]`,
		`{"type":"array","items":{"type":"integer"},"minItems":4}`: `[0,0,0,0]`,
		`{"type":"array","items":{"type":"integer"},"maxItems":1}`: `[0]`,
		`{"items":{"type":"integer"},"maxItems":0}`:                `[]`,
		// Numbers.
		`{"type":"integer","minimum":1,"maximum":6}`:                               `3`,
		`{"type":"number","minimum":1,"maximum":6}`:                                `3.5`,
		`{"type":"number","minimum":0,"maximum":1,"multipleOf":0.1}`:               `0.5`,
		`{"type":"number","minimum":0.05,"maximum":0.5,"multipleOf":0.1}`:          `0.2`,
		`{"type":"number","minimum":2,"maximum":3,"multipleOf":3}`:                 `3`,
		`{"type":"integer","minimum":0.5,"multipleOf":2.5}`:                        `5`,
		`{"type":"integer","exclusiveMinimum":4}`:                                  `5`,
		`{"type":"number","exclusiveMaximum":-4}`:                                  `-5`,
		`{"type":"integer","maximum":-4.5}`:                                        `-5`,
		`{"type":"integer","exclusiveMinimum":1,"exclusiveMaximum":3,"minimum":0}`: `2`,
		`{"minimum":1e2}`: `100`,
		// References and alternatives.
		`{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"enum":["x"]}}}`:                           `"x"`,
		`{"anyOf":[{"type":"integer","minimum":7},{"type":"null"}]}`:                       `7`,
		`{"oneOf":[{"$ref":"#/nowhere"},{"const":"second"}]}`:                              `"second"`,
		`{"allOf":[{"const":"all"}]}`:                                                      `"all"`,
		`{"properties":{"n":{"anyOf":[{"items":{"$ref":"#"},"minItems":1},{"const":0}]}}}`: "",
	} {
		got, err := madeUp(t, schemaObject(schema))
		require.NoError(t, err, schema)
		if want == "" { // it refers to itself, and has an end
			assert.True(t, json.Valid([]byte(got)), schema)
			continue
		}
		assert.Equal(t, `{"v":`+want+`}`, got, schema)
	}
}

// schemaObject wraps a schema: a reply schema is an object. References are to its root.
func schemaObject(schema string) string {
	schema = strings.ReplaceAll(schema, `"#/`, `"#/properties/v/`)
	return `{"type":"object","properties":{"v":` + schema + `},"required":["v"]}`
}

func TestSchemasWithoutAMadeUpReply(t *testing.T) {
	t.Parallel()
	for schema, want := range map[string]string{
		`false`:                                   "holds for no value",
		`{"type":"date"}`:                         `there is no type "date"`,
		`{"type":5}`:                              "not a JSON Schema",
		`{"properties":[]}`:                       "properties: want an object",
		`{"$ref":"other.json"}`:                   "does not point into the same document",
		`{"$ref":"#/$defs/none"}`:                 "points to nothing",
		`{"$ref":"#"}`:                            "would have no end",
		`{"anyOf":[{"$ref":"#"}]}`:                "would have no end",
		`{"anyOf":[{"$ref":"#"},false]}`:          "would have no end",
		`{"items":{"const":1},"minItems":999999}`: "would have no end",
		`{"items":{"type":"string","minLength":1e6},"minItems":9}`: "not a JSON Schema",
		`{"type":"string","minLength":9999999}`:                    "too long to be made up",
		`{"type":"number","multipleOf":0}`:                         "want a number above 0",
		`{"type":"number","minimum":1e999}`:                        "minimum: \"1e999\" is no number",
	} {
		_, err := madeUp(t, schemaObject(schema))
		require.ErrorContains(t, err, want, schema)
		assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err))
	}
	_, err := llm.Rehearse(t.Context(), nil, llm.Request{})
	assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err), "a request that cannot be sent cannot be rehearsed")
}

// schemas draws schemas that have a value.
type schemas struct{ *rand.Rand }

func (r schemas) draw(depth int) map[string]any {
	kinds := 9
	if depth == 0 {
		kinds = 6
	}
	switch r.IntN(kinds) {
	case 0:
		return map[string]any{"type": []string{"boolean", "null"}[r.IntN(2)]}
	case 1:
		return map[string]any{"enum": []any{"low", 2, nil, map[string]any{"a": 1.5}}[r.IntN(4):]}
	case 2:
		low := r.IntN(400)
		return map[string]any{"type": "string", "minLength": low, "maxLength": low + r.IntN(300)}
	case 3:
		low := r.IntN(20) - 10
		return map[string]any{"type": "integer", "minimum": low, "exclusiveMaximum": low + 1 + r.IntN(9)}
	case 4:
		low := float64(r.IntN(40)-20) / 4
		return map[string]any{"type": "number", "exclusiveMinimum": low, "maximum": low + 1 + r.Float64(), "multipleOf": 0.25}
	case 5:
		return map[string]any{"$ref": []string{"#/$defs/whole", "#/$defs/list"}[r.IntN(2)]}
	case 6:
		low := r.IntN(4)
		return map[string]any{"type": "array", "items": r.draw(depth - 1), "minItems": low, "maxItems": low + r.IntN(3)}
	case 7:
		return map[string]any{"anyOf": []any{r.draw(depth - 1), map[string]any{"type": "null"}}}
	default:
		properties, required := map[string]any{}, []string{}
		for i := range r.IntN(4) {
			name := fmt.Sprintf("p%d", i)
			properties[name] = r.draw(depth - 1)
			if r.IntN(2) == 0 {
				required = append(required, name)
			}
		}
		return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	}
}

// TestMadeUpRepliesFit has a validator read the replies to arbitrary schemas.
func TestMadeUpRepliesFit(t *testing.T) {
	t.Parallel()
	r := schemas{rand.New(rand.NewPCG(4, 2))}
	for range 200 {
		schema := r.draw(4)
		document, err := json.Marshal(map[string]any{
			"type": "object", "properties": map[string]any{"v": schema}, "required": []string{"v"}, "$defs": map[string]any{
				"whole": map[string]any{"type": "integer", "minimum": 1},
				"list":  map[string]any{"type": "array", "items": map[string]any{"anyOf": []any{map[string]any{"$ref": "#/$defs/list"}, map[string]any{"const": 1}}}},
			},
		})
		require.NoError(t, err)
		reply, err := madeUp(t, string(document))
		require.NoError(t, err, "%s", document)
		again, err := madeUp(t, string(document))
		require.NoError(t, err)
		require.Equal(t, reply, again)
		requireFits(t, document, reply)
	}
}

func requireFits(t *testing.T, document []byte, reply string) {
	t.Helper()
	parsed, err := validator.UnmarshalJSON(strings.NewReader(string(document)))
	require.NoError(t, err)
	c := validator.NewCompiler()
	require.NoError(t, c.AddResource("mem:///reply", parsed))
	compiled, err := c.Compile("mem:///reply")
	require.NoError(t, err)
	value, err := validator.UnmarshalJSON(strings.NewReader(reply))
	require.NoError(t, err)
	require.NoError(t, compiled.Validate(value), "%s\n%s", document, reply)
}

// FuzzMadeUpReplies: whatever the schema is, there is an answer of bounded size, or an error.
func FuzzMadeUpReplies(f *testing.F) {
	for _, seed := range []string{
		`{"type":"object","properties":{"score":{"type":"integer","minimum":1,"maximum":6}}}`, `{"$ref":"#"}`,
		`{"properties":{"a":{"anyOf":[{"$ref":"#"},{"$ref":"#"}]}},"required":["a"]}`,
		`{"items":{"items":{"items":{"type":"number","multipleOf":1e-300}}},"minItems":9}`, `{"minimum":1e-999999999}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, schema string) {
		resp, err := llm.Rehearse(t.Context(), nil, asked(schema))
		if err != nil {
			return
		}
		if !json.Valid([]byte(resp.Text)) || !utf8.ValidString(resp.Text) && utf8.ValidString(schema) || len(resp.Text) > 8<<20 {
			t.Fatalf("%q has the reply %.200q of %d bytes", schema, resp.Text, len(resp.Text))
		}
	})
}
