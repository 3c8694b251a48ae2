package pipeline_test

import (
	"context"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// sumOf is what the documentation says.
func sumOf(s string) [32]byte { return sha256.Sum256([]byte("text\x00" + s)) }

// manyTexts are texts of lengths around every border that hashing and remembering have, several of each length, and each one twice.
func manyTexts() []string {
	var texts []string
	for _, n := range []int{0, 1, 63, 64, 511, 512, 4091, 4096, 4097, 8192, 8193, 100_000} {
		for _, last := range []string{"", "x", "y"} {
			texts = append(texts, strings.Repeat("é", n/2)+last)
		}
	}
	return append(texts, texts...)
}

func TestTextSum(t *testing.T) {
	t.Parallel()
	for _, s := range manyTexts() {
		require.Equal(t, sumOf(s), pipeline.TextSum(t.Context(), s), "%d bytes", len(s))
	}
	stage := pipeline.Fn(func(ctx context.Context, n int) (int, error) {
		for range 3 { // more than are remembered, in turns
			for _, s := range manyTexts() {
				assert.Equal(t, sumOf(s), pipeline.TextSum(ctx, s), "%d bytes in an item", len(s))
			}
			for i := range 100 {
				pipeline.TextSum(ctx, strings.Repeat("x", 600+i))
			}
		}
		assert.LessOrEqual(t, pipeline.TextsKept(ctx), 32)
		return n, nil
	})
	for r := range start(t, stage).Stream(t.Context(), numbered(3)) {
		require.NoError(t, r.Err)
	}
}

// Items, calls and elements of an item hash the same texts at once; the race detector watches.
func TestTextSumIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	texts := manyTexts()
	inner := pipeline.Fn(func(ctx context.Context, s string) (bool, error) { return pipeline.TextSum(ctx, s) == sumOf(s), nil })
	each := pipeline.Each(inner, 8)
	stage := pipeline.Fn(func(ctx context.Context, n int) (int, error) {
		right, err := each.Run(ctx, texts)
		for _, ok := range right {
			assert.True(t, ok)
		}
		return n, err
	})
	for r := range start(t, stage).Stream(t.Context(), numbered(4)) {
		require.NoError(t, r.Err)
	}
}

// Long texts of one length that differ in their last letter are different work.
func TestLongTextsOfOneLengthAreToldApart(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("An essay of some length. ", 100)
	prints := map[string]bool{}
	for _, v := range []any{long + "a", long + "b", []string{long + "a", long + "b"}, []string{long + "b", long + "a"}, []string{long + "a", long + "a"}} {
		prints[fingerprintOf(t, v)] = true
	}
	require.Len(t, prints, 5)
}
