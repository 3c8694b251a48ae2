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

	mu    sync.Mutex
	usage Usage
	calls callCounts
}

// surroundings is what all items of a batch share.
type surroundings struct {
	*runConfig

	observer Observer
	target   string
	number   int
}

// watched reports whether anyone needs to know in which stage something happens.
func (s *surroundings) watched() bool { return s.observer != nil || len(s.callers) > 0 }

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

// nextCall counts a call at a stage path and returns its number there.
func (i *itemState) nextCall(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.calls.next(path)
}

// callCounts counts the calls at each stage path. Most items call at one path only, and those cost no map.
type callCounts struct {
	path   string // of the first call
	n      int
	others map[string]int
}

func (c *callCounts) next(path string) int {
	if c.n == 0 {
		c.path = path
	}
	if c.path == path {
		c.n++
		return c.n
	}
	if c.others == nil {
		c.others = map[string]int{}
	}
	c.others[path]++
	return c.others[path]
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

func (s *scope) event(kind Kind, begin time.Time) Event {
	e := Event{
		Kind: kind, Time: begin, Target: s.item.target, Batch: s.item.number,
		Item: s.item.id, Index: s.item.index, Stage: s.path, Element: s.element,
	}
	if kind != KindCallStarted && kind != KindItemStarted {
		e.Elapsed = s.item.now().Sub(begin)
	}
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
