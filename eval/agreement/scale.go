package agreement

import (
	"errors"
	"fmt"
	"math"
)

// maxLevels keeps a kappa's cost, quadratic in levels, within reason.
const maxLevels = 1001

// Scale is the declared range of a score: Min, Min+Step, and so on up to Max. It
// is never inferred from ratings, because a level that nobody used still sets how
// far apart the others are. The zero value is not a valid scale.
type Scale struct {
	Min  float64 `json:"min"`
	Max  float64 `json:"max"`
	Step float64 `json:"step"`
}

// Validate reports a scale whose numbers are not finite, whose step is not above
// 0, whose range is not a whole number of steps, or which has more than 1001
// levels. Scores that fine are continuous: see [ContinuousQWK].
func (s Scale) Validate() error {
	if math.IsNaN(s.Min+s.Max+s.Step) || math.IsInf(s.Min+s.Max+s.Step, 0) {
		return fmt.Errorf("scale %v: want finite numbers", s)
	}
	if s.Step <= 0 || s.Max <= s.Min {
		return fmt.Errorf("scale %v: want min < max and step > 0", s)
	}
	steps := (s.Max - s.Min) / s.Step
	if steps > maxLevels-1 {
		return fmt.Errorf("scale %v: %.0f levels: want at most %d; finer scores are continuous", s, math.Floor(steps)+1, maxLevels)
	}
	if _, whole := nearest(steps); !whole {
		return fmt.Errorf("scale %v: the range is %g steps: want a whole number", s, steps)
	}
	return nil
}

// String returns the scale as "1..6 step 1".
func (s Scale) String() string { return fmt.Sprintf("%g..%g step %g", s.Min, s.Max, s.Step) }

// levels is the number of levels of a valid scale.
func (s Scale) levels() int {
	steps, _ := nearest((s.Max - s.Min) / s.Step)
	return steps + 1
}

// positions returns the ratings as numbers of steps above Min.
func (s Scale) positions(name string, ratings []float64) ([]int, error) {
	at, levels := make([]int, len(ratings)), s.levels()
	for i, r := range ratings {
		step, whole := nearest((r - s.Min) / s.Step)
		if !whole || step < 0 || step >= levels {
			return nil, fmt.Errorf("%s[%d] = %g is off the scale %v", name, i, r, s)
		}
		at[i] = step
	}
	return at, nil
}

// nearest rounds a number of steps, allowing for what decimal fractions lose: 0.3
// is not exactly three steps of 0.1.
func nearest(steps float64) (n int, whole bool) {
	if !(math.Abs(steps) < 1<<31) {
		return 0, false
	}
	rounded := math.Round(steps)
	return int(rounded), math.Abs(steps-rounded) < 1e-6
}

// check reports series that are not pairs of finite numbers.
func check(nameA, nameB string, a, b []float64) error {
	if len(a) != len(b) {
		return fmt.Errorf("%d values of %s and %d of %s: want pairs", len(a), nameA, len(b), nameB)
	}
	return errors.Join(checkFinite(nameA, a), checkFinite(nameB, b))
}

func checkFinite(name string, values []float64) error {
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%s[%d] is %g: want finite values; leave out pairs that were not scored", name, i, v)
		}
	}
	return nil
}
