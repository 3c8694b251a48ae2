package pipeline

import (
	"context"
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
	KindCallStarted Kind = "call_started" // an attempt of a call is about to be made
	KindCall        Kind = "call"         // an attempt of a call returned
	KindBatchEnded  Kind = "batch_ended"  // a runner has finished every item that it took
)

// Event is one thing that happened in a run. Which fields are set depends on Kind; In and Out are the typed values with their types
// erased and must not be modified.
type Event struct {
	Kind Kind
	// Time is when it began, Elapsed how long it took; events that mark a moment have no Elapsed. Waited is the part of an attempt's
	// Elapsed that passed before it was sent: what interceptors waited for, all of it if they did not send it.
	Time    time.Time
	Elapsed time.Duration
	Waited  time.Duration
	// Target names the asset whose stage runs; Batch counts what the runners of a run and of its children were asked for, from 1, be
	// it a stream or a single input, so that (Batch, Index) is unique.
	Target string
	Batch  int
	// Item and Index identify the item; Index counts from 0 in input order.
	Item  string
	Index int
	// Stage is the path of named stages. Element tells the concurrent elements of [Each] apart: the element's index, "2", behind those of
	// the elements around it, "0.2"; empty outside of them.
	Stage   string
	Element string
	// Asset describes the asset of a KindAsset event.
	Asset *Entry
	// Call describes the call of a KindCall or KindCallStarted event.
	Call *CallInfo
	// Fingerprint identifies the work: equal fingerprints stand for the same inputs under the same configuration. It is set for items and
	// calls if the run has a [Journal], and empty where something has no identity; see [Target].
	Fingerprint string
	// Origin says where the outcome of an item or a call was kept, if it was not made now but taken from a [Journal]. Then it consumed
	// nothing, and nothing that happens inside of it is told.
	Origin string
	// In and Out are what a stage or call received and returned; Out of a KindAsset event is what the asset holds.
	In, Out any
	// Usage is what an attempt of a call, or all calls of an item, consumed.
	Usage Usage
	// Err is the failure. Of a KindBatchEnded event it is why the run stopped before the stream had ended; see [Run.Stopped].
	Err error
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

// Committer is an [Observer] that takes time to make safe what it was told, and need not hold up the work meanwhile. Commit is called in
// the place of Observe when an item is finished. The result of the item is handed on once safe has returned; other items are begun before.
// A nil safe has nothing to wait for. The run calls what Commit has returned for the items of a stream one after the other, so one that
// takes long does well to make everything safe that was told so far. A panic in it fails the item.
type Committer interface {
	Observer
	Commit(ctx context.Context, e Event) (safe func())
}

// commit tells o that an item is finished.
func commit(ctx context.Context, o Observer, e Event) (safe func()) {
	if c, ok := o.(Committer); ok {
		return c.Commit(ctx, e)
	}
	o.Observe(ctx, e)
	return nil
}

type observers []Observer

func (os observers) Observe(ctx context.Context, e Event) {
	for _, o := range os {
		o.Observe(ctx, e)
	}
}

// Commit waits for one after the other.
func (os observers) Commit(ctx context.Context, e Event) (safe func()) {
	for _, o := range os {
		own := commit(ctx, o, e)
		if before := safe; own != nil && before != nil {
			safe = func() { before(); own() }
		} else if own != nil {
			safe = own
		}
	}
	return safe
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
