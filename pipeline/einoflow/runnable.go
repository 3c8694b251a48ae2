package einoflow

import (
	"context"
	"errors"
	"slices"

	"github.com/cloudwego/eino/callbacks"
	"github.com/cloudwego/eino/compose"

	"github.com/gloss-sdk/gloss/pipeline"
)

// FromRunnable returns a stage that invokes r, with the options for every input. It is safe for concurrent use where r is. A nil r
// fails every input.
//
// Handlers that are passed by compose.WithCallbacks are called besides those that the context of the stage brings from a graph around it.
// Errors are eino's, and errors.As finds the error of the node in them; its text names the path of the node.
//
// A stage in r that makes calls by [pipeline.Call] is part of the run in which this stage is: its calls are limited and counted there.
// Those of eino's components are not, unless this stage is inside a call itself.
func FromRunnable[I, O any](r compose.Runnable[I, O], opts ...compose.Option) pipeline.Stage[I, O] {
	return invoked[I, O]{r, slices.Clip(slices.Clone(opts))}
}

type invoked[I, O any] struct {
	runnable compose.Runnable[I, O]
	opts     []compose.Option
}

func (i invoked[I, O]) Run(ctx context.Context, in I) (O, error) {
	if i.runnable == nil {
		var zero O
		return zero, errors.New("einoflow: the runnable is nil")
	}
	// A context that knows the global handlers makes eino copy the handlers of the options. Without, its nodes would append to one
	// slice, all at once.
	ctx = callbacks.EnsureRunInfo(ctx, "", "")
	return i.runnable.Invoke(ctx, in, i.opts...) //nolint:wrapcheck // eino names the node
}
