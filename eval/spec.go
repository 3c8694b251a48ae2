package eval

import (
	"errors"
	"fmt"
	"math"

	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/stats"
)

// Kind says how the rows of a metric become one number.
type Kind string

// The kinds of metrics. The ones of score agreement have rows of two scores: true and predicted, or those of two raters.
const (
	KindMean    Kind = "mean"    // a number an item; see [Mean]
	KindReduced Kind = "reduced" // a row an item and a function of all rows; see [Reduced]
	KindSetF1   Kind = "set_f1"  // true positives, false positives, false negatives; see [SetF1]

	KindQWK      Kind = "qwk"      // quadratic weighted kappa
	KindExact    Kind = "exact"    // share of equal scores
	KindAdjacent Kind = "adjacent" // share of scores at most one step of the scale apart
	KindPearson  Kind = "pearson"  // product-moment correlation
	KindMAE      Kind = "mae"      // mean absolute error
	KindRMSE     Kind = "rmse"     // root mean squared error
	KindSMD      Kind = "smd"      // standardized mean difference
)

// agreements returns the kinds of score agreement in the order of reports.
func agreements() []Kind {
	return []Kind{KindQWK, KindExact, KindAdjacent, KindPearson, KindMAE, KindRMSE, KindSMD}
}

// MetricSpec is a metric as data: all that is needed to reduce stored rows again, unless it is of [KindReduced].
type MetricSpec struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// Scale is the declared scale of a metric of score agreement, otherwise zero.
	Scale agreement.Scale `json:"scale,omitzero"`
	// LowerIsBetter turns wins and losses of a comparison around.
	LowerIsBetter bool `json:"lower_is_better,omitempty"`
	// TruthOnly marks a metric that compares truth with truth, whatever was predicted.
	TruthOnly bool `json:"truth_only,omitempty"`
	// Reference names the metric whose value is shown next to this one's; empty for none.
	Reference string `json:"reference,omitempty"`
}

// check reports a metric without a name, of an unknown kind or without its scale.
func (s MetricSpec) check() error {
	if s.Name == "" {
		return errors.New("eval: a metric needs a name")
	}
	switch s.Kind {
	case KindMean, KindReduced, KindSetF1:
		if s.Scale != (agreement.Scale{}) {
			return fmt.Errorf("eval: metric %q: kind %q has no scale", s.Name, s.Kind)
		}
		return nil
	case KindQWK, KindExact, KindAdjacent, KindPearson, KindMAE, KindRMSE, KindSMD:
		if err := s.Scale.Validate(); err != nil {
			return fmt.Errorf("eval: metric %q: %w", s.Name, err)
		}
		return nil
	default:
		return fmt.Errorf("eval: metric %q: unknown kind %q", s.Name, s.Kind)
	}
}

// checkRow reports a row that the kind cannot reduce.
func (s MetricSpec) checkRow(row []float64) error {
	want := 2
	switch s.Kind {
	case KindReduced:
		if len(row) == 0 {
			return errors.New("the row is empty")
		}
		return checkFinite(row)
	case KindMean:
		want = 1
	case KindSetF1:
		want = 3
	default:
	}
	if len(row) != want {
		return fmt.Errorf("the row has %d numbers: kind %q has %d", len(row), s.Kind, want)
	}
	return checkFinite(row)
}

// limits are the least and the greatest value that the metric can have.
func (s MetricSpec) limits() (least, greatest float64) {
	switch s.Kind {
	case KindExact, KindAdjacent, KindSetF1:
		return 0, 1
	case KindQWK, KindPearson:
		return -1, 1
	case KindMAE, KindRMSE:
		return 0, math.Inf(1)
	default:
		return math.Inf(-1), math.Inf(1)
	}
}

// itemValue returns the function that makes an item's number of its row, or nil if the kind gives numbers to sets of items only.
func (s MetricSpec) itemValue() func(row []float64) float64 {
	switch s.Kind {
	case KindMean:
		return func(row []float64) float64 { return row[0] }
	case KindExact:
		return s.pairValue(agreement.Exact)
	case KindAdjacent:
		return s.pairValue(func(a, b []float64) (stats.Estimate, error) { return agreement.Adjacent(a, b, s.Scale.Step) })
	case KindMAE:
		return s.pairValue(agreement.MAE)
	default:
		return nil
	}
}

// pairValue measures one pair alone. Shares and mean errors of one pair are always defined.
func (s MetricSpec) pairValue(measure func(a, b []float64) (stats.Estimate, error)) func(row []float64) float64 {
	return func(row []float64) float64 {
		e, err := measure(row[:1], row[1:])
		if v, ok := e.Value(); ok && err == nil {
			return v
		}
		return math.NaN() // refused by every interval
	}
}

// reducer returns the function of a kind that has no numbers for single items; custom is the one of KindReduced.
func (s MetricSpec) reducer(custom Reducer) Reducer {
	switch s.Kind {
	case KindQWK:
		return pairs(func(a, b []float64) (stats.Estimate, error) { return agreement.QWK(a, b, s.Scale) })
	case KindPearson:
		return pairs(agreement.Pearson)
	case KindRMSE:
		return pairs(agreement.RMSE)
	case KindSMD:
		return pairs(agreement.SMD)
	case KindSetF1:
		return microF1
	default:
		return guarded(custom)
	}
}

func pairs(measure func(a, b []float64) (stats.Estimate, error)) Reducer {
	return func(rows [][]float64) stats.Estimate {
		first, second := make([]float64, len(rows)), make([]float64, len(rows))
		for i, row := range rows {
			first[i], second[i] = row[0], row[1]
		}
		e, err := measure(first, second)
		if err != nil {
			return stats.Undefined(err.Error())
		}
		return e
	}
}

// guarded is a reducer that may be nil, after an outcome was read from JSON, and may panic.
func guarded(custom Reducer) Reducer {
	if custom == nil {
		return func([][]float64) stats.Estimate {
			return stats.Undefined("the reducer is not stored; pass the metric to Reattach")
		}
	}
	return func(rows [][]float64) (e stats.Estimate) {
		defer func() {
			if v := recover(); v != nil {
				e = stats.Undefined(fmt.Sprintf("the reducer panicked: %v", v))
			}
		}()
		return custom(rows)
	}
}
