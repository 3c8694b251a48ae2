package price

import (
	"math/bits"

	"github.com/gloss-sdk/gloss/pipeline"
)

// Model is what the tokens of one model cost. Prices are amounts for a million tokens, with at most six decimals, so that what a token
// costs is a whole [pipeline.Money].
type Model struct {
	// Provider is the name under which calls know the provider, such as "openai" or "aws.bedrock"; Name is the model's.
	Provider string `json:"provider"`
	Name     string `json:"model"`
	// Aliases are other names of the same model at the same price, such as dated snapshots.
	Aliases []string `json:"aliases,omitempty"`
	// Input is the price of input tokens, Output that of output tokens, those of reasoning included.
	Input  pipeline.Money `json:"input"`
	Output pipeline.Money `json:"output"`
	// Cached is the price of input tokens that were read from a cache of the provider; nil if it is that of Input.
	Cached *pipeline.Money `json:"cached,omitempty"`
	// From is the first day on which the price holds, and Source where it was published. Both are for readers.
	From   Date   `json:"from,omitzero"`
	Source string `json:"source,omitempty"`
}

// perPrice is how many tokens a price is for.
const perPrice = 1_000_000

// names returns every name of the model.
func (m *Model) names() []string { return append([]string{m.Name}, m.Aliases...) }

// cost returns what the tokens of u cost; ok is false if u contradicts itself or the cost is more than an amount can be.
func (m *Model) cost(u pipeline.Usage) (cost pipeline.Money, ok bool) {
	if u.Cached < 0 || u.Cached > u.Input || u.Output < 0 {
		return 0, false
	}
	cached := m.Input
	if m.Cached != nil {
		cached = *m.Cached
	}
	var sum uint64
	for _, part := range []struct {
		tokens int
		price  pipeline.Money
	}{{u.Input - u.Cached, m.Input}, {u.Cached, cached}, {u.Output, m.Output}} {
		high, low := bits.Mul64(uint64(part.tokens), uint64(part.price/perPrice))
		total, carry := bits.Add64(sum, low, 0)
		if high != 0 || carry != 0 || total > 1<<63-1 {
			return 0, false
		}
		sum = total
	}
	return pipeline.Money(sum), true
}

// clone returns a copy that shares nothing with m.
func (m *Model) clone() Model {
	c := *m
	c.Aliases = append([]string(nil), m.Aliases...)
	if m.Cached != nil {
		cached := *m.Cached
		c.Cached = &cached
	}
	return c
}
