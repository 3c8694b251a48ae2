package experiment

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/stats"
)

func TestExit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err  error
		code int
		log  string
	}{
		{nil, 0, ""},
		{flag.ErrHelp, 0, ""},
		{errors.New("-data is missing"), 1, "prog: -data is missing\n"},
	} {
		var log bytes.Buffer
		code := exit(t.Context(), "prog", func(_ context.Context, args []string, _, _ io.Writer) error {
			require.Equal(t, []string{"x"}, args)
			return tc.err
		}, []string{"x"}, io.Discard, &log)
		require.Equal(t, tc.code, code)
		require.Equal(t, tc.log, log.String())
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	require.Equal(t, "0.333", Figure(stats.Of(1.0/3)))
	require.Equal(t, "undefined", Figure(stats.Undefined("no pairs")))
	require.Equal(t, "0.500 to 1.000", Bounds(stats.Interval{Low: stats.Of(0.5), High: stats.Of(1)}))
	require.Equal(t, "undefined", Bounds(stats.Interval{}))
}
