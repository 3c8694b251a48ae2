package prompt

import (
	"encoding/json"
	"math/big"
	"strings"

	"github.com/invopop/jsonschema"
)

// nearest returns the number nearest to raw that a schema's type, bounds and multipleOf allow, written as raw if raw is allowed. Half way
// between two numbers the larger one is taken. It is false for a place that takes no number, or none in its bounds.
func nearest(raw string, s *jsonschema.Schema) (string, bool) {
	if s.Type != "number" && s.Type != "integer" {
		return "", false
	}
	v, ok := new(big.Rat).SetString(raw)
	if !ok {
		return "", false
	}
	low, high, step := rational(s.Minimum), rational(s.Maximum), rational(s.MultipleOf)
	if step == nil && s.Type == "integer" {
		step = big.NewRat(1, 1)
	}
	to := new(big.Rat).Set(v)
	if low != nil && to.Cmp(low) < 0 {
		to.Set(low)
	}
	if high != nil && to.Cmp(high) > 0 {
		to.Set(high)
	}
	if step != nil {
		to = onGrid(to, low, high, step)
	}
	if to == nil || low != nil && to.Cmp(low) < 0 {
		return "", false
	}
	if to.Cmp(v) == 0 {
		return raw, true
	}
	return to.FloatString(max(places(s.Minimum), places(s.Maximum), places(s.MultipleOf))), true
}

// onGrid returns the multiple of step nearest to v that lies within the bounds, nil if none does. A multiple between the bounds that is
// nearest to a v between the bounds can lie beyond one of them; its neighbor on the other side is then the nearest.
func onGrid(v, low, high, step *big.Rat) *big.Rat {
	if step.Sign() <= 0 {
		return nil
	}
	half := big.NewRat(1, 2)
	k := floor(new(big.Rat).Add(new(big.Rat).Quo(v, step), half))
	if high != nil {
		if most := floor(new(big.Rat).Quo(high, step)); k.Cmp(most) > 0 {
			k = most
		}
	}
	if low != nil {
		least := floor(new(big.Rat).Quo(low, step))
		if new(big.Rat).Mul(new(big.Rat).SetInt(least), step).Cmp(low) < 0 {
			least.Add(least, big.NewInt(1))
		}
		if k.Cmp(least) < 0 {
			k = least
		}
	}
	on := new(big.Rat).Mul(new(big.Rat).SetInt(k), step)
	if high != nil && on.Cmp(high) > 0 {
		return nil
	}
	return on
}

func floor(v *big.Rat) *big.Int {
	q, r := new(big.Int).QuoRem(v.Num(), v.Denom(), new(big.Int))
	if r.Sign() < 0 {
		q.Sub(q, big.NewInt(1))
	}
	return q
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

// places counts the decimals of a number of a schema.
func places(n json.Number) int {
	_, fraction, _ := strings.Cut(string(n), ".")
	return len(fraction)
}
