package einollm

import (
	"context"

	"github.com/cloudwego/eino/callbacks"
	"github.com/cloudwego/eino/components"
	"github.com/cloudwego/eino/components/model"
	"github.com/cloudwego/eino/schema"

	"github.com/gloss-sdk/gloss/llm"
)

// Callbacks returns the middleware that tells eino's callback handlers of each call of a model, as of a chat model's: those that the
// host of a graph passed for the run in which the call is made. Without handlers in the context it does nothing. The model's answers and
// errors are passed on as they are; its identity is the wrapped model's.
//
// The [callbacks.RunInfo] has the component "ChatModel", the type "Gloss" and the identity of the model as its name. It is not needed
// around a [Model], which is returned as it is: that one tells the handlers itself.
func Callbacks() llm.Middleware {
	return func(m llm.Model) llm.Model {
		if m, ok := m.(*Model); ok {
			return m
		}
		return reported{m}
	}
}

type reported struct{ model llm.Model }

var (
	_ llm.Identifier = reported{}
	_ llm.Describer  = reported{}
	_ llm.Rehearser  = reported{}
)

// Identity returns that of the wrapped model.
func (r reported) Identity() string { return nameOf(r.model) }

// ModelInfo returns that of the wrapped model.
func (r reported) ModelInfo() (provider, model string) { return llm.ModelInfoOf(r.model) }

// Rehearse tells nobody, for nothing is sent.
func (r reported) Rehearse(ctx context.Context, req llm.Request) (llm.Response, error) {
	return llm.Rehearse(ctx, r.model, req) //nolint:wrapcheck // the port's own error
}

// Generate calls the wrapped model between OnStart and OnEnd, or OnError.
func (r reported) Generate(ctx context.Context, req llm.Request) (llm.Response, error) {
	config := &model.Config{Model: nameOf(r.model), MaxTokens: req.MaxTokens}
	if req.Temperature != nil {
		config.Temperature = float32(*req.Temperature)
	}
	ctx = startCall(ctx, nameOf(r.model), glossType, &model.CallbackInput{Messages: ToMessages(req.Messages), Config: config})
	resp, err := r.model.Generate(ctx, req)
	endCall(ctx, toMessage(resp), config, err)
	return resp, err //nolint:wrapcheck // the port's own error
}

// startCall tells the handlers in ctx that a chat model is called, whoever its caller is to them.
func startCall(ctx context.Context, name, typ string, in *model.CallbackInput) context.Context {
	ctx = callbacks.ReuseHandlers(ctx, &callbacks.RunInfo{Name: name, Type: typ, Component: components.ComponentOfChatModel})
	return callbacks.OnStart(ctx, in)
}

// endCall tells the handlers how a call ended.
func endCall(ctx context.Context, m *schema.Message, config *model.Config, err error) {
	if err != nil {
		callbacks.OnError(ctx, err)
		return
	}
	callbacks.OnEnd(ctx, callbackOutput(m, config))
}

func callbackOutput(m *schema.Message, config *model.Config) *model.CallbackOutput {
	out := &model.CallbackOutput{Message: m, Config: config}
	if m == nil || m.ResponseMeta == nil || m.ResponseMeta.Usage == nil {
		return out
	}
	u := m.ResponseMeta.Usage
	out.TokenUsage = &model.TokenUsage{
		PromptTokens: u.PromptTokens, PromptTokenDetails: model.PromptTokenDetails(u.PromptTokenDetails),
		CompletionTokens: u.CompletionTokens, CompletionTokensDetails: model.CompletionTokensDetails(u.CompletionTokensDetails),
		TotalTokens: u.TotalTokens,
	}
	return out
}

// callbackConfig is what handlers are told of a call's options.
func callbackConfig(name string, o *model.Options) *model.Config {
	c := &model.Config{Model: name, Stop: o.Stop}
	if o.MaxTokens != nil {
		c.MaxTokens = *o.MaxTokens
	}
	if o.Temperature != nil {
		c.Temperature = *o.Temperature
	}
	if o.TopP != nil {
		c.TopP = *o.TopP
	}
	return c
}

// nameOf returns the identity of m, "unidentified" where it has none.
func nameOf(m llm.Model) string {
	if id, ok := m.(llm.Identifier); ok {
		return id.Identity()
	}
	return "unidentified"
}
