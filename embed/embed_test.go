package embed_test

import (
	"context"
	"fmt"
	"log"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/embed"
	"github.com/gloss-sdk/gloss/embed/embedtest"
)

func TestRoleValidate(t *testing.T) {
	t.Parallel()
	require.NoError(t, embed.Document.Validate())
	require.NoError(t, embed.Query.Validate())
	for _, role := range []embed.Role{"", "Query", "passage"} {
		assert.ErrorContains(t, role.Validate(), fmt.Sprintf(`unknown role %q; there are "document" and "query"`, string(role)))
	}
}

func TestEmbeddingPassesEverythingOn(t *testing.T) {
	t.Parallel()
	embedder, err := embedtest.NewFixed(map[string][]float32{"a": {1}, "b": {2}})
	require.NoError(t, err)
	stage := embed.Embedding{Embedder: embedder}

	vectors, err := stage.Run(t.Context(), embed.Request{Role: embed.Query, Texts: []string{"b", "a"}})
	require.NoError(t, err)
	assert.Equal(t, [][]float32{{2}, {1}}, vectors)
	assert.Equal(t, []embed.Request{{Role: embed.Query, Texts: []string{"b", "a"}}}, embedder.Requests())

	_, err = stage.Run(t.Context(), embed.Request{Role: "other"})
	require.Error(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = stage.Run(ctx, embed.Request{Role: embed.Query})
	require.ErrorIs(t, err, context.Canceled)
}

func ExampleEmbedding() {
	embedder, err := embedtest.NewFixed(map[string][]float32{"leaf": {1, 0}, "light": {0, 1}})
	if err != nil {
		log.Fatal(err)
	}
	stage := embed.Embedding{Embedder: embedder}
	vectors, err := stage.Run(context.Background(), embed.Request{Role: embed.Document, Texts: []string{"light", "leaf"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(vectors)
	// Output:
	// [[0 1] [1 0]]
}
