package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// recorded returns the directory of a run over three items, one of which fails.
func recorded(t *testing.T, name, suffix string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	w, err := record.Create(dir, record.Manifest{Name: name})
	require.NoError(t, err)
	gloss, err := pipeline.NewRun(pipeline.WithRecorder(w))
	require.NoError(t, err)
	shout := pipeline.Named("shout", pipeline.Fn(func(_ context.Context, s string) (string, error) {
		if s == "" {
			return "", errors.New("nothing to shout")
		}
		return s + suffix, nil
	}))
	runner, err := pipeline.Start(t.Context(), gloss, pipeline.Tool("demo", shout))
	require.NoError(t, err)
	items := func(yield func(pipeline.Item[string]) bool) {
		_ = yield(pipeline.Item[string]{ID: "a", In: "hello"}) && yield(pipeline.Item[string]{ID: "b"}) && yield(pipeline.Item[string]{ID: "c", In: "=1"})
	}
	for range runner.Stream(t.Context(), items) { // the results are in the record
	}
	require.NoError(t, w.Close())
	return dir
}

func output(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run(args, &out))
	return out.String()
}

func TestOverviewAndItem(t *testing.T) {
	t.Parallel()
	dir := recorded(t, "demo", "!")
	require.Regexp(t, `demo: finished, .*\ndemo +a +ok\ndemo +b +item b: .*nothing to shout\ndemo +c +ok\n3 items, 1 failed, 0 reused; 0 calls`, output(t, dir))
	require.Contains(t, output(t, dir, "a"), "hello!")
}

func TestDiff(t *testing.T) {
	t.Parallel()
	before, after := recorded(t, "before", "!"), recorded(t, "after", "?")
	text := output(t, "-diff", after, before)
	require.Contains(t, text, `name "before" -> "after"`)
	require.Contains(t, text, "items: 2 changed, 1 failed in both\n")
	require.Contains(t, text, `output "hello!" -> "hello?"`)
	require.Equal(t, text, output(t, before, "-diff", after), "flags may stand anywhere")
}

func TestTables(t *testing.T) {
	t.Parallel()
	dir, files := recorded(t, "demo", "!"), t.TempDir()
	lines, rows := filepath.Join(files, "items.csv"), filepath.Join(files, "items.parquet")
	require.Empty(t, output(t, "-csv", lines, "-parquet", rows, dir))
	f, err := os.Open(lines)
	require.NoError(t, err)
	defer f.Close()
	table, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Len(t, table, 4)
	last := len(table[0]) - 1
	require.Equal(t, []string{"output", "hello!", "", "'=1!"}, []string{table[0][last], table[1][last], table[2][last], table[3][last]})

	p, err := os.Open(rows)
	require.NoError(t, err)
	defer p.Close()
	info, err := p.Stat()
	require.NoError(t, err)
	back, err := parquet.OpenFile(p, info.Size())
	require.NoError(t, err)
	require.EqualValues(t, 3, back.NumRows())
	require.ErrorIs(t, run([]string{"-csv", lines, dir}, io.Discard), os.ErrExist, "nothing is overwritten")
}

func TestWrongArguments(t *testing.T) {
	t.Parallel()
	dir, nowhere := recorded(t, "demo", "!"), filepath.Join(t.TempDir(), "nowhere")
	for message, args := range map[string][]string{
		"want the directory of a run":              {},
		"leave the item out to list the items":     {dir, "nobody"},
		"one argument too many":                    {dir, "a", "b"},
		`are about all items; leave "a" out`:       {"-csv", "x", dir, "a"},
		"flag provided but not defined: -josn":     {"-josn", "x", dir},
		nowhere + " is not the directory of a run": {nowhere},
		"nowhere is not the directory":             {"-diff", nowhere, dir},
		"no such file or directory":                {"-csv", filepath.Join(nowhere, "x.csv"), dir},
	} {
		require.ErrorContains(t, run(args, io.Discard), message)
	}
	var help bytes.Buffer
	require.ErrorIs(t, run([]string{"-h"}, &help), flag.ErrHelp)
	require.Contains(t, help.String(), "usage: readrun")

	damaged := recorded(t, "demo", "!")
	require.NoError(t, os.WriteFile(filepath.Join(damaged, "results.jsonl"), []byte("nonsense\n{}\n"), 0o600))
	path := filepath.Join(t.TempDir(), "x.csv")
	require.ErrorContains(t, run([]string{"-csv", path, damaged}, io.Discard), "results.jsonl:1")
	require.NoFileExists(t, path, "half a table is worse than none")
}
