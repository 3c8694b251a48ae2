package hashembed_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/embed"
	"github.com/gloss-sdk/gloss/embed/embedtest"
	"github.com/gloss-sdk/gloss/embed/hashembed"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, dim := range []int{1024, 64} {
		t.Run(fmt.Sprint(dim), func(t *testing.T) {
			t.Parallel()
			embedtest.RunConformance(t, func(t *testing.T) embed.Embedder { return newEmbedder(t, hashembed.WithDim(dim)) })
		})
	}
}

func newEmbedder(t *testing.T, opts ...hashembed.Option) *hashembed.Embedder {
	t.Helper()
	e, err := hashembed.New(opts...)
	require.NoError(t, err)
	return e
}

func vector(t *testing.T, e embed.Embedder, text string) []float32 {
	t.Helper()
	vectors, err := e.Embed(t.Context(), embed.Document, []string{text})
	require.NoError(t, err)
	return vectors[0]
}

func cosine(a, b []float32) float64 {
	var dot float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
	}
	return dot
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 1024, newEmbedder(t).Identity().Dim)
	assert.Equal(t, 7, newEmbedder(t, hashembed.WithDim(7)).Identity().Dim)
	assert.NotEqual(t, newEmbedder(t).Identity(), newEmbedder(t, hashembed.WithDim(512)).Identity())
}

func TestTheZeroEmbedderHasTheDefaults(t *testing.T) {
	t.Parallel()
	var zero hashembed.Embedder
	assert.Equal(t, newEmbedder(t).Identity(), zero.Identity())
	assert.Equal(t, vector(t, newEmbedder(t), "sugar"), vector(t, &zero, "sugar"))
}

func TestNewReportsEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := hashembed.New(hashembed.WithDim(0), hashembed.WithDim(-3), hashembed.WithDim(1<<40))
	for _, dim := range []int{0, -3, 1 << 40} {
		assert.ErrorContains(t, err, fmt.Sprintf("dim is %d; it must be from 1 to 1048576", dim))
	}
}

func TestVectorsHaveLengthOne(t *testing.T) {
	t.Parallel()
	e := newEmbedder(t)
	for _, text := range []string{"a", "I", "sugar", strings.Repeat("the same words again ", 900), "光合作用", "x\xff\xc3y"} {
		v := vector(t, e, text)
		assert.InDelta(t, 1, math.Sqrt(cosine(v, v)), 1e-6, text)
	}
	for _, text := range []string{"", " \n", "...!?"} {
		assert.Equal(t, make([]float32, 1024), vector(t, e, text), "%q has no words", text)
	}
}

func TestRolesAreOneSpace(t *testing.T) {
	t.Parallel()
	e := newEmbedder(t)
	asked, err := e.Embed(t.Context(), embed.Query, []string{"sugar"})
	require.NoError(t, err)
	assert.Equal(t, asked[0], vector(t, e, "sugar"))
}

func TestSimilarityIsSharedLetters(t *testing.T) {
	t.Parallel()
	e := newEmbedder(t)
	leaf := vector(t, e, "the green leaf")
	assert.InDelta(t, 1, cosine(leaf, vector(t, e, "The LEAF, green!")), 1e-6, "case, order and punctuation do not count")
	inflected := cosine(leaf, vector(t, e, "greener leaves"))
	unrelated := cosine(leaf, vector(t, e, "wormy duck soup"))
	assert.Greater(t, inflected, .25)
	assert.InDelta(t, 0, unrelated, .12)
	assert.Greater(t, cosine(leaf, vector(t, e, "a green leaf")), inflected)
}

// TestVectorsArePinned fails when the algorithm changes: vectors stored under an identity would no longer be comparable, so the
// version in the identity must change with it.
func TestVectorsArePinned(t *testing.T) {
	t.Parallel()
	e := newEmbedder(t, hashembed.WithDim(8))
	assert.Equal(t, "hashed-char-3-5-grams/1", e.Identity().Model)
	want := []float32{0.11552051, 0.16666086, 0.33332172, 0.11552051, 0.4999826, 0.44884223, 0.06438015, -0.6155031}
	assert.InDeltaSlice(t, want, vector(t, e, "Sugar, sugar and light"), 1e-6)
}

// stopsAfter is a context that is done from its n-th look on.
type stopsAfter struct {
	context.Context
	looks *int
}

func (c stopsAfter) Err() error {
	if *c.looks--; *c.looks < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

func TestEmbedStopsBetweenTexts(t *testing.T) {
	t.Parallel()
	looks := 2
	_, err := newEmbedder(t).Embed(stopsAfter{t.Context(), &looks}, embed.Document, []string{"a", "b", "c", "d"})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.ErrorContains(t, err, "text 3 of 4")
}

func FuzzEmbed(f *testing.F) {
	for _, text := range []string{"", "a", "The leaf", "\xff\xfe", "e\u0301", "İ", "𐐀𐐁"} {
		f.Add(text)
	}
	e, err := hashembed.New(hashembed.WithDim(256))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		v := vector(t, e, text)
		require.Equal(t, v, vector(t, e, text))
		require.Equal(t, v, vector(t, e, " "+text+"\n"), "white space around a text does not count")
		square := cosine(v, v)
		require.True(t, square == 0 || math.Abs(square-1) < 1e-5, "squared length %v", square)
	})
}

func BenchmarkEmbedEssay(b *testing.B) {
	e, err := hashembed.New()
	require.NoError(b, err)
	essay := []string{strings.Repeat("Plants turn light into sugar and keep it in their leaves. ", 40)}
	for b.Loop() {
		_, err := e.Embed(b.Context(), embed.Document, essay)
		require.NoError(b, err)
	}
}

func ExampleNew() {
	embedder, err := hashembed.New(hashembed.WithDim(256))
	if err != nil {
		log.Fatal(err)
	}
	vectors, err := embedder.Embed(context.Background(), embed.Document, []string{"photosynthesis", "photosynthetic", "respiration"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(embedder.Identity().Dim, len(vectors))
	fmt.Printf("%.1f %.1f\n", cosine(vectors[0], vectors[1]), cosine(vectors[0], vectors[2]))
	// Output:
	// 256 3
	// 0.7 0.0
}
