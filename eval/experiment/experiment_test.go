package experiment_test

import (
	"flag"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/experiment"
)

func TestFlags(t *testing.T) {
	t.Parallel()
	var f experiment.Flags
	fs := flag.NewFlagSet("x", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	f.Register(fs)
	require.NoError(t, fs.Parse([]string{"-set", "a=1", "-set", "b.c=x=y", "-json", "-plan"}))
	require.Equal(t, []string{"a=1", "b.c=x=y"}, f.Set)
	require.True(t, f.JSON)
	require.True(t, f.Plan)
	require.Equal(t, "runs", f.Runs)
	require.ErrorContains(t, fs.Parse([]string{"-set", "novalue"}), "want path=value")
}

func ExampleFlags() {
	var f experiment.Flags
	fs := flag.NewFlagSet("program", flag.ContinueOnError)
	f.Register(fs)
	err := fs.Parse([]string{"-set", "tasks.essay_score.exemplars.k=20"})
	fmt.Println(f.Set, err)
	// Output: [tasks.essay_score.exemplars.k=20] <nil>
}
