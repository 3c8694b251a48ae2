package pipeline

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
)

// Call marks s as a call to a resource that is paid for or limited: a model, an embedder, a remote index. It is the seam where a
// run acts on calls: it sends again what failed for the moment (see [Retry]), gives each attempt a deadline (see [WithCallTimeout]), its
// interceptors stand around each attempt (limits, a journal), its observers are told of each one, and usage is added up per item. Outside
// a run it only runs s.
//
// The output's usage is read through a method TokenUsage() (input, output, cached, reasoning int) if it has one; an attempt that fails
// counts as a call without tokens.
func Call[I, O any](resource string, s Stage[I, O]) Stage[I, O] {
	return call[I, O]{resource, s}
}

// CallInfo identifies one attempt of a call. Item, Stage and Seq identify the call; they are the same in every run of the same items as
// long as whatever an item does concurrently happens in stages with names of their own.
type CallInfo struct {
	// Resource is the name given to [Call].
	Resource string `json:"resource"`
	// Item is the item that makes the call, Stage the path of the named stages around it.
	Item  string `json:"item"`
	Stage string `json:"stage"`
	// Seq counts the calls of the item at Stage from 1, in the order in which they start.
	Seq int `json:"seq"`
	// Attempt counts the attempts of the call from 1.
	Attempt int `json:"attempt"`
}

// Interceptor acts around every attempt of every call of a run. It may wait, call next more than once, or answer without calling next; what
// it returns must have the type that next returns. An error that it returns is retried like one of the call's own (see [Retry]), unless
// next has succeeded. Implementations are safe for concurrent use.
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

func (c call[I, O]) Run(ctx context.Context, in I) (O, error) {
	s := scopeFrom(ctx)
	if s == nil {
		return c.stage.Run(ctx, in) //nolint:wrapcheck // outside a run the call is transparent
	}
	if s.settled != nil {
		s.settled.Store(true)
	}
	var info CallInfo // of use only to those who watch
	if s.item.watched() {
		info = CallInfo{Resource: c.resource, Item: s.item.id, Stage: s.path, Seq: s.item.nextCall(s.path)}
	}
	settled := new(atomic.Bool)
	for n := 1; ; n++ {
		info.Attempt = n
		out, err := c.attempt(ctx, attempt{info, s, settled}, in)
		if err == nil || settled.Load() {
			return out, err
		}
		if err := s.item.retryAfter(ctx, n, err); err != nil {
			return out, err
		}
	}
}

// attempt is one attempt of a call that is made in scope.
type attempt struct {
	CallInfo

	scope   *scope
	settled *atomic.Bool
}

// attempt makes a and tells the observer about it, however it ends.
func (c call[I, O]) attempt(ctx context.Context, a attempt, in I) (out O, err error) {
	item := a.scope.item
	begin := item.now()
	if item.observer != nil {
		e := a.scope.event(KindCallStarted, begin)
		e.Call, e.In = &a.CallInfo, in
		item.observer.Observe(ctx, e)
	}
	err = errGoexit // stands if the stage does not return
	defer func() {
		if v := recover(); v != nil {
			err = newPanic(v)
		}
		usage := usageOf(out, err)
		item.consumed(usage)
		if item.observer == nil {
			return
		}
		e := a.scope.event(KindCall, begin)
		e.Call, e.In, e.Usage, e.Err = &a.CallInfo, in, usage, err
		if err == nil {
			e.Out = out
		}
		item.observer.Observe(ctx, e)
	}()
	return c.intercepted(ctx, &a, in)
}

// intercepted runs the stage inside the run's interceptors, the first one outermost.
func (c call[I, O]) intercepted(ctx context.Context, a *attempt, in I) (O, error) {
	callers := a.scope.item.callers
	if len(callers) == 0 {
		return c.send(ctx, a, in)
	}
	next := func(ctx context.Context) (any, error) { return c.send(ctx, a, in) }
	for _, outer := range slices.Backward(callers) {
		inner := next
		next = func(ctx context.Context) (any, error) { return outer.Intercept(ctx, a.CallInfo, in, inner) }
	}
	var zero O
	answer, err := next(ctx)
	if err != nil {
		return zero, err
	}
	out, ok := answer.(O)
	if !ok && (answer != nil || any(zero) != nil) { // nil is an answer where O is an interface
		return zero, fmt.Errorf("call %s: an interceptor answered with %T where %s was expected",
			c.resource, answer, reflect.TypeFor[O]())
	}
	return out, nil
}

// send runs the stage, within the time that the run gives a call.
func (c call[I, O]) send(ctx context.Context, a *attempt, in I) (O, error) {
	limited, limit := ctx, a.scope.item.callTimeout
	if limit > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	out, err := c.stage.Run(a.scope.inCall(limited, a.settled), in)
	if err == nil {
		a.settled.Store(true)
		return out, nil
	}
	return out, timedOut(ctx, limited, c.resource, limit, err)
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
