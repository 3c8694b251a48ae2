package task_test

import (
	"context"
	"fmt"
	"log"
	"testing/fstest"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
)

func ExampleTechniques() {
	for _, v := range task.Techniques(task.DefaultSpec(task.KindRubricScore)) {
		fmt.Println(v.Name)
	}
	// Output:
	// zero_shot
	// few_shot
	// quote_then_score
	// per_criterion
	// chain_of_thought
	// self_consistency
	// draft_critique_revise
}

// A rubric is scored criterion by criterion, three times each.
func ExampleWithTechnique() {
	scorer, err := task.RubricScore(petResources(), task.WithTechnique(task.Technique{
		PerCriterion: true,
		Samples:      &task.Samples{N: 3},
	}))
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
	for result := range runner.Stream(context.Background(), pipeline.Items(essay())) {
		for _, s := range result.Out.Feedback.Scores {
			fmt.Println(s.Criterion, s.Value)
		}
		fmt.Println("calls:", result.Usage.Calls)
	}
	// Output:
	// reasons 3
	// calls: 3
}

// A model that cannot keep to the form is told what is wrong, and asked again.
func ExampleWithReply() {
	model := llmtest.Scripted(
		llm.Response{Text: `{"rationale": "Two reasons.", "score": 9}`},
		llm.Response{Text: "```json\n{\"rationale\": \"Two reasons.\", \"score\": 4}\n```"},
	)
	scorer, err := task.EssayScore(task.Using(petClass(), model), task.WithReply(task.Reply{Repair: true, Reasks: 1}))
	if err != nil {
		log.Fatal(err)
	}
	p := runEssay(scorer)
	fmt.Println(p.Feedback.Scores[0].Value)
	for _, f := range p.Flags {
		fmt.Println(f.Kind, f.Detail)
	}
	asked := model.Requests()[1].Messages
	fmt.Println(asked[len(asked)-1].Text)
	// Output:
	// 4
	// repaired fenced
	// reasked 2 attempts
	// Your reply does not fit what was asked for:
	// - /score: maximum: got 9, want 4 or less
	//
	// Write the whole reply again with this put right, as one JSON value and nothing around it.
}

// What does not fit the window goes, the least important first, and is flagged.
func ExampleWithBudget() {
	scorer, err := task.EssayScore(petResources(), task.WithBudget(task.Budget{Window: 340, Answer: 60}))
	if err != nil {
		log.Fatal(err)
	}
	p := runEssay(scorer)
	for _, f := range p.Flags {
		fmt.Println(f.Kind, f.Detail)
	}
	fmt.Println("shown:", p.Provenance.Exemplars)
	// Output:
	// context_cut example b: 48 to 0 tokens
	// shown: [a]
}

// The words of a prompt are files; those of a directory stand in for the shipped ones.
func ExampleReadTemplates() {
	dir := fstest.MapFS{"essay_score.tmpl": {Data: []byte("Score the letter.{{if .Evidence}} Quote first.{{end}}\n")}} // os.DirFS("prompts")
	templates, err := task.ReadTemplates(dir)
	if err != nil {
		log.Fatal(err)
	}
	scorer, err := task.EssayScore(petResources().WithTemplates(templates))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(runEssay(scorer).Provenance.Templates), "hexadecimal digits name them")

	_, err = task.ReadTemplates(fstest.MapFS{"rubric.tmpl": {Data: []byte("{{range .Criteria}}{{.Wording}}{{end}}")}})
	fmt.Println(err)
	// Output:
	// 16 hexadecimal digits name them
	// prompt: template: rubric.tmpl:1:21: checking "rubric.tmpl" at <.Wording>: can't use field Wording in type task.rubricCriterion; task.rubricCriterion has the fields ID, Name, Description, Scale, Levels
}
