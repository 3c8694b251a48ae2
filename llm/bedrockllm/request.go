package bedrockllm

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/gloss-sdk/gloss/llm"
)

// converseInput renders a request, or says everything that is wrong with it.
func converseInput(model string, mode ReplyMode, req llm.Request) (*bedrockruntime.ConverseInput, error) {
	if err := errors.Join(checkTurns(req.Messages), checkLimits(req)); err != nil {
		return nil, err
	}
	in := &bedrockruntime.ConverseInput{ModelId: aws.String(model), InferenceConfig: inference(req)}
	for _, m := range req.Messages {
		switch m.Role {
		case llm.System:
			in.System = append(in.System, &types.SystemContentBlockMemberText{Value: m.Text})
		default: // the roles that are left have the names that Converse has
			in.Messages = append(in.Messages, types.Message{
				Role:    types.ConversationRole(m.Role),
				Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: m.Text}},
			})
		}
	}
	if req.Reply == nil {
		return in, nil
	}
	return in, constrain(in, mode, req.Reply)
}

// checkTurns tells what breaks the rules of a conversation. It never shows a text.
func checkTurns(messages []llm.Message) error {
	var errs []error
	next := llm.User
	for i, m := range messages {
		if strings.TrimSpace(m.Text) == "" {
			errs = append(errs, fmt.Errorf("message %d has no text, which Converse refuses", i+1))
		}
		switch {
		case i == 0 && m.Role == llm.System:
			continue
		case m.Role != next:
			errs = append(errs, fmt.Errorf("message %d is of role %q; want %q: a system message comes first, then user and assistant take turns",
				i+1, m.Role, next))
		}
		next = llm.Assistant
		if m.Role == llm.Assistant {
			next = llm.User
		}
	}
	if n := len(messages); n == 0 || messages[n-1].Role != llm.User {
		errs = append(errs, errors.New("the last message must be the user's"))
	}
	return errors.Join(errs...)
}

func checkLimits(req llm.Request) error {
	var errs []error
	if req.MaxTokens < 0 || req.MaxTokens > math.MaxInt32 {
		errs = append(errs, fmt.Errorf("the bound of the answer is %d tokens; want 0 to %d", req.MaxTokens, math.MaxInt32))
	}
	if t := req.Temperature; t != nil && (math.IsNaN(*t) || math.IsInf(*t, 0)) {
		errs = append(errs, fmt.Errorf("the temperature is %v; want a number", *t))
	}
	return errors.Join(errs...)
}

// inference is nil where the request leaves everything to the model.
func inference(req llm.Request) *types.InferenceConfiguration {
	if req.MaxTokens == 0 && req.Temperature == nil {
		return nil
	}
	var c types.InferenceConfiguration
	if req.MaxTokens > 0 {
		c.MaxTokens = aws.Int32(int32(req.MaxTokens))
	}
	if req.Temperature != nil {
		c.Temperature = aws.Float32(float32(*req.Temperature))
	}
	return &c
}

// constrain makes the reply fit the schema.
func constrain(in *bedrockruntime.ConverseInput, mode ReplyMode, reply *llm.Schema) error {
	if reply.Name == "" {
		return errors.New("the schema of the reply has no name, which Converse requires")
	}
	var members map[string]any
	if err := json.Unmarshal(reply.JSON, &members); err != nil {
		return fmt.Errorf("the schema of the reply %s is no JSON object: %w", reply.Name, err)
	}
	if mode == NativeSchema {
		schema, err := unbounded(reply.JSON)
		if err != nil {
			return fmt.Errorf("the schema of the reply %s: %w", reply.Name, err)
		}
		in.OutputConfig = &types.OutputConfig{TextFormat: &types.OutputFormat{
			Type: types.OutputFormatTypeJsonSchema,
			Structure: &types.OutputFormatStructureMemberJsonSchema{Value: types.JsonSchemaDefinition{
				Name: aws.String(reply.Name), Schema: aws.String(string(schema)),
			}},
		}}
		return nil
	}
	in.ToolConfig = &types.ToolConfiguration{
		Tools: []types.Tool{&types.ToolMemberToolSpec{Value: types.ToolSpecification{
			Name:        aws.String(reply.Name),
			Description: aws.String("Gives the reply. Call it once, with the whole reply as its input."),
			InputSchema: &types.ToolInputSchemaMemberJson{Value: verbatim{document.NewLazyDocument(members), reply.JSON}},
		}}},
		ToolChoice: &types.ToolChoiceMemberTool{Value: types.SpecificToolChoice{Name: aws.String(reply.Name)}},
	}
	return nil
}

// verbatim is a document that is sent as it is written. The SDK's own documents are Go values whose keys are sorted when they are sent, and
// a model writes properties in the order in which the schema has them.
type verbatim struct {
	document.Interface
	json json.RawMessage
}

// MarshalSmithyDocument returns the JSON of the document.
func (v verbatim) MarshalSmithyDocument() ([]byte, error) { return v.json, nil }
