package experiment_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/experiment"
	"github.com/gloss-sdk/gloss/pipeline"
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

func item(err error) pipeline.Event {
	return pipeline.Event{Kind: pipeline.KindItem, Err: err, Usage: pipeline.Usage{Input: 2, Output: 1}}
}

func TestProgressPrintsQuarters(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	p := experiment.NewProgress(&b, "score", 8)
	p.Observe(t.Context(), pipeline.Event{Kind: pipeline.KindStage})
	for i := range 8 {
		var err error
		if i == 2 {
			err = errors.New("x")
		}
		p.Observe(t.Context(), item(err))
	}
	p.Close()
	require.Equal(t, "score 2/8 items, 0 failed, 6 tokens\nscore 4/8 items, 1 failed, 12 tokens\n"+
		"score 6/8 items, 1 failed, 18 tokens\nscore 8/8 items, 1 failed, 24 tokens\n", b.String())
}

func TestProgressWithoutItemsOrWriter(t *testing.T) {
	t.Parallel()
	experiment.NewProgress(nil, "x", 2).Observe(t.Context(), item(nil))
	var b bytes.Buffer
	p := experiment.NewProgress(&b, "x", 0)
	p.Observe(t.Context(), item(nil))
	p.Close()
	require.Empty(t, b.String())
}

func ExampleNewProgress() {
	p := experiment.NewProgress(os.Stdout, "essay_score", 2)
	defer p.Close()
	run, err := pipeline.NewRun(pipeline.WithObserver(p))
	fmt.Println(run != nil, err)
	// Output: true <nil>
}

func ExampleFlags() {
	var f experiment.Flags
	fs := flag.NewFlagSet("program", flag.ContinueOnError)
	f.Register(fs)
	err := fs.Parse([]string{"-set", "tasks.essay_score.exemplars.k=20"})
	fmt.Println(f.Set, err)
	// Output: [tasks.essay_score.exemplars.k=20] <nil>
}
