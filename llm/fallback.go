package llm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Fallback returns the middleware that asks second where the wrapped model fails with one of the codes. Both get the same
// request; [Response.Model] tells who answered. A response is never a failure, also not one that ends with [FinishLength] or
// [FinishRefused]: it was paid for, and its reader decides.
//
// Without codes it acts on those where sending the same request to the same model again is not the better way:
// [CodeUnavailable], [CodeTimeout], [CodeContextTooLong] and [CodeRefused]. Not among them are [CodeThrottled], because waiting
// keeps the answers of a run with one model, and [CodeInvalid], [CodeAuth], [CodeBudget] and [CodeUnknown], because a second
// model would hide what somebody must repair. Codes that are given replace that set. Whatever the codes are, second is not asked once the
// caller's ctx is done: a timeout counts only where the call, not the caller, ran out of time.
//
// Where both fail, the error is an [*Error] that holds both: errors.Is and errors.As find either. Its code, status and wait are the
// second's, unless only the first failure is worth a retry (see [Error.RetryDelay]): then they are the first's, because the whole
// may succeed when the first model is back.
//
// The identity names both models and the codes; a [Describer] and a [Rehearser] is the wrapped model alone. A model without an [Identifier]
// stands there as [IdentityOf] says. A nil second is no fallback: the middleware is the wrapped model itself.
func Fallback(second Model, on ...Code) Middleware {
	if len(on) == 0 {
		on = []Code{CodeUnavailable, CodeTimeout, CodeContextTooLong, CodeRefused}
	}
	on = slices.Clone(on)
	slices.Sort(on)
	on = slices.Compact(on)
	return func(m Model) Model {
		if second == nil {
			return m
		}
		return &fallback{m, second, on}
	}
}

type fallback struct {
	first, second Model
	on            []Code
}

var (
	_ Identifier = (*fallback)(nil)
	_ Describer  = (*fallback)(nil)
	_ Rehearser  = (*fallback)(nil)
)

func (f *fallback) Generate(ctx context.Context, req Request) (Response, error) {
	resp, err := f.first.Generate(ctx, req)
	if err == nil || ctx.Err() != nil || !slices.Contains(f.on, CodeOf(err)) {
		return resp, err //nolint:wrapcheck // a model's own error is the error of this port
	}
	resp, again := f.second.Generate(ctx, req)
	if again != nil {
		return Response{}, bothFailed(ctx, err, again)
	}
	return resp, nil
}

// ModelInfo describes the first model, which is the one that is asked.
func (f *fallback) ModelInfo() (provider, model string) { return ModelInfoOf(f.first) }

// Rehearse rehearses the first model: no failure is foreseen.
func (f *fallback) Rehearse(ctx context.Context, req Request) (Response, error) {
	return Rehearse(ctx, f.first, req)
}

func bothFailed(ctx context.Context, first, second error) *Error {
	lead := second
	if ctx.Err() == nil && !retryable(second) && retryable(first) {
		lead = first
	}
	both := &Error{Code: CodeOf(lead), Model: "fallback", Err: fmt.Errorf("%w; then %w", first, second)}
	if e, ok := errors.AsType[*Error](lead); ok {
		both.Status, both.RetryAfter = e.Status, e.RetryAfter
	}
	return both
}

func retryable(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	_, can := e.RetryDelay()
	return can
}

// Identity quotes both identities, so that no pair of models reads like another.
func (f *fallback) Identity() string {
	on := make([]string, len(f.on))
	for i, code := range f.on {
		on[i] = string(code)
	}
	return fmt.Sprintf("fallback(%s) %q %q", strings.Join(on, ","), IdentityOf(f.first), IdentityOf(f.second))
}
