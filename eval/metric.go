package eval

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gloss-sdk/gloss/eval/stats"
)

// Case is what a metric looks at: an input, what was predicted for it and what is true.
type Case[I, O, T any] struct {
	ID    string
	Input I
	Out   O
	Truth T
}

// ErrMissing is returned, or wrapped, by a metric when the prediction lacks what would be scored. The cell is then [Missing].
var ErrMissing = errors.New("the prediction lacks what is scored")

// ErrNotApplicable is returned, or wrapped, by a metric when the truth has nothing to compare with. The cell is then [NotApplicable].
var ErrNotApplicable = errors.New("the truth has nothing to compare with")

// Reducer computes one number from the rows of the scored items. It must depend on nothing else: not on the order of the rows, nor on how often it
// is called. A row can occur several times. The slice is reused; a reducer neither keeps nor changes it. A panic makes the number undefined.
type Reducer func(rows [][]float64) stats.Estimate

// Metric scores predictions. It is made by [Mean], [Reduced] and the constructors of specific metrics; mistakes in their arguments are reported by
// [Score] and [Run] before anything is done. A Metric is immutable and safe for concurrent use if its functions are.
type Metric[I, O, T any] struct {
	spec   MetricSpec
	row    func(context.Context, Case[I, O, T]) ([]float64, error)
	reduce Reducer // of KindReduced
	err    error
}

// Metrics returns ms. It exists for inference: []eval.Metric{…} would need all type arguments.
func Metrics[I, O, T any](ms ...Metric[I, O, T]) []Metric[I, O, T] { return ms }

// Mean returns a metric that gives each item a number and the set of items their mean. Its interval is a t interval over the items, a cluster t
// interval if samples name clusters. Higher is better, unless [Metric.LowerIsBetter] says otherwise.
func Mean[I, O, T any](name string, score func(ctx context.Context, c Case[I, O, T]) (float64, error)) Metric[I, O, T] {
	m := newMetric[I, O, T](MetricSpec{Name: name, Kind: KindMean})
	if score == nil {
		return m.fail("the function is nil")
	}
	m.row = func(ctx context.Context, c Case[I, O, T]) ([]float64, error) {
		v, err := score(ctx, c)
		return []float64{v}, err
	}
	return m
}

// Reduced returns a metric that gives each item a row of numbers and the set of items whatever reduce makes of all rows, such as an F1 of summed
// counts. Its interval is a seeded bootstrap over the items, or over whole clusters if samples name them.
//
// reduce is code and is not stored with an [Outcome]: see [Reattach].
func Reduced[I, O, T any](
	name string, row func(ctx context.Context, c Case[I, O, T]) ([]float64, error), reduce Reducer,
) Metric[I, O, T] {
	m := newMetric[I, O, T](MetricSpec{Name: name, Kind: KindReduced})
	m.row, m.reduce = row, reduce
	if row == nil || reduce == nil {
		return m.fail("a function is nil")
	}
	return m
}

func newMetric[I, O, T any](spec MetricSpec) Metric[I, O, T] {
	return Metric[I, O, T]{spec: spec}
}

func (m Metric[I, O, T]) fail(problem string) Metric[I, O, T] {
	m.err = errors.Join(m.err, fmt.Errorf("eval: metric %q: %s", m.spec.Name, problem))
	return m
}

// Spec returns the metric as data.
func (m Metric[I, O, T]) Spec() MetricSpec { return m.spec }

// LowerIsBetter returns a copy of m of which a comparison counts an item as won where its number fell.
func (m Metric[I, O, T]) LowerIsBetter() Metric[I, O, T] {
	m.spec.LowerIsBetter = true
	return m
}

// WithReference returns a copy of m whose summary shows the value of another metric next to its own, such as what two teachers reach between them
// ([Ceiling]). That metric must be scored along with m.
func (m Metric[I, O, T]) WithReference(metric string) Metric[I, O, T] {
	m.spec.Reference = metric
	return m
}

// score makes a cell. A panic of the metric is an error of that cell.
func (m Metric[I, O, T]) score(ctx context.Context, c Case[I, O, T]) (cell Cell) {
	defer func() {
		if v := recover(); v != nil {
			cell = Cell{Status: Errored, Detail: fmt.Sprintf("panic: %v", v)}
		}
	}()
	row, err := m.row(ctx, c)
	switch {
	case errors.Is(err, ErrNotApplicable):
		return Cell{Status: NotApplicable, Detail: err.Error()}
	case errors.Is(err, ErrMissing):
		return Cell{Status: Missing, Detail: err.Error()}
	case err == nil:
		err = m.spec.checkRow(row)
	}
	if err != nil {
		return Cell{Status: Errored, Detail: err.Error()}
	}
	return Cell{Status: Scored, Row: append([]float64(nil), row...)}
}

func checkFinite(row []float64) error {
	for i, v := range row {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("number %d of the row is %g: want finite numbers; return ErrMissing or ErrNotApplicable where there is none", i+1, v)
		}
	}
	return nil
}
