package telemetry_test

import (
	"context"
	"fmt"
	"log"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/exemplarllm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/telemetry"
)

// The host makes the providers, here one that keeps spans in memory, adds one option to the run, and shuts the providers down.
func ExampleNew() {
	ctx := context.Background()
	kept := tracetest.NewInMemoryExporter()
	provider := trace.NewTracerProvider(trace.WithSyncer(kept)) // in a service: trace.WithBatcher of an exporter for OTLP
	told, err := telemetry.New(telemetry.WithTracerProvider(provider))
	if err != nil {
		log.Fatal(err)
	}
	model, err := exemplarllm.New()
	if err != nil {
		log.Fatal(err)
	}
	ask := pipeline.Fn(func(_ context.Context, e essay) (llm.Request, error) {
		return llm.Request{Messages: []llm.Message{{Role: llm.User, Text: e.Text}}}, nil
	})
	stage := pipeline.Named("comment", pipeline.Then(ask, pipeline.Call("commenter", llm.Generation{Model: model})))

	run, err := pipeline.NewRun(pipeline.WithTracer(told))
	if err != nil {
		log.Fatal(err)
	}
	runner, err := pipeline.Start(ctx, run, pipeline.Tool[pipeline.Stage[essay, llm.Response]]("feedback", stage))
	if err != nil {
		log.Fatal(err)
	}
	for result := range runner.Stream(ctx, pipeline.Items(essay{"ana", "My summer was fun."})) {
		if result.Err != nil {
			log.Fatal(result.Err)
		}
	}
	for _, span := range kept.GetSpans() {
		fmt.Println(span.SpanKind, span.Name)
	}
	if err := provider.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// internal asset feedback
	// client chat exemplarllm/1
	// internal stage comment
	// internal invoke_workflow feedback
	// internal batch feedback
}
