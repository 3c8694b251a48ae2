package pipeline

import (
	"fmt"
	"strconv"
	"strings"
)

// Usage is what calls consumed. Its counts are sums, so that usages of calls, items and runs add up.
type Usage struct {
	// Calls counts attempts, those that failed as well. A call that was taken from a [Journal] counts as Reused instead.
	Calls  int `json:"calls"`
	Reused int `json:"reused_calls,omitempty"`
	// Input and Output are tokens. Cached is part of Input, Reasoning part of Output.
	Input     int `json:"input_tokens"`
	Output    int `json:"output_tokens"`
	Cached    int `json:"cached_tokens,omitempty"`
	Reasoning int `json:"reasoning_tokens,omitempty"`
	// Cost is what the calls cost whose price is known; see [WithPrices]. Unpriced counts those that returned and whose price is not
	// known, so that the whole cost is unknown unless it is 0. Without prices both are 0.
	Cost     Money `json:"cost,omitempty"`
	Unpriced int   `json:"unpriced_calls,omitempty"`
}

// Add returns the sum of u and v.
func (u Usage) Add(v Usage) Usage {
	return Usage{
		Calls: u.Calls + v.Calls, Reused: u.Reused + v.Reused,
		Input: u.Input + v.Input, Output: u.Output + v.Output, Cached: u.Cached + v.Cached, Reasoning: u.Reasoning + v.Reasoning,
		Cost: u.Cost + v.Cost, Unpriced: u.Unpriced + v.Unpriced,
	}
}

// Tokens returns the tokens in and out together.
func (u Usage) Tokens() int { return u.Input + u.Output }

// Money is an amount in millionths of a millionth of the currency of the prices, so that tokens times prices per million tokens add up
// without rounding: [Unit] is one dollar where prices are in dollars. Its JSON is a string with a decimal number.
type Money int64

// Unit is one unit of the currency.
const Unit Money = 1e12

// ParseMoney reads a decimal number of units such as "12.50". It refuses more than twelve decimals and amounts beyond nine million.
func ParseMoney(s string) (Money, error) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	const decimals = 12
	valid := whole != "" && len(whole) <= 7 && len(fraction) <= decimals && !strings.HasSuffix(s, ".")
	n, err := strconv.ParseUint(whole+fraction+strings.Repeat("0", max(0, decimals-len(fraction))), 10, 63)
	if !valid || err != nil {
		return 0, fmt.Errorf("%q is no amount of money: want a decimal number below ten million, such as 12.50", s)
	}
	if negative {
		return -Money(n), nil
	}
	return Money(n), nil
}

// String returns the amount in units with at least two decimals, without an end of zeros.
func (m Money) String() string {
	sign := ""
	n := uint64(m)
	if m < 0 {
		sign, n = "-", -n
	}
	fraction := strings.TrimRight(fmt.Sprintf("%012d", n%uint64(Unit)), "0")
	return fmt.Sprintf("%s%d.%s", sign, n/uint64(Unit), fraction+strings.Repeat("0", max(0, 2-len(fraction))))
}

// MarshalText returns the amount as [Money.String] does.
func (m Money) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what [ParseMoney] reads.
func (m *Money) UnmarshalText(text []byte) error {
	v, err := ParseMoney(string(text))
	if err == nil {
		*m = v
	}
	return err
}

// Pricer says what a call costs. Implementations are safe for concurrent use.
type Pricer interface {
	// Cost returns the cost of u, consumed by call, which a model named answered: the name that the service reported, or that of
	// call.Model where it reported none. ok is false if the price is not known.
	Cost(call CallInfo, answered string, u Usage) (cost Money, ok bool)
}

// PricerFunc adapts a function to a [Pricer].
type PricerFunc func(call CallInfo, answered string, u Usage) (Money, bool)

// Cost calls f.
func (f PricerFunc) Cost(call CallInfo, answered string, u Usage) (Money, bool) {
	return f(call, answered, u)
}

// WithPrices has the run count what calls cost. By default it counts no cost. The last use wins.
func WithPrices(p Pricer) RunOption {
	return runOption(func(c *runConfig) error {
		if p == nil {
			return fmt.Errorf("run: WithPrices(nil): leave the option out instead")
		}
		c.prices = p
		return nil
	})
}
