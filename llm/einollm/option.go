package einollm

import (
	"errors"
	"time"

	"github.com/cloudwego/eino/components/model"

	"github.com/gloss-sdk/gloss/llm"
)

// Option configures a [Model].
type Option interface{ apply(m *Model) error }

type optionFunc func(*Model) error

func (f optionFunc) apply(m *Model) error { return f(m) }

// WithReplyOptions passes the reply schema of a request as options of the chat model, instead of describing it in the system
// message. f is called for each request that has a schema; it must not modify it, and must be safe for concurrent use.
func WithReplyOptions(f func(*llm.Schema) []model.Option) Option {
	return optionFunc(func(m *Model) error {
		if f == nil {
			return errors.New("einollm: the function of WithReplyOptions is nil")
		}
		m.replyOptions = f
		return nil
	})
}

// WithRequestOptions adds options of the chat model to each request, such as a provider's option for the seed. They come last, so that
// they win over the common options. f must not modify the request, and must be safe for concurrent use.
func WithRequestOptions(f func(llm.Request) []model.Option) Option {
	return optionFunc(func(m *Model) error {
		if f == nil {
			return errors.New("einollm: the function of WithRequestOptions is nil")
		}
		m.requestOptions = f
		return nil
	})
}

// WithErrorCode classifies the errors of the chat model, whose type differs from provider to provider: f returns the code, and the
// wait that the provider asked for if it is known.
//
// f is not asked about a call whose ctx is done. Where it returns "", as without it, a code is told by what providers have in common: the
// code of an [*llm.Error] in the chain, [llm.CodeTimeout] for a deadline and for a network timeout, [llm.CodeUnavailable] for a
// connection that fails or breaks off, and otherwise [llm.CodeUnknown], which is never retried.
//
// f must be safe for concurrent use.
func WithErrorCode(f func(error) (llm.Code, time.Duration)) Option {
	return optionFunc(func(m *Model) error {
		if f == nil {
			return errors.New("einollm: the function of WithErrorCode is nil")
		}
		m.errorCode = f
		return nil
	})
}
