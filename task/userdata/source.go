package userdata

import (
	"context"
	"iter"
)

// Record is one value with the place where it was read.
type Record[T any] struct {
	Value T
	Place Place
	lines func(field string) int // may be nil
}

// at returns the place of a field, such as scores[2].value: its own line if the file has one for it, or else the record's.
func (r Record[T]) at(field string) Place {
	if r.lines == nil {
		return r.Place
	}
	return Place{r.Place.File, r.lines(field)}
}

// Source reads all values of one data type.
//
// Read yields records in the order of the source. Of a record that cannot be read, each thing that is wrong is yielded as a [*Problem],
// and reading goes on with the next record; any other error ends the sequence. A source may be read more than once, gives the same records each time, and honours ctx.
type Source[T any] interface {
	Read(ctx context.Context) iter.Seq2[Record[T], error]
}

// SourceFunc adapts a function to a [Source].
type SourceFunc[T any] func(ctx context.Context) iter.Seq2[Record[T], error]

// Read calls f.
func (f SourceFunc[T]) Read(ctx context.Context) iter.Seq2[Record[T], error] { return f(ctx) }

// Values returns a source that holds values in memory; their place is their number, counted from 1. The slice is not copied.
func Values[T any](name string, values ...T) Source[T] {
	return SourceFunc[T](func(ctx context.Context) iter.Seq2[Record[T], error] {
		return func(yield func(Record[T], error) bool) {
			for i, v := range values {
				if ctx.Err() != nil {
					yield(Record[T]{}, context.Cause(ctx))
					return
				}
				if !yield(Record[T]{Value: v, Place: Place{name, i + 1}}, nil) {
					return
				}
			}
		}
	})
}

// Sources names where each data type of a class comes from. A nil source means that the class has no data of that type.
type Sources struct {
	Assignments Source[Assignment]
	Rubrics     Source[Rubric]
	Documents   Source[Document]
	Students    Source[Student]
	Submissions Source[Submission]
	Feedback    Source[Feedback]
}

// failing returns a source that cannot be read.
func failing[T any](err error) Source[T] {
	return SourceFunc[T](func(context.Context) iter.Seq2[Record[T], error] {
		return func(yield func(Record[T], error) bool) { yield(Record[T]{}, err) }
	})
}

// convert returns a source of what f makes of each record of src. An error of f takes the place of the record: a [*Problem], or one that
// ends the sequence.
func convert[S, T any](src Source[S], f func(Record[S]) (T, error)) Source[T] {
	return SourceFunc[T](func(ctx context.Context) iter.Seq2[Record[T], error] {
		return func(yield func(Record[T], error) bool) {
			for r, err := range src.Read(ctx) {
				out := Record[T]{Place: r.Place, lines: r.lines}
				if err == nil {
					out.Value, err = f(r)
				}
				if !yield(out, err) || err != nil && asProblem(err) == nil {
					return
				}
			}
		}
	})
}
