package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/gloss-sdk/gloss/internal/plainjson"
)

// Journal answers work that was done before, so that what was paid for is not paid for again. A run asks it for every item and for every call
// of an item. Implementations are safe for concurrent use.
//
// Failures are never kept: work that failed is done again.
type Journal interface {
	// Begin is told of a target before its first item. An error refuses it, and fails [Start].
	Begin(ctx context.Context, t Target) error
	// Do returns the outcome of w: what is kept of it, with its origin, or what do returns, with the origin "". It calls do at most once
	// and returns its error as it is. It may wait for someone else who does the same work.
	Do(ctx context.Context, w Work, do func(ctx context.Context) (any, error)) (out any, origin string, err error)
}

// Recorder is an observer that keeps what it is told, and answers from it when a run goes on.
type Recorder interface {
	Observer
	Journal
	// Spent returns what earlier sessions of the run consumed; it counts towards the run's budget.
	Spent() Usage
}

// Work is an item, or one call of an item. Fingerprint identifies it; an item or a call without one is not asked for.
type Work struct {
	Fingerprint string
	// Target, Batch, Index and Item are where the work comes up, as in [Event].
	Target string
	Batch  int
	Index  int
	Item   string
	// Call is the call, nil if the work is an item. Its Attempt is 0.
	Call *CallInfo
	// Decode returns the outcome that text stands for, compact JSON as encoding/json writes it, without escapes for HTML. It fails where the
	// outcome would not be the same: if it is an interface, or its JSON would not be text again.
	Decode func(text []byte) (any, error)
}

// WithJournal adds a journal. The first one added is asked first, and asks the next one by its do. By default there is none.
func WithJournal(j Journal) RunOption {
	return runOption(func(c *runConfig) error {
		if j == nil {
			return errors.New("run: WithJournal(nil): leave the option out instead")
		}
		c.journals = append(c.journals, j)
		return nil
	})
}

// WithRecorder adds r as an observer and as a journal, and counts what it says was spent before towards the run's budget.
func WithRecorder(r Recorder) RunOption {
	return runOption(func(c *runConfig) error {
		if r == nil {
			return errors.New("run: WithRecorder(nil): leave the option out instead")
		}
		c.observers = append(c.observers, r)
		c.journals = append(c.journals, r)
		c.before = c.before.Add(r.Spent())
		return nil
	})
}

// journaled does w by way of the journals, and returns where the outcome was kept, "" if it was made now.
func journaled[O any](ctx context.Context, journals []Journal, w *Work, do func(ctx context.Context) (O, error)) (O, string, error) {
	var zero O
	origin := ""
	next := func(ctx context.Context) (any, error) { return do(ctx) }
	for i := len(journals) - 1; i >= 0; i-- {
		inner := next
		next = func(ctx context.Context) (any, error) {
			out, from, err := journals[i].Do(ctx, *w, inner)
			if from != "" {
				origin = from
			}
			return out, err //nolint:wrapcheck // it is the error of the work
		}
	}
	answer, err := next(ctx)
	if err != nil {
		return zero, "", err
	}
	out, ok := answer.(O)
	if !ok && (answer != nil || any(zero) != nil) { // nil is an answer where O is an interface
		return zero, "", fmt.Errorf("a journal answered with %T where %T was expected", answer, zero)
	}
	return out, origin, nil
}

// decode returns the O that text stands for, provided that it has the same JSON again.
func decode[O any](text []byte) (any, error) {
	if reflect.TypeFor[O]().Kind() == reflect.Interface {
		return nil, errors.New("an interface does not come back from its JSON")
	}
	var out O
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, err //nolint:wrapcheck // the journal says what was decoded
	}
	again, err := plainjson.Marshal(out)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, text) {
		return nil, fmt.Errorf("%T does not come back from its JSON as it was", out)
	}
	return out, nil
}
