package limit

import (
	"errors"
	"fmt"
	"slices"
)

// Option configures a [Limiter].
type Option interface{ apply(*config) error }

type option func(*config) error

func (o option) apply(c *config) error { return o(c) }

type config struct {
	requests, requestBurst int // 0: none, or the default
	tokens, tokenBurst     int
	bounds                 Bounds
	output                 int
	only                   []string // empty: every resource
}

// DefaultOutput is how many tokens of output a call is expected to have before one like it has returned; see [ExpectedOutput].
const DefaultOutput = 500

// RequestsPerMinute sets the quota of requests. An attempt that was refused counts, as it does with providers. By default there is no
// quota; n must be positive. The last use wins.
func RequestsPerMinute(n int) Option {
	return option(func(c *config) error { return set(&c.requests, n, "RequestsPerMinute") })
}

// RequestBurst sets how many requests may be made at once after a time without any. The default is the quota of one second, as providers
// that state a quota per minute enforce it over shorter times; n must be positive. The last use wins.
func RequestBurst(n int) Option {
	return option(func(c *config) error { return set(&c.requestBurst, n, "RequestBurst") })
}

// TokensPerMinute sets the quota of tokens, input and output together, cached ones included. By default there is no quota; n must be
// positive. The last use wins.
func TokensPerMinute(n int) Option {
	return option(func(c *config) error { return set(&c.tokens, n, "TokensPerMinute") })
}

// TokenBurst sets how many tokens may be taken at once after a time without any. A call that is expected to take more is admitted when all
// of them are there, and what it takes beyond them is waited for after it. The default is the quota of one second; n must be positive. The
// last use wins.
func TokenBurst(n int) Option {
	return option(func(c *config) error { return set(&c.tokenBurst, n, "TokenBurst") })
}

// ExpectedOutput sets how many tokens of output a call is expected to have before one like it (of the same resource, model and stage) has
// returned; the average holds from then on. Neither exceeds the bound that the call itself states. The default is [DefaultOutput]; tokens
// must be positive. The last use wins.
func ExpectedOutput(tokens int) Option {
	return option(func(c *config) error { return set(&c.output, tokens, "ExpectedOutput") })
}

// Only has the limiter act on calls to the named resources alone; see [pipeline.Call]. Others pass. By default it acts on all of them. The
// names of several uses add up.
func Only(resources ...string) Option {
	return option(func(c *config) error {
		if len(resources) == 0 || slices.Contains(resources, "") {
			return fmt.Errorf("limit: Only(%q): name the resources, or leave the option out for all of them", resources)
		}
		c.only = append(c.only, resources...)
		return nil
	})
}

// Bounds are those of the number of calls in flight. A field that is 0 has its default: 1 for Min and 1000 for Max; for Start 16 without a
// quota, and Max with one, which is then what holds calls back. Equal bounds fix the number.
type Bounds struct{ Min, Start, Max int }

// InFlight bounds the number of calls in flight, which adapts between the bounds; see [Bounds] for the defaults. No field may be negative,
// and where they are given they must ascend. The last use wins.
func InFlight(b Bounds) Option {
	return option(func(c *config) error {
		ascending := (b.Max == 0 || max(b.Min, b.Start) <= b.Max) && (b.Start == 0 || b.Min <= b.Start)
		if min(b.Min, b.Start, b.Max) < 0 || !ascending {
			return fmt.Errorf("limit: InFlight(%+v): no field may be negative, and Min <= Start <= Max must hold", b)
		}
		c.bounds = b
		return nil
	})
}

// completed returns b with the defaults in the place of zeros.
func (b Bounds) completed(quota bool) Bounds {
	const lowest, start, highest = 1, 16, 1000
	if b.Min == 0 {
		b.Min = lowest
	}
	if b.Max == 0 {
		b.Max = max(highest, b.Min, b.Start)
	}
	switch {
	case b.Start > 0:
	case quota:
		b.Start = b.Max
	default:
		b.Start = min(max(start, b.Min), b.Max)
	}
	return b
}

// set sets a number that must be positive.
func set(field *int, n int, name string) error {
	if n < 1 {
		return fmt.Errorf("limit: %s(%d): the number must be positive", name, n)
	}
	*field = n
	return nil
}

func newConfig(opts []Option) (config, error) {
	c := config{output: DefaultOutput}
	var errs []error
	for _, o := range opts {
		errs = append(errs, o.apply(&c))
	}
	if c.requestBurst > 0 && c.requests == 0 {
		errs = append(errs, errors.New("limit: RequestBurst says nothing without RequestsPerMinute"))
	}
	if c.tokenBurst > 0 && c.tokens == 0 {
		errs = append(errs, errors.New("limit: TokenBurst says nothing without TokensPerMinute"))
	}
	c.bounds = c.bounds.completed(c.requests > 0 || c.tokens > 0)
	return c, errors.Join(errs...)
}
