package embed_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gloss-sdk/gloss/embed"
)

func TestSpanAttributesTellNoText(t *testing.T) {
	t.Parallel()
	req := embed.Request{Role: embed.Query, Texts: []string{"an essay"}}
	assert.Equal(t, map[string]any{"gen_ai.operation.name": "embeddings"}, req.SpanAttributes())
}
