package pipeline

import (
	"context"
	"fmt"
	"sync"
)

// Each returns the stage that runs s on every element of its input, at most atOnce at a time; 0 or less means all at once. It returns the
// outputs in the order of the inputs, as a slice that is not nil and is as long as the input.
//
// Once an element has failed, or ctx has ended, no further element begins, and those that have begun go on to their end: their calls are
// paid for. Elements begin in order, so the error that is returned, that of the first element in order that failed, does not depend on
// timing if the stage is deterministic. Where there are several elements the error names the element by its index. Panics and
// [runtime.Goexit] in an element are failures of it. If ctx ended before every element began, and none failed, its cause is returned.
//
// Elements share the item, the path of stages and everything else of the context; [Event] and [CallInfo] tell them apart.
func Each[I, O any](s Stage[I, O], atOnce int) Stage[[]I, []O] {
	return each[I, O]{s, atOnce}
}

type each[I, O any] struct {
	stage  Stage[I, O]
	atOnce int
}

func (e each[I, O]) Run(ctx context.Context, in []I) ([]O, error) {
	f := &fanOut[I, O]{stage: e.stage, in: in, out: make([]O, len(in)), failed: len(in)}
	workers := len(in)
	if e.atOnce > 0 {
		workers = min(workers, e.atOnce)
	}
	var done sync.WaitGroup
	for range workers {
		done.Go(func() { f.work(ctx) })
	}
	done.Wait()
	switch {
	case f.err != nil:
		return nil, f.err
	case f.begun < len(in):
		return nil, context.Cause(ctx) //nolint:wrapcheck // the caller knows why its context ended
	default:
		return f.out, nil
	}
}

// fanOut is the one owner of the goroutines inside an item.
type fanOut[I, O any] struct {
	stage Stage[I, O]
	in    []I
	out   []O

	mu     sync.Mutex
	begun  int
	failed int // the first element in order that failed, len(in) if there is none
	err    error
}

// work runs elements until there is none to begin. An element that ends this goroutine has failed, so nobody needs to take over.
func (f *fanOut[I, O]) work(ctx context.Context) {
	for {
		i, ok := f.begin(ctx)
		if !ok {
			return
		}
		f.run(ctx, i)
	}
}

func (f *fanOut[I, O]) begin(ctx context.Context) (index int, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.begun == len(f.in) || f.err != nil || ctx.Err() != nil {
		return 0, false
	}
	f.begun++
	return f.begun - 1, true
}

func (f *fanOut[I, O]) run(ctx context.Context, index int) {
	err := errGoexit // stands if the stage does not return
	defer func() {
		if v := recover(); v != nil {
			err = newPanic(v)
		}
		if err != nil {
			f.fail(index, err)
		}
	}()
	if s := scopeFrom(ctx); s != nil && s.item.watched() {
		ctx = s.at(ctx, index)
	}
	f.out[index], err = f.stage.Run(ctx, f.in[index])
}

// fail keeps the error of the first element in order.
func (f *fanOut[I, O]) fail(index int, err error) {
	if len(f.in) > 1 {
		err = explained(err, func(cause error) error { return fmt.Errorf("element %d: %w", index, cause) })
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if index < f.failed {
		f.failed, f.err = index, err
	}
}
