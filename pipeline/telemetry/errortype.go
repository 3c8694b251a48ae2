package telemetry

import (
	"context"
	"errors"
	"strings"

	"github.com/gloss-sdk/gloss/pipeline"
)

// errorType returns the class of err, which is no nil: a word that says nothing of what was read or answered. The methods of errors are the
// code of others, and those of a nil pointer in the chain may panic: that must not fail what is told of.
func errorType(err error) (class string) {
	defer func() {
		if recover() != nil {
			class = errorTypeOther
		}
	}()
	if _, panicked := errors.AsType[*pipeline.PanicError](err); panicked {
		return "panic" // whatever it panicked with
	}
	if e, ok := errors.AsType[interface {
		error
		ErrorClass() string
	}](err); ok {
		return word(e.ErrorClass())
	}
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	default:
		return errorTypeOther
	}
}

// word returns class if it can be one, so that no text gets into a span by way of an error's class, and no metric gets a series per error.
func word(class string) string {
	const longest = 64
	odd := func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-", r)
	}
	if class == "" || len(class) > longest || strings.ContainsFunc(class, odd) {
		return errorTypeOther
	}
	return class
}
