package einollm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/url"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/cloudwego/eino/components/model"
	"github.com/cloudwego/eino/schema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/einollm"
)

func TestNewReportsAllItsErrors(t *testing.T) {
	t.Parallel()
	_, err := einollm.New("", nil, einollm.WithErrorCode(nil), einollm.WithReplyOptions(nil), einollm.WithRequestOptions(nil))
	require.Error(t, err)
	for _, problem := range []string{"the name is empty", "the chat model is nil", "WithErrorCode is nil", "WithReplyOptions is nil", "WithRequestOptions is nil"} {
		assert.ErrorContains(t, err, problem)
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	options := einollm.WithReplyOptions(func(*llm.Schema) []model.Option { return nil })
	untyped := struct{ model.BaseChatModel }{answering("x")}
	assert.Equal(t, "eino/Fake/test-model reply=prompted/1", newModel(t, answering("x")).Identity())
	assert.Equal(t, "eino/Fake/test-model reply=options", newModel(t, answering("x"), options).Identity())
	assert.Equal(t, "eino/test-model reply=prompted/1", newModel(t, untyped).Identity())
}

func TestRequestsAreSentAsMessagesAndCommonOptions(t *testing.T) {
	t.Parallel()
	c := answering("fine")
	temperature, seed := 0.7, int64(4)
	resp, err := newModel(t, c).Generate(t.Context(), llm.Request{
		Messages: []llm.Message{
			{Role: llm.System, Text: "Grade."}, {Role: llm.User, Text: "a"}, {Role: llm.Assistant, Text: "b"}, {Role: llm.User, Text: "c"},
		},
		Temperature: &temperature, MaxTokens: 90, Seed: &seed,
	})
	require.NoError(t, err)
	assert.Equal(t, llm.Response{Text: "fine", Finish: llm.FinishStop, Model: "test-model", Usage: llm.Usage{Input: 3, Output: 2}}, resp)
	assert.Equal(t, []*schema.Message{
		schema.SystemMessage("Grade."), schema.UserMessage("a"), schema.AssistantMessage("b", nil), schema.UserMessage("c"),
	}, c.inputs[0])
	limit, narrow := 90, float32(0.7)
	assert.Equal(t, &model.Options{Temperature: &narrow, MaxTokens: &limit}, model.GetCommonOptions(nil, c.opts[0]...))

	_, err = newModel(t, c).Generate(t.Context(), ask("x"))
	require.NoError(t, err)
	assert.Empty(t, c.opts[1], "what a request leaves open is left to the provider")
}

func TestASchemaIsDescribedUnlessOptionsTakeIt(t *testing.T) {
	t.Parallel()
	reply := &llm.Schema{Name: "grade", JSON: json.RawMessage(`{"type":"object"}`)}
	described := "Reply with one JSON value that is valid under this JSON Schema, and with no text around it:\n" + `{"type":"object"}`
	withSystem := []llm.Message{{Role: llm.System, Text: "Grade."}, {Role: llm.User, Text: "x"}}

	for name, test := range map[string]struct {
		messages []llm.Message
		want     []*schema.Message
	}{
		"with a system message":    {withSystem, []*schema.Message{schema.SystemMessage("Grade.\n\n" + described), schema.UserMessage("x")}},
		"without a system message": {ask("x").Messages, []*schema.Message{schema.SystemMessage(described), schema.UserMessage("x")}},
	} {
		c := answering("{}")
		_, err := newModel(t, c).Generate(t.Context(), llm.Request{Messages: test.messages, Reply: reply})
		require.NoError(t, err, name)
		assert.Equal(t, test.want, c.inputs[0], name)
	}

	c := answering("{}")
	m := newModel(t, c, einollm.WithReplyOptions(func(s *llm.Schema) []model.Option { return []model.Option{model.WithStop([]string{s.Name})} }))
	_, err := m.Generate(t.Context(), llm.Request{Messages: withSystem, Reply: reply})
	require.NoError(t, err)
	assert.Equal(t, []*schema.Message{schema.SystemMessage("Grade."), schema.UserMessage("x")}, c.inputs[0])
	assert.Equal(t, []string{"grade"}, model.GetCommonOptions(nil, c.opts[0]...).Stop)

	_, err = m.Generate(t.Context(), ask("x"))
	require.NoError(t, err)
	assert.Empty(t, c.opts[1], "free text has no reply options")
}

func TestRequestOptionsComeLast(t *testing.T) {
	t.Parallel()
	c := answering("x")
	m := newModel(t, c, einollm.WithRequestOptions(func(r llm.Request) []model.Option { return []model.Option{model.WithMaxTokens(r.MaxTokens + 1)} }))
	req := ask("x")
	req.MaxTokens = 4
	_, err := m.Generate(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, 5, *model.GetCommonOptions(nil, c.opts[0]...).MaxTokens)
}

func TestRequestsThatBreakTheRulesAreNotSent(t *testing.T) {
	t.Parallel()
	user := []llm.Message{{Role: llm.User, Text: "private"}}
	for name, test := range map[string]struct {
		req  llm.Request
		want []string
	}{
		"nothing":           {llm.Request{}, []string{"there is no user message"}},
		"the user twice":    {llm.Request{Messages: append(user, user...), MaxTokens: -1}, []string{`message 2 has the role "user"`, "-1 tokens"}},
		"a schema of none":  {llm.Request{Messages: user, Reply: &llm.Schema{}}, []string{"has no name", "is not a JSON object"}},
		"below 32 bits":     {llm.Request{Messages: user, Temperature: new(-1e39)}, []string{"the temperature is -1e+39; want a number of 0 or more"}},
		"beyond 32 bits":    {llm.Request{Temperature: new(1e39)}, []string{"there is no user message", "the temperature is 1e+39; want at most 3.4"}},
		"beyond any number": {llm.Request{Messages: user, Temperature: new(math.Inf(1))}, []string{"the temperature is +Inf; want a number of 0 or more"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := answering("x")
			_, err := newModel(t, c).Generate(t.Context(), test.req)
			assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err))
			for _, want := range test.want {
				assert.ErrorContains(t, err, want)
			}
			assert.NotContains(t, err.Error(), "private")
			assert.Empty(t, c.inputs)
		})
	}
}

// vendorError is how an SDK reports a status.
type vendorError struct{ Status int }

func (e *vendorError) Error() string { return fmt.Sprintf("status %d", e.Status) }

func TestErrorsAreClassified(t *testing.T) {
	t.Parallel()
	vendor := einollm.WithErrorCode(func(err error) (llm.Code, time.Duration) {
		if e, ok := errors.AsType[*vendorError](err); ok && e.Status == 429 {
			return llm.CodeThrottled, 3 * time.Second
		}
		return "", time.Hour
	})
	post := func(err error) error {
		return fmt.Errorf("chat: %w", &url.Error{Op: "Post", URL: "http://x", Err: err})
	}
	for name, test := range map[string]struct {
		err   error
		opts  []einollm.Option
		code  llm.Code
		after time.Duration
	}{
		"the vendor's, told":         {fmt.Errorf("chat: %w", &vendorError{429}), []einollm.Option{vendor}, llm.CodeThrottled, 3 * time.Second},
		"the vendor's, not told":     {&vendorError{500}, []einollm.Option{vendor}, llm.CodeUnknown, 0},
		"the vendor's, no one asked": {&vendorError{429}, nil, llm.CodeUnknown, 0},
		"network beside a function":  {post(syscall.ECONNRESET), []einollm.Option{vendor}, llm.CodeUnavailable, 0},
		"reset":                      {post(&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}), nil, llm.CodeUnavailable, 0},
		"refused":                    {post(&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}), nil, llm.CodeUnavailable, 0},
		"no such host":               {post(&net.OpError{Op: "dial", Err: &net.DNSError{Name: "x", IsNotFound: true}}), nil, llm.CodeUnavailable, 0},
		"broken off":                 {fmt.Errorf("read body: %w", io.ErrUnexpectedEOF), nil, llm.CodeUnavailable, 0},
		"closed":                     {post(io.EOF), nil, llm.CodeUnavailable, 0},
		"network timeout":            {post(&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}), nil, llm.CodeTimeout, 0},
		"a client's own deadline":    {fmt.Errorf("chat: %w", context.DeadlineExceeded), nil, llm.CodeTimeout, 0},
		"plain":                      {errors.New("no"), nil, llm.CodeUnknown, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newModel(t, failing(test.err), test.opts...).Generate(t.Context(), ask("x"))
			e, ok := errors.AsType[*llm.Error](err)
			require.True(t, ok)
			assert.Equal(t, llm.Error{Code: test.code, Model: "test-model", RetryAfter: test.after, Err: test.err}, *e)
		})
	}
}

func TestACallThatEndsWithItsContextSaysSo(t *testing.T) {
	t.Parallel()
	asked := 0
	vendor := einollm.WithErrorCode(func(error) (llm.Code, time.Duration) { asked++; return llm.CodeThrottled, 0 })
	for _, test := range []struct {
		cause error
		code  llm.Code
	}{{context.Canceled, llm.CodeCanceled}, {context.DeadlineExceeded, llm.CodeTimeout}} {
		broken := errors.New("request broke off")
		ctx, end := endable(t, test.cause)
		c := &chat{answer: func(context.Context, []*schema.Message) (*schema.Message, error) { end(); return nil, broken }}
		_, err := newModel(t, c, vendor).Generate(ctx, ask("x"))
		assert.Equal(t, test.code, llm.CodeOf(err))
		assert.ErrorIs(t, err, test.cause)
		assert.ErrorIs(t, err, broken)

		_, err = newModel(t, c, vendor).Generate(ctx, ask("x"))
		assert.Equal(t, test.code, llm.CodeOf(err))
		assert.Len(t, c.inputs, 1, "a context that is done before is not sent")
	}
	assert.Zero(t, asked)
}

// endable returns a context that end ends with cause as its error.
func endable(t *testing.T, cause error) (ctx context.Context, end func()) {
	if errors.Is(cause, context.Canceled) {
		return context.WithCancel(t.Context())
	}
	e := &ending{Context: t.Context(), done: make(chan struct{})}
	return e, func() { close(e.done) }
}

// ending is a context whose deadline passes when it is told to.
type ending struct {
	context.Context
	done chan struct{}
}

func (e *ending) Done() <-chan struct{} { return e.done }

func (e *ending) Err() error {
	select {
	case <-e.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func TestNoMessageIsAFailure(t *testing.T) {
	t.Parallel()
	_, err := newModel(t, failing(nil)).Generate(t.Context(), ask("x"))
	assert.Equal(t, llm.CodeUnavailable, llm.CodeOf(err))
	assert.ErrorContains(t, err, "neither a message nor an error")
}

// ofType is a chat model that says what it is.
type ofType struct {
	model.BaseChatModel
	name string
}

func (c ofType) GetType() string { return c.name }

func TestModelInfo(t *testing.T) {
	t.Parallel()
	for typ, want := range map[string]string{
		"OpenAI": "openai", "Claude": "anthropic", "Gemini": "gcp.gen_ai", "DeepSeek": "deepseek", "": "",
	} {
		m := newModel(t, ofType{answering("x"), typ})
		provider, name := m.ModelInfo()
		assert.Equal(t, []string{want, "test-model"}, []string{provider, name})
	}
	provider, _ := newModel(t, struct{ model.BaseChatModel }{answering("x")}).ModelInfo()
	assert.Empty(t, provider)
}
