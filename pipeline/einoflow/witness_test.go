package einoflow_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/cloudwego/eino/callbacks"
	"github.com/cloudwego/eino/components/model"
)

// A host may have a global handler. With one in place the race detector sees every append to a list of handlers that is shared.
func TestMain(m *testing.M) {
	callbacks.AppendGlobalHandlers(callbacks.NewHandlerBuilder().
		OnStartFn(func(ctx context.Context, _ *callbacks.RunInfo, _ callbacks.CallbackInput) context.Context { return ctx }).Build())
	os.Exit(m.Run())
}

// witness is a callback handler of a host that keeps the order of what it is told.
type witness struct {
	mu     sync.Mutex
	events []string
	tokens int
	errs   []error
}

func (w *witness) note(timing string, info *callbacks.RunInfo) {
	w.events = append(w.events, fmt.Sprintf("%s %s %s", timing, info.Component, info.Name))
}

func (w *witness) handler() callbacks.Handler {
	return callbacks.NewHandlerBuilder().
		OnStartFn(func(ctx context.Context, info *callbacks.RunInfo, _ callbacks.CallbackInput) context.Context {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.note("start", info)
			return ctx
		}).
		OnEndFn(func(ctx context.Context, info *callbacks.RunInfo, out callbacks.CallbackOutput) context.Context {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.note("end", info)
			if out := model.ConvCallbackOutput(out); out != nil && out.TokenUsage != nil {
				w.tokens += out.TokenUsage.TotalTokens
			}
			return ctx
		}).
		OnErrorFn(func(ctx context.Context, info *callbacks.RunInfo, err error) context.Context {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.note("error", info)
			w.errs = append(w.errs, err)
			return ctx
		}).Build()
}
