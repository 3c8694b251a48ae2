package telemetry_test

import (
	"context"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/telemetry"
)

// discard is where spans end that nobody sends.
type discard struct{}

func (discard) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (discard) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (discard) Shutdown(context.Context) error                  { return nil }
func (discard) ForceFlush(context.Context) error                { return nil }

// BenchmarkItem measures an item with two named stages and four calls that answer at once: what telemetry adds is the difference to none.
func BenchmarkItem(b *testing.B) {
	spans := func(opts ...sdktrace.TracerProviderOption) trace.TracerProvider {
		return sdktrace.NewTracerProvider(append(opts, sdktrace.WithSpanProcessor(discard{}))...)
	}
	for _, row := range []struct {
		name   string
		spans  trace.TracerProvider
		meters metric.MeterProvider
	}{
		{"none", nil, nil},
		{"noop", tracenoop.NewTracerProvider(), metricnoop.NewMeterProvider()},
		{"never sampled", spans(sdktrace.WithSampler(sdktrace.NeverSample())), nil},
		{"always sampled", spans(), nil},
		{"metrics", nil, sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))},
		{"both", spans(), sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))},
	} {
		b.Run(row.name, func(b *testing.B) {
			var opts []telemetry.Option
			if row.spans != nil {
				opts = append(opts, telemetry.WithTracerProvider(row.spans))
			}
			if row.meters != nil {
				opts = append(opts, telemetry.WithMeterProvider(row.meters))
			}
			var runOpts []pipeline.RunOption
			if len(opts) > 0 {
				told, err := telemetry.New(opts...)
				require.NoError(b, err)
				runOpts = append(runOpts, pipeline.WithTracer(told))
			}
			benchmarkItems(b, runOpts)
		})
	}
}

func benchmarkItems(b *testing.B, opts []pipeline.RunOption) {
	b.Helper()
	run, err := pipeline.NewRun(opts...)
	require.NoError(b, err)
	runner, err := pipeline.Start(b.Context(), run, grade(quick("large"), quick("small")))
	require.NoError(b, err)
	b.ReportAllocs()
	b.ResetTimer()
	items := func() iter.Seq[pipeline.Item[essay]] {
		return func(yield func(pipeline.Item[essay]) bool) {
			for range b.N {
				if !yield(pipeline.Item[essay]{ID: "id", In: essay{Text: "text"}}) {
					return
				}
			}
		}
	}
	for res := range runner.Stream(b.Context(), items()) {
		if res.Err != nil {
			b.Fatal(res.Err)
		}
	}
}
