package exemplarllm

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
)

const (
	largest  = 1e12 // beyond this a number is no score
	smallest = 1e-9 // a bound or step closer to zero than this is no scale
)

// number is a score with the text that stands for it in JSON.
type number struct {
	value   float64
	literal string
}

// exact returns the decimal that n is read from.
func (n number) exact() *big.Rat {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(n.value, 'f', -1, 64)) // a finite number is a decimal
	return r
}

// scale is the set of numbers that a schema admits. Bounds and steps are exact decimals, because a multiple of .1 that is
// computed in binary is not a multiple of .1 to a validator.
type scale struct {
	low, high *big.Rat   // inclusive; nil is unbounded; multiples of step where there is one
	step      *big.Rat   // nil admits every number between the bounds
	listed    []number   // not empty: these alone, in ascending order
	halves    []*big.Rat // half way between one of the listed and the next
}

// newScale returns the scale of the multiples of step from low to high; each of them may be nil.
func newScale(low, high, step *big.Rat) (scale, error) {
	if low != nil && high != nil && low.Cmp(high) > 0 {
		return scale{}, fmt.Errorf("minimum %s is above maximum %s", decimal(low), decimal(high))
	}
	if step == nil {
		return scale{low: low, high: high}, nil
	}
	if step.Sign() <= 0 {
		return scale{}, fmt.Errorf("multipleOf is %s; it must be positive", decimal(step))
	}
	s := scale{step: step}
	if low != nil {
		s.low = multiple(new(big.Int).Neg(floor(new(big.Rat).Neg(new(big.Rat).Quo(low, step)))), step)
	}
	if high != nil {
		s.high = multiple(floor(new(big.Rat).Quo(high, step)), step)
	}
	if s.low != nil && s.high != nil && s.low.Cmp(s.high) > 0 {
		return scale{}, fmt.Errorf("no multiple of %s lies between %s and %s", decimal(step), decimal(low), decimal(high))
	}
	return s, nil
}

// newList returns the scale of the numbers listed, in any order.
func newList(numbers []number) scale {
	s := scale{listed: slices.Clone(numbers)}
	slices.SortFunc(s.listed, func(a, b number) int { return cmp.Compare(a.value, b.value) })
	for i := 1; i < len(s.listed); i++ {
		sum := new(big.Rat).Add(s.listed[i-1].exact(), s.listed[i].exact())
		s.halves = append(s.halves, sum.Mul(sum, big.NewRat(1, 2)))
	}
	return s
}

// holds reports whether v can be a score on the scale. It need not be one of its steps.
func (s scale) holds(v float64) bool {
	low, high := s.bounds()
	return low <= v && v <= high
}

func (s scale) bounds() (low, high float64) {
	low, high = -largest, largest
	if n := len(s.listed); n > 0 {
		return s.listed[0].value, s.listed[n-1].value
	}
	if s.low != nil {
		low, _ = s.low.Float64()
	}
	if s.high != nil {
		high, _ = s.high.Float64()
	}
	return low, high
}

// nearest returns the number on the scale nearest to v, the higher of two. A scale without steps gives four significant
// digits, within low and high.
func (s scale) nearest(v, low, high float64) number {
	switch {
	case len(s.listed) > 0:
		i, exact := 0, new(big.Rat).SetFloat64(v)
		for i < len(s.halves) && exact.Cmp(s.halves[i]) >= 0 {
			i++
		}
		return s.listed[i]
	case s.step != nil:
		steps := new(big.Rat).Quo(new(big.Rat).SetFloat64(v), s.step)
		return s.at(floor(steps.Add(steps, big.NewRat(1, 2))))
	default:
		least, most := s.bounds()
		rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64) // what was formatted can be read
		return floatNumber(min(max(rounded, low, least), high, most))
	}
}

// middle returns the number half way between the bounds, rounded down to the scale. With one bound it is that bound, with
// none it is 0.
func (s scale) middle() number {
	if n := len(s.listed); n > 0 {
		return s.listed[(n-1)/2]
	}
	mid := new(big.Rat)
	switch {
	case s.low != nil && s.high != nil:
		mid.Mul(mid.Add(s.low, s.high), big.NewRat(1, 2))
	case s.low != nil:
		mid = s.low
	case s.high != nil:
		mid = s.high
	}
	if s.step == nil {
		v, _ := mid.Float64()
		return floatNumber(v)
	}
	return s.at(floor(new(big.Rat).Quo(mid, s.step)))
}

// at returns the given multiple of the step, or the bound that it exceeds.
func (s scale) at(steps *big.Int) number {
	v := multiple(steps, s.step)
	if s.low != nil && v.Cmp(s.low) < 0 {
		v = s.low
	}
	if s.high != nil && v.Cmp(s.high) > 0 {
		v = s.high
	}
	f, _ := v.Float64()
	return number{value: f, literal: decimal(v)}
}

// wholeStep returns the smallest step whose multiples are the whole multiples of step.
func wholeStep(step *big.Rat) *big.Rat {
	if step == nil {
		return big.NewRat(1, 1)
	}
	return new(big.Rat).SetInt(step.Num())
}

func multiple(n *big.Int, step *big.Rat) *big.Rat {
	return new(big.Rat).Mul(new(big.Rat).SetInt(n), step)
}

func floor(r *big.Rat) *big.Int {
	return new(big.Int).Div(r.Num(), r.Denom()) // Euclidean division floors, for the denominator is positive
}

// decimal returns a decimal fraction in full.
func decimal(r *big.Rat) string {
	digits, _ := r.FloatPrec()
	return r.FloatString(digits)
}

func floatNumber(v float64) number {
	return number{value: v, literal: strconv.FormatFloat(v, 'f', -1, 64)}
}

// readDecimal reads a JSON number as an exact decimal.
func readDecimal(raw json.RawMessage) (*big.Rat, error) {
	var v float64
	if err := json.Unmarshal(raw, &v); err != nil || string(raw) == "null" {
		return nil, fmt.Errorf("%s is not a number", raw)
	}
	if math.Abs(v) > largest || v != 0 && math.Abs(v) < smallest {
		return nil, fmt.Errorf("%s is out of range: a bound or step is 0 or between %g and %g in size", raw, smallest, largest)
	}
	return number{value: v}.exact(), nil
}
