package einoflow

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/cloudwego/eino/compose"

	"github.com/gloss-sdk/gloss/pipeline"
)

// Lambda returns s as a node for graphs and chains. Callback handlers see it as a component "Lambda" of type "Gloss".
//
// The node runs s once per input; in a graph that streams, it reads its input to the end first and its output is a stream of one value. The
// context of the graph, with the handlers in it, is that of the stage.
//
// An error of s keeps its chain: errors.As finds an [*pipeline.StageError] or an error of the model in what the graph returns, even
// where s runs a graph of its own. A panic in s becomes an error that holds a [*pipeline.PanicError]. A nil s fails every input.
func Lambda[I, O any](s pipeline.Stage[I, O]) *compose.Lambda {
	run := func(ctx context.Context, in I) (O, error) {
		out, err := contained(ctx, s, in)
		if err != nil {
			err = &opaqueError{err}
		}
		return out, err
	}
	return compose.InvokableLambda(run, compose.WithLambdaType("Gloss"))
}

// contained runs s and returns a panic as an error. eino would do so too, but tell no handler.
func contained[I, O any](ctx context.Context, s pipeline.Stage[I, O], in I) (out O, err error) {
	if s == nil {
		return out, errors.New("einoflow: the stage is nil")
	}
	defer func() {
		if v := recover(); v != nil {
			err = &pipeline.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return s.Run(ctx, in) //nolint:wrapcheck // a lambda is transparent to errors
}

// Runnable compiles s alone: a chain of one [Lambda].
func Runnable[I, O any](ctx context.Context, s pipeline.Stage[I, O], opts ...compose.GraphCompileOption) (compose.Runnable[I, O], error) {
	r, err := compose.NewChain[I, O]().AppendLambda(Lambda(s)).Compile(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("einoflow: compile the stage: %w", err)
	}
	return r, nil
}
