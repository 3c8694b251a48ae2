package openaillm

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/gloss-sdk/gloss/llm"
)

// Model answers with the chat completions of a server. It is safe for concurrent use; its calls share one HTTP client.
type Model struct {
	chat           openai.ChatCompletionService
	model          string
	provider       string
	identity       string
	replyMode      ReplyMode
	maxTokensField MaxTokensField
	credentials    []string // for taking them out of what a server says
}

var (
	_ llm.Model      = (*Model)(nil)
	_ llm.Identifier = (*Model)(nil)
	_ llm.Describer  = (*Model)(nil)
)

// New returns the model that a server knows as model; on Azure, that is the name of the deployment. Nothing is sent. Errors of all options are
// reported together, and so is a missing key where requests go to OpenAI itself.
func New(model string, opts ...Option) (*Model, error) {
	s, err := newSettings(opts)
	if model == "" {
		err = errors.Join(errors.New("openaillm: the model has no name"), err)
	}
	if err == nil && s.apiKey == "" && s.baseURL == nil && len(s.requestOptions) == 0 {
		err = errors.New("openaillm: there is no API key; want WithAPIKey for OpenAI, or WithBaseURL for a server that needs none")
	}
	if err != nil {
		return nil, err
	}
	sent, err := inspect(model, s)
	if err != nil {
		return nil, err
	}
	m := &Model{
		chat: openai.NewChatCompletionService(s.clientOptions()...), model: model, provider: providerAt(sent.url.Hostname()),
		replyMode: s.replyMode, maxTokensField: s.limitField(), credentials: credentials(sent.header),
	}
	m.identity = identity(m, sent, len(s.requestOptions) > 0)
	return m, nil
}

// clientOptions are the options of every request.
func (s settings) clientOptions() []option.RequestOption {
	opts := []option.RequestOption{option.WithEnvironmentProduction(), option.WithHTTPClient(s.httpClient)}
	if s.baseURL != nil {
		opts = append(opts, option.WithBaseURL(s.baseURL.String()))
	}
	if s.apiKey != "" {
		opts = append(opts, option.WithAPIKey(s.apiKey))
	}
	opts = append(opts, s.requestOptions...)
	return append(opts, option.WithMaxRetries(0))
}

func (s settings) limitField() MaxTokensField {
	switch {
	case s.maxTokensField != "":
		return s.maxTokensField
	case s.baseURL == nil || ofOpenAI(s.baseURL.Hostname()):
		return MaxCompletionTokens
	default:
		return MaxTokens
	}
}

func ofOpenAI(host string) bool {
	host = strings.ToLower(host)
	return host == "openai.com" || strings.HasSuffix(host, ".openai.com") || ofAzure(host)
}

func ofAzure(host string) bool { return strings.HasSuffix(strings.ToLower(host), ".openai.azure.com") }

// providerAt names the provider as the semantic conventions of OpenTelemetry do.
func providerAt(host string) string {
	if ofAzure(host) {
		return "azure.ai.openai"
	}
	return "openai"
}

// Identity returns what answers, and how it is asked: the provider, the model, the host with its port, the reply mode and the name of the token
// limit, as in "openai/gpt-4o-mini@api.openai.com reply=json_schema limit=max_completion_tokens". With [WithRequestOptions] it ends with a
// digest of what these options do to the path, the query and the body of a request, for they may change an answer.
func (m *Model) Identity() string { return m.identity }

// ModelInfo returns the model as configured, and "azure.ai.openai" as its provider where requests go to Azure, otherwise "openai": also for
// another server that speaks its API, as the semantic conventions of OpenTelemetry have it.
func (m *Model) ModelInfo() (provider, model string) { return m.provider, m.model }

// Generate sends one request. The text of the response is the content of the first choice, or the words of a refusal where there is no content.
// The model is the configured one where the server names none.
func (m *Model) Generate(ctx context.Context, req llm.Request) (llm.Response, error) {
	if err := ctx.Err(); err != nil {
		return llm.Response{}, m.gaveUp(err)
	}
	if err := req.Validate(); err != nil {
		return llm.Response{}, &llm.Error{Code: llm.CodeInvalid, Model: m.model, Err: err}
	}
	var reply *http.Response
	var body []byte // as it came, for many servers and the proxies before them answer in other forms than the vendor's client expects
	_, err := m.chat.New(ctx, m.params(req), option.WithResponseInto(&reply), option.WithResponseBodyInto(&body))
	if err != nil {
		return llm.Response{}, m.failure(ctx, req, reply, err)
	}
	return m.response(req, reply, body)
}
