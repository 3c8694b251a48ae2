package pipeline_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// spans is a tracer that notes what began inside of what.
type spans struct {
	name string

	mu    sync.Mutex
	begun []string
	ended []pipeline.Event
}

type spanKey struct{}

func (s *spans) Begin(ctx context.Context, e pipeline.Event) (context.Context, func(pipeline.Event)) {
	outer, _ := ctx.Value(spanKey{}).(string)
	name := fmt.Sprintf("%s %s%s%s", e.Kind, e.Target, e.Item, e.Stage)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun = append(s.begun, fmt.Sprintf("%s%s in (%s)", s.name, name, outer))
	if e.Elapsed != 0 || e.Out != nil || e.Err != nil || e.Usage != (pipeline.Usage{}) {
		s.begun = append(s.begun, "an event that begins knows its end")
	}
	return context.WithValue(ctx, spanKey{}, name), func(e pipeline.Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ended = append(s.ended, e)
	}
}

func TestTracersStandAroundWhatHappens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		trace := &spans{}
		var inside string
		failed := false
		model := pipeline.Call("model", pipeline.Fn(func(ctx context.Context, n int) (reply, error) {
			inside, _ = ctx.Value(spanKey{}).(string)
			time.Sleep(time.Second)
			if !failed {
				failed = true
				return reply{}, &busyError{after: time.Minute}
			}
			return reply{"x", n}, nil
		}))
		runner := start(t, pipeline.Named("outer", pipeline.Named("ask", model)), pipeline.WithTracer(trace), pipeline.WithRandom(noBackoff))
		for res := range runner.Stream(t.Context(), numbered(1)) {
			require.NoError(t, res.Err)
		}
		assert.Equal(t, []string{
			"asset stage in ()",
			"batch_ended stage in ()",
			"item stagen0 in (batch_ended stage)",
			"stage stagen0outer in (item stagen0)",
			"stage stagen0outer/ask in (stage stagen0outer)",
			"call stagen0outer/ask in (stage stagen0outer/ask)",
			"call stagen0outer/ask in (stage stagen0outer/ask)",
		}, trace.begun)
		assert.Equal(t, "call stagen0outer/ask", inside, "what a call sends is inside of its attempt")
		var kinds []pipeline.Kind
		for _, e := range trace.ended {
			kinds = append(kinds, e.Kind)
		}
		assert.Equal(t, []pipeline.Kind{"asset", "call", "call", "stage", "stage", "item", "batch_ended"}, kinds)
		assert.EqualError(t, trace.ended[1].Err, "busy")
		assert.Equal(t, time.Second, trace.ended[2].Elapsed)
		assert.Equal(t, 2, trace.ended[2].Call.Attempt)
		assert.Equal(t, 2, trace.ended[5].Usage.Calls)
		assert.Equal(t, time.Minute+2*time.Second, trace.ended[6].Elapsed)
	})
}

func TestTracersNestInTheOrderOfTheirOptions(t *testing.T) {
	t.Parallel()
	outer, inner := &spans{name: "outer "}, &spans{name: "inner "}
	o := &oracle{}
	run := newRun(t, pipeline.WithTracer(outer), pipeline.WithTracer(inner))
	require.NoError(t, consult(t, run, o, 1)[0].Err)
	assert.Contains(t, inner.begun, "inner call consultq0ask in (call consultq0ask)")
	assert.Contains(t, outer.begun, "outer call consultq0ask in (stage consultq0ask)")
	assert.Len(t, inner.ended, len(inner.begun))
	assert.Len(t, outer.ended, len(outer.begun))
}

// However something ends, its span does.
func TestSpansEndWithFailures(t *testing.T) {
	t.Parallel()
	trace := &spans{}
	stage := pipeline.Named("s", pipeline.Call("m", pipeline.Fn(func(_ context.Context, n int) (int, error) {
		if n == 0 {
			panic("broken")
		}
		return 0, errBoom
	})))
	results := slices.Collect(start(t, stage, pipeline.WithTracer(trace)).Stream(t.Context(), numbered(2)))
	require.Len(t, results, 2)
	assert.Len(t, trace.ended, len(trace.begun))
	for _, e := range trace.ended {
		if e.Kind != pipeline.KindAsset && e.Kind != pipeline.KindBatchEnded {
			assert.Error(t, e.Err, e.Kind)
		}
	}
}
