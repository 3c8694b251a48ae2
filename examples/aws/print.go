package main

import (
	"fmt"
	"io"

	"github.com/gloss-sdk/gloss/llm/bedrockllm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
)

// printPlan says what would run and how often the model would be asked.
func (j *job) printPlan(w io.Writer, p bedrockllm.Params) error {
	var nodes []pipeline.Node
	for _, t := range j.tasks {
		nodes = append(nodes, t)
	}
	plan, err := pipeline.NewPlan(nodes...)
	if err != nil {
		return err
	}
	fmt.Fprint(w, plan)
	region := p.Region
	if region == noRegion {
		region = "(not set)"
	}
	_, err = fmt.Fprintf(w, "\n%d essays x %d tasks: at least %d calls of %s in region %s\n",
		len(j.essays), len(j.tasks), len(j.essays)*len(j.tasks), p.Model, region)
	return err
}

// printFeedback prints what a task says of one essay.
func printFeedback(w io.Writer, name, essay string, p task.Prediction) {
	f := p.Feedback
	fmt.Fprintf(w, "%s: %s\n", essay, name)
	for _, s := range f.Scores {
		fmt.Fprintf(w, "  score      %v: %s\n", s.Value, s.Rationale)
	}
	if f.Summary != "" {
		fmt.Fprintf(w, "  summary    %s\n", f.Summary)
	}
	for _, s := range f.Strengths {
		fmt.Fprintf(w, "  strength   %s\n", s.Text)
	}
	for _, i := range f.Improvements {
		fmt.Fprintf(w, "  to improve %s\n", i.Text)
	}
	for _, n := range f.NextSteps {
		fmt.Fprintf(w, "  next step  %s\n", n)
	}
	for _, c := range f.Comments {
		if c.Anchor != nil {
			fmt.Fprintf(w, "  %-10s %q: %s\n", c.Kind, c.Anchor.Quote, c.Text)
		}
	}
	for _, flag := range p.Flags {
		fmt.Fprintf(w, "  flag       %s %s\n", flag.Kind, flag.Detail)
	}
}
