package bedrockllm_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/bedrockllm"
)

// canned is a client that needs no network: any client with a method Converse can be asked.
type canned struct{}

func (canned) Converse(
	_ context.Context, in *bedrockruntime.ConverseInput, _ ...func(*bedrockruntime.Options),
) (*bedrockruntime.ConverseOutput, error) {
	fmt.Println("format:", in.OutputConfig.TextFormat.Type)
	return &bedrockruntime.ConverseOutput{
		StopReason: types.StopReasonEndTurn,
		Usage:      &types.TokenUsage{InputTokens: aws.Int32(12), OutputTokens: aws.Int32(5)},
		Output: &types.ConverseOutputMemberMessage{Value: types.Message{
			Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: `{"score":3}`}},
		}},
	}, nil
}

func ExampleNew() {
	m, err := bedrockllm.New(canned{}, "qwen.qwen3-32b-v1:0", bedrockllm.WithReplyMode(bedrockllm.NativeSchema))
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := m.Generate(context.Background(), llm.Request{
		Messages: []llm.Message{{Role: llm.User, Text: "Grade this."}},
		Reply:    &llm.Schema{Name: "grade", JSON: json.RawMessage(`{"type":"object","properties":{"score":{"type":"integer"}}}`)},
	})
	fmt.Println(resp.Text, resp.Finish, resp.Usage.Input, err)
	// Output:
	// format: json_schema
	// {"score":3} stop 12 <nil>
}

func ExampleFromConfig() {
	// With the SDK's module config: cfg, err := config.LoadDefaultConfig(ctx).
	cfg := aws.Config{Region: "us-east-1"}
	m, err := bedrockllm.FromConfig(cfg, "amazon.nova-lite-v1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Identity())
	// Output: bedrock/us-east-1/amazon.nova-lite-v1:0 reply=forced_tool
}

// Params are what a configuration file holds under resources.model.params.
func ExampleFromParams() {
	var p bedrockllm.Params
	if err := json.Unmarshal([]byte(`{"model": "amazon.nova-lite-v1:0", "region": "eu-north-1"}`), &p); err != nil {
		fmt.Println(err)
		return
	}
	m, err := bedrockllm.FromParams(aws.Config{}, p)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Identity())
	// Output: bedrock/eu-north-1/amazon.nova-lite-v1:0 reply=forced_tool
}
