package einollm

import (
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

// checkRequest reports every rule of [llm.Request] that req breaks, and the bound that eino adds: its temperatures have 32 bits.
func checkRequest(req llm.Request) error {
	err := req.Validate()
	if t := req.Temperature; t != nil && *t > math.MaxFloat32 {
		err = errors.Join(err, fmt.Errorf("the temperature is %v; want at most %v", *t, math.MaxFloat32))
	}
	return err
}
