package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/bedrockllm"
	"github.com/gloss-sdk/gloss/task/config"
)

// noRegion stands for a region that is nowhere to be found, so that the plan can be made. Nothing is ever sent there.
const noRegion = "no-region"

// keyVariable has an API key for Bedrock, which goes before all credentials. The SDK's client reads it by itself.
const keyVariable = "AWS_BEARER_TOKEN_BEDROCK"

// account is how the service is reached, as far as it could be found out.
type account struct {
	aws    aws.Config
	params bedrockllm.Params // of the model, with its region; known once the configuration is open

	configErr, credentialsErr error
}

// lookUp reads the AWS configuration and gets the credentials. What fails is kept: [account.missing] tells it all at once.
func lookUp(ctx context.Context) *account {
	a := &account{}
	a.aws, a.configErr = awsconfig.LoadDefaultConfig(ctx, awsconfig.WithEC2IMDSClientEnableState(imds.ClientDisabled))
	if a.configErr == nil && os.Getenv(keyVariable) == "" {
		_, a.credentialsErr = a.aws.Credentials.Retrieve(ctx)
	}
	return a
}

// lookupEnv finds the region where the AWS configuration has it, which looks into AWS_REGION first.
func (a *account) lookupEnv(name string) (string, bool) {
	if name == "AWS_REGION" {
		return cmp.Or(a.aws.Region, os.Getenv(name), noRegion), true
	}
	return os.LookupEnv(name)
}

// model builds the model of the configuration file.
func (a *account) model(p bedrockllm.Params, env config.Environment) (llm.Model, error) {
	if p.Region == "" {
		region, err := env.Value("aws_region")
		if err != nil {
			return nil, err
		}
		p.Region = region
	}
	a.params = p
	return bedrockllm.FromParams(a.aws, p)
}

// notReadyError is that the region or the credentials are missing, so that nothing was sent.
type notReadyError struct{ problems []string }

func (e *notReadyError) Error() string {
	return "nothing was sent, because something is missing:\n" + strings.Join(e.problems, "\n")
}

// missing returns a [*notReadyError], or nil if all is there.
func (a *account) missing() error {
	var problems []string
	if a.configErr != nil {
		problems = append(problems, fmt.Sprintf("- the AWS configuration: %v", a.configErr))
	}
	if a.params.Region == noRegion {
		problems = append(problems, fmt.Sprintf("- the region: set AWS_REGION, or the region of profile %s, or add -set resources.model.params.region=REGION",
			profile()))
	}
	if a.credentialsErr != nil {
		problems = append(problems, "- the credentials: none that can be used in these places:")
		for _, s := range sources() {
			problems = append(problems, "  - "+s)
		}
		problems = append(problems, fmt.Sprintf("  The AWS SDK says: %v", a.credentialsErr))
	}
	if problems == nil {
		return nil
	}
	return &notReadyError{problems}
}

// sources are the places where the SDK looks for credentials, in its order, with what is there. No value is shown.
func sources() []string {
	return []string{
		variables(keyVariable),
		variables("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
		variables("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"),
		"profile " + profile() + " of " + file("AWS_SHARED_CREDENTIALS_FILE", awsconfig.DefaultSharedCredentialsFilename()) +
			" and " + file("AWS_CONFIG_FILE", awsconfig.DefaultSharedConfigFilename()),
		variables("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
		variables("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
		"the metadata service of the instance: never asked by this program",
	}
}

func profile() string {
	return cmp.Or(os.Getenv("AWS_PROFILE"), os.Getenv("AWS_DEFAULT_PROFILE"), "default")
}

func variables(names ...string) string {
	var out []string
	for _, name := range names {
		state := "is set"
		if os.Getenv(name) == "" {
			state = "is not set"
		}
		out = append(out, name+" "+state)
	}
	return strings.Join(out, ", ")
}

// file names the file that a variable or else the default leads to.
func file(variable, byDefault string) string {
	name := cmp.Or(os.Getenv(variable), byDefault)
	if _, err := os.Stat(name); err != nil { //nolint:gosec // the file that the SDK reads, named by the same variable
		return name + " (no such file)"
	}
	return name
}
