package limit

import (
	"errors"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
)

// errUnfinished is the failure of what panicked or ended its goroutine.
var errUnfinished = errors.New("limit: the call did not return")

// outcome is what came back of a call.
type outcome struct {
	failed    bool
	throttled bool
	nothing   bool          // it failed and took no tokens
	asked     time.Duration // how long the provider asks to wait
	usage     usage
}

// outcomeOf asks the output or the error of a call.
func outcomeOf(out any, err error) outcome {
	if err == nil {
		return outcome{usage: usageOf(out)}
	}
	class := pipeline.ErrorClass(err)
	o := outcome{failed: true, throttled: class == "throttled", nothing: tookNothing(class)}
	if e, ok := errors.AsType[interface {
		error
		RetryDelay() (delay time.Duration, retryable bool)
	}](err); ok {
		o.asked, _ = e.RetryDelay()
	}
	return o
}

// tookNothing reports whether a failure of the class comes before a model has begun. Of the others (no answer in time, an answer that was
// cut or withheld, one of no class) nobody can tell, so what they reserved counts as taken.
func tookNothing(class string) bool {
	switch class {
	case "throttled", "unavailable", "context_too_long", "invalid_request", "auth", "budget":
		return true
	default:
		return false
	}
}

// finish takes a call back. It does so as well if what came back panics when it is asked.
func (l *Limiter) finish(a admission, out any, err error) {
	o := outcome{failed: true}
	defer func() { l.settle(a, o) }()
	o = outcomeOf(out, err)
}

// settle replaces what the call reserved by what it took, learns from how it went, and admits those that it makes room for.
func (l *Limiter) settle(a admission, o outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	switch {
	case !o.failed:
		l.window.grow(now, a.sent)
		l.gate.succeeded(now.Sub(a.sent))
	case o.throttled:
		l.throttled++
		l.window.shrink(now, a.sent)
		l.gate.refused(now, a.sent, o.asked)
	}
	if o.nothing {
		l.tokens.charge(now, -a.tokens)
	} else if took := o.usage.tokens(); took > 0 {
		l.tokens.charge(now, took-a.tokens)
		l.expected.add(a.kind, o.usage)
	}
	l.window.leave()
	l.advance()
}
