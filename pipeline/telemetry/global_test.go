package telemetry_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

func TestGlobalProvidersAreLeftAlone(t *testing.T) { // not in parallel: it sets them
	var asked scopes
	spans, meters := &globalSpans{asked: &asked}, &globalMeters{asked: &asked}
	otel.SetTracerProvider(spans)
	otel.SetMeterProvider(meters)
	w := newWatch(t)
	stream(t.Context(), t, grade(quick("large"), quick("small")), essays(2), w.option)
	require.NotEmpty(t, w.spans.Ended())
	assert.Empty(t, asked.names())
	assert.Same(t, spans, otel.GetTracerProvider())
	assert.Same(t, meters, otel.GetMeterProvider())
	otel.GetTracerProvider().Tracer("a")
	otel.GetMeterProvider().Meter("b")
	assert.Equal(t, []string{"a", "b"}, asked.names(), "whoever asks is seen")
}

// scopes are the names of those who asked.
type scopes struct {
	mu   sync.Mutex
	list []string
}

func (s *scopes) add(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, name)
}

func (s *scopes) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

type globalSpans struct {
	tracenoop.TracerProvider

	asked *scopes
}

func (g *globalSpans) Tracer(name string, opts ...trace.TracerOption) trace.Tracer {
	g.asked.add(name)
	return g.TracerProvider.Tracer(name, opts...)
}

type globalMeters struct {
	metricnoop.MeterProvider

	asked *scopes
}

func (g *globalMeters) Meter(name string, opts ...metric.MeterOption) metric.Meter {
	g.asked.add(name)
	return g.MeterProvider.Meter(name, opts...)
}
