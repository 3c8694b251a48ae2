package pipeline

import (
	"context"
	"errors"
)

// ErrorClass returns the class of err: "panic" for a panic, otherwise what a method ErrorClass() string of an error in its chain returns,
// otherwise "canceled" or "timeout" for what ended with a context, and "unknown" for anything else. It is "" for nil. A method that panics,
// as one of a nil pointer may, knows nothing.
func ErrorClass(err error) (class string) {
	if err == nil {
		return ""
	}
	defer func() {
		if recover() != nil {
			class = "unknown"
		}
	}()
	if _, panicked := errors.AsType[*PanicError](err); panicked {
		return "panic"
	}
	if e, ok := errors.AsType[interface {
		error
		ErrorClass() string
	}](err); ok {
		return e.ErrorClass()
	}
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	default:
		return "unknown"
	}
}

// TokensOf returns the tokens that out says it consumed, by a method TokenUsage() (input, output, cached, reasoning int); none if it says
// nothing. Only the counts of tokens are set.
func TokensOf(out any) (u Usage) {
	if m, ok := out.(interface {
		TokenUsage() (input, output, cached, reasoning int)
	}); ok {
		u.Input, u.Output, u.Cached, u.Reasoning = m.TokenUsage()
	}
	return u
}

// EstimateTokens returns what in says that it will take, by a method TokenEstimate() (input, maxOutput int): its own tokens, and the bound
// of the answer's, 0 if there is none. ok is false if it says nothing. The method may count a long text.
func EstimateTokens(in any) (input, maxOutput int, ok bool) {
	m, ok := in.(interface {
		TokenEstimate() (input, maxOutput int)
	})
	if !ok {
		return 0, 0, false
	}
	input, maxOutput = m.TokenEstimate()
	return input, maxOutput, true
}
