package pipeline

import (
	"context"
	"fmt"
	"reflect"
)

// Call marks s as a call to a resource that is paid for or limited: a model, an embedder, a remote index. It is the seam where a
// run acts on calls: its interceptors stand around each one (limits, retries, a journal), its observers are told of each one, and
// usage is added up per item. Outside a run, or in a run without interceptors and observers, it only runs s.
//
// The output's usage is read through a method TokenUsage() (input, output, cached, reasoning int) if it has one; a call that fails
// counts as a call without tokens.
func Call[I, O any](resource string, s Stage[I, O]) Stage[I, O] {
	return call[I, O]{resource, s}
}

// CallInfo identifies one call of a run.
type CallInfo struct {
	// Resource is the name given to [Call].
	Resource string `json:"resource"`
	// Item is the item that makes the call, Stage the path of the named stages around it.
	Item  string `json:"item"`
	Stage string `json:"stage"`
	// Seq counts the calls of the item from 1, in the order in which they start.
	Seq int `json:"seq"`
}

// Interceptor acts around every call of a run. It may wait, call next more than once, or answer without calling next; what it
// returns must have the type that next returns. Implementations are safe for concurrent use.
type Interceptor interface {
	Intercept(ctx context.Context, call CallInfo, in any, next func(context.Context) (any, error)) (any, error)
}

// InterceptorFunc adapts a function to an [Interceptor].
type InterceptorFunc func(ctx context.Context, call CallInfo, in any, next func(context.Context) (any, error)) (any, error)

// Intercept calls f.
func (f InterceptorFunc) Intercept(
	ctx context.Context, call CallInfo, in any, next func(context.Context) (any, error),
) (any, error) {
	return f(ctx, call, in, next)
}

type call[I, O any] struct {
	resource string
	stage    Stage[I, O]
}

func (c call[I, O]) Run(ctx context.Context, in I) (out O, err error) {
	s := scopeFrom(ctx)
	if s == nil {
		return c.stage.Run(ctx, in) //nolint:wrapcheck // outside a run the call is transparent
	}
	info := CallInfo{Resource: c.resource, Item: s.item.id, Stage: s.path, Seq: s.item.nextCall()}
	begin := s.item.clock()
	if s.item.observer != nil {
		e := s.event(KindCallStarted, begin)
		e.Call, e.In = &info, in
		s.item.observer.Observe(ctx, e)
	}
	err = errGoexit // stands if the stage does not return
	defer func() {
		if v := recover(); v != nil {
			err = newPanic(v)
		}
		usage := usageOf(out, err)
		s.item.consumed(usage)
		if s.item.observer == nil {
			return
		}
		e := s.event(KindCall, begin)
		e.Call, e.In, e.Usage, e.Err = &info, in, usage, err
		if err == nil {
			e.Out = out
		}
		s.item.observer.Observe(ctx, e)
	}()
	return c.intercepted(ctx, s, info, in)
}

// intercepted runs the stage inside the run's interceptors, the first one outermost.
func (c call[I, O]) intercepted(ctx context.Context, s *scope, info CallInfo, in I) (O, error) {
	if len(s.item.callers) == 0 {
		return c.stage.Run(ctx, in) //nolint:wrapcheck // a call is transparent to errors
	}
	next := func(ctx context.Context) (any, error) { return c.stage.Run(ctx, in) }
	for i := len(s.item.callers) - 1; i >= 0; i-- {
		outer, inner := s.item.callers[i], next
		next = func(ctx context.Context) (any, error) { return outer.Intercept(ctx, info, in, inner) }
	}
	var zero O
	answer, err := next(ctx)
	if err != nil {
		return zero, err
	}
	out, ok := answer.(O)
	if !ok && (answer != nil || any(zero) != nil) { // nil is an answer where O is an interface
		return zero, fmt.Errorf("call %s: an interceptor answered with %T where %s was expected",
			info.Resource, answer, reflect.TypeFor[O]())
	}
	return out, nil
}

// usageOf does not ask the output of a failed call: it may be a nil pointer.
func usageOf(out any, err error) Usage {
	u := Usage{Calls: 1}
	if err != nil {
		return u
	}
	if m, ok := out.(interface {
		TokenUsage() (input, output, cached, reasoning int)
	}); ok {
		u.Input, u.Output, u.Cached, u.Reasoning = m.TokenUsage()
	}
	return u
}
