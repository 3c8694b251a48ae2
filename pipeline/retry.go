package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Retry says how a run sends a failed call again.
//
// A call is sent again if its error says that this can help, through a method RetryDelay() (delay time.Duration, retryable bool) of
// an error in its chain, or if it did not return within the time that the run gives a call; see [WithCallTimeout]. It is never sent again
// once it has completed, once its context has ended, after a panic, or if it made calls of its own, some of which may have completed.
//
// Before the attempt after the n-th one the run waits as long as the error asks for, and at least a random time between 0 and
// min(Max, Initial*2^(n-1)): exponential backoff with full jitter, so that calls which failed together do not come back together. An
// item that waits keeps its place among those in flight, which slows the intake down while a service is overloaded; the wait
// ends when the context does, and does not begin if the item's time is over before it is; see [WithItemTimeout].
//
// A field that is zero has the value that it has in [DefaultRetry].
type Retry struct {
	// Attempts is how often a call is sent at most, the first time included.
	Attempts int
	// ItemAttempts is how many attempts of an item's calls may fail before none of them is sent again; 0 sets no bound.
	ItemAttempts int
	// Initial bounds the first backoff, Max every one. Neither bounds what an error asks for.
	Initial, Max time.Duration
}

// DefaultRetry is how a run retries unless told otherwise: 5 attempts, with backoffs of up to 1 s, 2 s, 4 s and 8 s, and of a minute at most
// if there are more attempts.
func DefaultRetry() Retry { return Retry{Attempts: 5, Initial: time.Second, Max: time.Minute} }

// WithRetry sets how failed calls are sent again. The default is [DefaultRetry]; no field may be negative, nor Max be below Initial. Of
// this option and [WithoutRetries] the last use wins.
func WithRetry(r Retry) RunOption {
	return runOption(func(c *runConfig) error {
		c.retry = r.completed()
		if c.retry.Attempts < 0 || c.retry.ItemAttempts < 0 || c.retry.Initial < 0 || c.retry.Max < c.retry.Initial {
			return fmt.Errorf("run: WithRetry(%+v): no field may be negative, nor Max be below Initial", r)
		}
		return nil
	})
}

// WithoutRetries has every call sent once: what fails has failed.
func WithoutRetries() RunOption { return WithRetry(Retry{Attempts: 1}) }

// completed returns r with the defaults in the place of zeros.
func (r Retry) completed() Retry {
	d := DefaultRetry()
	if r.Attempts == 0 {
		r.Attempts = d.Attempts
	}
	if r.Initial == 0 {
		r.Initial = d.Initial
	}
	if r.Max == 0 {
		r.Max = max(d.Max, r.Initial)
	}
	return r
}

// ceiling bounds the backoff after attempt n.
func (r Retry) ceiling(n int) time.Duration {
	d := r.Initial
	for range n - 1 {
		if d > r.Max/2 { // doubling it could overflow
			return r.Max
		}
		d *= 2
	}
	return d
}

// retryAfter returns nil once the call that failed with err at attempt n may be sent again, otherwise the error that the call ends with.
func (i *itemState) retryAfter(ctx context.Context, n int, err error) error {
	c := i.runConfig
	if !i.mayRetry(c.retry.ItemAttempts) || n >= c.retry.Attempts {
		return err
	}
	asked, retryable := retryDelay(err)
	if !retryable {
		return err
	}
	d := max(asked, time.Duration(c.random(int64(c.retry.ceiling(n)))))
	if !i.deadline.IsZero() && time.Until(i.deadline) < d {
		return explained(err, func(cause error) error {
			return fmt.Errorf("%w before the call could be sent again: %w", &itemTimeoutError{c.itemTimeout}, cause)
		})
	}
	if wait(ctx, d) {
		return nil
	}
	ended := context.Cause(ctx)
	if errors.Is(err, ended) {
		return err
	}
	return explained(err, func(cause error) error {
		return fmt.Errorf("%w before the call could be sent again: %w", ended, cause)
	})
}

// retryAdvisor is an error that says whether sending the same call again can help, and how long the service asks to wait before.
type retryAdvisor interface {
	error
	RetryDelay() (delay time.Duration, retryable bool)
}

// retryDelay returns what err says about sending the same call again. What panicked is broken, whatever it panicked with.
func retryDelay(err error) (delay time.Duration, retryable bool) {
	if _, panicked := errors.AsType[*PanicError](err); panicked {
		return 0, false
	}
	e, ok := errors.AsType[retryAdvisor](err)
	if !ok {
		return 0, false
	}
	return e.RetryDelay()
}

// wait reports whether ctx was alive for all of d.
func wait(ctx context.Context, d time.Duration) bool {
	if ctx.Err() != nil {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
	return ctx.Err() == nil
}
