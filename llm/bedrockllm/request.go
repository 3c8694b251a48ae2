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
	if err := errors.Join(req.Validate(), checkLimits(req)); err != nil {
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

// checkLimits reports what Converse refuses beyond the rules of [llm.Request]: blank texts, and numbers that do not fit into 32 bits.
func checkLimits(req llm.Request) error {
	var errs []error
	for i, m := range req.Messages {
		if strings.TrimSpace(m.Text) == "" {
			errs = append(errs, fmt.Errorf("message %d has no text, which Converse refuses", i+1))
		}
	}
	if req.MaxTokens > math.MaxInt32 {
		errs = append(errs, fmt.Errorf("the limit of the answer is %d tokens; want at most %d", req.MaxTokens, math.MaxInt32))
	}
	if t := req.Temperature; t != nil && *t > math.MaxFloat32 {
		errs = append(errs, fmt.Errorf("the temperature is %v; want at most %v", *t, math.MaxFloat32))
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
	if mode == NativeSchema {
		schema, err := unbounded(reply.JSON)
		if err != nil {
			return fmt.Errorf("the reply schema %q: %w", reply.Name, err)
		}
		in.OutputConfig = &types.OutputConfig{TextFormat: &types.OutputFormat{
			Type: types.OutputFormatTypeJsonSchema,
			Structure: &types.OutputFormatStructureMemberJsonSchema{Value: types.JsonSchemaDefinition{
				Name: aws.String(reply.Name), Schema: aws.String(string(schema)),
			}},
		}}
		return nil
	}
	var members map[string]any
	if err := json.Unmarshal(reply.JSON, &members); err != nil { // a number beyond 64 bits
		return fmt.Errorf("the reply schema %q cannot be read: %w", reply.Name, err)
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
