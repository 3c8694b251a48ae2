package telemetry

import (
	"strings"

	"github.com/gloss-sdk/gloss/pipeline"
)

// errorType returns the class of err as a span may have it.
func errorType(err error) string { return word(pipeline.ErrorClass(err)) }

// word returns class if it can be one, so that no text gets into a span by way of an error's class, and no metric gets a series per error.
func word(class string) string {
	const longest = 64
	odd := func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-", r)
	}
	if class == "" || class == "unknown" || len(class) > longest || strings.ContainsFunc(class, odd) {
		return errorTypeOther
	}
	return class
}
