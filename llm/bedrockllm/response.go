package bedrockllm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/gloss-sdk/gloss/llm"
)

// response reads what the service answered. The body is the answer as received; without one, as from a client that is not the SDK's, the
// input of a tool has its keys sorted.
func response(out *bedrockruntime.ConverseOutput, body []byte, model string) (llm.Response, error) {
	if out == nil {
		return llm.Response{}, errors.New("the answer of the service is empty")
	}
	message, ok := out.Output.(*types.ConverseOutputMemberMessage)
	if !ok {
		return llm.Response{}, errors.New("the answer of the service has no message")
	}
	text, err := textOf(message.Value.Content, body)
	if err != nil {
		return llm.Response{}, err
	}
	return llm.Response{Text: text, Finish: finish(out.StopReason), Model: answered(out, model), Usage: usage(out.Usage)}, nil
}

// textOf returns the input of the tool, or else the text blocks together. Reasoning and citations are no part of it.
func textOf(content []types.ContentBlock, body []byte) (string, error) {
	var text strings.Builder
	for i, block := range content {
		switch b := block.(type) {
		case *types.ContentBlockMemberToolUse:
			return toolInput(b.Value, i, body)
		case *types.ContentBlockMemberText:
			text.WriteString(b.Value)
		}
	}
	return text.String(), nil
}

// toolInput returns the input of the tool in block i of the content. The SDK decodes it into a map, which has lost the order of the
// properties and the spelling of the numbers, so it is looked up in the body.
func toolInput(tool types.ToolUseBlock, i int, body []byte) (string, error) {
	var received struct {
		Output struct {
			Message struct {
				Content []struct {
					ToolUse struct {
						Input json.RawMessage `json:"input"`
					} `json:"toolUse"`
				} `json:"content"`
			} `json:"message"`
		} `json:"output"`
	}
	if err := json.Unmarshal(body, &received); err == nil {
		if content := received.Output.Message.Content; i < len(content) && len(content[i].ToolUse.Input) > 0 {
			return string(content[i].ToolUse.Input), nil
		}
	}
	if tool.Input == nil {
		return "", nil
	}
	input, err := tool.Input.MarshalSmithyDocument()
	if err != nil {
		return "", fmt.Errorf("the input of the tool: %w", err)
	}
	return string(input), nil
}

// answered names the model that a prompt router chose, or else the one that was asked.
func answered(out *bedrockruntime.ConverseOutput, model string) string {
	if t := out.Trace; t != nil && t.PromptRouter != nil && aws.ToString(t.PromptRouter.InvokedModelId) != "" {
		return *t.PromptRouter.InvokedModelId
	}
	return model
}

func finish(reason types.StopReason) llm.Finish {
	switch reason {
	case types.StopReasonEndTurn, types.StopReasonStopSequence, types.StopReasonToolUse:
		return llm.FinishStop
	case types.StopReasonMaxTokens, types.StopReasonModelContextWindowExceeded:
		return llm.FinishLength
	case types.StopReasonGuardrailIntervened, types.StopReasonContentFiltered:
		return llm.FinishRefused
	default: // malformed output or tool use, and what is new
		return llm.FinishUnknown
	}
}

// usage adds up the input: Converse counts what was read from the cache and what was written to it apart from its input tokens (Amazon
// Bedrock User Guide, "Prompt caching"), while [llm.Usage] has the whole.
func usage(u *types.TokenUsage) llm.Usage {
	if u == nil {
		return llm.Usage{}
	}
	cached := int(aws.ToInt32(u.CacheReadInputTokens))
	return llm.Usage{
		Input:  int(aws.ToInt32(u.InputTokens)) + cached + int(aws.ToInt32(u.CacheWriteInputTokens)),
		Output: int(aws.ToInt32(u.OutputTokens)),
		Cached: cached,
	}
}

// keepBody copies the body of the answer into b while the SDK reads it.
func keepBody(b *bytes.Buffer) func(*bedrockruntime.Options) {
	tee := middleware.DeserializeMiddlewareFunc("KeepBody", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, meta, err := next.HandleDeserialize(ctx, in)
		if r, ok := out.RawResponse.(*smithyhttp.Response); ok && err == nil {
			r.Body = teeBody{io.TeeReader(r.Body, b), r.Body}
		}
		return out, meta, err //nolint:wrapcheck // it only looks on
	})
	return func(o *bedrockruntime.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			return s.Deserialize.Add(tee, middleware.After)
		})
	}
}

type teeBody struct {
	io.Reader
	io.Closer
}
