package pipeline

import (
	"errors"
	"fmt"
	"sync"
)

// StopError is why a run stopped by itself: a budget is spent, too many items failed, or a guard found that too much was asked for. What
// had begun goes on to its end, and nothing new begins: streams take no more items, and items that were taken already fail with this error.
type StopError struct{ Err error }

// Error says why the run stopped.
func (e *StopError) Error() string { return fmt.Sprintf("the run stopped: %v", e.Err) }

// Unwrap returns the reason.
func (e *StopError) Unwrap() error { return e.Err }

// ErrorClass returns "budget" if a budget is spent, otherwise "stopped".
func (e *StopError) ErrorClass() string {
	if _, spent := errors.AsType[*budgetError](e.Err); spent {
		return "budget"
	}
	return "stopped"
}

// Stopped returns a [*StopError] if the run, its parent or a child stopped by itself, otherwise nil.
func (r *Run) Stopped() error {
	if err := r.account.stopped(); err != nil {
		return err
	}
	return nil
}

// Usage returns what the run consumed so far with its parents and children, including what was consumed while assets were built. What
// earlier sessions of a resumed run consumed is not part of it.
func (r *Run) Usage() Usage {
	r.account.mu.Lock()
	defer r.account.mu.Unlock()
	return r.account.spent
}

// FailurePolicy says when failed items stop a run. The zero value never does, which is the default. Items count over the run and its
// children; an item that was taken from a [Journal] has not failed.
type FailurePolicy struct {
	// Count stops the run when so many items have failed; 1 is the first one. 0 sets no bound.
	Count int
	// Share stops the run when more than this share of the finished items has failed, once at least After are finished. 0 sets no bound.
	Share float64
	After int
}

// WithFailurePolicy sets when failed items stop the run. The last use wins.
func WithFailurePolicy(p FailurePolicy) RunOption {
	return runOption(func(c *runConfig) error {
		if p.Count < 0 || p.After < 0 || !(p.Share >= 0 && p.Share < 1) {
			return fmt.Errorf("run: WithFailurePolicy(%+v): Count and After must not be negative, and Share be at least 0 and below 1", p)
		}
		if p.After > 0 && p.Share == 0 {
			return fmt.Errorf("run: WithFailurePolicy(%+v): After says nothing without a Share", p)
		}
		c.failures = p
		return nil
	})
}

// check returns why failed of finished items are too many, or nil.
func (p FailurePolicy) check(failed, finished int) error {
	switch {
	case p.Count > 0 && failed >= p.Count:
		return fmt.Errorf("%d items failed, and %d are as many as may", failed, p.Count)
	case p.Share > 0 && finished >= p.After && float64(failed) > p.Share*float64(finished):
		return fmt.Errorf("%d of %d items failed, and no more than %.3g %% may", failed, finished, 100*p.Share)
	default:
		return nil
	}
}

// account is what a run and its children have spent and how their items fared.
type account struct {
	mu       sync.Mutex
	spent    Usage
	reserved reservation
	finished int
	failed   int
	returned outputs
	reason   *StopError // why nothing new begins
	spentOut *StopError // why nothing more is sent
}

func (a *account) stopped() *StopError {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.reason
}

// stop keeps the first reason and returns it.
func (a *account) stop(reason error) *StopError {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.reason == nil {
		a.reason = &StopError{reason}
	}
	return a.reason
}

// finish counts a finished item. One that could not go on because the run had stopped has not failed by itself.
func (a *account) finish(p FailurePolicy, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.finished++
	if err != nil {
		if _, stopped := errors.AsType[*StopError](err); !stopped {
			a.failed++
		}
	}
	if reason := p.check(a.failed, a.finished); reason != nil && a.reason == nil {
		a.reason = &StopError{reason}
	}
}
