package einollm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/gloss-sdk/gloss/llm"
)

// failure classifies an error of the chat model.
func (m *Model) failure(ctx context.Context, err error) *llm.Error {
	e := &llm.Error{Model: m.name, Err: err}
	if done := ctx.Err(); done != nil {
		e.Code = llm.CodeCanceled
		if errors.Is(done, context.DeadlineExceeded) {
			e.Code = llm.CodeTimeout
		}
		if !errors.Is(err, done) { // some SDKs report the request that broke off, not why
			e.Err = fmt.Errorf("%w: %w", done, err)
		}
		return e
	}
	if m.errorCode != nil {
		e.Code, e.RetryAfter = m.errorCode(err)
	}
	if e.Code != "" {
		return e
	}
	if inner, ok := errors.AsType[*llm.Error](err); ok {
		e.Code, e.Status, e.RetryAfter = inner.Code, inner.Status, inner.RetryAfter
		return e
	}
	e.Code, e.RetryAfter = networkCode(err), 0
	return e
}

// networkCode returns the code of an error that says nothing but what became of the connection.
func networkCode(err error) llm.Code {
	if errors.Is(err, context.DeadlineExceeded) {
		return llm.CodeTimeout
	}
	if n, ok := errors.AsType[net.Error](err); ok && n.Timeout() {
		return llm.CodeTimeout
	}
	for _, broken := range []error{io.ErrUnexpectedEOF, io.EOF, syscall.ECONNRESET, syscall.ECONNREFUSED, syscall.EPIPE} {
		if errors.Is(err, broken) {
			return llm.CodeUnavailable
		}
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return llm.CodeUnavailable
	}
	return llm.CodeUnknown
}
