package task_test

import (
	"context"
	"fmt"
	"log"
	"slices"

	"github.com/gloss-sdk/gloss/llm/exemplarllm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// petClass is a class with one assignment, a rubric of one criterion and two pieces of graded work.
func petClass() *userdata.Class {
	graded := func(id string, score float64, rationale, quote, strength, step string) userdata.Feedback {
		return userdata.Feedback{
			Submission: id, Author: "okafor",
			Scores: []userdata.Score{
				{Value: score, Rationale: rationale},
				{Criterion: "reasons", Value: score, Rationale: rationale, Evidence: []userdata.Span{{Quote: quote}}},
			},
			Strengths: []userdata.Point{{Criterion: "reasons", Text: strength}}, NextSteps: []string{step},
		}
	}
	return userdata.NewClass("5c", "okafor", userdata.Sources{
		Assignments: userdata.Values("assignments", userdata.Assignment{
			ID: "pets", Prompt: "Which pet is better?", Rubric: "reasons", Scale: userdata.Scale{Min: 1, Max: 4},
		}),
		Rubrics: userdata.Values("rubrics", userdata.Rubric{ID: "reasons", Criteria: []userdata.Criterion{
			{ID: "reasons", Description: "Are there reasons?", Scale: userdata.Scale{Min: 1, Max: 4}},
		}}),
		Submissions: userdata.Values("submissions",
			userdata.Submission{ID: "a", Assignment: "pets", Student: "s1", Text: "Cats are nice."},
			userdata.Submission{ID: "b", Assignment: "pets", Student: "s2", Text: "Dogs are better because they guard the house. A dog barks when a stranger comes."},
		),
		Feedback: userdata.Values("feedback",
			graded("a", 1, "An opinion without a reason.", "Cats are nice.", "You take a side.", "Say why."),
			graded("b", 3, "A reason with an example.", "they guard the house", "You give a reason.", "Answer somebody who likes cats."),
		),
	})
}

// essay is what the examples predict for.
func essay() userdata.Submission {
	return userdata.Submission{ID: "new", Assignment: "pets", Text: "Dogs are fun because they play with you all day. My dog brings the ball."}
}

// petResources are the class and a model that needs no network.
func petResources() task.Resources {
	model, err := exemplarllm.New()
	if err != nil {
		log.Fatal(err)
	}
	return task.Using(petClass(), model)
}

// runEssay predicts for the essay.
func runEssay(t *task.Task) task.Prediction {
	run, err := pipeline.NewRun()
	if err != nil {
		log.Fatal(err)
	}
	runner, err := pipeline.Start(context.Background(), run, t)
	if err != nil {
		log.Fatal(err)
	}
	p, err := runner.Run(context.Background(), essay())
	if err != nil {
		log.Fatal(err)
	}
	return p
}

func ExampleEssayScore() {
	scorer, err := task.EssayScore(petResources(), task.WithExemplars(task.Exemplars{K: 8}))
	if err != nil {
		log.Fatal(err)
	}
	run, err := pipeline.NewRun()
	if err != nil {
		log.Fatal(err)
	}
	runner, err := pipeline.Start(context.Background(), run, scorer)
	if err != nil {
		log.Fatal(err)
	}
	empty := userdata.Submission{ID: "empty", Assignment: "pets"}
	for result := range runner.Stream(context.Background(), pipeline.Items(essay(), empty)) {
		if result.Err != nil {
			fmt.Println(result.Err)
			continue
		}
		score := result.Out.Feedback.Scores[0]
		fmt.Printf("%s: %v (%s) by %v\n", result.ID, score.Value, score.Rationale, result.Out.Provenance.Exemplars)
	}
	// Output:
	// new: 3 (A reason with an example.) by [a b]
	// item empty: stage essay_score: text: the submission is empty; want the student's writing
}

func ExampleRubricScore() {
	scorer, err := task.RubricScore(petResources(), task.WithoutClassDocs())
	if err != nil {
		log.Fatal(err)
	}
	p := runEssay(scorer)
	for _, s := range p.Feedback.Scores {
		fmt.Printf("%s %v: %s\n", s.Criterion, s.Value, s.Rationale)
		for _, e := range s.Evidence {
			fmt.Printf("  bytes %d to %d: %q\n", e.Start, e.End, e.Quote)
		}
	}
	fmt.Println("doubts:", p.Flags)
	// Output:
	// reasons 3: A reason with an example.
	//   bytes 49 to 72: "My dog brings the ball."
	// doubts: []
}

func ExampleDraftFeedback() {
	writer, err := task.DraftFeedback(petResources())
	if err != nil {
		log.Fatal(err)
	}
	f := runEssay(writer).Feedback
	fmt.Println("strength:", f.Strengths[0].Criterion, f.Strengths[0].Text)
	fmt.Println("next step:", f.NextSteps[0])
	// Output:
	// strength: reasons You give a reason.
	// next step: Answer somebody who likes cats.
}

// A stored spec builds the task again, in another program too.
func ExampleNew() {
	spec, err := task.ParseSpec([]byte(`
task: rubric_score
name: strict
inputs: {class_docs: false}
exemplars: {k: 4, select: similar}
`))
	if err != nil {
		log.Fatal(err)
	}
	scorer, err := task.New(petResources(), spec)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(scorer.Name(), runEssay(scorer).Feedback.Scores[0].Value)
	// Output:
	// strict 3
}

// A spec that contradicts itself is refused, with everything that is wrong.
func ExampleParseSpec() {
	_, err := task.ParseSpec([]byte(`{"task": "essay_score", "inputs": {"past_feedback": false}, "exemplars": {"k": -1}, "documents": {"max_tokens": -5}}`))
	fmt.Println(err)
	// Output:
	// task essay_score: exemplars are configured although past feedback is off
	// task essay_score: documents.max_tokens is -5; want 1 or more
}

// Variants of a task share whatever they have in common.
func ExampleTask_With() {
	scorer, err := task.EssayScore(petResources())
	if err != nil {
		log.Fatal(err)
	}
	blind, err := scorer.With(task.WithName("blind"), task.WithoutPastFeedback(), task.WithoutClassDocs())
	if err != nil {
		log.Fatal(err)
	}
	plan, err := pipeline.NewPlan(blind)
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range plan.Entries() {
		fmt.Println(e.Origin, e.Name, e.Off)
	}
	fmt.Println(runEssay(blind).Feedback.Scores[0].Rationale)
	// Output:
	// source scales []
	// source assignments []
	// source rubrics []
	// source templates []
	// tool model []
	// tool token_counter []
	// derived blind [class_docs past_feedback rag]
	// No graded examples were shown, so there is nothing to say about this text.
}

// A task's retrieval runs alone and needs no model.
func ExampleTask_Until() {
	scorer, err := task.EssayScore(task.Using(petClass(), nil), task.WithExemplars(task.Exemplars{K: 1, Select: task.SelectSimilar}))
	if err != nil {
		log.Fatal(err)
	}
	run, err := pipeline.NewRun()
	if err != nil {
		log.Fatal(err)
	}
	runner, err := pipeline.Start(context.Background(), run, scorer.Until(task.PlaceExemplars))
	if err != nil {
		log.Fatal(err)
	}
	draft, err := runner.Run(context.Background(), essay())
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range draft.Exemplars {
		fmt.Printf("%d. %s, similarity %.2f\n", e.Rank, e.Exemplar.Submission.ID, e.Similarity)
	}
	// Output:
	// 1. b, similarity 0.60
}

// limit are the parameters of a step that cuts feedback short.
type limit struct {
	NextSteps int `json:"next_steps"`
}

// A step that is defined can be named in a stored spec.
func ExampleDefineStep() {
	shorten := task.DefineStep("shorten", 1, func(l limit) (task.Step, error) {
		if l.NextSteps < 1 {
			return nil, fmt.Errorf("next_steps is %d; want 1 or more", l.NextSteps)
		}
		return task.StepFunc(func(_ context.Context, d task.Draft) (task.Draft, error) {
			steps := d.Prediction.Feedback.NextSteps
			d.Prediction.Feedback.NextSteps = steps[:min(l.NextSteps, len(steps))]
			return d, nil
		}), nil
	})
	spec, err := task.ParseSpec([]byte(`{"task": "draft_feedback", "steps": [
		{"at": "after:parse", "name": "shorten", "version": 1, "params": {"next_steps": 1}}]}`))
	if err != nil {
		log.Fatal(err)
	}
	writer, err := task.New(petResources(), spec, shorten)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(runEssay(writer).Feedback.NextSteps))

	_, err = task.New(petResources(), spec)
	fmt.Println(err)
	// Output:
	// 1
	// task draft_feedback: step "shorten": its definition was not passed in
}

// A place takes steps in front of it and behind it, also where its own step is off.
func ExampleWithStep() {
	step := func(name string) task.StepUse {
		return task.Inline(name, func(_ context.Context, d task.Draft) (task.Draft, error) { return d, nil })
	}
	scorer, err := task.EssayScore(petResources(), task.WithoutClassDocs(),
		task.WithStep(task.Before(task.PlacePrompt), step("redact")),
		task.WithStep(task.After(task.PlaceDocuments), step("lookup")),
		task.WithStep(task.Replace(task.PlaceVerify), step("check")))
	if err != nil {
		log.Fatal(err)
	}
	plan, err := pipeline.NewPlan(scorer)
	if err != nil {
		log.Fatal(err)
	}
	entries := plan.Entries()
	fmt.Println(entries[len(entries)-1].Steps)
	// Output:
	// [exemplars lookup redact prompt generate parse check]
}

// An inline step is the quickest way to try something; it cannot be stored.
func ExampleInline() {
	short := task.Inline("flag_short", func(_ context.Context, d task.Draft) (task.Draft, error) {
		if len(d.Submission.Text) < 100 {
			// A new slice: what the draft that came in refers to is not this step's to change.
			d.Prediction.Flags = slices.Concat(d.Prediction.Flags, []task.Flag{{Kind: "short"}})
		}
		return d, nil
	})
	scorer, err := task.EssayScore(petResources(), task.WithStep(task.After(task.PlaceVerify), short))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(runEssay(scorer).Flags[0].Kind)
	// Output:
	// short
}

// The model of these examples reads nothing but graded examples, so no other input can change its score.
func ExampleAblations() {
	for _, v := range task.Ablations(task.DefaultSpec(task.KindEssayScore)) {
		scorer, err := task.New(petResources(), v.Spec)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(v.Name, runEssay(scorer).Feedback.Scores[0].Value)
	}
	// Output:
	// full 3
	// without_assignment_prompt 3
	// without_rubric 3
	// without_class_docs 3
	// without_past_feedback 2
	// without_prior_draft 3
	// without_essay_context 3
	// with_rag 3
}
