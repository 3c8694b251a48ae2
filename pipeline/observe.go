package pipeline

import (
	"context"
	"sync"
	"time"
)

// Kind is what an [Event] tells about.
type Kind string

// The kinds of events.
const (
	KindAsset       Kind = "asset"        // an asset was read, built or replaced, or failed to be
	KindBatch       Kind = "batch"        // a runner begins to take items
	KindItemStarted Kind = "item_started" // an item was taken from its source
	KindItem        Kind = "item"         // an item is finished; Out holds its output
	KindStage       Kind = "stage"        // a named stage returned
	KindCallStarted Kind = "call_started" // a call is about to be made
	KindCall        Kind = "call"         // a call returned
	KindBatchEnded  Kind = "batch_ended"  // a runner has finished every item that it took
)

// Event is one thing that happened in a run. Which fields are set depends on Kind; In and Out are the typed values with their types
// erased and must not be modified.
type Event struct {
	Kind Kind
	// Time is when it began, Elapsed how long it took; events that mark a moment have no Elapsed.
	Time    time.Time
	Elapsed time.Duration
	// Target names the asset whose stage runs; Batch counts what the runners of a run and of its children were asked for, from 1, be
	// it a stream or a single input, so that (Batch, Index) is unique.
	Target string
	Batch  int
	// Item and Index identify the item; Index counts from 0 in input order.
	Item  string
	Index int
	// Stage is the path of named stages.
	Stage string
	// Asset describes the asset of a KindAsset event.
	Asset *Entry
	// Call describes the call of a KindCall or KindCallStarted event.
	Call *CallInfo
	// In and Out are what a stage or call received and returned; Out of a KindAsset event is what the asset holds.
	In, Out any
	// Usage is what a call, or all calls of an item, consumed.
	Usage Usage
	Err   error
}

// Observer is told everything that happens in a run. Observe is called from many goroutines at once, on the path of the work: an
// implementation is safe for concurrent use and quick. A panic in it fails the item that it was told of.
type Observer interface {
	Observe(ctx context.Context, e Event)
}

// ObserverFunc adapts a function to an [Observer].
type ObserverFunc func(ctx context.Context, e Event)

// Observe calls f.
func (f ObserverFunc) Observe(ctx context.Context, e Event) { f(ctx, e) }

type observers []Observer

func (os observers) Observe(ctx context.Context, e Event) {
	for _, o := range os {
		o.Observe(ctx, e)
	}
}

// joinObservers returns nil when there is nobody to tell, so that the unobserved path costs one comparison.
func joinObservers(os []Observer) Observer {
	switch len(os) {
	case 0:
		return nil
	case 1:
		return os[0]
	default:
		return observers(os)
	}
}

// Usage is what calls consumed, in tokens. Cached is part of Input, Reasoning part of Output.
type Usage struct {
	Calls     int `json:"calls"`
	Input     int `json:"input_tokens"`
	Output    int `json:"output_tokens"`
	Cached    int `json:"cached_tokens,omitempty"`
	Reasoning int `json:"reasoning_tokens,omitempty"`
}

// Add returns the sum of u and v.
func (u Usage) Add(v Usage) Usage {
	return Usage{u.Calls + v.Calls, u.Input + v.Input, u.Output + v.Output, u.Cached + v.Cached, u.Reasoning + v.Reasoning}
}

// itemState is what all stages of one item share.
type itemState struct {
	scope    scope // outside every named stage; part of the state so that an item costs one allocation
	id       string
	index    int
	batch    int
	target   string
	observer Observer
	callers  []Interceptor
	now      func() time.Time

	mu    sync.Mutex
	usage Usage
	calls int
}

func (i *itemState) clock() time.Time { return i.now() }

// watched reports whether anyone needs to know in which stage something happens.
func (i *itemState) watched() bool { return i.observer != nil || len(i.callers) > 0 }

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

func (i *itemState) nextCall() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.calls++
	return i.calls
}

// scope is the context of an item inside one named stage. It is a context of its own kind because it is made for every item:
// context.WithValue would cost two allocations more.
type scope struct {
	context.Context //nolint:containedctx // scope is a context
	item            *itemState
	path            string
}

type scopeKey struct{}

// Value returns s itself for the package's own key.
func (s *scope) Value(key any) any {
	if _, own := key.(scopeKey); own {
		return s
	}
	return s.Context.Value(key)
}

// enter returns the scope of a stage inside s. It hangs off ctx, not off s, because a stage may have narrowed the context.
func (s *scope) enter(ctx context.Context, name string) *scope {
	path := name
	if s.path != "" {
		path = s.path + "/" + name
	}
	return &scope{Context: ctx, item: s.item, path: path}
}

func (s *scope) event(kind Kind, begin time.Time) Event {
	e := Event{
		Kind: kind, Time: begin, Target: s.item.target, Batch: s.item.batch,
		Item: s.item.id, Index: s.item.index, Stage: s.path,
	}
	if kind != KindCallStarted && kind != KindItemStarted {
		e.Elapsed = s.item.clock().Sub(begin)
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
