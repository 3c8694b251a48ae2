package reuse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/store"
)

// maxStalls is how often in a row a store may refuse to write over what it shows.
const maxStalls = 10

// contest is one process's way to a piece of work that others may want as well.
type contest struct {
	journal *Journal
	work    pipeline.Work
	key     string
	// since is the fence up to which what is kept does not answer the work.
	since int64
	// paid says that the work is done, so that its context may have ended.
	paid  bool
	watch watch
}

// taken is an outcome that somebody kept.
type taken struct {
	kept *kept
	out  any
}

// take returns what is kept, nil if it does not answer the work. What cannot be decoded was kept for a type that has changed: it is
// replaced.
func (c *contest) take(at stored) *taken {
	if at.Kept == nil || at.Kept.Fence <= c.since {
		return nil
	}
	out, ok := at.Kept.decode(c.work)
	if !ok {
		c.since = at.Kept.Fence
		c.journal.tally.count(func(r *Report) { r.Unreadable++ })
		return nil
	}
	c.journal.tally.count(func(r *Report) { r.Reused++ })
	return &taken{at.Kept, out}
}

// acquire takes what is kept or gets the lease. It waits while somebody else has it.
func (c *contest) acquire(ctx context.Context) (*holder, *taken, error) {
	if c.journal.mode == Refresh {
		at, err := c.journal.read(ctx, c.key)
		if err != nil {
			return nil, nil, unpaid(err)
		}
		c.since = at.Fence
	}
	for n := 1; ; n++ {
		at, taken, err := c.enter(ctx, func(e entry) entry { return e.begin(c.work, c.journal.owner, c.journal.lease) })
		if err != nil {
			return nil, nil, unpaid(err)
		}
		h := &holder{contest: c, stored: at, fence: at.Fence}
		if taken != nil || h.secured(ctx) {
			return h, taken, nil
		}
		if n == tries {
			return nil, nil, unpaid(fmt.Errorf("object %s: a lease of %s is over before the store has written it: see WithLease",
				c.key, c.journal.lease))
		}
	}
}

// enter waits until there is an outcome to take, or until nobody is at work, and then writes the entry that next returns.
func (c *contest) enter(ctx context.Context, next func(e entry) entry) (stored, *taken, error) {
	var (
		waits  backoff
		stalls stalls
	)
	for {
		at, err := c.read(ctx)
		if err != nil {
			return stored{}, nil, err
		}
		if taken := c.take(at); taken != nil {
			return at, taken, nil
		}
		if left := c.watch.left(at); at.Lease != nil && at.Lease.Owner != c.journal.owner && left > 0 {
			if !waits.pause(ctx, left) {
				return stored{}, nil, context.Cause(ctx)
			}
			continue
		}
		made, err := c.write(ctx, next(at.entry), at.tag)
		if err == nil {
			if at.Lease != nil {
				c.journal.tally.count(func(r *Report) { r.TakenOver++ })
			}
			return made, nil, nil
		}
		if !errors.Is(err, errChanged) {
			return stored{}, nil, err
		}
		if err := stalls.pause(ctx, c.key, at.tag); err != nil {
			return stored{}, nil, err
		}
	}
}

// read reads the entry, even if ctx has ended once the work is paid for.
func (c *contest) read(ctx context.Context) (stored, error) {
	if !c.paid {
		return c.journal.read(ctx, c.key)
	}
	ctx, cancel := c.journal.settling(ctx)
	defer cancel()
	return c.journal.read(ctx, c.key)
}

// write writes even if ctx ends meanwhile: a lease that is given back at once keeps nobody waiting.
func (c *contest) write(ctx context.Context, e entry, over store.Tag) (stored, error) {
	ctx, cancel := c.journal.settling(ctx)
	defer cancel()
	return c.journal.write(ctx, c.key, e, over)
}

// watch tells whether the holder of a lease is gone. It does not trust clocks to agree: it counts the time for which an object does not
// change, or takes a lease for lost that expired so long ago that clocks would have to differ by the whole lease.
type watch struct {
	tag   store.Tag
	since time.Time
}

// left returns how long the holder of at's lease still has to show that it is there; 0 if its time is over, or if there is no lease.
func (w *watch) left(at stored) time.Duration {
	if at.Lease == nil {
		return 0
	}
	if w.tag != at.tag {
		w.tag, w.since = at.tag, time.Now()
	}
	if time.Since(at.Lease.Expires) >= at.Lease.Lasts {
		return 0
	}
	return max(0, at.Lease.Lasts-time.Since(w.since))
}

// stalls counts how often in a row an object had changed and was shown unchanged, as happens where reads are behind.
type stalls struct {
	tag  store.Tag
	n    int
	wait backoff
}

// pause waits before the object is read again. It fails once the store has contradicted itself too often.
func (s *stalls) pause(ctx context.Context, key string, tag store.Tag) error {
	if s.tag != tag || s.n == 0 {
		*s = stalls{tag: tag}
	}
	s.n++
	switch {
	case s.n == 1:
		return nil // somebody was faster
	case s.n == maxStalls:
		return fmt.Errorf("object %s: the store refused %d times to write over what it shows", key, maxStalls)
	case !s.wait.pause(ctx, lastPause):
		return context.Cause(ctx)
	default:
		return nil
	}
}
