package telemetry_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/telemetry"
)

// watch is a host that keeps spans and metrics in memory.
type watch struct {
	spans  *tracetest.SpanRecorder
	meters *metric.ManualReader
	option pipeline.RunOption
}

func newWatch(t testing.TB, opts ...telemetry.Option) *watch {
	t.Helper()
	w := &watch{spans: tracetest.NewSpanRecorder(), meters: metric.NewManualReader()}
	told, err := telemetry.New(append(opts,
		telemetry.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(w.spans))),
		telemetry.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(w.meters))))...)
	require.NoError(t, err)
	w.option = pipeline.WithTracer(told)
	return w
}

// named returns the spans with a name, in the order in which they ended.
func (w *watch) named(name string) []sdktrace.ReadOnlySpan {
	return slices.DeleteFunc(slices.Clone(w.spans.Ended()), func(s sdktrace.ReadOnlySpan) bool { return s.Name() != name })
}

// span returns the only span with a name.
func (w *watch) span(t *testing.T, name string) sdktrace.ReadOnlySpan {
	t.Helper()
	found := w.named(name)
	require.Len(t, found, 1, name)
	return found[0]
}

// value returns an attribute of a span, nil if it has none.
func value(s sdktrace.ReadOnlySpan, key attribute.Key) any {
	for _, a := range s.Attributes() {
		if a.Key == key {
			return a.Value.AsInterface()
		}
	}
	return nil
}

// measured returns the points of a metric: by their attributes, "a=1 b=2", the value of a counter, or the sum of a histogram.
func (w *watch) measured(t *testing.T, name string) map[string]float64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, w.meters.Collect(context.WithoutCancel(t.Context()), &all))
	points := map[string]float64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name != name {
				continue
			}
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					points[labels(p.Attributes)] = float64(p.Value)
				}
			case metricdata.Sum[float64]:
				for _, p := range data.DataPoints {
					points[labels(p.Attributes)] = p.Value
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					points[labels(p.Attributes)] = p.Sum
				}
			case metricdata.Histogram[int64]:
				for _, p := range data.DataPoints {
					points[labels(p.Attributes)] = float64(p.Sum)
				}
			default:
				require.Fail(t, "unknown data", "%T", data)
			}
		}
	}
	return points
}

func labels(set attribute.Set) string {
	var parts []string
	for _, a := range set.ToSlice() {
		parts = append(parts, fmt.Sprintf("%s=%v", a.Key, a.Value.AsInterface()))
	}
	return strings.Join(parts, " ")
}
