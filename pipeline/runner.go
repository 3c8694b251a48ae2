package pipeline

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Item is one input of a batch. ID is how results, errors and records name it. Err is a failure that happened before the pipeline: an item
// that could not be read becomes a [Result] with that error, and costs no other item anything.
type Item[I any] struct {
	ID  string
	In  I
	Err error
}

// Result is what became of one [Item]. Index counts the items of a stream from 0 in input order. Err is nil or a [*StageError]; Out is
// valid only without one.
type Result[O any] struct {
	Index   int
	ID      string
	Out     O
	Err     error
	Elapsed time.Duration
	Usage   Usage
}

func (r *Result[O]) fail(err error) {
	var none O
	r.Out, r.Err = none, forItem(r.ID, err)
}

// Identified is implemented by inputs that have an identifier of their own.
type Identified interface {
	ItemID() string
}

// Items returns inputs as items, identified by themselves.
func Items[I Identified](inputs ...I) iter.Seq[Item[I]] {
	return func(yield func(Item[I]) bool) {
		for _, in := range inputs {
			if !yield(Item[I]{ID: in.ItemID(), In: in}) {
				return
			}
		}
	}
}

// Runner runs one stage over inputs. It is safe for concurrent use.
type Runner[I, O any] struct {
	stage  Stage[I, O]
	target string
	run    *Run
}

// Start plans h, builds what it needs in r, and returns the runner of its stage. Nothing is paid for before every asset is there.
func Start[I, O any](ctx context.Context, r *Run, h Handle[Stage[I, O]]) (*Runner[I, O], error) {
	stage, err := Value(ctx, r, h)
	if err != nil {
		return nil, err
	}
	name := h.node().meta.Name
	if stage == nil {
		return nil, &AssetError{name, errors.New("holds no stage")}
	}
	return &Runner[I, O]{stage: stage, target: name, run: r}, nil
}

// Run maps one input to its output, as a service does for one request. Its error is a [*StageError].
func (x *Runner[I, O]) Run(ctx context.Context, in I) (O, error) {
	it := Item[I]{In: in}
	if id, ok := any(in).(Identified); ok {
		it.ID = id.ItemID()
	}
	res := Result[O]{ID: it.ID}
	x.newBatch().do(ctx, it, &res)
	return res.Out, res.Err
}

// StreamOption configures one [Runner.Stream].
type StreamOption interface{ applyStream(*streamConfig) }

type streamConfig struct{ asCompleted bool }

type streamOption func(*streamConfig)

func (o streamOption) applyStream(c *streamConfig) { o(c) }

// AsCompleted yields results as they come instead of in input order, the default. Index tells the order.
func AsCompleted() StreamOption {
	return streamOption(func(c *streamConfig) { c.asCompleted = true })
}

// Stream maps a result to each item. Items are taken from the iterator as there is room: at most as many as the run has in flight are
// worked on, and at most twice as many are taken and not yet yielded, so memory does not grow with the number of items. The iterator
// is called from one goroutine at a time.
//
// When ctx ends, no more items are taken, those in flight see their context end, and Stream yields one result for each item that it took:
// what was finished, and the rest with an error. Breaking out of the loop cancels what is in flight and waits for it. The iterator
// should end when ctx does; Stream waits for it, as it does after a break. A panic in the iterator is raised again in the caller's
// goroutine, as a [*PanicError] that keeps the iterator's stack, after the results of the items before it.
func (x *Runner[I, O]) Stream(ctx context.Context, items iter.Seq[Item[I]], opts ...StreamOption) iter.Seq[Result[O]] {
	var c streamConfig
	for _, o := range opts {
		o.applyStream(&c)
	}
	return func(yield func(Result[O]) bool) {
		b := x.newBatch()
		b.tell(ctx, KindBatch)
		s := newStream(ctx, b, items, x.run.config.inFlight, c.asCompleted)
		defer b.tell(ctx, KindBatchEnded)
		defer s.stop()
		for {
			res, ok := s.take()
			if !ok || !yield(res) {
				return
			}
		}
	}
}

// batch is one stream's share of the work that is the same for all its items.
type batch[I, O any] struct {
	surroundings

	stage Stage[I, O]
}

func (x *Runner[I, O]) newBatch() *batch[I, O] {
	c := &x.run.config
	return &batch[I, O]{surroundings{c, joinObservers(c.observers), x.target, int(x.run.batches.Add(1))}, x.stage}
}

func (b *batch[I, O]) tell(ctx context.Context, kind Kind) {
	if b.observer != nil {
		b.observer.Observe(ctx, Event{Kind: kind, Time: b.now(), Target: b.target, Batch: b.number})
	}
}

// do runs one item and fills in its result, also when the stage panics or ends the goroutine.
func (b *batch[I, O]) do(ctx context.Context, it Item[I], res *Result[O]) {
	begin := b.now()
	state := &itemState{surroundings: &b.surroundings, id: it.ID, index: res.Index}
	s := &state.scope
	s.Context, s.item = ctx, state
	err := errGoexit // stands if nothing below returns
	defer func() {
		if v := recover(); v != nil {
			err = newPanic(v)
		}
		b.finished(s, begin, res, err)
	}()
	if b.observer != nil {
		e := s.event(KindItemStarted, begin)
		e.In, e.Err = it.In, it.Err
		b.observer.Observe(s, e)
	}
	if it.Err != nil {
		err = fmt.Errorf("input: %w", it.Err)
		return
	}
	res.Out, err = b.stage.Run(s, it.In)
}

// finished completes the result of an item and tells of it.
func (b *batch[I, O]) finished(s *scope, begin time.Time, res *Result[O], err error) {
	res.Usage = s.item.total()
	res.Elapsed = b.now().Sub(begin)
	if err != nil {
		res.fail(err)
	}
	if b.observer == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			res.fail(newPanic(v))
		}
	}()
	e := s.event(KindItem, begin)
	e.Usage, e.Err, e.Elapsed = res.Usage, res.Err, res.Elapsed
	if err == nil {
		e.Out = res.Out
	}
	b.observer.Observe(s, e)
}
