package einollm

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/cloudwego/eino/components"
	"github.com/cloudwego/eino/components/model"
	"github.com/cloudwego/eino/schema"

	"github.com/gloss-sdk/gloss/llm"
)

// Model is an eino chat model as an [llm.Model]. It is made by [New] and safe for concurrent use where the chat model is.
type Model struct {
	name           string
	chat           model.BaseChatModel
	replyOptions   func(*llm.Schema) []model.Option
	requestOptions func(llm.Request) []model.Option
	errorCode      func(error) (llm.Code, time.Duration)
}

var (
	_ llm.Model      = (*Model)(nil)
	_ llm.Identifier = (*Model)(nil)
	_ llm.Describer  = (*Model)(nil)
)

// New returns chat as an [llm.Model], or every error of its arguments.
//
// The name identifies the model in records, errors and responses, because an eino model cannot say what it is: it should tell the
// provider's model, and whatever was set in the provider's configuration that can change an answer. It must hold no secret.
//
// Retries of the provider's SDK, which some eino models have on by default, should be turned off in its configuration: a run counts
// and limits the calls that it knows of.
func New(name string, chat model.BaseChatModel, opts ...Option) (*Model, error) {
	m := &Model{name: name, chat: chat}
	var errs []error
	if name == "" {
		errs = append(errs, errors.New("einollm: the name is empty; want one that identifies the model"))
	}
	if chat == nil {
		errs = append(errs, errors.New("einollm: the chat model is nil"))
	}
	for _, opt := range opts {
		errs = append(errs, opt.apply(m))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return m, nil
}

// Identity returns "eino/", the type of the chat model where it tells one, the name, and how a reply schema is asked for:
// "eino/OpenAI/gpt-4o-mini reply=prompted/1".
func (m *Model) Identity() string {
	id := "eino/"
	if typ, ok := components.GetType(m.chat); ok {
		id += typ + "/"
	}
	id += m.name + " reply="
	if m.replyOptions != nil {
		return id + "options"
	}
	return id + schemaPromptVersion
}

// ModelInfo returns the name given to [New], and as the provider the type of the chat model: as the semantic conventions of OpenTelemetry name
// it ("anthropic" for Claude, "gcp.gen_ai" for Gemini), otherwise in small letters, and empty where it tells none.
func (m *Model) ModelInfo() (provider, name string) {
	typ, _ := components.GetType(m.chat)
	switch typ = strings.ToLower(typ); typ {
	case "claude":
		return "anthropic", m.name
	case "gemini":
		return "gcp.gen_ai", m.name
	default:
		return typ, m.name
	}
}

// Generate sends req to the chat model.
//
// Temperature and MaxTokens become eino's common options. There is none for a reply schema: it is described in the system message, unless
// [WithReplyOptions] passes it in the provider's own way. There is none for a seed either: it is not sent, unless
// [WithRequestOptions] does.
//
// The response is read as [ToResponse] says. An error is an [*llm.Error] around the chat model's own: see [WithErrorCode] for its
// code.
//
// Callback handlers in ctx are told of the call, by the chat model if it does so itself and by this method if it does not.
func (m *Model) Generate(ctx context.Context, req llm.Request) (llm.Response, error) {
	if err := ctx.Err(); err != nil {
		return llm.Response{}, m.failure(ctx, err)
	}
	if err := checkRequest(req); err != nil {
		return llm.Response{}, &llm.Error{Code: llm.CodeInvalid, Model: m.name, Err: err}
	}
	messages := m.messages(req)
	msg, err := m.generate(ctx, messages, m.options(req))
	if err != nil {
		return llm.Response{}, m.failure(ctx, err)
	}
	if msg == nil {
		err := errors.New("the chat model returned neither a message nor an error")
		return llm.Response{}, &llm.Error{Code: llm.CodeUnavailable, Model: m.name, Err: err}
	}
	return ToResponse(m.name, msg), nil
}

// generate calls the chat model inside callbacks of its own, or inside ours where it has none.
func (m *Model) generate(ctx context.Context, messages []*schema.Message, opts []model.Option) (*schema.Message, error) {
	if components.IsCallbacksEnabled(m.chat) {
		return m.chat.Generate(ctx, messages, opts...) //nolint:wrapcheck // the caller wraps
	}
	typ, _ := components.GetType(m.chat)
	config := callbackConfig(m.name, model.GetCommonOptions(nil, opts...))
	ctx = startCall(ctx, m.name, typ, &model.CallbackInput{Messages: messages, Config: config})
	msg, err := m.chat.Generate(ctx, messages, opts...)
	endCall(ctx, msg, config, err)
	return msg, err //nolint:wrapcheck // the caller wraps
}

func (m *Model) messages(req llm.Request) []*schema.Message {
	if req.Reply == nil || m.replyOptions != nil {
		return ToMessages(req.Messages)
	}
	return ToMessages(describeReply(req.Messages, req.Reply))
}

func (m *Model) options(req llm.Request) []model.Option {
	var opts []model.Option
	if req.Temperature != nil {
		opts = append(opts, model.WithTemperature(float32(*req.Temperature)))
	}
	if req.MaxTokens > 0 {
		opts = append(opts, model.WithMaxTokens(req.MaxTokens))
	}
	if req.Reply != nil && m.replyOptions != nil {
		opts = append(opts, m.replyOptions(req.Reply)...)
	}
	if m.requestOptions != nil {
		opts = append(opts, m.requestOptions(req)...)
	}
	return opts
}
