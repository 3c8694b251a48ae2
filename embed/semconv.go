package embed

// SpanAttributes returns what a span tells of a request, and never a text. The keys are those of the GenAI semantic conventions of
// OpenTelemetry 1.41.0, in a form that needs no import of this package.
func (r Request) SpanAttributes() map[string]any {
	return map[string]any{"gen_ai.operation.name": "embeddings"}
}
