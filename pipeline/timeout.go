package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// DefaultCallTimeout is how long an attempt of a call may take unless a run is told otherwise: longer than the longest answer of a model that
// reasons, short enough for a night's run to survive connections that stall.
const DefaultCallTimeout = 10 * time.Minute

// WithCallTimeout sets how long each attempt of a call may take: the context of the stage in [Call] ends after d. What interceptors wait
// for, and the time between attempts, does not count; the calls that a call makes do. An attempt that runs out of time is a failure that
// can be retried. The default is [DefaultCallTimeout]; d must be positive. Of this option and [WithoutCallTimeout] the last use wins.
func WithCallTimeout(d time.Duration) RunOption {
	return runOption(func(c *runConfig) error {
		if d <= 0 {
			return fmt.Errorf("run: WithCallTimeout(%s): the time must be positive; see WithoutCallTimeout", d)
		}
		c.callTimeout = d
		return nil
	})
}

// WithoutCallTimeout lets a call take as long as its item may.
func WithoutCallTimeout() RunOption {
	return runOption(func(c *runConfig) error {
		c.callTimeout = 0
		return nil
	})
}

// timeoutError is a call that ran out of the run's time and said so by nothing but the error of its context.
type timeoutError struct {
	resource string
	limit    time.Duration
	err      error
}

func (e *timeoutError) Error() string {
	return fmt.Sprintf("call %s: no answer within %s: %v", e.resource, e.limit, e.err)
}

func (e *timeoutError) Unwrap() error { return e.err }

// ErrorClass returns the class that ports use for a call without an answer in time.
func (e *timeoutError) ErrorClass() string { return "timeout" }

// RetryDelay asks for no wait: the service did not answer, so it did not ask for one.
func (e *timeoutError) RetryDelay() (delay time.Duration, retryable bool) { return 0, true }

// timedOut returns err as a [timeoutError] if it is the bare error of limited, the context of an attempt inside of ctx, having run out of time.
func timedOut(ctx, limited context.Context, resource string, limit time.Duration, err error) error {
	if ctx.Err() != nil || limited.Err() == nil || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if _, advised := errors.AsType[retryAdvisor](err); advised {
		return err // the stage knows better what happened
	}
	return explained(err, func(cause error) error { return &timeoutError{resource, limit, cause} })
}

// WithItemTimeout sets how long an item may take, with all its calls, retries and waits. An item that runs out of time fails; it costs no
// other item anything. By default an item may take as long as its calls may; d must be positive. The last use wins.
func WithItemTimeout(d time.Duration) RunOption {
	return runOption(func(c *runConfig) error {
		if d <= 0 {
			return fmt.Errorf("run: WithItemTimeout(%s): the time must be positive", d)
		}
		c.itemTimeout = d
		return nil
	})
}

// itemTimeoutError is why the context of an item ended.
type itemTimeoutError struct{ limit time.Duration }

func (e *itemTimeoutError) Error() string {
	return fmt.Sprintf("the item was not finished within %s", e.limit)
}

// Is says that this is a deadline like any other.
func (e *itemTimeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// ErrorClass returns the class that ports use for a call without an answer in time.
func (e *itemTimeoutError) ErrorClass() string { return "timeout" }
