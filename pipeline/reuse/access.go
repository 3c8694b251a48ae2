package reuse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gloss-sdk/gloss/pipeline/store"
)

const (
	// tries is how often something is asked of a store that fails.
	tries = 3
	// firstPause and lastPause bound the time between two tries, and between two looks at a lease.
	firstPause = 50 * time.Millisecond
	lastPause  = 2 * time.Second
)

// errChanged is a write that was not made because the object had changed.
var errChanged = errors.New("the object was changed by someone else")

// stored is an entry as it was read, with the tag to write over. The zero stored is that there is no object.
type stored struct {
	entry

	tag store.Tag
}

// read returns the entry at key.
func (j *Journal) read(ctx context.Context, key string) (stored, error) {
	var wait backoff
	for n := 1; ; n++ {
		o, err := j.store.Get(ctx, key)
		switch {
		case err == nil:
			e, err := decodeEntry(key, o.Data)
			return stored{e, o.Tag}, err
		case errors.Is(err, store.ErrNotFound):
			return stored{}, nil
		case ctx.Err() != nil:
			return stored{}, context.Cause(ctx)
		case n == tries || !wait.pause(ctx, lastPause):
			return stored{}, fmt.Errorf("object %s cannot be read: %w", key, err)
		}
	}
}

// write puts e over what was read, and returns it as it is stored. The error is errChanged if that is not there any more.
func (j *Journal) write(ctx context.Context, key string, e entry, over store.Tag) (stored, error) {
	data, err := e.encode()
	if err != nil {
		return stored{}, fmt.Errorf("object %s cannot be written: %w", key, err)
	}
	var wait backoff
	for n := 1; ; n++ {
		tag, err := j.store.Put(ctx, key, data, over)
		if err == nil {
			return stored{e, tag}, nil
		}
		// Whatever the store says, the write may have been made: an entry names its writer, so its bytes tell.
		if o, missing := j.store.Get(ctx, key); missing == nil && bytes.Equal(o.Data, data) {
			return stored{e, o.Tag}, nil
		}
		if errors.Is(err, store.ErrConflict) {
			return stored{}, errChanged
		}
		if n == tries || !wait.pause(ctx, lastPause) {
			return stored{}, fmt.Errorf("object %s cannot be written: %w", key, err)
		}
	}
}

// settling returns the context in which something is written that must not be left undone because the work's context ends.
func (j *Journal) settling(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), j.lease)
}

// backoff spaces out what is asked of a store again and again. The zero value begins with the shortest pause.
type backoff struct{ next time.Duration }

// pause waits for a random time that doubles from pause to pause, and for at most atMost. It reports whether ctx lived.
func (b *backoff) pause(ctx context.Context, atMost time.Duration) bool {
	b.next = min(max(2*b.next, firstPause), lastPause)
	d := min(b.next/2+rand.N(b.next/2), max(atMost, time.Millisecond)) //nolint:gosec // jitter is no secret
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
	return ctx.Err() == nil
}
