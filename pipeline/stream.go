package pipeline

import (
	"context"
	"iter"
	"runtime"
	"sync"
)

// stream is the one owner of the goroutines of a batch. Workers take turns at the iterator, run what they got, and put results into a
// ring of slots, from which the caller's goroutine takes them. No item is taken before there is a slot for its result, so a
// slow consumer, or one slow item at the head, stops the intake instead of filling memory.
type stream[I, O any] struct {
	b       *batch[I, O]
	ctx     context.Context //nolint:containedctx // the stream is one call's worth of work and ends with it
	cancel  context.CancelFunc
	ordered bool
	limit   int
	workers sync.WaitGroup

	next     func() (Item[I], bool) // called only by the worker that set pulling
	stopPull func()
	panicked *PanicError // the iterator's
	goexit   bool        // the iterator called runtime.Goexit

	mu       sync.Mutex
	turn     sync.Cond // the iterator became free, a slot became free, or no more items will be taken
	arrived  sync.Cond // the next result can be taken, or none will come
	slots    []slot[O]
	spawned  int // workers, at most limit
	pulled   int // items taken from the iterator
	finished int // items with a result
	given    int // results handed to the caller
	yielded  int // results that the caller is done with
	pulling  bool
	over     bool // no more items are taken

	waiting    []unsafeResult[O]
	committing bool // someone waits for them
}

type slot[O any] struct {
	result Result[O]
	full   bool
}

// newStream starts the first worker; each worker that gets an item starts the next one until limit are at work.
func newStream[I, O any](
	ctx context.Context, b *batch[I, O], items iter.Seq[Item[I]], limit int, asCompleted bool,
) *stream[I, O] {
	s := &stream[I, O]{b: b, ordered: !asCompleted, limit: limit, slots: make([]slot[O], b.ahead()*limit), spawned: 1}
	s.ctx, s.cancel = context.WithCancel(ctx) //nolint:gosec // stop calls it
	s.turn.L, s.arrived.L = &s.mu, &s.mu
	s.next, s.stopPull = iter.Pull(s.protected(items))
	s.workers.Go(s.work)
	return s
}

// ahead is how many times the items in flight may be taken and not yet yielded: as many as are worked on again may wait for their turn, and
// twice as many more for a [Committer].
func (b *batch[I, O]) ahead() int {
	if _, ok := b.observer.(Committer); ok {
		return 4
	}
	return 2
}

func (s *stream[I, O]) work() {
	for s.claim() {
		it, index, ok := s.pull()
		if !ok {
			return
		}
		s.finish(it, index)
	}
}

// claim waits for the turn to call the iterator; false means that no more items are taken.
func (s *stream[I, O]) claim() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.over && (s.pulling || s.pulled-s.yielded >= len(s.slots)) {
		s.turn.Wait()
	}
	if s.over || s.ctx.Err() != nil || s.b.account.stopped() != nil {
		s.end()
		return false
	}
	s.pulling = true
	return true
}

// end stops the intake. The caller holds mu. No other worker is at the iterator then, except in stop, after which nothing is taken.
func (s *stream[I, O]) end() {
	s.over = true
	s.turn.Broadcast()
	s.arrived.Signal()
}

// protected keeps a panic of the iterator for the caller's goroutine; in a worker it would end the program.
func (s *stream[I, O]) protected(items iter.Seq[Item[I]]) iter.Seq[Item[I]] {
	return func(yield func(Item[I]) bool) {
		s.goexit = true // stands if items ends its goroutine
		defer func() {
			if v := recover(); v != nil {
				s.panicked, s.goexit = newPanic(v), false
			}
		}()
		items(yield)
		s.goexit = false
	}
}

// pull takes the next item and passes the turn on, also when the iterator ends this goroutine.
func (s *stream[I, O]) pull() (it Item[I], index int, ok bool) {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.pulling = false
		if !ok {
			s.end()
			return
		}
		index = s.pulled
		s.pulled++
		if s.spawned < s.limit {
			s.spawned++
			s.workers.Go(s.work)
			return
		}
		s.turn.Signal()
	}()
	it, ok = s.next()
	return it, 0, ok
}

// finish runs one item and hands over its result. A stage that ends this goroutine costs its own item only: another worker takes
// over.
func (s *stream[I, O]) finish(it Item[I], index int) {
	res := Result[O]{Index: index, ID: it.ID}
	var safe func()
	returned := false
	defer func() {
		if safe == nil {
			s.put(&res)
		} else {
			s.putWhenSafe(safe, res)
		}
		if !returned {
			s.workers.Go(s.work)
		}
	}()
	s.b.run(s.ctx, it, &res, &safe)
	returned = true
}

// putWhenSafe leaves the waiting to one goroutine for all results: this one has other items to begin.
func (s *stream[I, O]) putWhenSafe(safe func(), res Result[O]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, unsafeResult[O]{safe, res})
	if !s.committing {
		s.committing = true
		s.workers.Go(s.commit)
	}
}

// commit waits for one result after the other, until none is left.
func (s *stream[I, O]) commit() {
	var waiting []unsafeResult[O]
	for {
		s.mu.Lock()
		clear(waiting)
		waiting, s.waiting = s.waiting, waiting[:0]
		s.committing = len(waiting) > 0
		s.mu.Unlock()
		if len(waiting) == 0 {
			return
		}
		for i := range waiting {
			waiting[i].result.wait(waiting[i].safe)
			s.put(&waiting[i].result)
		}
	}
}

// unsafeResult is a result that is not safe yet.
type unsafeResult[O any] struct {
	safe   func()
	result Result[O]
}

func (s *stream[I, O]) put(res *Result[O]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	place := res.Index
	if !s.ordered {
		place = s.finished
	}
	s.finished++
	s.slots[place%len(s.slots)] = slot[O]{*res, true}
	if place == s.given {
		s.arrived.Signal()
	}
}

// take waits for the next result; false means that the stream has ended. Asking says that the caller is done with the one before.
func (s *stream[I, O]) take() (res Result[O], ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.yielded = s.given
	s.turn.Signal()
	at := &s.slots[s.given%len(s.slots)]
	for !at.full {
		if s.over && s.given == s.pulled {
			return res, false
		}
		s.arrived.Wait()
	}
	res = at.result
	*at = slot[O]{}
	s.given++
	return res, true
}

// stop ends the stream: no more items, contexts canceled, every goroutine gone. What ended the iterator before its time goes on in
// the caller's goroutine, where it belongs.
func (s *stream[I, O]) stop() {
	s.mu.Lock()
	s.end()
	s.mu.Unlock()
	s.cancel()
	s.workers.Wait()
	s.stopPull()
	if s.panicked != nil {
		panic(s.panicked) //nolint:forbidigo // it is the caller's own panic, in the caller's own goroutine
	}
	if s.goexit {
		runtime.Goexit()
	}
}
