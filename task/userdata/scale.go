package userdata

import (
	"errors"
	"fmt"
	"math"
)

// Scale is a declared range of scores: Min, Min+Step, …, Max. A Step of 0 means 1. The zero Scale is undeclared: it contains nothing.
type Scale struct {
	Min  float64 `json:"min"`
	Max  float64 `json:"max"`
	Step float64 `json:"step,omitempty"`
}

// Declared reports whether s was given at all.
func (s Scale) Declared() bool { return s != Scale{} }

// step returns the distance between neighbouring scores.
func (s Scale) step() float64 {
	if s.Step == 0 {
		return 1
	}
	return s.Step
}

// Validate returns an error unless s has at least two scores and its range is a whole number of steps.
func (s Scale) Validate() error {
	for _, v := range []float64{s.Min, s.Max, s.Step} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return errors.New("a scale is made of finite numbers")
		}
	}
	if s.Step < 0 {
		return fmt.Errorf("step %v is negative", s.Step)
	}
	if s.Max <= s.Min {
		return fmt.Errorf("max %v must be above min %v", s.Max, s.Min)
	}
	if n := (s.Max - s.Min) / s.step(); math.Abs(n-math.Round(n)) > 1e-9 {
		return fmt.Errorf("the range %v to %v is not a whole number of steps of %v", s.Min, s.Max, s.step())
	}
	return nil
}

// Contains reports whether v is one of the scores of s.
func (s Scale) Contains(v float64) bool {
	if math.IsNaN(v) || v < s.Min-1e-9 || v > s.Max+1e-9 {
		return false
	}
	n := (v - s.Min) / s.step()
	return math.Abs(n-math.Round(n)) < 1e-6
}

// Round returns the score of s nearest to v; a tie goes up.
func (s Scale) Round(v float64) float64 {
	n := math.Floor((v-s.Min)/s.step() + 0.5)
	return min(max(s.Min+n*s.step(), s.Min), s.Max)
}

// Whole reports whether all scores of s are whole numbers.
func (s Scale) Whole() bool {
	return s.Min == math.Trunc(s.Min) && s.step() == math.Trunc(s.step())
}

// String returns the scale as "1 to 6", with the step unless it is 1.
func (s Scale) String() string {
	if s.step() == 1 {
		return fmt.Sprintf("%v to %v", s.Min, s.Max)
	}
	return fmt.Sprintf("%v to %v by %v", s.Min, s.Max, s.step())
}
