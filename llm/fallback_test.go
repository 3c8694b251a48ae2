package llm_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
)

func codes() []llm.Code {
	return []llm.Code{
		llm.CodeThrottled, llm.CodeUnavailable, llm.CodeTimeout, llm.CodeContextTooLong, llm.CodeTruncated, llm.CodeRefused,
		llm.CodeInvalid, llm.CodeAuth, llm.CodeBudget, llm.CodeCanceled, llm.CodeUnknown,
	}
}

func fails(err error) llm.Model {
	return llm.Func(func(context.Context, llm.Request) (llm.Response, error) { return llm.Response{}, err })
}

func TestFallbackActsOnItsCodes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ given, acts []llm.Code }{
		"default": {nil, []llm.Code{llm.CodeUnavailable, llm.CodeTimeout, llm.CodeContextTooLong, llm.CodeRefused}},
		"given":   {[]llm.Code{llm.CodeThrottled, llm.CodeAuth}, []llm.Code{llm.CodeThrottled, llm.CodeAuth}},
	} {
		for _, code := range codes() {
			t.Run(name+"/"+string(code), func(t *testing.T) {
				t.Parallel()
				second := llmtest.Echo()
				first := &llm.Error{Code: code, Model: "acme/one", Err: io.ErrUnexpectedEOF}
				resp, err := llm.Wrap(fails(first), llm.Fallback(second, test.given...)).Generate(t.Context(), ask("hello"))
				if !slices.Contains(test.acts, code) {
					assert.Same(t, first, err, "the error of the first model is passed on as it is")
					assert.Empty(t, second.Requests())
					return
				}
				require.NoError(t, err)
				assert.Equal(t, "hello", resp.Text)
				assert.Equal(t, "llmtest/echo", resp.Model, "the response tells who answered")
				assert.Equal(t, []llm.Request{ask("hello")}, second.Requests())
			})
		}
	}
}

func TestFallbackActsOnTheCodeOfAnyChain(t *testing.T) {
	t.Parallel()
	wrapped := errors.Join(errors.New("attempt 1"), &llm.Error{Code: llm.CodeUnavailable})
	_, err := llm.Wrap(fails(wrapped), llm.Fallback(llmtest.Echo())).Generate(t.Context(), ask("hello"))
	require.NoError(t, err)

	plain := errors.New("a bug")
	_, err = llm.Wrap(fails(plain), llm.Fallback(llmtest.Echo())).Generate(t.Context(), ask("hello"))
	assert.Same(t, plain, err)
}

func TestAResponseIsNeverAFailure(t *testing.T) {
	t.Parallel()
	for _, finish := range []llm.Finish{llm.FinishStop, llm.FinishLength, llm.FinishRefused, llm.FinishUnknown} {
		second := llmtest.Echo()
		first := llmtest.Scripted(llm.Response{Text: "cut", Finish: finish})
		resp, err := llm.Wrap(first, llm.Fallback(second)).Generate(t.Context(), ask("hello"))
		require.NoError(t, err)
		assert.Equal(t, finish, resp.Finish)
		assert.Empty(t, second.Requests())
	}
}

func TestFallbackStopsWithTheCaller(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"canceled": func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		},
		"deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithDeadline(ctx, time.Unix(0, 0))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := end(t.Context())
			defer cancel()
			second := llmtest.Echo()
			first := &llm.Error{Code: llm.CodeTimeout, Err: ctx.Err()}
			_, err := llm.Wrap(fails(first), llm.Fallback(second, codes()...)).Generate(ctx, ask("hello"))
			assert.Same(t, first, err)
			assert.Empty(t, second.Requests())
		})
	}
}

// A deadline inside of the fallback is one of the call: the caller has time left.
func TestFallbackAfterTheTimeoutOfTheCall(t *testing.T) {
	t.Parallel()
	hurried := func(m llm.Model) llm.Model {
		return llm.Func(func(ctx context.Context, req llm.Request) (llm.Response, error) {
			ctx, cancel := context.WithDeadline(ctx, time.Unix(0, 0))
			defer cancel()
			return m.Generate(ctx, req)
		})
	}
	resp, err := llm.Wrap(llmtest.Echo(), llm.Fallback(named("acme/spare")), hurried).Generate(t.Context(), ask("hello"))
	require.NoError(t, err)
	assert.Equal(t, "acme/spare", resp.Model)
}

func TestBothFail(t *testing.T) {
	t.Parallel()
	reset, filter := errors.New("connection reset"), errors.New("filtered")
	busy := &llm.Error{Code: llm.CodeUnavailable, Model: "acme/one", Status: 503, RetryAfter: 4 * time.Second, Err: reset}
	long := &llm.Error{Code: llm.CodeContextTooLong, Model: "acme/one", Status: 400}
	throttled := &llm.Error{Code: llm.CodeThrottled, Model: "acme/two", Status: 429, RetryAfter: 2 * time.Second}
	refused := &llm.Error{Code: llm.CodeRefused, Model: "acme/two", Status: 451, Err: filter}
	for name, test := range map[string]struct{ first, second, lead error }{
		"both may come back":   {busy, throttled, throttled},
		"the first may":        {busy, refused, busy},
		"the second may":       {long, throttled, throttled},
		"neither":              {long, refused, refused},
		"the second is a bug":  {long, errors.New("a bug"), &llm.Error{Code: llm.CodeUnknown}},
		"only the first is ok": {busy, errors.New("a bug"), busy},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp, err := llm.Wrap(fails(test.first), llm.Fallback(fails(test.second))).Generate(t.Context(), ask("hello"))
			assert.Zero(t, resp)
			assert.Equal(t, llm.CodeOf(test.lead), llm.CodeOf(err))
			require.ErrorIs(t, err, test.first)
			require.ErrorIs(t, err, test.second)
			var got, lead *llm.Error
			require.ErrorAs(t, err, &got)
			require.ErrorAs(t, test.lead, &lead)
			assert.Equal(t, lead.Status, got.Status)
			assert.Equal(t, lead.RetryAfter, got.RetryAfter)
		})
	}

	_, err := llm.Wrap(fails(busy), llm.Fallback(fails(refused))).Generate(t.Context(), ask("hello"))
	require.ErrorIs(t, err, reset)
	require.ErrorIs(t, err, filter)
	assert.EqualError(t, err, "fallback: unavailable: acme/one: unavailable: connection reset; then acme/two: refused: filtered")
}

// A caller that gives up while the second model works has canceled the whole: there is nothing to retry.
func TestTheCallerGivesUpDuringTheFallback(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	second := llm.Func(func(ctx context.Context, _ llm.Request) (llm.Response, error) {
		cancel()
		return llm.Response{}, &llm.Error{Code: llm.CodeCanceled, Err: ctx.Err()}
	})
	_, err := llm.Wrap(fails(&llm.Error{Code: llm.CodeUnavailable}), llm.Fallback(second)).Generate(ctx, ask("hello"))
	assert.Equal(t, llm.CodeCanceled, llm.CodeOf(err))
	assert.ErrorIs(t, err, context.Canceled)
}

func TestFallbacksNest(t *testing.T) {
	t.Parallel()
	down := &llm.Error{Code: llm.CodeUnavailable}
	third := named("acme/three")
	for name, m := range map[string]llm.Model{
		"in turn":    llm.Wrap(fails(down), llm.Fallback(third), llm.Fallback(fails(down))),
		"by itself":  llm.Wrap(fails(down), llm.Fallback(llm.Wrap(fails(down), llm.Fallback(third)))),
		"skip a nil": llm.Wrap(fails(down), llm.Fallback(third), llm.Fallback(nil)),
	} {
		resp, err := m.Generate(t.Context(), ask("hello"))
		require.NoError(t, err, name)
		assert.Equal(t, "acme/three", resp.Model, name)
	}
}

func TestFallbackKeepsItsOwnCodes(t *testing.T) {
	t.Parallel()
	on := []llm.Code{llm.CodeUnavailable, llm.CodeThrottled}
	model := llm.Wrap(fails(&llm.Error{Code: llm.CodeThrottled}), llm.Fallback(named("acme/spare"), on...))
	assert.Equal(t, []llm.Code{llm.CodeUnavailable, llm.CodeThrottled}, on, "they are not sorted in place")
	on[1] = llm.CodeAuth
	_, err := model.Generate(t.Context(), ask("hello"))
	require.NoError(t, err)
}
