package export

import (
	"errors"
	"fmt"

	"github.com/gloss-sdk/gloss/pipeline/record"
)

// Option configures an export.
type Option interface{ apply(*config) error }

type config struct {
	target      string
	consumption bool
	escape      bool
}

type option func(*config) error

func (o option) apply(c *config) error { return o(c) }

// Target exports the items of one target, so that outputs of different types do not share a table. An unknown name is an error of the
// export. By default the table has the items of all targets. The last use wins.
func Target(name string) Option {
	return option(func(c *config) error {
		if name == "" {
			return errors.New(`export: Target(""): leave the option out to export all targets`)
		}
		c.target = name
		return nil
	})
}

// Consumption adds what each item consumed, over all attempts of its calls in all sessions of the run, and how long it took and where its
// result came from in the last one. It takes a pass over the log, and memory of some 200 bytes an item.
func Consumption() Option {
	return option(func(c *config) error {
		c.consumption = true
		return nil
	})
}

// EscapeFormulas puts an apostrophe before every text in a CSV that begins with '=', '+', '-', '@', a tab or a carriage return, which a
// spreadsheet could take for a formula: what a student or a model wrote must not be run by who opens the file. Such a text does not come
// back as it was, and a list in the style of "- more evidence" is such a text too, so the default is to leave texts alone; use it for
// files that are opened in a spreadsheet. Numbers are never changed. [Parquet] refuses it: there a text is a text.
func EscapeFormulas() Option {
	return option(func(c *config) error {
		c.escape = true
		return nil
	})
}

func newConfig(run *record.Run, opts []Option) (config, error) {
	var c config
	var errs []error
	if run == nil {
		errs = append(errs, errors.New("export: the run is nil; see record.Open"))
	}
	for _, o := range opts {
		errs = append(errs, o.apply(&c))
	}
	return c, errors.Join(errs...)
}

// errNoTarget says which targets there are.
func errNoTarget(name string, known []string) error {
	return fmt.Errorf("export: no item of target %q; the run has items of %q", name, known)
}
