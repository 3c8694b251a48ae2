// Techniques answers one question: which prompting technique gives the scores that this teacher would have given, and at what cost?
//
//	go run ./examples/techniques
//	go run ./examples/techniques -plan
//	go run ./examples/techniques -task rubric_score -class examples/quickstart/class -holdout examples/quickstart/holdout
//
// It runs every variant of a task that [task.Techniques] names over the same held-out essays and prints, for each, its agreement with the
// teacher, how that differs from few_shot on the same essays, and what it cost. Everything the techniques have in common is built once.
//
// Without -holdout the essays are generated, and their words mean nothing. Without -config the model is the offline baseline, which does not
// reason: asking it to think, to quote or to criticize itself changes nothing but the cost, and without worked examples it knows nothing. So the
// table shows what a technique costs; what it gains takes a model that reads, and essays that somebody wrote:
//
//	export OPENAI_BASE_URL=http://localhost:11434/v1 OPENAI_MODEL=qwen3:8b OPENAI_API_KEY=none
//	go run ./examples/techniques -config examples/techniques/openai.yaml -class CLASS -holdout HOLDOUT
//
// CLASS is a class directory (go doc ./task/userdata Dir). HOLDOUT has submissions in the same form, and a file truth.jsonl with an object a line:
// {"id": "h01", "teacher": FEEDBACK, "second": SCORES}, where the scores of a second rater may be left out. A configuration may name the class
// itself, and a model of Bedrock with use: bedrock.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/gloss-sdk/gloss/eval/experiment"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/config"
)

func main() { os.Exit(experiment.Main("techniques", run)) }

type options struct {
	experiment.Flags
	task, config, class, holdout string
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	cfg, err := loadConfig(ctx, o)
	if err != nil {
		return err
	}
	if o.PrintConfig {
		return cfg.WriteValues(stdout)
	}
	t, err := open(ctx, cfg, o)
	if err != nil {
		return err
	}
	if o.Plan {
		return t.printPlan(stdout)
	}
	rep, err := t.run(ctx, o.Runs, stderr)
	if err != nil {
		return err
	}
	if o.JSON {
		return rep.writeJSON(stdout)
	}
	return rep.writeText(stdout)
}

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("techniques", flag.ContinueOnError)
	fs.SetOutput(stderr)
	o.Register(fs)
	fs.StringVar(&o.task, "task", string(task.KindEssayScore), "the `NAME` of the task in the configuration, one that gives scores")
	fs.StringVar(&o.config, "config", "", "the configuration `FILE`; the default has the offline baseline as its model")
	fs.StringVar(&o.class, "class", "", "the class `DIR`, instead of the one of the configuration; needs -holdout")
	fs.StringVar(&o.holdout, "holdout", "", "the `DIR` of held-out submissions and truth.jsonl; the default is a generated class with its holdout")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	var errs []error
	if fs.NArg() > 0 {
		errs = append(errs, fmt.Errorf("unexpected argument %q; every value needs its flag", fs.Arg(0)))
	}
	if o.class != "" && o.holdout == "" {
		errs = append(errs, errors.New("-class needs -holdout, the essays to be scored with what the teacher gave them"))
	}
	return o, errors.Join(errs...)
}

// trial is the variants of one task, each a task of its own over the same resources, and what they are tried on.
type trial struct {
	config    *config.Config
	kind      task.Kind
	resources task.Resources
	variants  []*task.Task
	set       *holdout
}

func open(ctx context.Context, cfg *config.Config, o options) (*trial, error) {
	spec, err := cfg.Spec(o.task)
	if err != nil {
		return nil, err
	}
	if spec.Task == task.KindDraftFeedback {
		return nil, fmt.Errorf("-task %s is %s; want a task that gives scores", o.task, spec.Task)
	}
	class, set, err := readData(ctx, spec.Task, o)
	if err != nil {
		return nil, err
	}
	var opts []config.OpenOption
	if class != nil {
		opts = append(opts, config.WithClass(class))
	}
	bound, err := cfg.Open(opts...)
	if err != nil {
		return nil, err
	}
	t := &trial{config: cfg, kind: spec.Task, resources: bound.Resources, set: set}
	for _, v := range task.Techniques(spec) {
		v.Spec.Name = v.Name // tasks of one run are told apart by their names
		variant, err := task.New(t.resources, v.Spec)
		if err != nil {
			return nil, err
		}
		t.variants = append(t.variants, variant)
	}
	return t, nil
}

func (t *trial) printPlan(w io.Writer) error {
	nodes := make([]pipeline.Node, len(t.variants))
	for i, v := range t.variants {
		nodes[i] = v
	}
	plan, err := pipeline.NewPlan(nodes...)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\nThis would make %d predictions: %d techniques, %d essays of %s each.\n",
		plan, len(t.variants)*t.set.Len(), len(t.variants), t.set.Len(), t.set.Name())
	return err
}
