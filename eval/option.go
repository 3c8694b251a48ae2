package eval

import (
	"errors"
	"fmt"

	"github.com/gloss-sdk/gloss/eval/stats"
)

// Option configures [Score], [Run] and [CrossValidate].
type Option interface{ apply(c *config) error }

// CompareOption configures [Compare].
type CompareOption interface {
	applyCompare(r *stats.Resampling) error
}

// IntervalOption says how intervals are made. It configures both scoring and comparing.
type IntervalOption struct{ set func(*stats.Resampling) error }

func (o IntervalOption) apply(c *config) error { return o.applyCompare(&c.resampling) }

func (o IntervalOption) applyCompare(r *stats.Resampling) error {
	if o.set == nil {
		return errors.New("eval: a zero IntervalOption")
	}
	return o.set(r)
}

type config struct {
	name       string
	resampling stats.Resampling
}

type optionFunc func(*config) error

func (o optionFunc) apply(c *config) error { return o(c) }

// WithName names the outcome in tables and comparisons. The default is the name of the target for [Run] and [CrossValidate], and none for [Score].
// The last use wins.
func WithName(name string) Option {
	return optionFunc(func(c *config) error {
		if name == "" {
			return errors.New("eval: WithName needs a name")
		}
		c.name = name
		return nil
	})
}

// WithSeed sets the seed of bootstrap intervals, 0 by default. Equal seeds give equal bytes. The last use wins.
func WithSeed(seed uint64) IntervalOption {
	return IntervalOption{func(r *stats.Resampling) error {
		r.Seed = seed
		return nil
	}}
}

// WithDraws sets the number of draws of bootstrap intervals, [stats.DefaultDraws] by default. It must reach 2/(1-level). The last use wins.
func WithDraws(n int) IntervalOption {
	return IntervalOption{func(r *stats.Resampling) error {
		if n < 1 {
			return fmt.Errorf("eval: WithDraws(%d): want at least 1", n)
		}
		r.Draws = n
		return nil
	}}
}

// WithLevel sets the confidence level of intervals, a share above 0 and below 1; [stats.DefaultLevel] by default. The last use wins.
func WithLevel(level float64) IntervalOption {
	return IntervalOption{func(r *stats.Resampling) error {
		if !(level > 0 && level < 1) {
			return fmt.Errorf("eval: WithLevel(%g): want a share above 0 and below 1, such as 0.95", level)
		}
		r.Level = level
		return nil
	}}
}

func newConfig(opts []Option) (config, error) {
	c := config{resampling: stats.Resampling{Draws: stats.DefaultDraws, Level: stats.DefaultLevel}}
	var errs []error
	for _, o := range opts {
		if o == nil {
			errs = append(errs, errors.New("eval: an option is nil: leave it out instead"))
			continue
		}
		errs = append(errs, o.apply(&c))
	}
	if errors.Join(errs...) == nil {
		errs = append(errs, checkResampling(c.resampling))
	}
	return c, errors.Join(errs...)
}

// checkResampling reports settings that do not go together. Only a bootstrap knows, so one is made of nothing.
func checkResampling(r stats.Resampling) error {
	_, err := stats.Bootstrap(stats.Clusters{}, func([]int) stats.Estimate { return stats.Undefined("no items") }, r)
	if err != nil {
		return fmt.Errorf("eval: %w", err)
	}
	return nil
}
