package main

import (
	"context"
	"fmt"
	"time"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/exemplarllm"
	"github.com/gloss-sdk/gloss/task/config"
)

// baseline are the parameters of the model: the baseline without a network, which takes as long to answer as it is told, so that there is
// something to interrupt.
type baseline struct {
	AnswersAfter string `json:"answers_after"`
}

func (b baseline) open(config.Environment) (llm.Model, error) {
	delay, err := time.ParseDuration(b.AnswersAfter)
	if err != nil {
		return nil, fmt.Errorf("answers_after: %w; want a duration such as 40ms", err)
	}
	m, err := exemplarllm.New()
	return slowModel{m, delay}, err
}

// slowModel is a model that waits before it answers. What it is made of does not change with it.
type slowModel struct {
	*exemplarllm.Model

	delay time.Duration
}

// Generate waits and answers.
func (m slowModel) Generate(ctx context.Context, req llm.Request) (llm.Response, error) {
	select {
	case <-time.After(m.delay):
		return m.Model.Generate(ctx, req)
	case <-ctx.Done():
		return llm.Response{}, &llm.Error{Code: llm.CodeCanceled, Model: m.Identity(), Err: context.Cause(ctx)}
	}
}
