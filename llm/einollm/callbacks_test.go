package einollm_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/cloudwego/eino/callbacks"
	"github.com/cloudwego/eino/components"
	"github.com/cloudwego/eino/components/model"
	"github.com/cloudwego/eino/compose"
	"github.com/cloudwego/eino/schema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/einollm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
)

// witness is a callback handler of a host that keeps what it is told of chat models.
type witness struct {
	mu     sync.Mutex
	events []string
	in     []*model.CallbackInput
	out    []*model.CallbackOutput
	errs   []error
}

// startedKey is where OnStart leaves a mark for OnEnd, as tracing handlers do.
type startedKey struct{}

func (w *witness) handler() callbacks.Handler {
	note := func(ctx context.Context, timing string, info *callbacks.RunInfo) {
		if info.Component != components.ComponentOfChatModel {
			return
		}
		event := fmt.Sprintf("%s %s %s", timing, info.Type, info.Name)
		if started, ok := ctx.Value(startedKey{}).(string); ok && timing != "start" {
			event += " of " + started
		}
		w.events = append(w.events, event)
	}
	return callbacks.NewHandlerBuilder().
		OnStartFn(func(ctx context.Context, info *callbacks.RunInfo, in callbacks.CallbackInput) context.Context {
			w.mu.Lock()
			defer w.mu.Unlock()
			note(ctx, "start", info)
			if in := model.ConvCallbackInput(in); in != nil {
				w.in = append(w.in, in)
			}
			return context.WithValue(ctx, startedKey{}, info.Type+" "+info.Name)
		}).
		OnEndFn(func(ctx context.Context, info *callbacks.RunInfo, out callbacks.CallbackOutput) context.Context {
			w.mu.Lock()
			defer w.mu.Unlock()
			note(ctx, "end", info)
			if out := model.ConvCallbackOutput(out); out != nil && info.Component == components.ComponentOfChatModel {
				w.out = append(w.out, out)
			}
			return ctx
		}).
		OnErrorFn(func(ctx context.Context, info *callbacks.RunInfo, err error) context.Context {
			w.mu.Lock()
			defer w.mu.Unlock()
			note(ctx, "error", info)
			w.errs = append(w.errs, err)
			return ctx
		}).
		OnEndWithStreamOutputFn(func(ctx context.Context, info *callbacks.RunInfo, out *schema.StreamReader[callbacks.CallbackOutput]) context.Context {
			defer out.Close()
			w.mu.Lock()
			defer w.mu.Unlock()
			note(ctx, "stream", info)
			for {
				chunk, err := out.Recv()
				if errors.Is(err, io.EOF) {
					return ctx
				}
				if o := model.ConvCallbackOutput(chunk); o != nil && info.Component == components.ComponentOfChatModel {
					w.out = append(w.out, o)
				}
			}
		}).Build()
}

func used() *llmtest.Fake {
	return llmtest.Scripted(llm.Response{
		Text: "fine", Model: "inner-1", Usage: llm.Usage{Input: 10, Output: 6, Cached: 4, Reasoning: 2},
	})
}

// checkSeen checks what a handler is told of one call of used with a temperature of 0.5 and 40 tokens.
func (w *witness) checkSeen(t *testing.T, model string) {
	t.Helper()
	require.NotEmpty(t, w.in)
	require.Len(t, w.out, 1)
	assert.Equal(t, "x", w.in[len(w.in)-1].Messages[0].Content)
	out := w.out[0]
	assert.Equal(t, "fine", out.Message.Content)
	require.NotNil(t, out.TokenUsage)
	assert.Equal(t, 10, out.TokenUsage.PromptTokens)
	assert.Equal(t, 6, out.TokenUsage.CompletionTokens)
	assert.Equal(t, 16, out.TokenUsage.TotalTokens)
	assert.Equal(t, 4, out.TokenUsage.PromptTokenDetails.CachedTokens)
	assert.Equal(t, 2, out.TokenUsage.CompletionTokensDetails.ReasoningTokens)
	for _, config := range []any{w.in[len(w.in)-1].Config, out.Config} {
		assert.Equal(t, configOf(model), config)
	}
}

func configOf(name string) *model.Config {
	return &model.Config{Model: name, MaxTokens: 40, Temperature: 0.5}
}

func modelChain(t *testing.T, m llm.Model) compose.Runnable[[]*schema.Message, *schema.Message] {
	t.Helper()
	r, err := compose.NewChain[[]*schema.Message, *schema.Message]().
		AppendChatModel(einollm.AsChatModel(m), compose.WithNodeName("grader")).Compile(t.Context())
	require.NoError(t, err)
	return r
}

func question() []*schema.Message { return []*schema.Message{schema.UserMessage("x")} }

func settings() compose.Option {
	return compose.WithChatModelOption(model.WithTemperature(0.5), model.WithMaxTokens(40))
}

func TestHandlersOfAGraphSeeAChatModelNode(t *testing.T) {
	t.Parallel()
	var w witness
	msg, err := modelChain(t, used()).Invoke(t.Context(), question(), settings(), compose.WithCallbacks(w.handler()))
	require.NoError(t, err)
	assert.Equal(t, "fine", msg.Content)
	assert.Equal(t, []string{"start Gloss grader", "end Gloss grader of Gloss grader"}, w.events, "one start and one end, under the node's name")
	w.checkSeen(t, "llmtest/scripted")
}

func TestHandlersOfAGraphSeeAStream(t *testing.T) {
	t.Parallel()
	var w witness
	stream, err := modelChain(t, used()).Stream(t.Context(), question(), settings(), compose.WithCallbacks(w.handler()))
	require.NoError(t, err)
	msg, err := schema.ConcatMessageStream(stream)
	require.NoError(t, err)
	assert.Equal(t, "fine", msg.Content)
	assert.Equal(t, []string{"start Gloss grader", "stream Gloss grader of Gloss grader"}, w.events)
	w.checkSeen(t, "llmtest/scripted")
}

func TestHandlersOfAGraphSeeAFailure(t *testing.T) {
	t.Parallel()
	type runnable = compose.Runnable[[]*schema.Message, *schema.Message]
	for name, run := range map[string]func(runnable, compose.Option) error{
		"invoke": func(r runnable, o compose.Option) error { _, err := r.Invoke(t.Context(), question(), o); return err },
		"stream": func(r runnable, o compose.Option) error { _, err := r.Stream(t.Context(), question(), o); return err },
	} {
		var w witness
		err := run(modelChain(t, llmtest.Failing(1, llm.CodeThrottled, nil)), compose.WithCallbacks(w.handler()))
		assert.Equal(t, llm.CodeThrottled, llm.CodeOf(err), name)
		assert.Equal(t, []string{"start Gloss grader", "error Gloss grader of Gloss grader"}, w.events, name)
		assert.Equal(t, llm.CodeThrottled, llm.CodeOf(w.errs[0]), name)
	}
}

// request is the one that settings makes of "x".
func request() llm.Request {
	temperature := 0.5
	return llm.Request{Messages: ask("x").Messages, Temperature: &temperature, MaxTokens: 40}
}

// inLambda calls m as a function of a host's graph does, with one handler.
func inLambda(t *testing.T, m llm.Model, h callbacks.Handler) (llm.Response, error) {
	t.Helper()
	r, err := compose.NewChain[llm.Request, llm.Response]().AppendLambda(compose.InvokableLambda(m.Generate)).Compile(t.Context())
	require.NoError(t, err)
	return r.Invoke(t.Context(), request(), compose.WithCallbacks(h))
}

func TestHandlersSeeAModelInsideAFunction(t *testing.T) {
	t.Parallel()
	var w witness
	resp, err := inLambda(t, llm.Wrap(used(), einollm.Callbacks()), w.handler())
	require.NoError(t, err)
	assert.Equal(t, "inner-1", resp.Model)
	assert.Equal(t, []string{"start Gloss llmtest/scripted", "end Gloss llmtest/scripted of Gloss llmtest/scripted"}, w.events)
	w.checkSeen(t, "llmtest/scripted")

	var failed witness
	_, err = inLambda(t, llm.Wrap(llmtest.Failing(1, llm.CodeAuth, nil), einollm.Callbacks()), failed.handler())
	assert.Equal(t, llm.CodeAuth, llm.CodeOf(err))
	assert.Equal(t, []string{"start Gloss llmtest/failing", "error Gloss llmtest/failing of Gloss llmtest/failing"}, failed.events)
}

// talkative is a chat model that tells the handlers itself, as those of eino-ext do.
type talkative struct{ *chat }

func (talkative) IsCallbacksEnabled() bool { return true }

func (c talkative) Generate(ctx context.Context, input []*schema.Message, opts ...model.Option) (*schema.Message, error) {
	ctx = callbacks.EnsureRunInfo(ctx, c.GetType(), components.ComponentOfChatModel)
	ctx = callbacks.OnStart(ctx, &model.CallbackInput{Messages: input})
	m, err := c.chat.Generate(ctx, input, opts...)
	callbacks.OnEnd(ctx, &model.CallbackOutput{Message: m})
	return m, err
}

func TestEveryEinoModelInsideAFunctionIsSeenOnce(t *testing.T) {
	t.Parallel()
	ours := []string{"start Fake test-model", "end Fake test-model of Fake test-model"}
	for name, test := range map[string]struct {
		chat model.BaseChatModel
		wrap llm.Middleware
		want []string
	}{
		"one without callbacks":          {answering("x"), nil, ours},
		"one without callbacks, wrapped": {answering("x"), einollm.Callbacks(), ours},
		"one with callbacks":             {talkative{answering("x")}, nil, []string{"start Fake ", "end Fake  of Fake "}},
		"one with callbacks, wrapped":    {talkative{answering("x")}, einollm.Callbacks(), []string{"start Fake ", "end Fake  of Fake "}},
		"one of ours":                    {einollm.AsChatModel(used()), nil, []string{"start Gloss ", "end Gloss  of Gloss "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w witness
			_, err := inLambda(t, llm.Wrap(newModel(t, test.chat), test.wrap), w.handler())
			require.NoError(t, err)
			assert.Equal(t, test.want, w.events)
		})
	}

	var w witness
	_, err := inLambda(t, newModel(t, failing(errors.New("down"))), w.handler())
	require.Error(t, err)
	assert.Equal(t, []string{"start Fake test-model", "error Fake test-model of Fake test-model"}, w.events)
}

func TestWithoutHandlersNothingHappens(t *testing.T) {
	t.Parallel()
	inner := llmtest.Echo()
	m := llm.Wrap(inner, einollm.Callbacks())
	sent := request()
	resp, err := m.Generate(t.Context(), sent)
	require.NoError(t, err)
	assert.Equal(t, "x", resp.Text)
	assert.Equal(t, []llm.Request{sent}, inner.Requests())
	assert.Equal(t, "llmtest/echo", m.(llm.Identifier).Identity())
	assert.Equal(t, "unidentified", llm.Wrap(llm.Func(inner.Generate), einollm.Callbacks()).(llm.Identifier).Identity())
}

func TestCallbacksPassOnWhatTheModelSays(t *testing.T) {
	t.Parallel()
	inner := llmtest.Echo()
	m := llm.Wrap(inner, einollm.Callbacks())
	provider, name := llm.ModelInfoOf(m)
	assert.Equal(t, []string{"llmtest", "llmtest/echo"}, []string{provider, name})
	resp, err := llm.Rehearse(t.Context(), m, ask("hello"))
	require.NoError(t, err)
	assert.Equal(t, "llmtest/echo", resp.Model)
	assert.Empty(t, inner.Requests())
}
