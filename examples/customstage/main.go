// Customstage adds a step of its own to a shipped task: it flags feedback that is too hard to read for the class.
//
// The step is a plain function over task.Draft; its whole unit test is in main_test.go. Because it is defined by name, version and
// parameters, the task's spec can be stored and loaded with it.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/gloss-sdk/gloss/llm/exemplarllm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// readability are the parameters of the step.
type readability struct {
	// MaxWords is the longest sentence, in words, that feedback may have.
	MaxWords int `json:"max_words"`
}

// flagLongSentence marks a sentence of the feedback that is too long.
const flagLongSentence task.FlagKind = "long_sentence"

// check flags each next step that has a sentence above the limit.
func (r readability) check(_ context.Context, d task.Draft) (task.Draft, error) {
	flags := append([]task.Flag(nil), d.Prediction.Flags...) // never write through the slice of the draft that came in
	for _, step := range d.Prediction.Feedback.NextSteps {
		for sentence := range strings.SplitSeq(step, ".") {
			if n := len(strings.Fields(sentence)); n > r.MaxWords {
				flags = append(flags, task.Flag{Kind: flagLongSentence, Detail: fmt.Sprintf("%d words: %s", n, sentence)})
			}
		}
	}
	d.Prediction.Flags = flags
	return d, nil
}

// readable defines the step, so that a stored spec can name it.
func readable() task.StepDef[readability] {
	return task.DefineStep("readable", 1, func(r readability) (task.Step, error) {
		if r.MaxWords < 1 {
			return nil, fmt.Errorf("max_words is %d; want 1 or more", r.MaxWords)
		}
		return task.StepFunc(r.check), nil
	})
}

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer) error {
	model, err := exemplarllm.New()
	if err != nil {
		return err
	}
	res := task.Using(class(), model)
	feedback, err := task.DraftFeedback(res, task.WithStep(task.After(task.PlaceParse), readable().Use(readability{MaxWords: 8})))
	if err != nil {
		return err
	}
	spec, err := json.Marshal(feedback.Spec().Steps)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "steps in the spec: %s\n", spec)

	gloss, err := pipeline.NewRun()
	if err != nil {
		return err
	}
	runner, err := pipeline.Start(ctx, gloss, feedback)
	if err != nil {
		return err
	}
	prediction, err := runner.Run(ctx, userdata.Submission{
		ID: "new", Assignment: "pets", Text: "Dogs are better than cats because you can walk with them. I walk every day.",
	})
	if err != nil {
		return err
	}
	for _, step := range prediction.Feedback.NextSteps {
		fmt.Fprintf(w, "next step: %s\n", step)
	}
	for _, f := range prediction.Flags {
		fmt.Fprintf(w, "flag %s: %s\n", f.Kind, f.Detail)
	}
	return nil
}

// class is the known data: two pieces of work that the teacher has answered.
func class() *userdata.Class {
	return userdata.NewClass("demo", "okafor", userdata.Sources{
		Assignments: userdata.Values("assignments", userdata.Assignment{
			ID: "pets", Prompt: "Which pet is better?", Scale: userdata.Scale{Min: 1, Max: 6},
		}),
		Submissions: userdata.Values("submissions",
			userdata.Submission{ID: "a", Assignment: "pets", Student: "s1", Text: "Cats are quiet. They sleep all day and they do not need you."},
			userdata.Submission{ID: "b", Assignment: "pets", Student: "s2", Text: "A dog waits at the door. That is why I would choose a dog, although it costs more than a cat."},
		),
		Feedback: userdata.Values("feedback",
			userdata.Feedback{Submission: "a", NextSteps: []string{"Say why being quiet matters to the person who comes home in the evening."}},
			userdata.Feedback{Submission: "b", NextSteps: []string{"Give one number for the cost of a dog in a year so that the reader can weigh it."}},
		),
	})
}
