package reuse

import (
	"context"
	"errors"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
)

// holder is a contest that was won: it has the lease, as far as it knows.
type holder struct {
	*contest

	stored stored // what the holder wrote last; the renewals have it while they go on
	fence  int64
}

// secured reports whether the lease still holds. It may be over before the work begins, if the store was slow or the process was paused.
func (h *holder) secured(ctx context.Context) bool {
	return now().Before(h.stored.Lease.Expires) || h.update(ctx, entry.renewed) == nil && now().Before(h.stored.Lease.Expires)
}

// perform does the work while the lease is renewed, and keeps its outcome.
func (h *holder) perform(
	ctx context.Context, f *flight, do func(ctx context.Context) (any, error),
) (out any, origin string, err error) {
	stop := h.renewing(ctx)
	returned := false
	defer func() {
		if !returned { // do panicked, or ended the goroutine
			stop()
			h.close(ctx, attempt{End: endFailed, Class: "panic"})
		}
	}()
	out, err = do(ctx)
	returned = true
	stop()
	if err != nil {
		h.close(ctx, attempt{End: endFailed, Class: pipeline.ErrorClass(err)})
		return nil, "", err //nolint:wrapcheck // it is the error of the work
	}
	text, ok := survives(h.work, out)
	if !ok {
		h.close(ctx, attempt{End: endUnkept, Usage: usageOf(h.work, out)})
		return out, "", nil
	}
	k := h.journal.made(text)
	f.outcome = k
	other := h.keep(ctx, k, attempt{End: endKept, Usage: usageOf(h.work, out)})
	if other == nil {
		return out, "", nil
	}
	f.outcome = other.kept
	return other.out, other.kept.origin(), nil
}

// renewing renews the lease, in a goroutine that ends before stop returns.
func (h *holder) renewing(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.renew(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// renew renews the lease until ctx ends or the lease is lost. The work goes on without it: it is paid for, and its calls have leases
// of their own.
func (h *holder) renew(ctx context.Context) {
	tick := time.NewTicker(h.journal.lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := h.update(ctx, entry.renewed); errors.Is(err, errChanged) {
			return
		}
	}
}

// update writes a change of the entry as long as the lease is the holder's; otherwise its error is errChanged.
func (h *holder) update(ctx context.Context, change func(entry) entry) error {
	var stalls stalls
	for {
		made, err := h.journal.write(ctx, h.key, change(h.stored.entry), h.stored.tag)
		if err == nil {
			h.stored = made
			return nil
		}
		if !errors.Is(err, errChanged) {
			return err
		}
		// It may have been changed by a write of our own whose answer was lost.
		at, err := h.journal.read(ctx, h.key)
		if err != nil {
			return err
		}
		if !at.heldAs(h.journal.owner, h.fence) {
			return errChanged
		}
		if err := stalls.pause(ctx, h.key, at.tag); err != nil {
			return err
		}
		h.stored = at
	}
}

// close gives the lease back without an outcome.
func (h *holder) close(ctx context.Context, a attempt) {
	a.Fence = h.fence
	ctx, cancel := h.journal.settling(ctx)
	defer cancel()
	err := h.update(ctx, func(e entry) entry { return e.ended(a) })
	h.journal.tally.count(func(r *Report) {
		if a.End == endUnkept {
			r.Unkept++
		} else {
			r.Failed++
		}
		if err != nil && !errors.Is(err, errChanged) {
			r.Unreleased++
			r.Err = err
		}
	})
}

// keep keeps an outcome. If the lease was lost and another outcome is kept, it returns that one.
func (h *holder) keep(ctx context.Context, k *kept, a attempt) *taken {
	a.Fence = h.fence
	settling, cancel := h.journal.settling(ctx)
	defer cancel()
	err := h.update(settling, func(e entry) entry { return e.keeping(k, a) })
	if errors.Is(err, errChanged) {
		var other *taken
		if other, err = h.yield(ctx, k, a); other != nil {
			h.journal.tally.count(func(r *Report) { r.Fenced++ })
			return other
		}
	}
	h.journal.tally.count(func(r *Report) {
		if err != nil {
			r.Unsaved++
			r.Err = err
			return
		}
		r.Kept++
	})
	return nil
}

// yield is what becomes of an outcome whose lease was lost: whoever took it over goes first, so that all get one outcome. If that one gives
// up, the outcome that is there is kept without doing the work a third time.
func (h *holder) yield(ctx context.Context, k *kept, a attempt) (*taken, error) {
	h.since, h.paid = h.fence, true
	_, other, err := h.enter(ctx, func(e entry) entry {
		e = e.without(h.fence).begin(h.work, h.journal.owner, h.journal.lease)
		late := a
		late.Fence = e.Fence
		return e.keeping(k, late)
	})
	return other, err
}

// usageOf returns what a call consumed. An item consumes nothing besides its calls.
func usageOf(w pipeline.Work, out any) *pipeline.Usage {
	if w.Call == nil {
		return nil
	}
	u := pipeline.TokensOf(out)
	u.Calls = 1
	return &u
}
