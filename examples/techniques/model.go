package main

import (
	"context"
	"embed"
	"errors"
	"fmt"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/bedrockllm"
	"github.com/gloss-sdk/gloss/llm/exemplarllm"
	"github.com/gloss-sdk/gloss/llm/openaillm"
	"github.com/gloss-sdk/gloss/task/config"
)

//go:embed techniques.yaml
var files embed.FS

// loadConfig reads the configuration with the kinds of models that it may name.
func loadConfig(ctx context.Context, o options) (*config.Config, error) {
	set := o.Set
	if o.InFlight != 0 {
		set = append(set[:len(set):len(set)], fmt.Sprintf("run.in_flight=%d", o.InFlight))
	}
	opts := []config.Option{
		config.WithSet(set...),
		config.WithModel("exemplar", newExemplar),
		config.WithModel("openai", newOpenAI),
		config.WithModel("bedrock", func(p bedrockllm.Params, _ config.Environment) (llm.Model, error) { return newBedrock(ctx, p) }),
	}
	if o.config != "" {
		return config.Load(o.config, opts...)
	}
	text, err := files.ReadFile("techniques.yaml")
	if err != nil {
		return nil, err
	}
	return config.Parse("techniques.yaml", text, files, opts...)
}

func newExemplar(struct{}, config.Environment) (llm.Model, error) { return exemplarllm.New() }

// newOpenAI builds a model from its parameters and the environment section that openai.yaml has.
func newOpenAI(p openaillm.Params, env config.Environment) (llm.Model, error) {
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

// newBedrock builds a model over the AWS configuration. It does not ask the metadata service of EC2, which elsewhere only takes time.
func newBedrock(ctx context.Context, p bedrockllm.Params) (llm.Model, error) {
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithEC2IMDSClientEnableState(imds.ClientDisabled))
	if err != nil {
		return nil, err
	}
	return bedrockllm.FromParams(cfg, p)
}
