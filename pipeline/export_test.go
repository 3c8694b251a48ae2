package pipeline

import "context"

// WithRandom has the backoffs of a run drawn by f, which returns a number in [0, n).
func WithRandom(f func(n int64) int64) RunOption {
	return runOption(func(c *runConfig) error {
		c.random = f
		return nil
	})
}

// TextsKept returns how many texts the item of ctx is remembered to have hashed.
func TextsKept(ctx context.Context) int { return len(scopeFrom(ctx).item.texts.known) }
