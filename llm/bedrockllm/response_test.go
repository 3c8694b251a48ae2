package bedrockllm_test

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/bedrockllm"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	const usage = `"usage":{"inputTokens":10,"outputTokens":4,"totalTokens":14}`
	counted := llm.Usage{Input: 10, Output: 4}
	message := func(content, stop string) string {
		return `{"output":{"message":{"role":"assistant","content":[` + content + `]}},"stopReason":"` + stop + `",` + usage + `}`
	}
	for name, test := range map[string]struct {
		body string
		want llm.Response
	}{
		"text": {message(`{"text":"Red."}`, "end_turn"), llm.Response{Text: "Red.", Finish: llm.FinishStop, Usage: counted}},
		"stop sequence": {
			message(`{"text":"Red"}`, "stop_sequence"), llm.Response{Text: "Red", Finish: llm.FinishStop, Usage: counted},
		},
		"several blocks": {
			message(`{"text":"Red "},{"text":"wine"}`, "end_turn"),
			llm.Response{Text: "Red wine", Finish: llm.FinishStop, Usage: counted},
		},
		"reasoning is no text": {
			message(`{"reasoningContent":{"reasoningText":{"text":"Hm.","signature":"x"}}},{"text":"Red."}`, "end_turn"),
			llm.Response{Text: "Red.", Finish: llm.FinishStop, Usage: counted},
		},
		"tool after words": {
			message(`{"text":"I will grade it."},{"toolUse":{"toolUseId":"t","name":"g","input":{"z":1.50,"a":"<b>"}}}`, "tool_use"),
			llm.Response{Text: `{"z":1.50,"a":"<b>"}`, Finish: llm.FinishStop, Usage: counted},
		},
		"no tool use": {
			message(`{"text":"I cannot grade that."}`, "end_turn"),
			llm.Response{Text: "I cannot grade that.", Finish: llm.FinishStop, Usage: counted},
		},
		"cut": {message(`{"text":"{\"sco"}`, "max_tokens"), llm.Response{Text: `{"sco`, Finish: llm.FinishLength, Usage: counted}},
		"cut tool": {
			message(`{"toolUse":{"toolUseId":"t","name":"g","input":{}}}`, "max_tokens"),
			llm.Response{Text: `{}`, Finish: llm.FinishLength, Usage: counted},
		},
		"window": {
			message(`{"text":"Re"}`, "model_context_window_exceeded"), llm.Response{Text: "Re", Finish: llm.FinishLength, Usage: counted},
		},
		"guardrail": {
			message(`{"text":"Blocked."}`, "guardrail_intervened"), llm.Response{Text: "Blocked.", Finish: llm.FinishRefused, Usage: counted},
		},
		"filtered": {message(``, "content_filtered"), llm.Response{Finish: llm.FinishRefused, Usage: counted}},
		"malformed output": {
			message(`{"text":"{{"}`, "malformed_model_output"), llm.Response{Text: "{{", Finish: llm.FinishUnknown, Usage: counted},
		},
		"malformed tool use": {message(``, "malformed_tool_use"), llm.Response{Finish: llm.FinishUnknown, Usage: counted}},
		"a reason of later":  {message(`{"text":"Red."}`, "bored"), llm.Response{Text: "Red.", Finish: llm.FinishUnknown, Usage: counted}},
		"no usage": {
			`{"output":{"message":{"role":"assistant","content":[{"text":"Red."}]}},"stopReason":"end_turn"}`,
			llm.Response{Text: "Red.", Finish: llm.FinishStop},
		},
		"cache is part of the input": {
			`{"output":{"message":{"role":"assistant","content":[{"text":"Red."}]}},"stopReason":"end_turn",` +
				`"usage":{"inputTokens":10,"outputTokens":4,"totalTokens":1114,"cacheReadInputTokens":1000,"cacheWriteInputTokens":100}}`,
			llm.Response{Text: "Red.", Finish: llm.FinishStop, Usage: llm.Usage{Input: 1110, Output: 4, Cached: 1000}},
		},
		"prompt router": {
			`{"output":{"message":{"role":"assistant","content":[{"text":"Red."}]}},"stopReason":"end_turn",` + usage +
				`,"trace":{"promptRouter":{"invokedModelId":"arn:aws:bedrock:eu-north-1::foundation-model/m"}}}`,
			llm.Response{Text: "Red.", Finish: llm.FinishStop, Usage: counted, Model: "arn:aws:bedrock:eu-north-1::foundation-model/m"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, test.body) })
			resp, err := m.Generate(t.Context(), ask("Name one color."))
			require.NoError(t, err)
			if test.want.Model == "" {
				test.want.Model = haiku
			}
			assert.Equal(t, test.want, resp)
		})
	}
}

// client answers without HTTP.
type client func(in *bedrockruntime.ConverseInput) (*bedrockruntime.ConverseOutput, error)

func (c client) Converse(
	_ context.Context, in *bedrockruntime.ConverseInput, _ ...func(*bedrockruntime.Options),
) (*bedrockruntime.ConverseOutput, error) {
	return c(in)
}

func toolUse(input document.Interface) *bedrockruntime.ConverseOutput {
	return &bedrockruntime.ConverseOutput{
		StopReason: types.StopReasonToolUse,
		Output: &types.ConverseOutputMemberMessage{Value: types.Message{Content: []types.ContentBlock{
			&types.ContentBlockMemberToolUse{Value: types.ToolUseBlock{Name: aws.String("essay_score"), Input: input}},
		}}},
	}
}

func TestAnyClientWillDo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		out  *bedrockruntime.ConverseOutput
		text string
		code llm.Code
	}{
		"input":              {toolUse(document.NewLazyDocument(map[string]any{"score": 3, "a": "b"})), `{"a":"b","score":3}`, ""},
		"no input":           {toolUse(nil), "", ""},
		"nothing":            {nil, "", llm.CodeUnavailable},
		"no message":         {&bedrockruntime.ConverseOutput{StopReason: types.StopReasonEndTurn}, "", llm.CodeUnavailable},
		"input of no values": {toolUse(document.NewLazyDocument(struct{ C complex128 }{1})), "", llm.CodeUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := bedrockllm.New(client(func(in *bedrockruntime.ConverseInput) (*bedrockruntime.ConverseOutput, error) {
				spec := in.ToolConfig.Tools[0].(*types.ToolMemberToolSpec).Value
				schema, err := spec.InputSchema.(*types.ToolInputSchemaMemberJson).Value.MarshalSmithyDocument()
				assert.NoError(t, err)
				assert.Equal(t, rationale, string(schema))
				return test.out, nil
			}), haiku)
			require.NoError(t, err)
			resp, err := m.Generate(t.Context(), rationaleRequest())
			assert.Equal(t, test.code, llm.CodeOf(err))
			assert.Equal(t, test.text, resp.Text)
		})
	}
}
