package embed_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/embed"
	"github.com/gloss-sdk/gloss/embed/embedtest"
)

// described is an embedder that says who its provider is.
type described struct{ embed.Embedder }

func (described) ModelInfo() (provider, model string) { return "openai", "text-embedding-3-small" }

func fixed(t *testing.T) *embedtest.Fixed {
	t.Helper()
	f, err := embedtest.NewFixed(map[string][]float32{"a": make([]float32, 256)})
	require.NoError(t, err)
	return f
}

func TestAnEmbeddingSaysWhatItAsks(t *testing.T) {
	t.Parallel()
	plain := embed.Embedding{Embedder: fixed(t)}
	assert.Equal(t, embed.Identity{Model: "fixed", Dim: 256}, plain.Identity())
	provider, model := plain.ModelInfo()
	assert.Equal(t, []string{"", "fixed"}, []string{provider, model})
	provider, model = embed.Embedding{Embedder: described{fixed(t)}}.ModelInfo()
	assert.Equal(t, []string{"openai", "text-embedding-3-small"}, []string{provider, model})
}

// A rehearsal of texts that the embedder does not know shows that it is not asked.
func TestARehearsalMakesVectorsUp(t *testing.T) {
	t.Parallel()
	embedder := fixed(t)
	stage := embed.Embedding{Embedder: embedder}
	vectors, err := stage.Rehearse(t.Context(), embed.Request{Role: embed.Query, Texts: []string{"whales", "harbors", "whales"}})
	require.NoError(t, err)
	require.Len(t, vectors, 3)
	for _, v := range vectors {
		require.Len(t, v, 256)
		assert.InDelta(t, 1, dot(v, v), 1e-4)
	}
	assert.Equal(t, vectors[0], vectors[2])
	assert.Less(t, dot(vectors[0], vectors[1]), 0.5)
	assert.Empty(t, embedder.Requests())

	_, err = stage.Rehearse(t.Context(), embed.Request{Texts: []string{"whales"}})
	assert.ErrorContains(t, err, "unknown role", "what fails in a run fails before it")
}

func dot(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
