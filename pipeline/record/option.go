package record

import (
	"errors"
)

// Option configures a [Writer].
type Option interface{ apply(*config) error }

type config struct {
	open       opener
	onError    func(error)
	compressed bool
}

type optionFunc func(*config) error

func (f optionFunc) apply(c *config) error { return f(c) }

// OnError has f called with the first error of writing while the run goes on, so that the host can stop a run whose record is incomplete; a
// [context.CancelCauseFunc] fits. f is called once, from a goroutine of the run. By default the run goes on, and [Writer.Err] and
// [Writer.Close] report the error. The last use wins.
func OnError(f func(error)) Option {
	return optionFunc(func(c *config) error {
		if f == nil {
			return errors.New("record: OnError(nil): leave the option out instead")
		}
		c.onError = f
		return nil
	})
}

func newConfig(opts []Option) (config, error) {
	c := config{open: openOwned, onError: func(error) {}}
	var errs []error
	for _, o := range opts {
		errs = append(errs, o.apply(&c))
	}
	return c, errors.Join(errs...)
}
