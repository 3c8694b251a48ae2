package retrieval

// SpanAttributes returns what a span tells of a query: how many hits it asks for, and never its text nor whose records it asks for. The
// keys are those of the GenAI semantic conventions of OpenTelemetry 1.41.0, in a form that needs no import of this package.
func (q Query) SpanAttributes() map[string]any {
	return map[string]any{"gen_ai.operation.name": "retrieval", "gen_ai.request.top_k": float64(q.K)}
}

// SpanContent returns the text of the query, as a span tells it where content may be told. It holds what students wrote.
func (q Query) SpanContent() map[string]any {
	return map[string]any{"gen_ai.retrieval.query.text": q.Text}
}
