package llm

import (
	"errors"
	"fmt"
	"time"
)

// Code classifies a failed call by what a caller can do about it.
type Code string

// The classes of failure.
const (
	CodeThrottled      Code = "throttled"        // too many requests: wait, then send the same request again
	CodeUnavailable    Code = "unavailable"      // the service failed: the same request may succeed later
	CodeTimeout        Code = "timeout"          // no answer in time
	CodeContextTooLong Code = "context_too_long" // the request does not fit the model's window
	CodeTruncated      Code = "truncated"        // the answer was cut before it was complete
	CodeRefused        Code = "refused"          // the model or a filter declined
	CodeInvalid        Code = "invalid_request"  // the request can never succeed as it is
	CodeAuth           Code = "auth"             // the credentials are missing or not accepted
	CodeBudget         Code = "budget"           // the run's own budget is spent
	CodeCanceled       Code = "canceled"         // the caller gave up
	CodeUnknown        Code = "unknown"          // none of the above could be told
)

// Error is a failed call. Model names the model as configured, Status is the provider's numeric status (0 when there is none),
// RetryAfter is the wait the provider asked for (0 when it asked for none), Err is the cause.
type Error struct {
	Code       Code
	Model      string
	Status     int
	RetryAfter time.Duration
	Err        error
}

// Error says what failed, where and why.
func (e *Error) Error() string {
	where := e.Model
	if where == "" {
		where = "model"
	}
	if e.Err == nil {
		return fmt.Sprintf("%s: %s", where, e.Code)
	}
	return fmt.Sprintf("%s: %s: %v", where, e.Code, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ErrorClass returns the code in a form that needs no import of this package.
func (e *Error) ErrorClass() string { return string(e.Code) }

// RetryDelay returns the wait the provider asked for, and whether sending the same request again can help at all.
func (e *Error) RetryDelay() (delay time.Duration, retryable bool) {
	switch e.Code {
	case CodeThrottled, CodeUnavailable, CodeTimeout:
		return e.RetryAfter, true
	default:
		return 0, false
	}
}

// CodeOf returns the code of the first [*Error] in err's chain, CodeUnknown for any other error and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeUnknown
}
