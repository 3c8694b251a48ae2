package telemetry_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/telemetry"
)

// exporting is a host that sends spans and metrics to a receiver.
type exporting struct {
	*receiver

	spans  *sdktrace.TracerProvider
	meters *metric.MeterProvider
}

func newExporting(t *testing.T) *exporting {
	t.Helper()
	r := newReceiver(t)
	toSpans, err := otlptracehttp.New(t.Context(),
		otlptracehttp.WithEndpointURL(r.URL+"/v1/traces"), otlptracehttp.WithCompression(otlptracehttp.GzipCompression))
	require.NoError(t, err)
	toMetrics, err := otlpmetrichttp.New(t.Context(),
		otlpmetrichttp.WithEndpointURL(r.URL+"/v1/metrics"), otlpmetrichttp.WithCompression(otlpmetrichttp.GzipCompression))
	require.NoError(t, err)
	return &exporting{r,
		sdktrace.NewTracerProvider(sdktrace.WithBatcher(toSpans)),
		metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(toMetrics)))}
}

func (x *exporting) telemetry(t *testing.T, opts ...telemetry.Option) pipeline.RunOption {
	t.Helper()
	told, err := telemetry.New(append(opts, telemetry.WithTracerProvider(x.spans), telemetry.WithMeterProvider(x.meters))...)
	require.NoError(t, err)
	return pipeline.WithTracer(told)
}

// shutdown sends what is held back, as the owner of the providers does.
func (x *exporting) shutdown(t *testing.T) {
	t.Helper()
	require.NoError(t, x.spans.Shutdown(t.Context()))
	require.NoError(t, x.meters.Shutdown(t.Context()))
}

// instrumented is an HTTP client that makes spans, as otelhttp does.
type instrumented struct{ trace.Tracer }

func (c instrumented) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, span := c.Start(req.Context(), req.Method, trace.WithSpanKind(trace.SpanKindClient))
	defer span.End()
	return http.DefaultTransport.RoundTrip(req.WithContext(ctx))
}

// service is a model behind HTTP. It throttles the first request of essay 0, and refuses essay 1.
func service(t *testing.T) *httptest.Server {
	t.Helper()
	var first atomic.Bool
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		text, err := io.ReadAll(req.Body)
		assert.NoError(t, err)
		switch {
		case strings.Contains(string(text), "essay 0") && first.CompareAndSwap(false, true):
			w.WriteHeader(http.StatusTooManyRequests)
		case strings.Contains(string(text), "essay 1"):
			w.WriteHeader(http.StatusUnavailableForLegalReasons)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// asking returns a model that asks s by way of client.
func asking(s *httptest.Server, client *http.Client, model string, u llm.Usage) oracle {
	return oracle{model, func(ctx context.Context, req llm.Request) (llm.Response, error) {
		text := req.Messages[len(req.Messages)-1].Text
		post, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, strings.NewReader(text))
		if err != nil {
			return llm.Response{}, err
		}
		res, err := client.Do(post)
		if err != nil {
			return llm.Response{}, err
		}
		defer res.Body.Close()
		switch res.StatusCode {
		case http.StatusTooManyRequests:
			return llm.Response{}, throttled()
		case http.StatusOK:
			return answered(model+"-2026", u), nil
		default:
			return llm.Response{}, refused()
		}
	}}
}

func essays(n int) []essay {
	out := make([]essay, n)
	for i := range out {
		out[i] = essay{fmt.Sprintf("%s-%d", canaryID, i), fmt.Sprintf("essay %d %s", i, canaryEssay)}
	}
	return out
}

func prices(call pipeline.CallInfo, answered string, u pipeline.Usage) (pipeline.Money, bool) {
	return pipeline.Money(u.Tokens()) * pipeline.Unit / 1000, call.Model == "large" && answered == "large-2026"
}

func TestSpansAndMetricsArriveOverOTLP(t *testing.T) {
	t.Parallel()
	x := newExporting(t)
	s := service(t)
	client := &http.Client{Transport: instrumented{x.spans.Tracer("http")}}
	ctx, host := x.spans.Tracer("host").Start(t.Context(), "nightly")
	target := grade(
		asking(s, client, "large", llm.Usage{Input: 300, Output: 50, Cached: 200, Reasoning: 10}),
		asking(s, client, "small", llm.Usage{Input: 20, Output: 5}))

	results := stream(ctx, t, target, essays(2), x.telemetry(t), pipeline.WithPrices(pipeline.PricerFunc(prices)))
	host.End()
	x.shutdown(t)

	require.NoError(t, results[0].Err)
	require.Error(t, results[1].Err)
	assert.Equal(t, golden(t, "spans.golden"), x.tree())
	assert.Equal(t, golden(t, "metrics.golden"), x.points())
	assert.Equal(t, map[string][]float64{
		"gen_ai.client.token.usage":        telemetry.TokenBounds(),
		"gen_ai.client.operation.duration": telemetry.DurationBounds(14),
		"gloss.item.duration":              telemetry.DurationBounds(20),
		"gloss.call.wait.duration":         telemetry.DurationBounds(20),
	}, x.bounds())
	for _, canary := range canaries() {
		assert.NotContains(t, string(x.bytes), canary)
	}
	for _, scope := range x.receiver.spans {
		if scope.GetScope().GetName() == "github.com/gloss-sdk/gloss/pipeline/telemetry" {
			assert.Equal(t, "https://opentelemetry.io/schemas/1.41.0", scope.GetSchemaUrl())
		}
	}
	assert.Equal(t, "https://opentelemetry.io/schemas/1.41.0", x.metrics[0].GetSchemaUrl())
	x.assertNested(t)
}

func golden(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return strings.TrimSuffix(string(text), "\n")
}

// assertNested checks that all spans are of one trace and within the times of their parents.
func (x *exporting) assertNested(t *testing.T) {
	t.Helper()
	type times struct{ begin, end uint64 }
	of, traces := map[string]times{}, map[string]bool{}
	for _, scope := range x.receiver.spans {
		for _, s := range scope.GetSpans() {
			of[string(s.GetSpanId())] = times{s.GetStartTimeUnixNano(), s.GetEndTimeUnixNano()}
			traces[string(s.GetTraceId())] = true
		}
	}
	assert.Len(t, traces, 1)
	for _, scope := range x.receiver.spans {
		for _, s := range scope.GetSpans() {
			if outer, ok := of[string(s.GetParentSpanId())]; ok {
				assert.LessOrEqual(t, outer.begin, s.GetStartTimeUnixNano(), s.GetName())
				assert.GreaterOrEqual(t, outer.end, s.GetEndTimeUnixNano(), s.GetName())
			}
			assert.LessOrEqual(t, s.GetStartTimeUnixNano(), s.GetEndTimeUnixNano(), s.GetName())
		}
	}
}

const notUTF8 = "caf\xe9"

// What is asked for arrives as well: the search for canaries can find them.
func TestContentAndIdentifiersAreToldWhereAskedFor(t *testing.T) {
	t.Parallel()
	x := newExporting(t)
	target := grade(
		oracle{"large", func(_ context.Context, req llm.Request) (llm.Response, error) {
			if text := req.Messages[1].Text; strings.Contains(text, "essay 1") || text == notUTF8 {
				return llm.Response{}, refused()
			}
			return answered("", llm.Usage{}), nil
		}},
		oracle{"small", func(context.Context, llm.Request) (llm.Response, error) { return answered("", llm.Usage{}), nil }})
	in := append(essays(2), essay{"\xff\xfe", notUTF8}) // it must not cost the spans that are sent with it
	stream(t.Context(), t, target, in, x.telemetry(t, telemetry.WithContent(), telemetry.WithItemIDs()))
	x.shutdown(t)

	for _, canary := range canaries() {
		assert.Contains(t, string(x.bytes), canary)
	}
	tree := x.tree()
	assert.Contains(t, tree, `gen_ai.system_instructions=[{"type":"text","content":"Grade fairly. CANARY-PROMPT"}]`)
	assert.Contains(t, tree, `gen_ai.input.messages=[{"role":"user","parts":[{"type":"text","content":"essay 0 CANARY-ESSAY"}]}]`)
	assert.Contains(t, tree,
		`gen_ai.output.messages=[{"role":"assistant","parts":[{"type":"text","content":"CANARY-REPLY"}],"finish_reason":"stop"}]`)
	assert.Contains(t, tree, "ERROR(m: refused: CANARY-ERROR)")
	assert.Contains(t, tree, "gloss.item.id=\uFFFD")
	assert.Contains(t, tree, "ERROR(item \uFFFD: stage score: m: refused: CANARY-ERROR)")
	for _, canary := range canaries() {
		assert.NotContains(t, x.points(), canary, "no option puts it into a metric")
	}
}
