package main

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

func TestReadRun(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{Name: "demo"})
	require.NoError(t, err)
	gloss, err := pipeline.NewRun(pipeline.WithObserver(w))
	require.NoError(t, err)
	shout := pipeline.Named("shout", pipeline.Fn(func(_ context.Context, s string) (string, error) { return s + "!", nil }))
	runner, err := pipeline.Start(t.Context(), gloss, pipeline.Tool("demo", shout))
	require.NoError(t, err)
	for range runner.Stream(t.Context(), func(yield func(pipeline.Item[string]) bool) { yield(pipeline.Item[string]{ID: "a", In: "hello"}) }) {
	}
	require.NoError(t, w.Close())

	var out bytes.Buffer
	require.NoError(t, run([]string{dir}, &out))
	require.Regexp(t, `demo: finished, .*\ndemo +a +ok\n`, out.String())
	out.Reset()
	require.NoError(t, run([]string{dir, "a"}, &out))
	require.Contains(t, out.String(), "hello!")
	require.ErrorContains(t, run(nil, &out), "want the directory")
	require.ErrorContains(t, run([]string{dir, "nobody"}, &out), "leave the item out to list the items")
}
