package reuse

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Mode says what a journal does with what is kept.
type Mode string

// The modes of a journal. To keep nothing and reuse nothing, give the run no journal.
const (
	// Use answers with what is kept, and keeps what is done.
	Use Mode = "use"
	// Refresh does all work again and replaces what was kept before it was asked for. What another process keeps while the work is waited
	// for is taken: it is as fresh. Work that fails leaves what was kept as it was.
	Refresh Mode = "refresh"
	// ReadOnly answers with what is kept, and does the rest without leases and without keeping anything.
	ReadOnly Mode = "read-only"
)

// DefaultLease is how long a lease lasts unless a journal is told otherwise: longer than a store stalls, and what a process waits for after
// another one has crashed.
const DefaultLease = time.Minute

// minLease leaves the renewals, three to a lease, some time each.
const minLease = 10 * time.Millisecond

// Option configures a [Journal].
type Option interface{ apply(c *config) error }

type option func(*config) error

func (o option) apply(c *config) error { return o(c) }

type config struct {
	lease time.Duration
	name  string
}

// WithLease sets how long a lease lasts. It is renewed three times in d while the work goes on, so d bounds how long others wait for a
// process that is gone, not how long the work may take. The default is [DefaultLease]; d must be at least 10 ms. The last use wins.
func WithLease(d time.Duration) Option {
	return option(func(c *config) error {
		if d < minLease {
			return fmt.Errorf("reuse: WithLease(%s): a lease must last at least %s", d, minLease)
		}
		c.lease = d
		return nil
	})
}

// WithOwner names the one who does the work, such as the run, in what is kept. A random part is added, so that processes of one name are
// not taken for each other. By default there is only that part. The last use wins.
func WithOwner(name string) Option {
	return option(func(c *config) error {
		if name == "" || len(name) > 100 || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return errors.New("reuse: WithOwner: the name must have 1 to 100 bytes, all of them printable")
		}
		c.name = name
		return nil
	})
}
