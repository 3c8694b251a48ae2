package telemetry_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// memory is a journal of calls, or of items.
type memory struct {
	items bool

	mu   sync.Mutex
	kept map[string]any
}

func (*memory) Begin(context.Context, pipeline.Target) error { return nil }

func (m *memory) Do(ctx context.Context, w pipeline.Work, do func(context.Context) (any, error)) (any, string, error) {
	if m.items != (w.Call == nil) {
		out, err := do(ctx)
		return out, "", err
	}
	m.mu.Lock()
	out, ok := m.kept[w.Fingerprint]
	m.mu.Unlock()
	if ok {
		return out, "memory", nil
	}
	out, err := do(ctx)
	if err == nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.kept[w.Fingerprint] = out
	}
	return out, "", err
}

// A call that was not made has no span; the item says that it had one, and so do the metrics.
func TestReusedCalls(t *testing.T) {
	t.Parallel()
	w, calls := newWatch(t), &memory{kept: map[string]any{}}
	target := grade(quick("large"), quick("small"))
	for range 2 {
		for _, res := range stream(t.Context(), t, target, essays(1), w.option, pipeline.WithJournal(calls)) {
			require.NoError(t, res.Err)
		}
	}
	assert.Len(t, w.named("chat large"), 1)
	assert.Len(t, w.named("chat small"), 3)
	items := w.named("invoke_workflow grade")
	require.Len(t, items, 2)
	assert.Nil(t, value(items[0], "gloss.calls.reused"))
	assert.Equal(t, int64(4), value(items[1], "gloss.calls.reused"))
	assert.Nil(t, value(items[1], "gloss.origin"), "the item was worked on")
	assert.Equal(t, map[string]float64{"gloss.target=grade": 4}, w.measured(t, "gloss.calls.reused"))
	assert.Equal(t, map[string]float64{"gloss.outcome=ok gloss.target=grade": 2}, w.measured(t, "gloss.items"))
	assert.Equal(t, map[string]float64{
		"gen_ai.request.model=large gloss.resource=grader gloss.retry=false gloss.target=grade":  1,
		"gen_ai.request.model=small gloss.resource=adviser gloss.retry=false gloss.target=grade": 3,
		"gloss.resource=embedder gloss.retry=false gloss.target=grade":                           1,
	}, w.measured(t, "gloss.call.attempts"), "what was reused was not attempted, nor what building asked for")
}

func TestReusedItems(t *testing.T) {
	t.Parallel()
	w, items := newWatch(t), &memory{items: true, kept: map[string]any{}}
	target := grade(quick("large"), quick("small"))
	for range 2 {
		stream(t.Context(), t, target, essays(1), w.option, pipeline.WithJournal(items))
	}
	spans := w.named("invoke_workflow grade")
	require.Len(t, spans, 2)
	assert.Equal(t, "memory", value(spans[1], "gloss.origin"))
	assert.Len(t, w.named("stage score"), 1)
	assert.Equal(t, map[string]float64{
		"gloss.outcome=ok gloss.target=grade": 1, "gloss.outcome=reused gloss.target=grade": 1,
	}, w.measured(t, "gloss.items"))
}
