package config_test

import (
	"context"
	"fmt"
	"os"
	"testing/fstest"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task/config"
	"github.com/gloss-sdk/gloss/task/userdata"
)

const exampleFile = `version: 1
resources:
  class: {dir: class}
  model: {use: fixed, params: {score: 4}}
environment:
  key: {env: FIXED_KEY, secret: true}
shared:
  exemplars: {k: 8}
tasks:
  essay_score: {}
  blind:
    task: essay_score
    inputs: {past_feedback: false, class_docs: false}
`

// fixedParams are the parameters of a kind of model that always gives one score.
type fixedParams struct {
	Score float64 `json:"score"`
}

func newFixed(params fixedParams, env config.Environment) (llm.Model, error) {
	if _, err := env.Secret("key"); err != nil {
		return nil, err
	}
	return llm.Func(func(context.Context, llm.Request) (llm.Response, error) {
		reply := fmt.Sprintf(`{"rationale": "It takes a side and keeps to it.", "score": %v}`, params.Score)
		return llm.Response{Text: reply, Finish: llm.FinishStop, Model: "fixed"}, nil
	}), nil
}

func ExampleParse() {
	c, err := config.Parse("gloss.yaml", []byte(exampleFile), nil,
		config.WithSet("tasks.essay_score.exemplars.k=20"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Tasks(), c.InFlight())
	for _, v := range c.Values() {
		switch {
		case v.Unused != "":
			fmt.Println(v.Path, "is not used:", v.Unused)
		case v.Level != config.LevelDefault:
			fmt.Println(v.Path, "is", v.Value, "by", v.Level, v.Place.Line)
		}
	}
	// Output:
	// [blind essay_score] 16
	// environment.key is env FIXED_KEY by environment 6
	// resources.class.dir is "class" by resources 3
	// resources.model.params.score is 4 by resources 4
	// resources.model.use is "fixed" by resources 4
	// tasks.blind.exemplars.k is not used: past feedback is off
	// tasks.blind.inputs.class_docs is false by task 13
	// tasks.blind.inputs.past_feedback is false by task 13
	// tasks.blind.task is "essay_score" by task 12
	// tasks.essay_score.exemplars.k is 20 by set 0
}

func ExampleParse_problems() {
	_, err := config.Parse("gloss.yaml", []byte(`version: 1
shared:
  exemplars: {k: eight}
tasks:
  essay_score:
    inputs: {class_docs: false}
    document: {max_tokens: 500}
`), nil)
	fmt.Println(err)
	// Output:
	// 2 problems in the configuration:
	// gloss.yaml:3: shared.exemplars.k: got "eight"; want a whole number; this is a string
	// gloss.yaml:7: tasks.essay_score.document: want the key "documents" (known here: task, inputs, exemplars, documents, rag, technique, generation, reply, budget, steps)
}

func ExampleConfig_WriteValues() {
	c, err := config.Parse("gloss.yaml", []byte("version: 1\ntasks:\n  essay_score:\n    rag: {passages: 3}\n"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := c.WriteValues(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// run.attempts                                5               default
	// run.budget.calls                            0               default
	// run.budget.cost                             0               default
	// run.budget.tokens                           0               default
	// run.call_timeout                            "10m0s"         default
	// run.failures.after                          0               default
	// run.failures.count                          0               default
	// run.failures.share                          0               default
	// run.in_flight                               16              default
	// run.item_attempts                           0               default
	// run.item_timeout                            "0s"            default
	// run.limits.adaptive                         false           default
	// run.limits.requests_per_minute              0               default
	// run.limits.tokens_per_minute                0               default
	// run.max_cost                                0               default
	// run.max_items                               0               default
	// run.prices                                  ""              default
	// tasks.essay_score.budget                    null            default
	// tasks.essay_score.documents                 null            default
	// tasks.essay_score.exemplars.k               12              default
	// tasks.essay_score.exemplars.select          "similar"       default
	// tasks.essay_score.exemplars.similarity      "tfidf_cosine"  default
	// tasks.essay_score.generation                null            default
	// tasks.essay_score.inputs.assignment_prompt  true            default
	// tasks.essay_score.inputs.class_docs         true            default
	// tasks.essay_score.inputs.essay_context      true            default
	// tasks.essay_score.inputs.past_feedback      true            default
	// tasks.essay_score.inputs.prior_draft        true            default
	// tasks.essay_score.inputs.rubric             true            default
	// tasks.essay_score.rag.passage_tokens        200             default
	// tasks.essay_score.rag.passages              3               task     gloss.yaml:4
	// tasks.essay_score.rag.similarity            "bm25"          default
	// tasks.essay_score.reply.clamp               false           default
	// tasks.essay_score.reply.max_items           0               default
	// tasks.essay_score.reply.max_length          0               default
	// tasks.essay_score.reply.reasks              1               default
	// tasks.essay_score.reply.repair              true            default
	// tasks.essay_score.steps                     null            default
	// tasks.essay_score.task                      "essay_score"   default
	// tasks.essay_score.technique.critiques       0               default
	// tasks.essay_score.technique.evidence        "none"          default
	// tasks.essay_score.technique.pairwise        false           default
	// tasks.essay_score.technique.per_criterion   false           default
	// tasks.essay_score.technique.reasoning       false           default
}

func ExampleConfig_Open() {
	files := fstest.MapFS{
		"gloss.yaml":             {Data: []byte(exampleFile)},
		"class/assignments.yaml": {Data: []byte("- {id: road, prompt: Close the road?, scale: {min: 1, max: 6}}\n")},
	}
	c, err := config.Parse("gloss.yaml", files["gloss.yaml"].Data, files,
		config.WithModel("fixed", newFixed),
		config.WithLookupEnv(func(name string) (string, bool) { return "a key", name == "FIXED_KEY" }))
	if err != nil {
		fmt.Println(err)
		return
	}
	bound, err := c.Open()
	if err != nil {
		fmt.Println(err)
		return
	}
	blind, err := bound.Task("blind")
	if err != nil {
		fmt.Println(err)
		return
	}
	run, err := pipeline.NewRun(c.RunOptions()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	runner, err := pipeline.Start(ctx, run, blind)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := runner.Run(ctx, userdata.Submission{ID: "e01", Assignment: "road", Text: "Close it on Saturdays."})
	fmt.Println(p.Feedback.Scores, err)
	// Output:
	// [{ 4  It takes a side and keeps to it. []}] <nil>
}

func ExampleSecret() {
	s := config.NewSecret("sk-12345")
	fmt.Printf("%v %+v %#v %s %q %x\n", s, s, s, s, s, s)
	fmt.Println(s.Reveal())
	// Output:
	// [secret] [secret] [secret] [secret] [secret] [secret]
	// sk-12345
}
