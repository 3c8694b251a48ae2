package openaillm

import (
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/shared"

	"github.com/gloss-sdk/gloss/llm"
)

// ReplyMode says how the schema of a reply is sent.
type ReplyMode string

// The reply modes.
const (
	// JSONSchema sends the schema as a strict response_format: the server lets the model write nothing else.
	JSONSchema ReplyMode = "json_schema"
	// JSONObject asks the server for some JSON object, and the model for the schema, in a text added to the system message.
	JSONObject ReplyMode = "json_object"
	// Prompted asks the model alone, by the same text: for servers that refuse a response_format.
	Prompted ReplyMode = "prompted"
)

// format returns the response_format for a schema; without one there is none. The bytes of the schema are passed through, for constrained
// decoding writes the properties in the order in which they stand there.
func (m ReplyMode) format(s *llm.Schema) (f openai.ChatCompletionNewParamsResponseFormatUnion) {
	switch {
	case s == nil:
	case m == JSONSchema:
		f.OfJSONSchema = &shared.ResponseFormatJSONSchemaParam{JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{
			Name: s.Name, Strict: param.NewOpt(true), Schema: s.JSON,
		}}
	case m == JSONObject:
		f.OfJSONObject = &shared.ResponseFormatJSONObjectParam{}
	}
	return f
}

// instruction returns what the system text has to say of a schema that the server does not enforce.
func (m ReplyMode) instruction(s *llm.Schema) string {
	if s == nil || m == JSONSchema {
		return ""
	}
	return "Reply with one JSON object that fits the JSON Schema below, its properties in the order of the schema. " +
		"Write nothing before or after the object, and no code fence around it.\n\nJSON Schema:\n" + string(s.JSON)
}
