package pipeline

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
)

// StageError is the failure of one item. Stage is the path of the named stages around the failure ("" when none is named),
// Item the identifier of the item ("" outside a batch), Err the cause. When a stage runs a batch of its own, the cause is the
// StageError of the inner item.
type StageError struct {
	Stage string
	Item  string
	Err   error
}

// Error names the item, the stage and the cause.
func (e *StageError) Error() string {
	var b strings.Builder
	if e.Item != "" {
		fmt.Fprintf(&b, "item %s: ", e.Item)
	}
	if e.Stage != "" {
		fmt.Fprintf(&b, "stage %s: ", e.Stage)
	}
	fmt.Fprintf(&b, "%v", e.Err)
	return b.String()
}

// Unwrap returns the cause.
func (e *StageError) Unwrap() error {
	if e == nil {
		return nil // a stage returned a nil pointer as its error
	}
	return e.Err
}

// PanicError is a panic turned into an error: in a stage, in the building of an asset, or in an observer that is told of an item. Value
// is what was passed to panic, Stack the stack at that moment.
type PanicError struct {
	Value any
	Stack []byte
}

// Error states the value of the panic, not the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the panic's value if it was an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// AssetError is the failure to build one asset. Asset is its name.
type AssetError struct {
	Asset string
	Err   error
}

// Error names the asset and the cause.
func (e *AssetError) Error() string { return fmt.Sprintf("asset %s: %v", e.Asset, e.Err) }

// Unwrap returns the cause.
func (e *AssetError) Unwrap() error { return e.Err }

// errGoexit is the failure of what ended its goroutine instead of returning.
var errGoexit = errors.New("runtime.Goexit was called (t.FailNow does so)")

func newPanic(v any) *PanicError { return &PanicError{Value: v, Stack: debug.Stack()} }

// inStage puts name in front of the path of err. The error may be shared between items, so it is copied, never changed.
func inStage(name string, err error) error {
	if e := unfinished(err); e != nil {
		path := name
		if e.Stage != "" {
			path += "/" + e.Stage
		}
		return &StageError{Stage: path, Err: e.Err}
	}
	return &StageError{Stage: name, Err: err}
}

// unfinished returns err if it is a path that is still being built: one without an item.
func unfinished(err error) *StageError {
	e, ok := err.(*StageError) //nolint:errorlint // only the outermost error carries the path being built
	if !ok || e == nil || e.Item != "" {
		return nil
	}
	return e
}

// explained returns err with what explain says of its cause. A path that is still being built stays outermost.
func explained(err error, explain func(cause error) error) error {
	if e := unfinished(err); e != nil {
		return &StageError{Stage: e.Stage, Err: explain(e.Err)}
	}
	return explain(err)
}

// forItem names the item of err.
func forItem(id string, err error) error {
	if e := unfinished(err); e != nil {
		return &StageError{Stage: e.Stage, Item: id, Err: e.Err}
	}
	return &StageError{Item: id, Err: err}
}
