package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
	"time"
)

// Call marks s as a call to a resource that is paid for or limited: a model, an embedder, a remote index. It is the seam where a run acts
// on calls: it takes what was paid for before from its journals (see [Journal]), keeps to its budget (see [Budget]), sends again what
// failed for the moment (see [Retry]), gives each attempt a deadline (see [WithCallTimeout]), its interceptors stand around each attempt,
// its observers are told of each one, and usage is added up. Outside a run it only runs s.
//
// What the run needs to know it learns through methods, so that neither side imports the other; all are optional:
//
//   - of the output, TokenUsage() (input, output, cached, reasoning int), its usage; an attempt that fails counts as a call without tokens;
//   - of the output, ModelName() string, the name of the model that answered, as the service reports it;
//   - of s, ModelInfo() (provider, model string), what it asks;
//   - of s, Identity() string, everything besides the input that can change the answer; see [Work];
//   - of s, Rehearse(ctx context.Context, in I) (O, error), an answer made up without sending anything; see [Estimate];
//   - of the input, TokenEstimate() (input, maxOutput int), what it will take at most, as far as that can be told; see [Budget];
//   - of an error, RetryDelay() (delay time.Duration, retryable bool), see [Retry], and ErrorClass() string, see [ErrorClass].
func Call[I, O any](resource string, s Stage[I, O]) Stage[I, O] {
	return call[I, O]{resource, s}
}

// CallInfo identifies one attempt of a call. Item, Stage, Element and Seq identify the call; they are the same in every run of the same
// items as long as whatever an item does concurrently happens in stages with names of their own, or in [Each].
type CallInfo struct {
	// Resource is the name given to [Call]. Provider and Model name what its stage asks, if it says so.
	Resource string `json:"resource"`
	Provider string `json:"provider,omitempty"`
	Model    string `json:"model,omitempty"`
	// Item is the item that makes the call, Stage the path of the named stages around it, Element the element of [Each]; see [Event].
	Item    string `json:"item"`
	Stage   string `json:"stage"`
	Element string `json:"element,omitempty"`
	// Seq counts the calls of the item at Stage and Element from 1, in the order in which they start.
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
	if s.item.watched() || s.item.needsCalls() {
		info = c.info(s)
	}
	if s.item.rehearsal != nil {
		return c.rehearse(ctx, s, info, in)
	}
	if s.item.fingerprint == "" {
		return c.send(ctx, s, info, "", in)
	}
	return c.journaled(ctx, s, info, in)
}

// info identifies a call that starts in s.
func (c call[I, O]) info(s *scope) CallInfo {
	info := CallInfo{
		Resource: c.resource, Item: s.item.id, Stage: s.path, Element: s.element, Seq: s.item.nextCall(callPlace{s.path, s.element}),
	}
	if m, ok := c.stage.(interface {
		ModelInfo() (provider, model string)
	}); ok {
		info.Provider, info.Model = m.ModelInfo()
	}
	return info
}

// journaled takes the answer from the journals of the run, or makes the call.
func (c call[I, O]) journaled(ctx context.Context, s *scope, info CallInfo, in I) (O, error) {
	fingerprint := s.callFingerprint(&info, c.stage, in)
	if fingerprint == "" {
		return c.send(ctx, s, info, "", in)
	}
	w := s.work(fingerprint)
	w.Call, w.Decode = &info, decode[O]
	begin := s.item.now()
	out, origin, err := journaled(ctx, s.item.journals, w, func(ctx context.Context) (O, error) { return c.send(ctx, s, info, fingerprint, in) })
	if origin == "" {
		return out, err
	}
	usage := Usage{Reused: 1}
	s.item.consumed(usage)
	s.item.account.settle(reservation{}, usage, nil)
	if s.item.observer != nil {
		e := s.event(KindCall, begin)
		e.Call, e.Fingerprint, e.Origin, e.In, e.Out, e.Usage = &info, fingerprint, origin, in, out, usage
		s.item.observer.Observe(ctx, e)
	}
	return out, err
}

// send makes the call, again if it fails for the moment.
func (c call[I, O]) send(ctx context.Context, s *scope, info CallInfo, fingerprint string, in I) (O, error) {
	a := &attempt{CallInfo: info, fingerprint: fingerprint, scope: s}
	for {
		a.Attempt++
		out, err := c.attempt(ctx, a, in)
		if err == nil || a.settled.Load() {
			return out, err
		}
		if err := s.item.retryAfter(ctx, a.Attempt, err); err != nil {
			return out, err
		}
	}
}

// attempt is the attempt of a call that is being made in scope; the attempts of a call follow each other in one.
type attempt struct {
	CallInfo

	fingerprint string
	scope       *scope
	settled     atomic.Bool // the call must not be sent again
	begin       time.Time
	sent        bool
	waited      time.Duration // until it was sent
	reserved    reservation
	end         func(Event) // of the tracers, nil without one
}

// tell completes an event of the attempt.
func (a *attempt) tell(e Event, in any) Event {
	call := a.CallInfo // those who are told may keep it
	e.Call, e.Fingerprint, e.In = &call, a.fingerprint, in
	return e
}

// attempt makes a and tells of it, however it ends.
func (c call[I, O]) attempt(ctx context.Context, a *attempt, in I) (out O, err error) {
	item := a.scope.item
	a.begin, a.sent = item.now(), false
	if item.budget != (Budget{}) {
		if a.reserved, err = item.account.reserve(item.runConfig, a.CallInfo, in); err != nil {
			a.settled.Store(true)
			return out, err
		}
	}
	if len(item.tracers) > 0 {
		ctx, a.end = item.trace(ctx, a.tell(a.scope.beginning(KindCall, a.begin), in))
	}
	err = errGoexit // stands if the stage does not return
	defer func() {
		if v := recover(); v != nil {
			err = newPanic(v)
		}
		usage := item.usageOf(a.CallInfo, out, err)
		item.consumed(usage)
		item.account.settle(a.reserved, usage, err)
		if item.observer == nil && a.end == nil {
			return
		}
		e := a.tell(a.scope.event(KindCall, a.begin), in)
		e.Waited, e.Usage, e.Err = e.Elapsed, usage, err
		if a.sent {
			e.Waited = a.waited
		}
		if err == nil {
			e.Out = out
		}
		if item.observer != nil {
			item.observer.Observe(ctx, e)
		}
		if a.end != nil {
			a.end(e)
		}
	}()
	return c.intercepted(ctx, a, in)
}

// intercepted runs the stage inside the run's interceptors, the first one outermost.
func (c call[I, O]) intercepted(ctx context.Context, a *attempt, in I) (O, error) {
	callers := a.scope.item.callers
	if len(callers) == 0 {
		return c.run(ctx, a, in)
	}
	next := func(ctx context.Context) (any, error) { return c.run(ctx, a, in) }
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

// run tells that the call is sent, and runs the stage within the time that the run gives a call.
func (c call[I, O]) run(ctx context.Context, a *attempt, in I) (O, error) {
	item := a.scope.item
	if item.observer != nil || a.end != nil {
		a.sent, a.waited = true, item.now().Sub(a.begin)
	}
	if item.observer != nil {
		item.observer.Observe(ctx, a.tell(a.scope.beginning(KindCallStarted, a.begin.Add(a.waited)), in))
	}
	limited, limit := ctx, item.callTimeout
	if limit > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	out, err := c.stage.Run(a.scope.inCall(limited, &a.settled), in)
	if err == nil {
		a.settled.Store(true)
		return out, nil
	}
	return out, timedOut(ctx, limited, c.resource, limit, err)
}

// rehearse has the stage make an answer up, and counts what the call would take.
func (c call[I, O]) rehearse(ctx context.Context, s *scope, info CallInfo, in I) (O, error) {
	r, ok := c.stage.(interface {
		Rehearse(ctx context.Context, in I) (O, error)
	})
	if !ok {
		var zero O
		s.item.rehearsal.add(info, Usage{Calls: 1}, false)
		return zero, notRehearsedError{c.resource}
	}
	out, err := r.Rehearse(s.on(ctx), in)
	if err == nil {
		s.item.rehearsal.add(info, s.item.usageOf(info, out, nil), true)
	}
	return out, err
}

// needsCalls reports whether the run acts on calls by what they are.
func (c *runConfig) needsCalls() bool {
	return c.prices != nil || c.budget != (Budget{}) || c.rehearsal != nil
}

// usageOf does not ask the output of a failed call: it may be a nil pointer.
func (c *runConfig) usageOf(call CallInfo, out any, err error) Usage {
	if err != nil {
		return Usage{Calls: 1}
	}
	u := TokensOf(out)
	u.Calls = 1
	if c.prices == nil {
		return u
	}
	answered := call.Model
	if m, ok := out.(interface{ ModelName() string }); ok {
		answered = cmp.Or(m.ModelName(), answered)
	}
	cost, ok := c.prices.Cost(call, answered, u)
	if ok && u.Tokens() == 0 { // nothing was reported: only what costs nothing per token is known to have cost nothing
		each, known := c.prices.Cost(call, answered, Usage{Calls: 1, Input: 1, Output: 1})
		ok = known && each == cost
	}
	if ok {
		u.Cost = cost
	} else {
		u.Unpriced = 1
	}
	return u
}
