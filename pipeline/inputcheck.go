package pipeline

import (
	"context"
	"errors"
)

// WithInputChecks has every named stage checked for the rule that it does not modify its input: one that does fails its item, with an error
// that names it. It is for tests of one's own stages, as it hashes each input twice; what a stage modifies unseen is wrong in the record of
// a run, and in the stages that were given the same memory. Inputs are compared as far as they have JSON. By default nothing is checked.
func WithInputChecks() RunOption {
	return runOption(func(c *runConfig) error {
		c.inputChecks = true
		return nil
	})
}

// checked fails if the stage modifies its input.
type checked[I, O any] struct{ stage Stage[I, O] }

var errModified = errors.New("the stage has modified its input: copy what is to be changed, slices, maps and what pointers refer to included")

func (c checked[I, O]) Run(ctx context.Context, in I) (O, error) {
	s := scopeFrom(ctx)
	before := s.item.contentOf(in)
	out, err := c.stage.Run(ctx, in)
	if err == nil && s.item.contentOf(in) != before {
		return out, errModified
	}
	return out, err //nolint:wrapcheck // Named wraps
}

// contentOf returns what in holds, "" if that cannot be told.
func (i *itemState) contentOf(in any) string {
	h := i.hashers.get()
	defer i.hashers.put(h)
	return h.hash(in, &i.texts, nil)
}
