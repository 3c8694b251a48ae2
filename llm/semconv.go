package llm

import "encoding/json"

// SpanAttributes returns what a span tells of a request: the settings, and never a text. The keys are those of the GenAI semantic
// conventions of OpenTelemetry 1.41.0, in a form that needs no import of this package.
func (r Request) SpanAttributes() map[string]any {
	attrs := map[string]any{"gen_ai.operation.name": "chat", "gen_ai.output.type": "text"}
	if r.Reply != nil {
		attrs["gen_ai.output.type"] = "json"
	}
	if r.Temperature != nil {
		attrs["gen_ai.request.temperature"] = *r.Temperature
	}
	if r.MaxTokens != 0 {
		attrs["gen_ai.request.max_tokens"] = r.MaxTokens
	}
	if r.Seed != nil {
		attrs["gen_ai.request.seed"] = *r.Seed
	}
	return attrs
}

// SpanContent returns the conversation as a span tells it where content may be told: the system message apart from the others, both as
// JSON. It holds what students wrote.
func (r Request) SpanContent() map[string]any {
	content := map[string]any{}
	turns := r.Messages
	if len(turns) > 0 && turns[0].Role == System {
		content["gen_ai.system_instructions"] = spanJSON(textParts(turns[0].Text))
		turns = turns[1:]
	}
	messages := make([]spanMessage, len(turns))
	for i, m := range turns {
		messages[i] = spanMessage{Role: m.Role, Parts: textParts(m.Text)}
	}
	content["gen_ai.input.messages"] = spanJSON(messages)
	return content
}

// SpanAttributes returns what a span tells of an answer: the model and why it stopped, each if the provider reported it, and never the
// text; see [Request.SpanAttributes].
func (r Response) SpanAttributes() map[string]any {
	attrs := map[string]any{}
	if r.Model != "" {
		attrs["gen_ai.response.model"] = r.Model
	}
	if r.Finish != "" && r.Finish != FinishUnknown {
		attrs["gen_ai.response.finish_reasons"] = []string{r.Finish.spanReason()}
	}
	return attrs
}

// SpanContent returns the answer as a span tells it where content may be told, as JSON.
func (r Response) SpanContent() map[string]any {
	return map[string]any{"gen_ai.output.messages": spanJSON([]spanMessage{
		{Role: Assistant, Parts: textParts(r.Text), Finish: r.Finish.spanReason()},
	})}
}

// spanReason returns the name that the conventions have for f.
func (f Finish) spanReason() string {
	switch f {
	case FinishRefused:
		return "content_filter"
	case "":
		return string(FinishUnknown)
	default:
		return string(f)
	}
}

// spanMessage is a message of the conventions' JSON schemas.
type spanMessage struct {
	Role   Role       `json:"role"`
	Parts  []spanPart `json:"parts"`
	Finish string     `json:"finish_reason,omitempty"`
}

type spanPart struct {
	Type    string `json:"type"`
	Content string `json:"content"`
}

func textParts(text string) []spanPart { return []spanPart{{Type: "text", Content: text}} }

func spanJSON(v any) string {
	text, _ := json.Marshal(v) // strings always have JSON
	return string(text)
}
