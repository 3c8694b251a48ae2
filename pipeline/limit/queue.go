package limit

import (
	"container/list"
	"context"
	"time"
)

// waiter is a call in the queue. What it is expected to take is worked out when its turn comes.
type waiter struct {
	demand demand
	ready  chan admission // has room for the one that is sent
}

// admission is a call on its way.
type admission struct {
	kind   kind
	sent   time.Time
	tokens int // reserved
}

// never is the wait for what no time brings, but the return of another call.
const never = time.Duration(-1)

// admit returns when the call may be sent, or the cause of ctx if that ends first.
func (l *Limiter) admit(ctx context.Context, d demand) (admission, error) {
	if ctx.Err() != nil {
		return admission{}, context.Cause(ctx)
	}
	l.mu.Lock()
	if l.queue.Len() == 0 {
		if a, wait := l.try(time.Now(), d); wait == 0 {
			l.mu.Unlock()
			return a, nil
		}
	}
	w := &waiter{d, make(chan admission, 1)}
	place := l.queue.PushBack(w)
	l.advance()
	l.mu.Unlock()
	select {
	case a := <-w.ready:
		return a, nil
	case <-ctx.Done():
		l.giveUp(w, place)
		return admission{}, context.Cause(ctx)
	}
}

// giveUp takes back a call that is not sent: its place in the queue, or what it was given at the moment when its context ended.
func (l *Limiter) giveUp(w *waiter, place *list.Element) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case a := <-w.ready:
		now := time.Now()
		l.requests.charge(now, -1)
		l.tokens.charge(now, -a.tokens)
		l.window.leave()
	default:
		l.queue.Remove(place)
	}
	l.advance()
}

// try admits a call and returns 0, or returns how long it has to wait at least.
func (l *Limiter) try(now time.Time, d demand) (admission, time.Duration) {
	if wait := l.gate.wait(now); wait > 0 {
		return admission{}, wait
	}
	if l.gate.reopen(now) { // what came in during the pause is the provider's margin
		l.requests.empty(now)
		l.tokens.empty(now)
	}
	if l.window.full() {
		return admission{}, never
	}
	tokens := l.expected.expect(d)
	if wait := max(l.requests.wait(now, 1), l.tokens.wait(now, tokens)); wait > 0 {
		return admission{}, wait
	}
	l.gate.pass(now, l.window.size())
	l.window.enter()
	l.requests.charge(now, 1)
	l.tokens.charge(now, tokens)
	return admission{d.kind, now, tokens}, 0
}

// advance admits from the front of the queue what may be sent, and comes back when time may have changed the answer.
func (l *Limiter) advance() {
	for l.queue.Len() > 0 {
		front := l.queue.Front()
		w, _ := front.Value.(*waiter)
		a, wait := l.try(time.Now(), w.demand)
		if wait > 0 {
			l.wake(wait)
			return
		}
		if wait == never {
			break
		}
		l.queue.Remove(front)
		w.ready <- a
	}
	if l.timer != nil {
		l.timer.Stop()
	}
}

// wake has the queue advance after a time.
func (l *Limiter) wake(after time.Duration) {
	if l.timer != nil {
		l.timer.Reset(after)
		return
	}
	l.timer = time.AfterFunc(after, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.advance()
	})
}
