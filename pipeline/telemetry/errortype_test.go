package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/telemetry"
)

type classified string

func (c classified) Error() string      { return "an essay about dogs" }
func (c classified) ErrorClass() string { return string(c) }

// hostile fails in whatever is asked of it.
type hostile struct{}

func (*hostile) Error() string      { panic("text") }
func (*hostile) ErrorClass() string { panic("class") }

func TestErrorType(t *testing.T) {
	t.Parallel()
	throttled := &llm.Error{Code: llm.CodeThrottled, Err: errors.New("slow down")}
	for _, row := range []struct {
		err  error
		want string
	}{
		{errors.New("an essay about dogs"), "_OTHER"},
		{throttled, "throttled"},
		{fmt.Errorf("grade: %w", throttled), "throttled"},
		{errors.Join(errors.New("first"), throttled), "throttled"},
		{&pipeline.StageError{Stage: "score", Item: "ana", Err: throttled}, "throttled"},
		{&pipeline.StopError{Err: errors.New("too many failed")}, "stopped"},
		{&pipeline.PanicError{Value: "an essay"}, "panic"},
		{&pipeline.StageError{Err: &pipeline.PanicError{Value: throttled}}, "panic"},
		{context.Canceled, "canceled"},
		{fmt.Errorf("wait: %w", context.DeadlineExceeded), "timeout"},
		{&llm.Error{Code: llm.CodeCanceled, Err: context.Canceled}, "canceled"},
		{classified("rate.limit_2-x"), "rate.limit_2-x"},
		{classified(""), "_OTHER"},
		{classified("my dog ate it"), "_OTHER"},
		{classified("dög"), "_OTHER"},
		{classified(strings.Repeat("x", 64)), strings.Repeat("x", 64)},
		{classified(strings.Repeat("x", 65)), "_OTHER"},
		{&hostile{}, "_OTHER"},
		{(*llm.Error)(nil), "_OTHER"},
		{&pipeline.StageError{Err: (*llm.Error)(nil)}, "_OTHER"},
	} {
		assert.Equal(t, row.want, telemetry.ErrorType(row.err), "%T", row.err)
	}
}
