package main

import (
	"fmt"
	"io"
	"io/fs"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/config"
	"github.com/gloss-sdk/gloss/task/userdata"
)

func openClass() (*userdata.Class, error) {
	dir, err := fs.Sub(files, "class")
	if err != nil {
		return nil, err
	}
	return userdata.Dir(dir)
}

// printPrediction prints the feedback on one letter, and what is doubtful about it.
func printPrediction(w io.Writer, id string, p task.Prediction) {
	fmt.Fprintf(w, "\n%s, by %s\n", id, p.Provenance.Model)
	for _, s := range p.Feedback.Scores {
		fmt.Fprintf(w, "  %-9s %v  %s\n", s.Criterion, s.Value, s.Rationale)
		for _, e := range s.Evidence {
			fmt.Fprintf(w, "  %-9s    %q\n", "", e.Quote)
		}
	}
	for _, f := range p.Flags {
		fmt.Fprintf(w, "  flag: %s %s %s\n", f.Kind, f.Criterion, f.Detail)
	}
}

// printPlan prints what would run. Planning reads no data and asks no model, so one that cannot answer will do.
func printPlan(w io.Writer, cfg *config.Config, letters int) error {
	spec, err := cfg.Spec("rubric_score")
	if err != nil {
		return err
	}
	class, err := openClass()
	if err != nil {
		return err
	}
	scores, err := task.New(task.Using(class, llm.Func(nil)), spec)
	if err != nil {
		return err
	}
	plan, err := pipeline.NewPlan(scores)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\nThis would score %d letters with one call each.\n", plan, letters)
	return err
}

// unconfigured says what is missing, and what would be right.
func unconfigured(err error) error {
	return fmt.Errorf(`nothing was sent: %w

  OPENAI_BASE_URL  where the server is, as in https://api.openai.com/v1, or http://localhost:11434/v1 for Ollama
  OPENAI_MODEL     what the server calls the model, as in gpt-4o-mini or qwen3:8b
  OPENAI_API_KEY   the key; any word, such as none, for a server that asks for no key`, err)
}
