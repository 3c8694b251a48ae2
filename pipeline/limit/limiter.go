package limit

import (
	"container/list"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
)

// admitted is the key of the contexts inside of a call that by has admitted.
type admitted struct{ by *Limiter }

// Limiter admits the calls of one account. It is safe for concurrent use, by several runs as well.
type Limiter struct {
	config config

	mu        sync.Mutex
	queue     list.List // of *waiter, in the order in which they came
	timer     *time.Timer
	gate      gate
	window    window
	requests  *bucket
	tokens    *bucket
	expected  experience
	throttled int
}

var _ pipeline.Interceptor = (*Limiter)(nil)

// New returns a limiter. Without options it knows no quota and adapts to what it is answered. It reports every invalid option at once.
func New(opts ...Option) (*Limiter, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	return &Limiter{
		config: c, window: newWindow(c.bounds),
		requests: newBucket(c.requests, c.requestBurst), tokens: newBucket(c.tokens, c.tokenBurst),
		expected: experience{start: c.output, kinds: map[kind]*consumption{}},
	}, nil
}

// State is a reading of a [Limiter].
type State struct {
	// Limit is how many calls may be in flight, InFlight how many are, Waiting how many wait to be sent.
	Limit, InFlight, Waiting int
	// Throttled counts the attempts that the provider refused.
	Throttled int
	// PausedUntil is when calls are sent again. It has passed, or is zero, when they are not held back.
	PausedUntil time.Time
}

// State returns the state of the moment.
func (l *Limiter) State() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	return State{l.window.size(), l.window.inFlight, l.queue.Len(), l.throttled, l.gate.until}
}

// Intercept waits until the call may be sent, sends it, and learns from what comes back. It acts on the error of an attempt if a method
// ErrorClass() of an error in its chain returns "throttled", and reads the time that the provider asks for by RetryDelay(). If ctx ends
// before the call is sent, Intercept returns the cause.
//
// A call that is made inside of another one that this limiter has admitted is part of it and passes: waiting for a place that the outer
// call holds would never end. To limit the inner calls instead, name their resource by [Only].
func (l *Limiter) Intercept(
	ctx context.Context, call pipeline.CallInfo, in any, next func(context.Context) (any, error),
) (out any, err error) {
	if len(l.config.only) > 0 && !slices.Contains(l.config.only, call.Resource) || ctx.Value(admitted{l}) != nil {
		return next(ctx)
	}
	var d demand
	if l.tokens != nil { // otherwise nobody asks for tokens, and a long prompt takes a while to count
		d = demandOf(call, in)
	}
	a, err := l.admit(ctx, d)
	if err != nil {
		return nil, fmt.Errorf("limit: waiting to call %s: %w", call.Resource, err)
	}
	err = errUnfinished // stands if next does not return
	defer func() { l.finish(a, out, err) }()
	return next(context.WithValue(ctx, admitted{l}, true))
}
