package pipeline

// WithRandom has the backoffs of a run drawn by f, which returns a number in [0, n).
func WithRandom(f func(n int64) int64) RunOption {
	return runOption(func(c *runConfig) error {
		c.random = f
		return nil
	})
}
