package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// batchOf runs the program on 60 essays without a delay.
func batchOf(ctx context.Context, args ...string) (stdout string, err error) {
	var out, log bytes.Buffer
	err = run(ctx, append([]string{"-essays", "60", "-set", "resources.model.params.answers_after=0s"}, args...), &out, &log)
	return out.String(), err
}

func results(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "results.jsonl"))
	require.NoError(t, err)
	return string(text)
}

// A run that its budget stops, resumed with a larger one, ends with the results of a run that was never stopped, and pays for each call once.
func TestABudgetEndsAndTheRunGoesOn(t *testing.T) {
	t.Parallel()
	whole, stopped := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "stopped")
	out, err := batchOf(t.Context(), "-run", whole)
	require.NoError(t, err)
	assert.Contains(t, out, "whole run   60 items: 60 succeeded, 0 of them taken over, 0 failed; 60 calls, ")

	out, err = batchOf(t.Context(), "-run", stopped, "-set", "run.budget.calls=25")
	require.ErrorContains(t, err, "the run stopped: the budget of 25 calls is spent")
	require.ErrorContains(t, err, "the same command goes on with what is left")
	assert.Contains(t, out, "25 succeeded")
	assert.Contains(t, out, "is stopped")
	out, err = batchOf(t.Context(), "-run", stopped, "-compress")
	require.NoError(t, err)
	assert.FileExists(t, filepath.Join(stopped, "values.jsonl.zst"))
	assert.Contains(t, out, "session 2   60 items: 60 succeeded, 25 of them taken over, 0 failed; 35 calls, ")
	assert.Contains(t, out, "whole run   60 items: 60 succeeded, ")
	assert.Contains(t, out, "60 calls, ")
	assert.Equal(t, results(t, whole), results(t, stopped))
}

func TestAnEstimateIsWhatTheRunTakes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	out, err := batchOf(t.Context(), "-estimate", "-run", dir)
	require.NoError(t, err)
	assert.Contains(t, out, "60 items, 60 calls, about ")
	assert.Contains(t, out, "gloss exemplarllm/1")
	assert.Contains(t, out, "rehearsed 60 of 60 items with made-up answers")
	assert.NoDirExists(t, dir)
}

func TestAGuardRefusesWhatWasNotMeant(t *testing.T) {
	t.Parallel()
	out, err := batchOf(t.Context(), "-run", filepath.Join(t.TempDir(), "run"), "-set", "run.max_items=59")
	require.ErrorContains(t, err, "there are more than 59 items")
	assert.Contains(t, out, "0 calls, 0 tokens, cost 0.00")
	out, err = batchOf(t.Context(), "-run", filepath.Join(t.TempDir(), "run"), "-set", "run.max_cost=0.001")
	require.ErrorContains(t, err, "60 items are expected to cost ")
	assert.Contains(t, out, "0 calls, 0 tokens, cost 0.00")
}

func TestAnInterruptLosesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := batchOf(ctx, "-run", dir)
	require.ErrorIs(t, err, context.Canceled)
	out, err := batchOf(t.Context(), "-run", dir)
	require.NoError(t, err)
	assert.Contains(t, out, "60 succeeded")
}

func TestBadArguments(t *testing.T) {
	t.Parallel()
	_, err := batchOf(t.Context(), "-essays", "0")
	require.EqualError(t, err, "-essays 0: want at least one essay")
	_, err = batchOf(t.Context(), "-set", "resources.model.params.answers_after=soon")
	require.ErrorContains(t, err, "want a duration such as 40ms")
}
