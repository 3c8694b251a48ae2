package reuse

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gloss-sdk/gloss/internal/plainjson"
	"github.com/gloss-sdk/gloss/pipeline"
)

// formatVersion is the version of [entry]'s JSON.
const formatVersion = 1

// prefix begins the keys of a journal's objects, so that a store can hold other things.
const prefix = "work/"

func keyOf(fingerprint string) string { return prefix + fingerprint }

// entry is what a store holds of one piece of work. Transitions return a changed copy; the zero entry is work that nobody has begun.
type entry struct {
	Version     int    `json:"version"`
	Fingerprint string `json:"fingerprint"`
	// Subject describes the work as it was asked for first.
	Subject subject `json:"subject"`
	// Fence counts the attempts: it is the token of the last one, and grows with each.
	Fence int64 `json:"fence"`
	// Lease is there while somebody is at work, as far as is known.
	Lease *lease `json:"lease,omitempty"`
	// Attempts holds the last attempts, the newest at the end; Earlier sums up those before.
	Attempts []attempt `json:"attempts"`
	Earlier  *earlier  `json:"earlier,omitempty"`
	// Kept is the outcome. It stays while the work is refreshed.
	Kept *kept `json:"kept,omitempty"`
}

type subject struct {
	Target string             `json:"target"`
	Item   string             `json:"item"`
	Call   *pipeline.CallInfo `json:"call,omitempty"` // none: the work is an item
}

type lease struct {
	Owner   string        `json:"owner"`
	Fence   int64         `json:"fence"`
	Expires time.Time     `json:"expires"`
	Lasts   time.Duration `json:"lasts_ns"`
}

// end is how an attempt ended.
type end string

const (
	endOpen     end = ""         // it has not, as far as is known
	endKept     end = "kept"     // its outcome was kept
	endUnkept   end = "unkept"   // it succeeded, and its outcome does not survive JSON
	endFailed   end = "failed"   // it failed and said so
	endOrphaned end = "orphaned" // it was taken over: it may have been paid, and never ended
)

type attempt struct {
	Fence int64     `json:"fence"`
	Owner string    `json:"owner"`
	Begun time.Time `json:"begun"`
	End   end       `json:"end,omitempty"`
	// Class is the class of the failure. The failure itself may quote a text, and is not written down.
	Class string          `json:"class,omitempty"`
	Usage *pipeline.Usage `json:"usage,omitempty"`
}

// earlier counts attempts by how they ended.
type earlier struct {
	Kept     int            `json:"kept,omitempty"`
	Unkept   int            `json:"unkept,omitempty"`
	Failed   int            `json:"failed,omitempty"`
	Orphaned int            `json:"orphaned,omitempty"`
	Usage    pipeline.Usage `json:"usage"`
}

// kept is an outcome and where it comes from.
type kept struct {
	Fence int64           `json:"fence"`
	Owner string          `json:"owner"`
	Time  time.Time       `json:"time"`
	Value json.RawMessage `json:"value"`
}

// origin says who made the outcome and when, nothing if there is none.
func (k *kept) origin() string {
	return fmt.Sprintf("%s, %s", k.Owner, k.Time.Format(time.RFC3339))
}

// decode returns the outcome as w has it; false if there is none that it can have.
func (k *kept) decode(w pipeline.Work) (out any, ok bool) {
	if k == nil {
		return nil, false
	}
	defer func() {
		if recover() != nil {
			out, ok = nil, false // a method of the type panicked
		}
	}()
	out, err := w.Decode(k.Value)
	return out, err == nil
}

// survives returns the JSON of an outcome, if the outcome comes back from it.
func survives(w pipeline.Work, out any) (text []byte, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = nil, false // a method of the type panicked
		}
	}()
	text, err := plainjson.Marshal(out)
	if err != nil || w.Decode == nil {
		return nil, false
	}
	_, err = w.Decode(text)
	return text, err == nil
}

// maxAttempts is how many attempts an entry holds one by one.
const maxAttempts = 16

// maxFence leaves room to count on; nobody gets there.
const maxFence = 1 << 62

// begin returns e with the lease of a new attempt. What lease there was is taken over.
func (e entry) begin(w pipeline.Work, owner string, lasts time.Duration) entry {
	if e.Version == 0 {
		e.Version, e.Fingerprint, e.Subject = formatVersion, w.Fingerprint, subject{w.Target, w.Item, w.Call}
	}
	if e.Lease != nil {
		e = e.ended(attempt{Fence: e.Lease.Fence, End: endOrphaned})
	}
	e.Fence++
	at := now()
	e.Lease = &lease{Owner: owner, Fence: e.Fence, Expires: at.Add(lasts), Lasts: lasts}
	e.Attempts = append(slices.Clone(e.Attempts), attempt{Fence: e.Fence, Owner: owner, Begun: at})
	return e.shortened()
}

// without returns e without the attempt that has a fence, whose work another attempt stands for.
func (e entry) without(fence int64) entry {
	e.Attempts = slices.DeleteFunc(slices.Clone(e.Attempts), func(a attempt) bool { return a.Fence == fence })
	return e
}

// renewed returns e with its lease made longer.
func (e entry) renewed() entry {
	l := *e.Lease
	l.Expires = now().Add(l.Lasts)
	e.Lease = &l
	return e
}

// heldAs reports whether e is leased to an attempt.
func (e entry) heldAs(owner string, fence int64) bool {
	return e.Lease != nil && e.Lease.Owner == owner && e.Lease.Fence == fence
}

// ended returns e with how the attempt a.Fence ended, and without its lease.
func (e entry) ended(a attempt) entry {
	e.Attempts = slices.Clone(e.Attempts)
	for i := range e.Attempts {
		if at := &e.Attempts[i]; at.Fence == a.Fence {
			at.End, at.Class, at.Usage = a.End, a.Class, a.Usage
		}
	}
	if e.Lease != nil && e.Lease.Fence == a.Fence {
		e.Lease = nil
	}
	return e
}

// keeping returns e with an outcome.
func (e entry) keeping(k *kept, a attempt) entry {
	e = e.ended(a)
	k.Fence = e.Fence
	e.Kept = k
	return e
}

// shortened returns e with its oldest attempts summed up.
func (e entry) shortened() entry {
	if len(e.Attempts) <= maxAttempts {
		return e
	}
	var sum earlier
	if e.Earlier != nil {
		sum = *e.Earlier
	}
	n := len(e.Attempts) - maxAttempts
	for _, a := range e.Attempts[:n] {
		sum.add(a)
	}
	e.Earlier, e.Attempts = &sum, e.Attempts[n:]
	return e
}

func (s *earlier) add(a attempt) {
	switch a.End {
	case endKept:
		s.Kept++
	case endUnkept:
		s.Unkept++
	case endFailed:
		s.Failed++
	case endOrphaned:
		s.Orphaned++
	case endOpen:
	}
	if a.Usage != nil {
		s.Usage = s.Usage.Add(*a.Usage)
	}
}

func (e entry) encode() ([]byte, error) { return plainjson.Marshal(e) }

// decodeEntry reads the object of a key.
func decodeEntry(key string, data []byte) (entry, error) {
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return entry{}, garbage(key, err)
	}
	if head.Version != formatVersion {
		return entry{}, fmt.Errorf("object %s has version %d of the format, and this release reads version %d: "+
			"use the release that wrote it, or another store", key, head.Version, formatVersion)
	}
	var e entry
	if err := json.Unmarshal(data, &e); err != nil {
		return entry{}, garbage(key, err)
	}
	if err := e.check(key); err != nil {
		return entry{}, garbage(key, err)
	}
	return e, nil
}

func garbage(key string, err error) error {
	return fmt.Errorf("object %s is not one that a journal wrote: %w; remove it, and the work is done again", key, err)
}

// check says what no transition could have led to.
func (e entry) check(key string) error {
	n := len(e.Attempts)
	switch {
	case keyOf(e.Fingerprint) != key:
		return errors.New("it has the fingerprint of other work")
	case n == 0 || n > maxAttempts:
		return fmt.Errorf("it has %d attempts, and an entry has 1 to %d", n, maxAttempts)
	case e.Fence < 1 || e.Fence > maxFence:
		return fmt.Errorf("its fence is %d, and an entry counts from 1", e.Fence)
	case e.Attempts[n-1].Fence != e.Fence:
		return fmt.Errorf("its fence is %d, and its last attempt has %d", e.Fence, e.Attempts[n-1].Fence)
	case e.Lease != nil && (e.Lease.Fence != e.Fence || e.Lease.Owner == "" || e.Lease.Lasts <= 0):
		return errors.New("its lease is not that of its last attempt")
	case e.Kept != nil && (e.Kept.Fence < 1 || e.Kept.Fence > e.Fence || len(e.Kept.Value) == 0):
		return errors.New("what it keeps is not of one of its attempts")
	}
	for _, a := range e.Attempts {
		switch a.End {
		case endOpen, endKept, endUnkept, endFailed, endOrphaned:
		default:
			return fmt.Errorf("an attempt ended as %q", a.End)
		}
	}
	return nil
}
