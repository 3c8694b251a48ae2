package einollm

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cloudwego/eino/schema"

	"github.com/gloss-sdk/gloss/llm"
)

// ToMessages returns messages as eino's, for a chain that is called with them.
func ToMessages(messages []llm.Message) []*schema.Message {
	out := make([]*schema.Message, len(messages))
	for i, m := range messages {
		out[i] = &schema.Message{Role: schema.RoleType(m.Role), Content: m.Text} // the roles are spelled alike
	}
	return out
}

// fromMessages returns what an eino chat model was told. Metadata of earlier answers (response meta, reasoning, extra) is left out; what
// an [llm.Message] cannot hold is an error that lists all of it.
func fromMessages(messages []*schema.Message) ([]llm.Message, error) {
	var errs []error
	out := make([]llm.Message, len(messages))
	for i, m := range messages {
		var err error
		if out[i], err = fromMessage(m); err != nil {
			errs = append(errs, fmt.Errorf("message %d: %w", i+1, err))
		}
	}
	return out, errors.Join(errs...)
}

func fromMessage(m *schema.Message) (llm.Message, error) {
	if m == nil {
		return llm.Message{}, errors.New("it is nil")
	}
	var errs []error
	role := llm.Role(m.Role)
	if role != llm.System && role != llm.User && role != llm.Assistant {
		errs = append(errs, fmt.Errorf("role %q has no counterpart; want system, user or assistant", m.Role))
	}
	if len(m.ToolCalls) > 0 {
		errs = append(errs, errors.New("it calls tools, which the model does not have"))
	}
	if m.Name != "" {
		errs = append(errs, errors.New("it names a participant, which the model cannot be told"))
	}
	text, err := textOf(m)
	return llm.Message{Role: role, Text: text}, errors.Join(append(errs, err)...)
}

// textOf returns the text of m, from its parts where it has any: eino has them stand instead of the content.
func textOf(m *schema.Message) (string, error) {
	var parts []string
	for _, p := range m.UserInputMultiContent {
		parts = append(parts, string(p.Type), p.Text)
	}
	for _, p := range m.AssistantGenMultiContent {
		parts = append(parts, string(p.Type), p.Text)
	}
	if len(parts) == 0 {
		for _, p := range m.MultiContent { // deprecated, but templates still write it
			parts = append(parts, string(p.Type), p.Text)
		}
	}
	if len(parts) == 0 {
		return m.Content, nil
	}
	var b strings.Builder
	for i := 0; i < len(parts); i += 2 {
		if parts[i] != string(schema.ChatMessagePartTypeText) {
			return "", fmt.Errorf("part %d is of type %q; the model reads text only", i/2+1, parts[i])
		}
		b.WriteString(parts[i+1])
	}
	return b.String(), nil
}
