package einoflow_test

import (
	"context"
	"fmt"
	"log"

	"github.com/cloudwego/eino/callbacks"
	"github.com/cloudwego/eino/components/prompt"
	"github.com/cloudwego/eino/compose"
	"github.com/cloudwego/eino/schema"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/einollm"
	"github.com/gloss-sdk/gloss/llm/exemplarllm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/einoflow"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// A task is a node of a host's chain; the host's handler sees the call of its model.
func ExampleLambda() {
	ctx := context.Background()
	model, err := exemplarllm.New()
	if err != nil {
		log.Fatal(err)
	}
	scorer, err := task.EssayScore(task.Using(petClass(), llm.Wrap(model, einollm.Callbacks())))
	if err != nil {
		log.Fatal(err)
	}
	run, err := pipeline.NewRun()
	if err != nil {
		log.Fatal(err)
	}
	runner, err := pipeline.Start(ctx, run, scorer)
	if err != nil {
		log.Fatal(err)
	}
	chain, err := compose.NewChain[userdata.Submission, string]().
		AppendLambda(einoflow.Lambda(runner), compose.WithNodeName("grade")).
		AppendLambda(compose.InvokableLambda(func(_ context.Context, p task.Prediction) (string, error) {
			return fmt.Sprintf("%v: %s", p.Feedback.Scores[0].Value, p.Feedback.Scores[0].Rationale), nil
		}), compose.WithNodeName("show")).
		Compile(ctx, compose.WithGraphName("host"))
	if err != nil {
		log.Fatal(err)
	}
	started := callbacks.NewHandlerBuilder().OnStartFn(func(ctx context.Context, info *callbacks.RunInfo, _ callbacks.CallbackInput) context.Context {
		fmt.Println(info.Component, info.Name)
		return ctx
	}).Build()
	out, err := chain.Invoke(ctx, essay(), compose.WithCallbacks(started))
	fmt.Println(out, err)
	// Output:
	// Chain host
	// Lambda grade
	// ChatModel exemplarllm/1
	// Lambda show
	// 3: A reason with an example. <nil>
}

// A chain of template and chat model is a stage of a pipeline.
func ExampleFromRunnable() {
	ctx := context.Background()
	chain, err := compose.NewChain[map[string]any, *schema.Message]().
		AppendChatTemplate(prompt.FromMessages(schema.FString, schema.UserMessage("Grade this: {essay}"))).
		AppendChatModel(einollm.AsChatModel(llmtest.Echo())).
		Compile(ctx)
	if err != nil {
		log.Fatal(err)
	}
	vars := pipeline.Fn(func(_ context.Context, essay string) (map[string]any, error) {
		return map[string]any{"essay": essay}, nil
	})
	grade := pipeline.Named("grade", pipeline.Then(vars, einoflow.FromRunnable(chain)))
	msg, err := grade.Run(ctx, "Whales sing.")
	fmt.Println(msg.Content, err)
	// Output: Grade this: Whales sing. <nil>
}

// A stage serves a host that takes nothing but what eino compiled.
func ExampleRunnable() {
	ctx := context.Background()
	r, err := einoflow.Runnable(ctx, pipeline.Fn(func(_ context.Context, essay string) (int, error) { return len(essay), nil }))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Invoke(ctx, "Whales sing."))
	// Output: 12 <nil>
}
