package pipeline

import "context"

// Stage maps one input to one output.
//
// A stage is safe for concurrent use, does not modify its input nor anything the input refers to (tests see to that by
// [WithInputChecks]), honours the cancellation of ctx, and keeps no state from one input to the next. Any type with this method is a stage;
// it need not import this package.
type Stage[I, O any] interface {
	Run(ctx context.Context, in I) (O, error)
}

// Func adapts a function to a [Stage].
type Func[I, O any] func(ctx context.Context, in I) (O, error)

// Run calls f.
func (f Func[I, O]) Run(ctx context.Context, in I) (O, error) { return f(ctx, in) }

// Fn returns f as a [Func]. It exists for inference: Then(Fn(parse), Fn(show)) needs no type arguments, where a bare function
// literal would not be accepted as a stage.
func Fn[I, O any](f func(ctx context.Context, in I) (O, error)) Func[I, O] { return f }

// Then returns the stage that runs a and passes its output to b. An error of a is returned without running b.
func Then[A, B, C any](a Stage[A, B], b Stage[B, C]) Stage[A, C] {
	return then[A, B, C]{a, b}
}

type then[A, B, C any] struct {
	first  Stage[A, B]
	second Stage[B, C]
}

func (t then[A, B, C]) Run(ctx context.Context, in A) (C, error) {
	mid, err := t.first.Run(ctx, in)
	if err != nil {
		var zero C
		return zero, err //nolint:wrapcheck // named stages wrap; composition adds nothing to the message
	}
	return t.second.Run(ctx, mid) //nolint:wrapcheck // as above
}

// Chain returns the stage that runs steps in order, each on the output of the one before. Without steps it returns its input. The
// slice is copied.
func Chain[T any](steps ...Stage[T, T]) Stage[T, T] {
	return chain[T](append([]Stage[T, T](nil), steps...))
}

type chain[T any] []Stage[T, T]

func (c chain[T]) Run(ctx context.Context, in T) (T, error) {
	var err error
	for _, step := range c {
		if in, err = step.Run(ctx, in); err != nil {
			var zero T
			return zero, err //nolint:wrapcheck // named stages wrap; composition adds nothing to the message
		}
	}
	return in, nil
}

// Named returns s under a name. Its input, output, error and duration are told to the run's observers, its errors are wrapped in a
// [*StageError] that names it, and a panic in it becomes such an error instead of ending the program. Names of nested stages join
// to a path, "rubric_score/prompt".
func Named[I, O any](name string, s Stage[I, O]) Stage[I, O] {
	return named[I, O]{name, s}
}

type named[I, O any] struct {
	name  string
	stage Stage[I, O]
}

func (n named[I, O]) Run(ctx context.Context, in I) (out O, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = newPanic(v)
		}
		if err != nil {
			err = inStage(n.name, err)
		}
	}()
	s := scopeFrom(ctx)
	if s == nil || !s.item.watched() {
		return n.stage.Run(ctx, in) //nolint:wrapcheck // the deferred call wraps
	}
	inner, stage := s.enter(ctx, n.name), n.stage
	if s.item.inputChecks {
		stage = checked[I, O]{stage}
	}
	if s.item.observer == nil && len(s.item.tracers) == 0 {
		return stage.Run(inner, in) //nolint:wrapcheck // as above
	}
	return observed(inner, stage, in)
}

// observed runs a stage between two readings of the clock and tells of it, however it ends.
func observed[I, O any](s *scope, stage Stage[I, O], in I) (out O, err error) {
	begin := s.item.now()
	var end func(Event)
	if len(s.item.tracers) > 0 {
		e := s.beginning(KindStage, begin)
		e.In = in
		s.Context, end = s.item.trace(s.Context, e)
	}
	err = errGoexit // stands if the stage does not return
	defer func() {
		if v := recover(); v != nil {
			err = newPanic(v)
		}
		e := s.event(KindStage, begin)
		e.In, e.Err = in, err
		if err == nil {
			e.Out = out
		}
		if s.item.observer != nil {
			s.item.observer.Observe(s, e)
		}
		if end != nil {
			end(e)
		}
	}()
	return stage.Run(s, in) //nolint:wrapcheck // Named wraps
}
