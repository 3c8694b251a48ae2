package retrieval_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gloss-sdk/gloss/retrieval"
)

func TestSpanAttributesTellNeitherTextNorPerson(t *testing.T) {
	t.Parallel()
	q := retrieval.Query{Text: "an essay", K: 5, Scope: retrieval.Scope{Class: "7a", ExcludeStudent: "ann"}}
	assert.Equal(t, map[string]any{"gen_ai.operation.name": "retrieval", "gen_ai.request.top_k": 5.0}, q.SpanAttributes())
	assert.Equal(t, map[string]any{"gen_ai.retrieval.query.text": "an essay"}, q.SpanContent())
}
