package einollm

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/cloudwego/eino/callbacks"
	"github.com/cloudwego/eino/components"
	"github.com/cloudwego/eino/components/model"
	"github.com/cloudwego/eino/schema"

	"github.com/gloss-sdk/gloss/llm"
)

// glossType is the type under which callback handlers see the models of this package.
const glossType = "Gloss"

// AsChatModel returns m as an eino chat model, for a node of a graph or a chain. A nil m is a model that fails every request.
//
// The common options temperature and max tokens are honored, [ReplySchema] and [Seed] set the rest of an [llm.Request]. Everything else
// that a caller asks for and that m cannot do fails with [llm.CodeInvalid] and a list of it, instead of being dropped: another
// model, top p, stop words, tools, messages of a tool, participants, and content that is not text. Metadata of earlier answers in
// the conversation (response meta, reasoning, extra) is not sent.
//
// Stream is a stream of one message. The message has the finish reason and the usage of the response in its response meta.
//
// Like the models of eino-ext, it tells the callback handlers in ctx of its calls itself, with a *model.CallbackInput and a
// *model.CallbackOutput that hold the configuration and the token usage.
func AsChatModel(m llm.Model) model.BaseChatModel { return chatModel{llm.Wrap(m)} }

type chatModel struct{ model llm.Model }

var (
	_ components.Typer   = chatModel{}
	_ components.Checker = chatModel{}
)

// GetType returns "Gloss", which names the implementation to callback handlers.
func (chatModel) GetType() string { return glossType }

// IsCallbacksEnabled says that the model calls the handlers itself.
func (chatModel) IsCallbacksEnabled() bool { return true }

// Generate answers with one message.
func (c chatModel) Generate(ctx context.Context, input []*schema.Message, opts ...model.Option) (*schema.Message, error) {
	ctx, common := c.start(ctx, input, opts)
	msg, err := c.generate(ctx, input, common, opts)
	endCall(ctx, msg, c.config(common), err)
	return msg, err
}

// Stream answers with a stream of that message.
func (c chatModel) Stream(
	ctx context.Context, input []*schema.Message, opts ...model.Option,
) (*schema.StreamReader[*schema.Message], error) {
	ctx, common := c.start(ctx, input, opts)
	msg, err := c.generate(ctx, input, common, opts)
	if err != nil {
		callbacks.OnError(ctx, err)
		return nil, err
	}
	output := schema.StreamReaderFromArray([]*model.CallbackOutput{callbackOutput(msg, c.config(common))})
	_, output = callbacks.OnEndWithStreamOutput(ctx, output)
	return schema.StreamReaderWithConvert(output, func(o *model.CallbackOutput) (*schema.Message, error) { return o.Message, nil }), nil
}

// start tells the handlers that the model is called, and reads the common options.
func (c chatModel) start(ctx context.Context, input []*schema.Message, opts []model.Option) (context.Context, *model.Options) {
	common := model.GetCommonOptions(nil, opts...)
	ctx = callbacks.EnsureRunInfo(ctx, glossType, components.ComponentOfChatModel)
	in := &model.CallbackInput{Messages: input, Tools: common.Tools, ToolChoice: common.ToolChoice, Config: c.config(common)}
	return callbacks.OnStart(ctx, in), common
}

// config names the model as its identity, where it has one.
func (c chatModel) config(common *model.Options) *model.Config {
	return callbackConfig(nameOf(c.model), common)
}

func (c chatModel) generate(
	ctx context.Context, input []*schema.Message, common *model.Options, opts []model.Option,
) (*schema.Message, error) {
	req, err := toRequest(input, common, model.GetImplSpecificOptions[requestOptions](nil, opts...))
	if err != nil {
		return nil, &llm.Error{Code: llm.CodeInvalid, Model: nameOf(c.model), Err: err}
	}
	resp, err := c.model.Generate(ctx, req)
	if err != nil {
		return nil, err //nolint:wrapcheck // the port's own error
	}
	return toMessage(resp), nil
}

// requestOptions are the parts of an [llm.Request] for which eino has no common option.
type requestOptions struct {
	reply *llm.Schema
	seed  *int64
}

// ReplySchema is the call option of [AsChatModel] that constrains the answer to a JSON value. Models of others ignore it.
func ReplySchema(s *llm.Schema) model.Option {
	return model.WrapImplSpecificOptFn(func(o *requestOptions) { o.reply = s })
}

// Seed is the call option of [AsChatModel] that asks for reproducible sampling. Models of others ignore it.
func Seed(seed int64) model.Option {
	return model.WrapImplSpecificOptFn(func(o *requestOptions) { o.seed = &seed })
}

// toRequest returns what a caller of an eino chat model asks for, or everything in it that an [llm.Request] has no place for.
func toRequest(input []*schema.Message, common *model.Options, own *requestOptions) (llm.Request, error) {
	messages, err := fromMessages(input)
	errs := []error{err, refused(common)}
	req := llm.Request{Messages: messages, Reply: own.reply, Seed: own.seed}
	if t := common.Temperature; t != nil {
		wide := widen(*t)
		req.Temperature = &wide
	}
	if n := common.MaxTokens; n != nil {
		req.MaxTokens = *n
	}
	return req, errors.Join(errs...)
}

// refused lists the options that are set and that a text model without tools cannot honor.
func refused(o *model.Options) error {
	noTools := o.ToolChoice == nil || *o.ToolChoice == schema.ToolChoiceForbidden
	var errs []error
	for _, option := range []struct {
		name string
		set  bool
	}{
		{"model (it is fixed)", o.Model != nil},
		{"top p", o.TopP != nil},
		{"stop words", len(o.Stop) > 0},
		{"tools", len(o.Tools) > 0 || len(o.DeferredTools) > 0 || o.ToolSearchTool != nil},
		{"tool choice", !noTools || len(o.AllowedToolNames) > 0 || o.AgenticToolChoice != nil},
	} {
		if option.set {
			errs = append(errs, fmt.Errorf("the option %s cannot be honored", option.name))
		}
	}
	return errors.Join(errs...)
}

// widen returns the decimal number that a caller wrote: 0.7, not the 0.699999988079071 that its nearest float32 is.
func widen(f float32) float64 {
	wide, err := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
	if err != nil { // NaN and the infinities parse too
		return float64(f)
	}
	return wide
}
