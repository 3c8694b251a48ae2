package reuse

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/store"
)

// Journal is a [pipeline.Journal] over a store. It may serve several runs at once and is safe for concurrent use. It has no goroutine of
// its own: the one that renews the lease of a piece of work belongs to [Journal.Do] and has ended when that returns.
type Journal struct {
	store   store.Store
	mode    Mode
	lease   time.Duration
	owner   string
	flights flights
	tally   tally
}

// New returns a journal over s, which other journals, of this process and of others, may share. It reports every mistake at once.
func New(s store.Store, mode Mode, opts ...Option) (*Journal, error) {
	var errs []error
	if s == nil {
		errs = append(errs, errors.New("reuse: New: the store is nil; leave the journal out to keep nothing"))
	}
	if mode != Use && mode != Refresh && mode != ReadOnly {
		errs = append(errs, fmt.Errorf("reuse: New: unknown mode %q: want %q, %q or %q", mode, Use, Refresh, ReadOnly))
	}
	c := config{lease: DefaultLease}
	for _, o := range opts {
		errs = append(errs, o.apply(&c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Journal{store: s, mode: mode, lease: c.lease, owner: newOwner(c.name)}, nil
}

// newOwner returns a name that no other journal has.
func newOwner(name string) string {
	var id [6]byte
	_, _ = rand.Read(id[:]) // it never fails
	if name != "" {
		name += "/"
	}
	return name + hex.EncodeToString(id[:])
}

// Begin refuses a target that cannot be identified, because then nothing of it would be kept: it names what lacks an identity.
func (j *Journal) Begin(_ context.Context, t pipeline.Target) error {
	if t.Fingerprint != "" {
		return nil
	}
	var causes, reasons []string
	for _, p := range t.Assets {
		inherited := slices.ContainsFunc(causes, func(cause string) bool { return strings.HasSuffix(p.Unidentified, ": "+cause) })
		if p.Unidentified != "" && !inherited { // what needs such an asset says the same again
			causes = append(causes, p.Unidentified)
			reasons = append(reasons, fmt.Sprintf("asset %s: %s", p.Name, p.Unidentified))
		}
	}
	return fmt.Errorf("reuse: results cannot be kept, because it is not known what they depend on: %s; "+
		"each of these needs a method Identity() string that tells everything which can change a result, or JSON that does",
		strings.Join(reasons, "; "))
}

// Do answers w with what is kept, or does it and keeps its outcome; see the package comment for how. A store that fails before the work
// has begun fails it: nothing was paid then. A store that fails afterwards does not: the outcome is returned, and [Report] counts it as
// unsaved.
func (j *Journal) Do(
	ctx context.Context, w pipeline.Work, do func(ctx context.Context) (any, error),
) (out any, origin string, err error) {
	if w.Fingerprint == "" {
		out, err = do(ctx)
		return out, "", err
	}
	for {
		f, mine := j.flights.claim(w.Fingerprint)
		if mine {
			return j.lead(ctx, w, f, do)
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil, "", context.Cause(ctx)
		}
		if out, ok := f.outcome.decode(w); ok {
			j.tally.count(func(r *Report) { r.Shared++ })
			return out, f.outcome.origin(), nil
		}
		// Whoever did the work failed, perhaps because its context ended, or its outcome cannot be shared. Try, and report our own failure.
	}
}

// lead does w for everyone who waits for f.
func (j *Journal) lead(
	ctx context.Context, w pipeline.Work, f *flight, do func(ctx context.Context) (any, error),
) (out any, origin string, err error) {
	defer j.flights.land(w.Fingerprint, f)
	c := &contest{journal: j, work: w, key: keyOf(w.Fingerprint)}
	if j.mode == ReadOnly {
		return c.readOnly(ctx, f, do)
	}
	h, taken, err := c.acquire(ctx)
	if err != nil {
		return nil, "", err
	}
	if taken != nil {
		f.outcome = taken.kept
		return taken.out, taken.kept.origin(), nil
	}
	return h.perform(ctx, f, do)
}

// readOnly does w unless it is kept, and leaves no trace of it.
func (c *contest) readOnly(
	ctx context.Context, f *flight, do func(ctx context.Context) (any, error),
) (out any, origin string, err error) {
	at, err := c.journal.read(ctx, c.key)
	if err != nil {
		return nil, "", unpaid(err)
	}
	if taken := c.take(at); taken != nil {
		f.outcome = taken.kept
		return taken.out, taken.kept.origin(), nil
	}
	out, err = do(ctx)
	if err != nil {
		return nil, "", err //nolint:wrapcheck // it is the error of the work
	}
	if text, ok := survives(c.work, out); ok {
		f.outcome = c.journal.made(text)
	}
	return out, "", nil
}

// made returns what is kept of an outcome that was made now.
func (j *Journal) made(text []byte) *kept {
	return &kept{Owner: j.owner, Time: now(), Value: text}
}

// unpaid says what a failure of the store means for work that has not begun.
func unpaid(err error) error {
	return fmt.Errorf("reuse: the work was not begun, so nothing was paid: %w", err)
}

// now is a moment as its JSON keeps it.
func now() time.Time { return time.Now().UTC().Round(0) }
