package pipeline

import (
	"context"
	"fmt"
	"iter"
)

// WithMaxItems has a stream of more than n items stop the run before anything is sent. The stream's items are read ahead to
// count them, and wait in memory. By default there is no bound; n must be positive. The last use wins.
func WithMaxItems(n int) RunOption {
	return runOption(func(c *runConfig) error {
		if n < 1 {
			return fmt.Errorf("run: WithMaxItems(%d): at least 1 item must be allowed", n)
		}
		c.maxItems = n
		return nil
	})
}

// WithMaxCost has a stream that would cost more than m stop the run before anything is sent, and also one whose cost cannot be told. The
// cost is that of [EstimateRun]; the stream's items are read ahead for it, and wait in memory. It needs [WithPrices]. By default there is
// no bound; m must be positive. The last use wins.
func WithMaxCost(m Money) RunOption {
	return runOption(func(c *runConfig) error {
		if m <= 0 {
			return fmt.Errorf("run: WithMaxCost(%s): the cost must be positive", m)
		}
		c.maxCost = m
		return nil
	})
}

// guarded reads ahead as far as the guards of the run ask for. If one of them is violated, it stops the run, and the items
// that were read fail.
func (b *batch[I, O]) guarded(ctx context.Context, items iter.Seq[Item[I]]) iter.Seq[Item[I]] {
	if b.maxItems == 0 && b.maxCost == 0 {
		return items
	}
	return func(yield func(Item[I]) bool) {
		ahead, err := b.readAhead(ctx, items)
		if err != nil {
			reason := b.account.stop(err)
			for i := range ahead {
				ahead[i].Err = reason
			}
		}
		for _, it := range ahead {
			if !yield(it) {
				return
			}
		}
	}
}

// readAhead returns the items, and what is too much about them.
func (b *batch[I, O]) readAhead(ctx context.Context, items iter.Seq[Item[I]]) ([]Item[I], error) {
	var ahead []Item[I]
	for it := range items {
		ahead = append(ahead, it)
		if b.maxItems > 0 && len(ahead) > b.maxItems {
			return ahead, fmt.Errorf("there are more than %d items, and no more may run; see WithMaxItems", b.maxItems)
		}
		if ctx.Err() != nil {
			return ahead, nil
		}
	}
	if b.maxCost == 0 {
		return ahead, nil
	}
	e, err := b.estimate(ctx, ahead)
	if err != nil {
		return ahead, fmt.Errorf("the cost cannot be estimated, and no more than %s may be spent: %w", b.maxCost, err)
	}
	return ahead, e.within(b.maxCost)
}
