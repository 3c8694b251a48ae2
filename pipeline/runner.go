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
	// Origin says where the result was kept, if it was taken from a [Journal]; it consumed nothing then.
	Origin string
}

func (r *Result[O]) fail(err error) {
	var none O
	r.Out, r.Err = none, forItem(r.ID, err)
}

// wait returns when the result is safe. A panic fails it.
func (r *Result[O]) wait(safe func()) {
	defer func() {
		if v := recover(); v != nil {
			r.fail(newPanic(v))
		}
	}()
	safe()
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
	stage       Stage[I, O]
	target      string
	fingerprint string
	run         *Run
}

// Start plans h, builds what it needs in r, and returns the runner of its stage. Nothing is paid for before every asset is there. It
// fails if a [Journal] of the run refuses the target.
func Start[I, O any](ctx context.Context, r *Run, h Handle[Stage[I, O]]) (*Runner[I, O], error) {
	stage, err := Value(ctx, r, h)
	if err != nil {
		return nil, err
	}
	name := h.node().meta.Name
	if stage == nil {
		return nil, &AssetError{name, errors.New("holds no stage")}
	}
	x := &Runner[I, O]{stage: stage, target: name, run: r}
	if len(r.config.journals) > 0 {
		if x.fingerprint, err = r.begin(ctx, h); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// begin tells the journals of a target and returns its fingerprint.
func (r *Run) begin(ctx context.Context, h Node) (string, error) {
	plan, err := r.Plan(h)
	if err != nil {
		return "", err
	}
	t := r.describe(plan)
	for _, j := range r.config.journals {
		if err := j.Begin(ctx, t); err != nil {
			return "", fmt.Errorf("target %s: %w", t.Name, err)
		}
	}
	return t.Fingerprint, nil
}

// Run maps one input to its output, as a service does for one request. Its error is a [*StageError].
func (x *Runner[I, O]) Run(ctx context.Context, in I) (O, error) {
	it := Item[I]{In: in}
	if id, ok := any(in).(Identified); ok {
		it.ID = id.ItemID()
	}
	res := Result[O]{ID: it.ID}
	if safe := x.newBatch(0).do(ctx, it, &res); safe != nil {
		res.wait(safe)
	}
	return res.Out, res.Err
}

// StreamOption configures one [Runner.Stream].
type StreamOption interface{ applyStream(*streamConfig) }

type streamConfig struct {
	asCompleted bool
	repeat      int
}

type streamOption func(*streamConfig)

func (o streamOption) applyStream(c *streamConfig) { o(c) }

// AsCompleted yields results as they come instead of in input order, the default. Index tells the order.
func AsCompleted() StreamOption {
	return streamOption(func(c *streamConfig) { c.asCompleted = true })
}

// Repeat says that this is the n-th time that the same items are asked for, to sample a model again. It is part of the
// fingerprints, so that a [Journal] does not answer with an earlier sample. The default is 0.
func Repeat(n int) StreamOption {
	return streamOption(func(c *streamConfig) { c.repeat = n })
}

// Stream maps a result to each item. Items are taken from the iterator as there is room: at most as many as the run has in flight are
// worked on, and at most twice as many (four times with a [Committer]) are taken and not yet yielded, so memory does not grow with the
// number of items. The iterator is called from one goroutine at a time.
//
// When ctx ends, no more items are taken, those in flight see their context end, and Stream yields one result for each item that it took:
// what was finished, and the rest with an error. Breaking out of the loop cancels what is in flight and waits for it. The iterator
// should end when ctx does; Stream waits for it, as it does after a break. A panic in the iterator is raised again in the caller's
// goroutine, as a [*PanicError] that keeps the iterator's stack, after the results of the items before it.
//
// When the run stops by itself (see [Run.Stopped]), no more items are taken either, and those in flight go on to their end.
func (x *Runner[I, O]) Stream(ctx context.Context, items iter.Seq[Item[I]], opts ...StreamOption) iter.Seq[Result[O]] {
	var c streamConfig
	for _, o := range opts {
		o.applyStream(&c)
	}
	return func(yield func(Result[O]) bool) {
		b := x.newBatch(c.repeat)
		inner, ended := b.begin(ctx)
		s := newStream(inner, b, b.guarded(inner, items), x.run.config.inFlight, c.asCompleted)
		defer ended()
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

func (x *Runner[I, O]) newBatch(repeat int) *batch[I, O] {
	c := &x.run.config
	return &batch[I, O]{surroundings{
		runConfig: c, account: x.run.account, observer: joinObservers(c.observers), target: x.target, fingerprint: x.fingerprint,
		repeat: repeat, number: int(x.run.batches.Add(1)),
	}, x.stage}
}

// begin tells that the batch begins, and returns the context of its items and what tells that it has ended.
func (b *batch[I, O]) begin(ctx context.Context) (context.Context, func()) {
	begin := b.now()
	e := Event{Time: begin, Target: b.target, Batch: b.number}
	e.Kind = KindBatchEnded
	inner, end := b.trace(ctx, e)
	tell := func(e Event) {
		if b.observer != nil {
			b.observer.Observe(ctx, e)
		}
	}
	e.Kind = KindBatch
	tell(e)
	return inner, func() {
		e.Kind, e.Time = KindBatchEnded, b.now()
		if reason := b.account.stopped(); reason != nil {
			e.Err = reason
		}
		tell(e)
		if end != nil {
			e.Time, e.Elapsed = begin, e.Time.Sub(begin)
			end(e)
		}
	}
}

// do runs one item and fills in its result, also when the stage panics. What waits until the result is safe is returned, nil if it is.
func (b *batch[I, O]) do(ctx context.Context, it Item[I], res *Result[O]) (safe func()) {
	b.run(ctx, it, res, &safe)
	return safe
}

// run is do for callers whose goroutine may be ended by the stage: safe is set then as well.
func (b *batch[I, O]) run(ctx context.Context, it Item[I], res *Result[O], safe *func()) {
	begin := b.now()
	state := &itemState{surroundings: &b.surroundings, id: it.ID, index: res.Index}
	s := &state.scope
	s.Context, s.item = ctx, state
	if b.itemTimeout > 0 {
		state.deadline = time.Now().Add(b.itemTimeout)
		limited, cancel := context.WithDeadlineCause(ctx, state.deadline, &itemTimeoutError{b.itemTimeout})
		defer cancel()
		s.Context = limited
	}
	var fingerprint string
	if it.Err == nil && b.fingerprint != "" {
		fingerprint = state.itemFingerprint(it.In)
	}
	var end func(Event)
	if len(b.tracers) > 0 {
		e := s.beginning(KindItem, begin)
		e.Fingerprint, e.In = fingerprint, it.In
		s.Context, end = b.trace(s.Context, e)
	}
	err := errGoexit // stands if nothing below returns
	defer func() {
		if v := recover(); v != nil {
			err = newPanic(v)
		}
		*safe = b.finished(s, begin, fingerprint, res, err, end)
	}()
	if b.observer != nil {
		e := s.beginning(KindItemStarted, begin)
		e.Fingerprint, e.In, e.Err = fingerprint, it.In, it.Err
		b.observer.Observe(s, e)
	}
	switch reason := b.account.stopped(); {
	case it.Err != nil:
		err = fmt.Errorf("input: %w", it.Err)
	case reason != nil:
		err = reason
	case fingerprint == "":
		res.Out, err = b.stage.Run(s, it.In)
	default:
		res.Out, res.Origin, err = b.journaled(s, fingerprint, it.In)
	}
}

// journaled takes the output from the journals of the run, or runs the stage.
func (b *batch[I, O]) journaled(s *scope, fingerprint string, in I) (O, string, error) {
	w := s.work(fingerprint)
	w.Decode = decode[O]
	return journaled(s, b.journals, w, func(ctx context.Context) (O, error) {
		return b.stage.Run(s.on(ctx), in) //nolint:wrapcheck // the result names the item
	})
}

// work returns the work that fingerprint identifies in s.
func (s *scope) work(fingerprint string) *Work {
	return &Work{
		Fingerprint: fingerprint, Target: s.item.target, Batch: s.item.number, Index: s.item.index, Item: s.item.id,
	}
}

// finished completes the result of an item and tells of it. It returns what waits until the result is safe.
func (b *batch[I, O]) finished(
	s *scope, begin time.Time, fingerprint string, res *Result[O], err error, end func(Event),
) (safe func()) {
	res.Usage = s.item.total()
	res.Elapsed = b.now().Sub(begin)
	if err != nil {
		res.fail(err)
	}
	b.account.finish(b.failures, err)
	if b.observer == nil && end == nil {
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			res.fail(newPanic(v))
		}
	}()
	e := s.event(KindItem, begin)
	e.Fingerprint, e.Origin, e.Usage, e.Err, e.Elapsed = fingerprint, res.Origin, res.Usage, res.Err, res.Elapsed
	if err == nil {
		e.Out = res.Out
	}
	if b.observer != nil {
		safe = commit(s, b.observer, e)
	}
	if end != nil {
		end(e)
	}
	return safe
}
