package reuse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/store"
)

// Ledger sums up what a store holds of the work of all processes.
type Ledger struct {
	Total Tally
	// Items shares Total out to items, sorted by target and item. A call counts for the target and the item that asked for it first.
	Items []ItemTally
}

// ItemTally is the part of a ledger that belongs to one item of a target.
type ItemTally struct {
	Tally

	Target string
	Item   string
}

// Tally counts pieces of work, and attempts to do them.
type Tally struct {
	// Items and Calls have an outcome that is kept.
	Items int
	Calls int
	// Open is work that is leased. Lapsed is the part whose lease has expired by the clock of the reader: whoever held it is gone, if that
	// clock is right.
	Open   int
	Lapsed int
	// Orphaned counts attempts that were taken over: their work was begun, perhaps paid, and never ended. Failed counts attempts that failed,
	// Unkept those whose outcome could not be kept.
	Orphaned int
	Failed   int
	Unkept   int
	// Usage is what calls consumed that succeeded, one call each, whatever it took to send it; neither orphaned nor failed attempts can say
	// what they consumed. It has no cost. The work of an item is that of its calls, so nothing is counted twice.
	Usage pipeline.Usage
}

func (t Tally) plus(o Tally) Tally {
	return Tally{
		Items: t.Items + o.Items, Calls: t.Calls + o.Calls, Open: t.Open + o.Open, Lapsed: t.Lapsed + o.Lapsed,
		Orphaned: t.Orphaned + o.Orphaned, Failed: t.Failed + o.Failed, Unkept: t.Unkept + o.Unkept, Usage: t.Usage.Add(o.Usage),
	}
}

// String returns the tally in one line, for people.
func (t Tally) String() string {
	parts := []string{fmt.Sprintf("kept: items %d, calls %d", t.Items, t.Calls)}
	for _, c := range []struct {
		what string
		n    int
	}{
		{"leased", t.Open}, {"lapsed", t.Lapsed}, {"orphaned", t.Orphaned}, {"failed", t.Failed}, {"unkept", t.Unkept},
	} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%s: %d", c.what, c.n))
		}
	}
	parts = append(parts, fmt.Sprintf("paid: calls %d, tokens %d in, %d out", t.Usage.Calls, t.Usage.Input, t.Usage.Output))
	return strings.Join(parts, "; ")
}

// String returns the ledger for people, one line for the sum and one for each item.
func (l Ledger) String() string {
	var b strings.Builder
	fmt.Fprintln(&b, l.Total)
	for _, i := range l.Items {
		fmt.Fprintf(&b, "%s %s: %s\n", i.Target, i.Item, i.Tally)
	}
	return b.String()
}

// ReadLedger reads every object that journals wrote into s. What cannot be read is left out and named in the error; the ledger holds the
// rest.
func ReadLedger(ctx context.Context, s store.Store) (Ledger, error) {
	if s == nil {
		return Ledger{}, errors.New("reuse: ReadLedger: the store is nil")
	}
	type place struct{ target, item string }
	var (
		errs  []error
		items = map[place]Tally{}
		l     Ledger
	)
	for key, err := range s.List(ctx, prefix) {
		var e entry
		if err == nil {
			e, err = readEntry(ctx, s, key)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("reuse: ledger: %w", err))
			continue
		}
		at := place{e.Subject.Target, e.Subject.Item}
		items[at] = items[at].plus(e.tally())
	}
	for at, t := range items {
		l.Items = append(l.Items, ItemTally{t, at.target, at.item})
	}
	slices.SortFunc(l.Items, func(a, b ItemTally) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.Item, b.Item))
	})
	for _, i := range l.Items {
		l.Total = l.Total.plus(i.Tally)
	}
	return l, errors.Join(errs...)
}

func readEntry(ctx context.Context, s store.Store, key string) (entry, error) {
	o, err := s.Get(ctx, key)
	if err != nil {
		return entry{}, fmt.Errorf("object %s cannot be read: %w", key, err)
	}
	return decodeEntry(key, o.Data)
}

// tally counts what e tells.
func (e entry) tally() Tally {
	var sum earlier
	if e.Earlier != nil {
		sum = *e.Earlier
	}
	for _, a := range e.Attempts {
		sum.add(a)
	}
	t := Tally{Orphaned: sum.Orphaned, Failed: sum.Failed, Unkept: sum.Unkept, Usage: sum.Usage}
	switch {
	case e.Kept == nil:
	case e.Subject.Call != nil:
		t.Calls = 1
	default:
		t.Items = 1
	}
	if e.Lease != nil {
		t.Open = 1
		if time.Now().After(e.Lease.Expires) {
			t.Lapsed = 1
		}
	}
	return t
}
