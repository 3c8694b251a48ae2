// Minimal is the shortest whole program: a class, a model, a task, a batch.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/gloss-sdk/gloss/llm/exemplarllm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

func main() {
	ctx := context.Background()
	class := must(userdata.Dir(os.DirFS("examples/quickstart/class"))) // what the teacher knows
	model := must(exemplarllm.New())                                   // any llm.Model
	feedback := must(task.DraftFeedback(task.Using(class, model),
		task.WithRAG(task.RAG{Passages: 3}), task.WithoutPriorDraft()))
	run := must(pipeline.NewRun(pipeline.WithInFlight(16)))
	runner := must(pipeline.Start(ctx, run, feedback))

	essays := []userdata.Submission{
		{ID: "s1", Assignment: "harbor-road", Text: "Close the road. The market had 2,100 people and the air was clean."},
		{ID: "s2", Assignment: "harbor-road", Text: ""}, // fails alone
	}
	for result := range runner.Stream(ctx, pipeline.Items(essays...)) {
		if result.Err != nil {
			fmt.Println(result.Err)
			continue
		}
		for _, step := range result.Out.Feedback.NextSteps {
			fmt.Printf("%s: %s\n", result.ID, step)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
