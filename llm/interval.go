package llm

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
)

// interval is the numbers that a place of a schema holds for. They are exact, since a step of 0.1 would miss its multiples in floating point.
type interval struct {
	low, high         *big.Rat // nil is no bound
	openLow, openHigh bool     // the bound itself is outside
	step              *big.Rat // of multiples of which the numbers are; nil is any number
}

// interval reads the bounds of n.
func (n schemaNode) interval(whole bool) (interval, error) {
	var in interval
	for _, bound := range []struct {
		keyword string
		text    *json.Number
		to      **big.Rat
		open    *bool
		tighter int // how a bound compares with the one that it replaces
	}{
		{"minimum", n.Minimum, &in.low, nil, 1}, {"exclusiveMinimum", n.Above, &in.low, &in.openLow, 1},
		{"maximum", n.Maximum, &in.high, nil, -1}, {"exclusiveMaximum", n.Below, &in.high, &in.openHigh, -1},
		{"multipleOf", n.MultipleOf, &in.step, nil, 0},
	} {
		if bound.text == nil {
			continue
		}
		v, err := rational(*bound.text)
		if err != nil {
			return in, fmt.Errorf("%s: %w", bound.keyword, err)
		}
		if *bound.to != nil && v.Cmp(*bound.to)*bound.tighter < 0 {
			continue
		}
		*bound.to = v
		if bound.open != nil {
			*bound.open = true
		}
	}
	if in.step != nil && in.step.Sign() <= 0 {
		return in, fmt.Errorf("multipleOf is %s; want a number above 0", *n.MultipleOf)
	}
	if whole {
		in.step = wholeStep(in.step)
	}
	return in, nil
}

// wholeStep returns the step between the whole numbers that are multiples of step: p of p/q in lowest terms.
func wholeStep(step *big.Rat) *big.Rat {
	if step == nil {
		return big.NewRat(1, 1)
	}
	return new(big.Rat).SetInt(step.Num())
}

// typical returns the middle of in, rounded down to a step, or the number next to the only bound, or 0.
func (in interval) typical() string {
	next := in.step
	if next == nil {
		next = big.NewRat(1, 1)
	}
	v := new(big.Rat)
	switch {
	case in.low != nil && in.high != nil:
		v = in.onStep(v.Quo(v.Add(in.low, in.high), big.NewRat(2, 1)))
	case in.low != nil:
		v = in.onStep(in.low)
	case in.high != nil:
		v = in.onStep(in.high)
		if in.openHigh && v.Cmp(in.high) == 0 {
			v.Sub(v, next)
		}
	}
	if in.low != nil && (v.Cmp(in.low) < 0 || in.openLow && v.Cmp(in.low) == 0) {
		v.Add(v, next)
	}
	places, _ := v.FloatPrec()
	return v.FloatString(places)
}

// onStep returns the highest number of in's step that is not above v.
func (in interval) onStep(v *big.Rat) *big.Rat {
	if in.step == nil {
		return new(big.Rat).Set(v)
	}
	steps := new(big.Rat).Quo(v, in.step)
	whole := new(big.Int).Div(steps.Num(), steps.Denom()) // Euclidean: down, as the denominator is positive
	return steps.Mul(steps.SetInt(whole), in.step)
}

// rational reads a number of a schema. One that a float64 does not hold is none: written out, it could have more digits than there is memory.
func rational(text json.Number) (*big.Rat, error) {
	f, err := strconv.ParseFloat(text.String(), 64)
	if err != nil {
		return nil, fmt.Errorf("%.20q is no number that can be used", text.String())
	}
	if math.Abs(f) < math.SmallestNonzeroFloat64*2 {
		return new(big.Rat), nil
	}
	v, ok := new(big.Rat).SetString(text.String())
	if !ok {
		return nil, fmt.Errorf("%.20q is no number that can be used", text.String())
	}
	return v, nil
}
