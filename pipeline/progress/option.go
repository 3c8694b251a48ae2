package progress

import (
	"errors"
	"fmt"
	"time"
)

// DefaultInterval is how often a line is added where the output is no terminal.
const DefaultInterval = 10 * time.Second

// redraw is how often the line is drawn again on a terminal: often enough to look alive, seldom enough to be read.
const redraw = time.Second / 5

// Option configures a [Line].
type Option interface{ apply(*config) error }

type config struct {
	total    int // 0: unknown
	interval time.Duration
	extra    func() string
}

type optionFunc func(*config) error

func (f optionFunc) apply(c *config) error { return f(c) }

// Total says how many items there are, over all batches that the line is told of. By default it is not known, and no time left is
// shown. n must be positive. The last use wins.
func Total(n int) Option {
	return optionFunc(func(c *config) error {
		if n < 1 {
			return fmt.Errorf("progress: Total(%d): at least 1 item is needed; leave the option out if the number is not known", n)
		}
		c.total = n
		return nil
	})
}

// Interval sets how often a line is added where the output is no terminal. The default is [DefaultInterval]; d must be positive. The last
// use wins.
func Interval(d time.Duration) Option {
	return optionFunc(func(c *config) error {
		if d <= 0 {
			return fmt.Errorf("progress: Interval(%s): the time must be positive", d)
		}
		c.interval = d
		return nil
	})
}

// Extra adds what f returns to the end of the line, such as the state of a limiter. f is called from one goroutine at a time, as often
// as the line is written. Control characters in its text become spaces. The last use wins.
func Extra(f func() string) Option {
	return optionFunc(func(c *config) error {
		if f == nil {
			return errors.New("progress: Extra(nil): leave the option out instead")
		}
		c.extra = f
		return nil
	})
}

func newConfig(opts []Option) (config, error) {
	c := config{interval: DefaultInterval}
	var errs []error
	for _, o := range opts {
		if o == nil {
			errs = append(errs, errors.New("progress: an option is nil"))
			continue
		}
		errs = append(errs, o.apply(&c))
	}
	return c, errors.Join(errs...)
}
