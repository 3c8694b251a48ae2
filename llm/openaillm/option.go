package openaillm

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/openai/openai-go/v3/option"
)

// Option configures [New].
type Option interface{ apply(*settings) error }

type optionFunc func(*settings) error

func (f optionFunc) apply(s *settings) error { return f(s) }

// settings are what the options of a model say.
type settings struct {
	baseURL        *url.URL
	apiKey         string
	httpClient     *http.Client
	requestOptions []option.RequestOption
	replyMode      ReplyMode
	maxTokensField MaxTokensField
}

func newSettings(opts []Option) (settings, error) {
	s := settings{replyMode: JSONSchema}
	var errs []error
	for i, opt := range opts {
		if opt == nil {
			errs = append(errs, fmt.Errorf("openaillm: option %d is nil", i+1))
			continue
		}
		errs = append(errs, opt.apply(&s))
	}
	if s.httpClient == nil {
		s.httpClient = newHTTPClient()
	}
	return s, errors.Join(errs...)
}

// idleConnections is how many connections stay open between calls. The two of the standard library are too few for a batch, which would open
// one for almost every call.
const idleConnections = 256

func newHTTPClient() *http.Client {
	shared, ok := http.DefaultTransport.(*http.Transport)
	if !ok { // the program has wrapped it, for tracing say, and means that to hold here
		return &http.Client{Transport: http.DefaultTransport}
	}
	t := shared.Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = idleConnections, idleConnections
	return &http.Client{Transport: t}
}

// WithBaseURL sends requests to another server than OpenAI's: an absolute http or https URL up to and without "/chat/completions", such as
// "http://localhost:8000/v1". A user, a query and a fragment are errors: credentials belong in [WithAPIKey].
func WithBaseURL(base string) Option {
	return optionFunc(func(s *settings) error {
		u, err := url.Parse(base)
		switch {
		case err != nil: // the error would show the URL, and a password in it
			return errors.New("openaillm: WithBaseURL: this is no URL; want one such as http://localhost:8000/v1")
		case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
			return errors.New("openaillm: WithBaseURL: want an absolute URL such as http://localhost:8000/v1")
		case u.User != nil:
			return errors.New("openaillm: WithBaseURL: the URL has a user in it; give credentials with WithAPIKey or WithRequestOptions")
		case u.RawQuery != "" || u.Fragment != "":
			return errors.New("openaillm: WithBaseURL: the URL has a query or a fragment; use WithRequestOptions(option.WithQuery(...))")
		}
		s.baseURL = u
		return nil
	})
}

// WithAPIKey sends key as the bearer token of each request. The key is shown nowhere. The empty key is none: OpenAI itself needs one, a server of
// one's own often does not.
func WithAPIKey(key string) Option {
	return optionFunc(func(s *settings) error {
		if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return errors.New("openaillm: WithAPIKey: the key has white space or a character in it that no header can hold; was it read with its line end?")
		}
		s.apiKey = key
		return nil
	})
}

// WithHTTPClient sends requests with c. By default a client is used that keeps many connections open and has no timeout, for the context of a call
// has one.
func WithHTTPClient(c *http.Client) Option {
	return optionFunc(func(s *settings) error {
		if c == nil {
			return errors.New("openaillm: WithHTTPClient(nil): leave the option out instead")
		}
		s.httpClient = c
		return nil
	})
}

// WithRequestOptions hands options to the vendor's client, in their order and after those of this package: the endpoint and the credentials of Azure,
// an organization, a header, a field of the body that this package does not know. They are checked by [New]. Retries stay off.
func WithRequestOptions(opts ...option.RequestOption) Option {
	return optionFunc(func(s *settings) error {
		for i, o := range opts {
			if o == nil {
				return fmt.Errorf("openaillm: WithRequestOptions: option %d is nil", i+1)
			}
		}
		s.requestOptions = append(s.requestOptions, opts...)
		return nil
	})
}

// WithReplyMode says how a reply schema is sent. The default is [JSONSchema].
func WithReplyMode(mode ReplyMode) Option {
	return optionFunc(func(s *settings) error {
		switch mode {
		case JSONSchema, JSONObject, Prompted:
			s.replyMode = mode
			return nil
		default:
			return fmt.Errorf("openaillm: reply mode %q: want %s, %s or %s", mode, JSONSchema, JSONObject, Prompted)
		}
	})
}

// WithMaxTokensField says under which name the limit of the answer is sent. By default it is [MaxTokens] where [WithBaseURL] names a host other
// than those of OpenAI and Azure OpenAI, and [MaxCompletionTokens] otherwise.
func WithMaxTokensField(field MaxTokensField) Option {
	return optionFunc(func(s *settings) error {
		switch field {
		case MaxCompletionTokens, MaxTokens:
			s.maxTokensField = field
			return nil
		default:
			return fmt.Errorf("openaillm: max tokens field %q: want %s or %s", field, MaxCompletionTokens, MaxTokens)
		}
	})
}
