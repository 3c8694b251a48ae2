package prompt

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"

	"github.com/invopop/jsonschema"
)

// maxEnum bounds the scales that are written out: a longer list costs every request more than it holds.
const maxEnum = 101

// Within allows only the numbers from, from+step, …, up to to. Whole numbers make the field an integer.
//
// A server that holds a model to a schema while it writes follows an enum and the bounds of whole numbers, but seldom a multipleOf. So a
// scale other than whole numbers by 1 is an enum if it has at most 101 numbers. One with more is bounded, and its step is a multipleOf if
// from is a multiple of it; if not, the schema does not hold the step.
func Within(from, to, step float64) Edit {
	return func(s *jsonschema.Schema) error {
		if s.Type != "number" && s.Type != "integer" {
			return fmt.Errorf("Within needs a number, not %q", s.Type)
		}
		low, high, by := rational(number(from)), rational(number(to)), rational(number(step))
		if low == nil || high == nil || by == nil || by.Sign() <= 0 {
			return fmt.Errorf("Within needs finite numbers and a step above 0, not %v to %v by %v", from, to, step)
		}
		s.Minimum, s.Maximum = number(from), number(to)
		s.Type, s.MultipleOf, s.Enum = "integer", "", nil
		if whole(from) && step == 1 {
			return nil
		}
		if !whole(from) || !whole(step) {
			s.Type = "number"
		}
		if s.Enum = grid(low, high, by); s.Enum == nil && new(big.Rat).Quo(low, by).IsInt() {
			s.MultipleOf = number(step) // which counts from zero
		}
		return nil
	}
}

// grid returns the numbers low, low+step, … up to high, nil if there are none or more than [maxEnum].
func grid(low, high, step *big.Rat) []any {
	steps := floor(new(big.Rat).Quo(new(big.Rat).Sub(high, low), step))
	if steps.Sign() < 0 || steps.Cmp(big.NewInt(maxEnum)) >= 0 {
		return nil
	}
	var numbers []any
	for v := new(big.Rat).Set(low); v.Cmp(high) <= 0; v.Add(v, step) {
		numbers = append(numbers, exact(v))
	}
	return numbers
}

// scale is what a schema says about the number at a place, exactly: bounds and step are nil where there are none.
type scale struct {
	low, high, step *big.Rat
	listed          []*big.Rat // not empty: these alone, in ascending order
}

// scales are the scales of the places of a shape that take numbers.
type scales map[*jsonschema.Schema]scale

// add adds the scales of s and all places below it. A place that allows no number has none.
func (all scales) add(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if s.Type == "number" || s.Type == "integer" {
		if sc, ok := newScale(s); ok {
			all[s] = sc
		}
	}
	all.add(s.Items)
	if s.Properties == nil {
		return
	}
	for p := s.Properties.Oldest(); p != nil; p = p.Next() {
		all.add(p.Value)
	}
}

func newScale(s *jsonschema.Schema) (scale, bool) {
	sc := scale{low: rational(s.Minimum), high: rational(s.Maximum), step: rational(s.MultipleOf)}
	if sc.step == nil && s.Type == "integer" {
		sc.step = big.NewRat(1, 1)
	}
	if len(s.Enum) == 0 {
		return sc, true
	}
	for _, v := range s.Enum {
		if n := rational(numeral(v)); n != nil && sc.admits(n) {
			sc.listed = append(sc.listed, n)
		}
	}
	slices.SortFunc(sc.listed, (*big.Rat).Cmp)
	return sc, len(sc.listed) > 0
}

// admits tells whether the bounds and the step allow a number.
func (sc scale) admits(v *big.Rat) bool {
	if sc.low != nil && v.Cmp(sc.low) < 0 || sc.high != nil && v.Cmp(sc.high) > 0 {
		return false
	}
	return sc.step == nil || sc.step.Sign() > 0 && new(big.Rat).Quo(v, sc.step).IsInt()
}

// rational returns a number of a schema, nil if it is not there.
func rational(n json.Number) *big.Rat {
	if n == "" {
		return nil
	}
	v, ok := new(big.Rat).SetString(string(n))
	if !ok {
		return nil
	}
	return v
}

// exact writes a decimal fraction in full, without an exponent or zeros at its end.
func exact(v *big.Rat) json.Number {
	digits, _ := v.FloatPrec()
	return json.Number(v.FloatString(digits))
}

// numeral returns a value of an enum as it stands in the schema's text if it is a number, "" if it is none.
func numeral(v any) json.Number {
	text, err := json.Marshal(v)
	if err != nil || text[0] != '-' && (text[0] < '0' || '9' < text[0]) {
		return ""
	}
	return json.Number(text)
}
