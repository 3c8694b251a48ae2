package pipeline

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// itemState is what all stages of one item share.
type itemState struct {
	*surroundings

	scope scope // outside every named stage; part of the state so that an item costs one allocation
	id    string
	index int

	deadline time.Time // zero if the item may take as long as it will
	texts    textSums

	mu     sync.Mutex
	usage  Usage
	calls  callCounts
	failed int // attempts
}

// surroundings is what all items of a batch share.
type surroundings struct {
	*runConfig

	account     *account
	observer    Observer
	target      string
	fingerprint string // the fingerprint of the target, "" if it is not known or nobody asks for it
	repeat      int
	number      int
}

// watched reports whether anyone needs to know in which stage something happens.
func (s *surroundings) watched() bool {
	return s.observer != nil || len(s.callers) > 0 || len(s.tracers) > 0 || s.fingerprint != "" || s.inputChecks
}

func (i *itemState) consumed(u Usage) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.usage = i.usage.Add(u)
}

func (i *itemState) total() Usage {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.usage
}

// nextCall counts a call at a place and returns its number there.
func (i *itemState) nextCall(at callPlace) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.calls.next(at)
}

// mayRetry counts a failed attempt and reports whether the item may make another one; limit 0 is no limit.
func (i *itemState) mayRetry(limit int) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.failed++
	return limit == 0 || i.failed < limit
}

// callPlace is a path of stages in one element of [Each], inside of which calls follow each other.
type callPlace struct{ path, element string }

// callCounts counts the calls at each place. Most items call at one place only, and those cost no map.
type callCounts struct {
	at     callPlace // of the first call
	n      int
	others map[callPlace]int
}

func (c *callCounts) next(at callPlace) int {
	if c.n == 0 {
		c.at = at
	}
	if c.at == at {
		c.n++
		return c.n
	}
	if c.others == nil {
		c.others = map[callPlace]int{}
	}
	c.others[at]++
	return c.others[at]
}

// scope is the context of an item inside one named stage. It is a context of its own kind because it is made for every item:
// context.WithValue would cost two allocations more.
type scope struct {
	context.Context //nolint:containedctx // scope is a context
	item            *itemState
	path            string
	element         string
	// settled belongs to the call around, nil outside of calls: it is set once that call must not be sent again.
	settled *atomic.Bool
}

type scopeKey struct{}

// Value returns s itself for the package's own key.
func (s *scope) Value(key any) any {
	if _, own := key.(scopeKey); own {
		return s
	}
	return s.Context.Value(key)
}

// on returns s as it holds in ctx, which a stage may have narrowed.
func (s *scope) on(ctx context.Context) *scope {
	inner := *s
	inner.Context = ctx
	return &inner
}

// enter returns the scope of a stage inside s.
func (s *scope) enter(ctx context.Context, name string) *scope {
	inner := s.on(ctx)
	inner.path = name
	if s.path != "" {
		inner.path = s.path + "/" + name
	}
	return inner
}

// at returns the scope of an element of [Each] inside s.
func (s *scope) at(ctx context.Context, index int) *scope {
	inner := s.on(ctx)
	inner.element = strconv.Itoa(index)
	if s.element != "" {
		inner.element = s.element + "." + inner.element
	}
	return inner
}

// inCall returns the scope of what a call runs; settled is the call's.
func (s *scope) inCall(ctx context.Context, settled *atomic.Bool) *scope {
	inner := s.on(ctx)
	inner.settled = settled
	return inner
}

// beginning returns the event of what begins.
func (s *scope) beginning(kind Kind, begin time.Time) Event {
	return Event{
		Kind: kind, Time: begin, Target: s.item.target, Batch: s.item.number,
		Item: s.item.id, Index: s.item.index, Stage: s.path, Element: s.element,
	}
}

// event returns the event of what ends.
func (s *scope) event(kind Kind, begin time.Time) Event {
	e := s.beginning(kind, begin)
	e.Elapsed = s.item.now().Sub(begin)
	return e
}

func scopeFrom(ctx context.Context) *scope {
	if s, ok := ctx.(*scope); ok {
		return s
	}
	s, _ := ctx.Value(scopeKey{}).(*scope) // nil means: not inside a run
	return s
}

// ItemID returns the identifier of the item that ctx belongs to, or "" outside a run.
func ItemID(ctx context.Context) string {
	if s := scopeFrom(ctx); s != nil {
		return s.item.id
	}
	return ""
}
