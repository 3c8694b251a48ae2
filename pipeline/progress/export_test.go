package progress

import "io"

// OnTerminal returns a line on a terminal of the width that is measured by width.
func OnTerminal(w io.Writer, width func() int, opts ...Option) (*Line, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	return newLine(w, width, c), nil
}
