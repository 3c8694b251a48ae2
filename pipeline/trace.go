package pipeline

import (
	"context"
	"errors"
)

// Tracer follows what happens as it begins, so that the context of the work can carry a span. Where an [Observer] is told of what is
// over, a Tracer stands around it. Implementations are safe for concurrent use.
type Tracer interface {
	// Begin is called when an asset, a batch, an item, a named stage or an attempt of a call begins. e says which one, by the Kind that
	// it will end with, and has neither Elapsed, Out, Usage nor Err. The work runs in the context that Begin returns. end is called once,
	// when the work has ended, with the event of its end.
	Begin(ctx context.Context, e Event) (inner context.Context, end func(e Event))
}

// WithTracer adds a tracer. The first one added stands outermost; by default there is none.
func WithTracer(t Tracer) RunOption {
	return runOption(func(c *runConfig) error {
		if t == nil {
			return errors.New("run: WithTracer(nil): leave the option out instead")
		}
		c.tracers = append(c.tracers, t)
		return nil
	})
}

// trace begins e with every tracer. end is nil if there is none.
func (c *runConfig) trace(ctx context.Context, e Event) (inner context.Context, end func(Event)) {
	if len(c.tracers) == 0 {
		return ctx, nil
	}
	return tracers(c.tracers).Begin(ctx, e)
}

type tracers []Tracer

// Begin begins e with the first tracer, and with the others inside of it.
func (ts tracers) Begin(ctx context.Context, e Event) (context.Context, func(Event)) {
	inner, end := ts[0].Begin(ctx, e)
	if len(ts) == 1 {
		return inner, end
	}
	innermost, others := ts[1:].Begin(inner, e)
	return innermost, func(e Event) {
		others(e)
		end(e)
	}
}
