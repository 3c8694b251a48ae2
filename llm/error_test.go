package llm_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/gloss-sdk/gloss/llm"
)

func TestErrorSaysWhatFailedWhereAndWhy(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]*llm.Error{
		"m-1: throttled: slow down": {Code: llm.CodeThrottled, Model: "m-1", Status: 429, Err: errors.New("slow down")},
		"m-1: refused":              {Code: llm.CodeRefused, Model: "m-1"},
		"model: timeout: EOF":       {Code: llm.CodeTimeout, Err: io.EOF},
		"model: unknown":            {Code: llm.CodeUnknown},
	} {
		assert.EqualError(t, err, want)
	}
}

func TestErrorUnwrapsItsCause(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("grading: %w", &llm.Error{Code: llm.CodeCanceled, Err: fmt.Errorf("sending: %w", context.Canceled)})
	assert.ErrorIs(t, err, context.Canceled)
	assert.NotErrorIs(t, err, io.EOF)
	assert.NoError(t, (&llm.Error{Code: llm.CodeRefused}).Unwrap())
}

func TestErrorClassIsTheCode(t *testing.T) {
	t.Parallel()
	var classified interface{ ErrorClass() string } = &llm.Error{Code: llm.CodeContextTooLong}
	assert.Equal(t, "context_too_long", classified.ErrorClass())
}

func TestErrorRetryDelay(t *testing.T) {
	t.Parallel()
	retryable := map[llm.Code]bool{
		llm.CodeThrottled: true, llm.CodeUnavailable: true, llm.CodeTimeout: true,
		llm.CodeContextTooLong: false, llm.CodeTruncated: false, llm.CodeRefused: false, llm.CodeInvalid: false, llm.CodeAuth: false,
		llm.CodeBudget: false, llm.CodeCanceled: false, llm.CodeUnknown: false, "": false, "made_up": false,
	}
	for code, want := range retryable {
		delay, again := (&llm.Error{Code: code, RetryAfter: 3 * time.Second}).RetryDelay()
		assert.Equal(t, want, again, code)
		if want {
			assert.Equal(t, 3*time.Second, delay, code)
		} else {
			assert.Zero(t, delay, "%s: no delay where waiting cannot help", code)
		}
	}
	delay, again := (&llm.Error{Code: llm.CodeUnavailable}).RetryDelay()
	assert.True(t, again)
	assert.Zero(t, delay)
}

func TestCodeOf(t *testing.T) {
	t.Parallel()
	inner := &llm.Error{Code: llm.CodeThrottled}
	for name, test := range map[string]struct {
		err  error
		want llm.Code
	}{
		"nil":     {nil, ""},
		"foreign": {io.EOF, llm.CodeUnknown},
		"itself":  {inner, llm.CodeThrottled},
		"wrapped": {fmt.Errorf("step: %w", inner), llm.CodeThrottled},
		"joined":  {errors.Join(io.EOF, inner), llm.CodeThrottled},
		"outer":   {&llm.Error{Code: llm.CodeBudget, Err: inner}, llm.CodeBudget},
		"context": {context.Canceled, llm.CodeUnknown},
	} {
		assert.Equal(t, test.want, llm.CodeOf(test.err), name)
	}
}

func ExampleCodeOf() {
	err := fmt.Errorf("grading: %w", &llm.Error{Code: llm.CodeThrottled, Model: "m-1", Err: errors.New("slow down")})
	fmt.Println(llm.CodeOf(err))
	fmt.Println(err)
	// Output:
	// throttled
	// grading: m-1: throttled: slow down
}
