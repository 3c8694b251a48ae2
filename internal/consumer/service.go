// Package consumer is a feedback service in miniature: it loads the configuration that experiments tried, brings its own class, and predicts one
// submission at a time.
package consumer

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/config"
	"github.com/gloss-sdk/gloss/task/userdata"
)

const file = `
version: 1
resources:
  model: {use: fixed}
tasks:
  essay_score: {inputs: {class_docs: false}, exemplars: {k: 4}}
`

// Service scores submissions of one class.
type Service struct {
	run    *pipeline.Run
	scorer *pipeline.Runner[userdata.Submission, task.Prediction]
}

// New returns a service over a class and a model.
func New(ctx context.Context, class *userdata.Class, model llm.Model) (*Service, error) {
	cfg, err := config.Parse("service.yaml", []byte(file), fstest.MapFS{},
		config.WithModel("fixed", func(struct{}, config.Environment) (llm.Model, error) { return model, nil }))
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	bound, err := cfg.Open(config.WithClass(class))
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	scorer, err := bound.Task("essay_score")
	if err != nil {
		return nil, err
	}
	run, err := pipeline.NewRun()
	if err != nil {
		return nil, err
	}
	runner, err := pipeline.Start(ctx, run, scorer)
	if err != nil {
		return nil, err
	}
	return &Service{run, runner}, nil
}

// Score predicts one submission.
func (s *Service) Score(ctx context.Context, sub userdata.Submission) (float64, error) {
	p, err := s.scorer.Run(ctx, sub)
	if err != nil {
		return 0, err
	}
	score, _ := p.Feedback.Score("")
	return score.Value, nil
}

// Close ends the service.
func (s *Service) Close() error { return s.run.Close() }
