package einollm

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gloss-sdk/gloss/llm"
)

// schemaPromptVersion changes with the text of describeReply, because the text can change an answer.
const schemaPromptVersion = "prompted/1"

// describeReply returns messages with a description of the schema at the end of the system message.
func describeReply(messages []llm.Message, s *llm.Schema) []llm.Message {
	text := "Reply with one JSON value that is valid under this JSON Schema, and with no text around it:\n" + string(s.JSON)
	if messages[0].Role != llm.System {
		return slices.Concat([]llm.Message{{Role: llm.System, Text: text}}, messages)
	}
	messages = slices.Clone(messages)
	messages[0].Text += "\n\n" + text
	return messages
}

// checkRequest reports every rule of [llm.Request] that req breaks: what a provider would make of it differs from one to the next.
func checkRequest(req llm.Request) error {
	var errs []error
	if req.MaxTokens < 0 {
		errs = append(errs, fmt.Errorf("max tokens is %d; want 0 or more", req.MaxTokens))
	}
	if t := req.Temperature; t != nil && (math.IsNaN(*t) || *t < 0 || *t > math.MaxFloat32) {
		errs = append(errs, fmt.Errorf("the temperature is %v; want a number of 0 or more", *t))
	}
	if req.Reply != nil && !json.Valid(req.Reply.JSON) {
		errs = append(errs, errors.New("the reply schema is not JSON"))
	}
	if len(req.Messages) == 0 {
		return errors.Join(append(errs, errors.New("there are no messages; want at least the user's"))...)
	}
	turns, first := req.Messages, 0
	if turns[0].Role == llm.System {
		turns, first = turns[1:], 1
	}
	for i, m := range turns {
		want := llm.User
		if i%2 == 1 {
			want = llm.Assistant
		}
		if m.Role != want {
			errs = append(errs, fmt.Errorf("message %d is of role %q; want %q", first+i+1, m.Role, want))
			break // each turn after a wrong one looks wrong
		}
	}
	if last := req.Messages[len(req.Messages)-1]; last.Role != llm.User {
		errs = append(errs, errors.New("the last message must be the user's"))
	}
	return errors.Join(errs...)
}
