package bedrockllm

import (
	"errors"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Params are the parameters of a model as a configuration file holds them. They have no place for a credential.
type Params struct {
	// Model is the ID or the ARN of a model or an inference profile. It is required.
	Model string `json:"model"`
	// Region is the AWS region; "" leaves the one of the AWS configuration.
	Region string `json:"region,omitempty"`
	// ReplyMode is "forced_tool" or "native_schema"; "" is forced_tool.
	ReplyMode ReplyMode `json:"reply_mode,omitempty"`
	// BaseEndpoint is the URL of the service, for a gateway or a private endpoint; "" leaves the one of the AWS configuration.
	BaseEndpoint string `json:"base_endpoint,omitempty"`
}

// FromParams returns the model that p describes, reached with cfg. What p leaves empty is as [FromConfig] has it, and cfg is not changed.
// Every problem of the parameters is returned at once.
func FromParams(cfg aws.Config, p Params) (*Model, error) {
	cfg = cfg.Copy()
	if p.Region != "" {
		cfg.Region = p.Region
	}
	var endpointErr error
	if p.BaseEndpoint != "" {
		endpointErr = checkEndpoint(p.BaseEndpoint)
		cfg.BaseEndpoint = aws.String(p.BaseEndpoint)
	}
	var opts []Option
	if p.ReplyMode != "" {
		opts = append(opts, WithReplyMode(p.ReplyMode))
	}
	m, err := FromConfig(cfg, p.Model, opts...)
	if err := errors.Join(endpointErr, err); err != nil {
		return nil, err
	}
	return m, nil
}

// checkEndpoint does not show the URL, which may hold a password.
func checkEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return errors.New("bedrockllm: the base endpoint must be an http or https URL with a host and without a user")
	}
	return nil
}
