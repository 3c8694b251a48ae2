// Openai scores a few letters by a rubric, with any server that speaks OpenAI's chat completions: OpenAI itself, vLLM, the servers of llama.cpp
// and Ollama, a gateway.
//
//	OPENAI_BASE_URL=http://localhost:11434/v1 OPENAI_MODEL=qwen3:8b OPENAI_API_KEY=none go run ./examples/openai
//
// What runs is in openai.yaml. Without the variables the program sends nothing: it prints what it would do and what is missing, and its exit
// code is 1, as it is when a letter got no feedback.
package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/openaillm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/config"
	"github.com/gloss-sdk/gloss/task/userdata"
)

//go:embed openai.yaml class
var files embed.FS

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, os.LookupEnv)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "openai:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, lookup func(string) (string, bool)) error {
	text, err := files.ReadFile("openai.yaml")
	if err != nil {
		return err
	}
	cfg, err := config.Parse("openai.yaml", text, files, config.WithLookupEnv(lookup), config.WithModel("openai", newModel))
	if err != nil {
		return err
	}
	letters, err := newLetters(ctx)
	if err != nil {
		return err
	}
	bound, err := cfg.Open()
	if err != nil {
		return errors.Join(printPlan(w, cfg, len(letters)), unconfigured(err))
	}
	scores, err := bound.Task("rubric_score")
	if err != nil {
		return err
	}
	return score(ctx, w, cfg.RunOptions(), scores, letters)
}

// newModel builds the model of openai.yaml from its parameters and its environment section.
func newModel(p openaillm.Params, env config.Environment) (llm.Model, error) {
	var errs [3]error
	var key config.Secret
	p.BaseURL, errs[0] = env.Value("base_url")
	p.Model, errs[1] = env.Value("model")
	key, errs[2] = env.Secret("api_key")
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return p.New(openaillm.WithAPIKey(key.Reveal()))
}

// newLetters returns the letters of the class that have no feedback yet.
func newLetters(ctx context.Context) ([]userdata.Submission, error) {
	class, err := openClass()
	if err != nil {
		return nil, err
	}
	all, err := class.Submissions(ctx)
	if err != nil {
		return nil, err
	}
	past, err := class.Past(ctx)
	if err != nil {
		return nil, err
	}
	graded := map[string]bool{}
	for _, p := range past {
		graded[p.Submission.ID] = true
	}
	var out []userdata.Submission
	for _, s := range all {
		if !graded[s.ID] {
			out = append(out, s)
		}
	}
	return out, nil
}

// score sends every letter through the task and prints what comes back, in the order of the letters.
func score(ctx context.Context, w io.Writer, opts []pipeline.RunOption, scores *task.Task, letters []userdata.Submission) (err error) {
	r, err := pipeline.NewRun(opts...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	runner, err := pipeline.Start(ctx, r, scores)
	if err != nil {
		return err
	}
	var used pipeline.Usage
	failed := 0
	for result := range runner.Stream(ctx, pipeline.Items(letters...)) {
		used = used.Add(result.Usage)
		if result.Err != nil {
			failed++
			fmt.Fprintf(w, "\n%s: no feedback\n", result.ID)
			err = errors.Join(err, result.Err)
			continue
		}
		printPrediction(w, result.ID, result.Out)
	}
	fmt.Fprintf(w, "\n%d of %d letters, %d calls, %d tokens read, %d written\n",
		len(letters)-failed, len(letters), used.Calls, used.Input, used.Output)
	return err
}
