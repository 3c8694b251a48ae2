package einollm_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/cloudwego/eino/callbacks"
	"github.com/cloudwego/eino/components/model"
	"github.com/cloudwego/eino/components/prompt"
	"github.com/cloudwego/eino/compose"
	"github.com/cloudwego/eino/schema"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/einollm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
)

// Any chat model of eino answers as a model of a task.
func ExampleNew() {
	var chat model.BaseChatModel = answering("Clear and well supported.") // or openai.NewChatModel, gemini.NewChatModel, ...
	m, err := einollm.New("gpt-4o-mini", chat)
	if err != nil {
		log.Fatal(err)
	}
	resp, err := m.Generate(context.Background(), llm.Request{Messages: []llm.Message{{Role: llm.User, Text: "Grade this."}}})
	fmt.Println(resp.Text, resp.Finish, resp.Usage.Output, err)
	fmt.Println(m.Identity())
	// Output:
	// Clear and well supported. stop 2 <nil>
	// eino/Fake/gpt-4o-mini reply=prompted/1
}

// A provider's own options take the schema and the seed of a request.
func ExampleWithReplyOptions() {
	chat := einollm.AsChatModel(llmtest.Echo()) // stands for a provider's
	m, err := einollm.New("gpt-4o-mini", chat,
		einollm.WithReplyOptions(func(s *llm.Schema) []model.Option {
			return []model.Option{einollm.ReplySchema(s)} // the provider's option for a response format
		}),
		einollm.WithRequestOptions(func(r llm.Request) []model.Option {
			if r.Seed == nil {
				return nil
			}
			return []model.Option{einollm.Seed(*r.Seed)} // the provider's option for a seed
		}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Identity())
	// Output: eino/Gloss/gpt-4o-mini reply=options
}

// The errors of a provider are classified by the code that knows the provider.
func ExampleWithErrorCode() {
	m, err := einollm.New("gpt-4o-mini", failing(&vendorError{Status: 429}),
		einollm.WithErrorCode(func(err error) (llm.Code, time.Duration) {
			if e, ok := errors.AsType[*vendorError](err); ok && e.Status == 429 { // the provider's error type
				return llm.CodeThrottled, time.Second
			}
			return "", 0 // what is not the provider's is told by its kind
		}))
	if err != nil {
		log.Fatal(err)
	}
	_, err = m.Generate(context.Background(), llm.Request{Messages: []llm.Message{{Role: llm.User, Text: "Grade this."}}})
	fmt.Println(err)
	// Output: gpt-4o-mini: throttled: status 429
}

// Any model is a node of a chain.
func ExampleAsChatModel() {
	ctx := context.Background()
	chain, err := compose.NewChain[map[string]any, *schema.Message]().
		AppendChatTemplate(prompt.FromMessages(schema.FString, schema.UserMessage("Grade this: {essay}"))).
		AppendChatModel(einollm.AsChatModel(llmtest.Echo())).
		Compile(ctx)
	if err != nil {
		log.Fatal(err)
	}
	msg, err := chain.Invoke(ctx, map[string]any{"essay": "Whales sing."})
	fmt.Println(msg.Content, err)
	fmt.Println(msg.ResponseMeta.FinishReason, msg.ResponseMeta.Usage.TotalTokens)
	// Output:
	// Grade this: Whales sing. <nil>
	// stop 19
}

// Handlers see a model that eino knows nothing of.
func ExampleCallbacks() {
	m := llm.Wrap(llmtest.Echo(), einollm.Callbacks())
	h := callbacks.NewHandlerBuilder().OnEndFn(func(ctx context.Context, info *callbacks.RunInfo, out callbacks.CallbackOutput) context.Context {
		fmt.Println(info.Component, info.Name, model.ConvCallbackOutput(out).TokenUsage.TotalTokens)
		return ctx
	}).Build()
	ctx := callbacks.InitCallbacks(context.Background(), nil, h) // a graph does so for the functions in it
	_, err := m.Generate(ctx, llm.Request{Messages: []llm.Message{{Role: llm.User, Text: "Grade this."}}})
	fmt.Println(err)
	// Output:
	// ChatModel llmtest/echo 13
	// <nil>
}

// What an eino chain takes and returns is converted by the step that calls it.
func ExampleToResponse() {
	messages := einollm.ToMessages([]llm.Message{{Role: llm.User, Text: "Grade this."}})
	msg, err := answering("Fine.").Generate(context.Background(), messages)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(einollm.ToResponse("gpt-4o-mini", msg))
	// Output: {Fine. stop gpt-4o-mini {3 2 0 0}}
}
