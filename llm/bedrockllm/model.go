package bedrockllm

import (
	"bytes"
	"context"
	"errors"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"

	"github.com/gloss-sdk/gloss/llm"
)

// Client is what a [Model] uses of the service. [*bedrockruntime.Client] implements it.
type Client interface {
	Converse(ctx context.Context, in *bedrockruntime.ConverseInput, opts ...func(*bedrockruntime.Options)) (*bedrockruntime.ConverseOutput, error)
}

// Model is a model of Amazon Bedrock. Make one with [New], [FromConfig] or [FromParams]; the zero value is not ready for use. It is
// immutable and safe for concurrent use if its client is.
//
// Each request is sent once: retries of the SDK are off, whatever the client is configured to do.
type Model struct {
	client   Client
	name     string
	mode     ReplyMode
	identity string
}

var (
	_ llm.Model      = (*Model)(nil)
	_ llm.Identifier = (*Model)(nil)
	_ llm.Describer  = (*Model)(nil)
)

// New returns the model that client knows by the ID, or the ARN, model. A client of the SDK must have a region. Every problem of the
// arguments is returned at once.
func New(client Client, model string, opts ...Option) (*Model, error) {
	s := settings{mode: ForcedTool}
	var errs []error
	if client == nil {
		errs = append(errs, errors.New("bedrockllm: the client is nil"))
	}
	if model == "" {
		errs = append(errs, errors.New("bedrockllm: the model is empty; want a model ID, an inference profile ID or an ARN"))
	}
	for _, o := range opts {
		if o == nil {
			errs = append(errs, errors.New("bedrockllm: an option is nil"))
			continue
		}
		errs = append(errs, o.apply(&s))
	}
	m := &Model{client: client, name: model, mode: s.mode, identity: "bedrock/" + model}
	if c, ok := client.(interface{ Options() bedrockruntime.Options }); ok {
		o := c.Options()
		if o.Region == "" {
			errs = append(errs, errors.New("bedrockllm: the region is empty; set it in the AWS configuration or in AWS_REGION"))
		}
		m.identity = "bedrock/" + o.Region + "/" + model + endpointOf(o.BaseEndpoint)
	}
	m.identity += " reply=" + string(s.mode)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return m, nil
}

// endpointOf names an endpoint without what stands around its host, such as a password.
func endpointOf(endpoint *string) string {
	u, err := url.Parse(aws.ToString(endpoint))
	if err != nil || u.Host == "" {
		return ""
	}
	return " endpoint=" + u.Host
}

// FromConfig returns the model that is reached with the region, the credentials and the HTTP client of cfg. Nothing is sent before the
// first request, so credentials that do not work show only then, as [llm.CodeAuth].
func FromConfig(cfg aws.Config, model string, opts ...Option) (*Model, error) {
	return New(bedrockruntime.NewFromConfig(cfg), model, opts...)
}

// Identity returns "bedrock/", the region and the endpoint where the client says them, the model and the reply mode, such as
// "bedrock/us-east-1/amazon.nova-lite-v1:0 reply=forced_tool".
func (m *Model) Identity() string { return m.identity }

// ModelInfo returns "aws.bedrock" and the model as given to [New].
func (m *Model) ModelInfo() (provider, model string) { return "aws.bedrock", m.name }

// Generate asks for one response. See the package documentation for what Converse has no place for.
func (m *Model) Generate(ctx context.Context, req llm.Request) (llm.Response, error) {
	if err := ctx.Err(); err != nil {
		return llm.Response{}, m.failed(ctx, err)
	}
	in, err := converseInput(m.name, m.mode, req)
	if err != nil {
		return llm.Response{}, &llm.Error{Code: llm.CodeInvalid, Model: m.label(), Err: err}
	}
	var body bytes.Buffer
	out, err := m.client.Converse(ctx, in, once, withCheckedCredentials, keepBody(&body))
	if err != nil {
		return llm.Response{}, m.failed(ctx, err)
	}
	resp, err := response(out, body.Bytes(), m.name)
	if err != nil {
		return llm.Response{}, &llm.Error{Code: llm.CodeUnavailable, Model: m.label(), Err: err}
	}
	return resp, nil
}

func (m *Model) label() string { return "bedrock/" + m.name }

// once turns the retries of the SDK off: the run retries, and two layers would multiply.
func once(o *bedrockruntime.Options) { o.Retryer = aws.NopRetryer{} }
