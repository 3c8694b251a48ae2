package prompt

import (
	"math/big"
	"slices"
)

// nearest returns the number on the scale nearest to raw, written as raw if raw is on it. Half way between two numbers the larger one is
// taken. It is false if no number is on the scale.
func (sc scale) nearest(raw string) (string, bool) {
	v, ok := new(big.Rat).SetString(raw)
	if !ok {
		return "", false
	}
	to := v
	switch {
	case len(sc.listed) > 0:
		to = closest(v, sc.listed)
	case sc.step != nil:
		to = onGrid(v, sc.low, sc.high, sc.step)
	case sc.low != nil && v.Cmp(sc.low) < 0:
		to = sc.low
	case sc.high != nil && v.Cmp(sc.high) > 0:
		to = sc.high
	}
	if to == nil || !sc.admits(to) {
		return "", false
	}
	if to.Cmp(v) == 0 {
		return raw, true
	}
	return string(exact(to)), true
}

// closest returns the number nearest to v of a list in ascending order.
func closest(v *big.Rat, listed []*big.Rat) *big.Rat {
	i, _ := slices.BinarySearchFunc(listed, v, (*big.Rat).Cmp)
	if i == len(listed) {
		return listed[i-1]
	}
	if i > 0 && new(big.Rat).Sub(v, listed[i-1]).Cmp(new(big.Rat).Sub(listed[i], v)) < 0 {
		return listed[i-1]
	}
	return listed[i]
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
