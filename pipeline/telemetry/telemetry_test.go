package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/telemetry"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		opts []telemetry.Option
		want []string
	}{
		{nil, []string{"nobody to tell"}},
		{[]telemetry.Option{telemetry.WithContent(), telemetry.WithItemIDs(), telemetry.WithItemTraces()}, []string{"nobody to tell"}},
		{
			[]telemetry.Option{telemetry.WithTracerProvider(nil), telemetry.WithMeterProvider(nil)},
			[]string{"WithTracerProvider(nil)", "WithMeterProvider(nil)"},
		},
		{[]telemetry.Option{telemetry.WithMeterProvider(brokenMeters{})}, []string{"no gloss.items", "no gen_ai.client.token.usage"}},
	} {
		told, err := telemetry.New(row.opts...)
		assert.Nil(t, told)
		for _, want := range row.want {
			assert.ErrorContains(t, err, want)
		}
	}
}

// brokenMeters refuses two instruments.
type brokenMeters struct{ metricnoop.MeterProvider }

func (brokenMeters) Meter(string, ...metric.MeterOption) metric.Meter { return brokenMeter{} }

type brokenMeter struct{ metricnoop.Meter }

func (m brokenMeter) Int64Counter(name string, opts ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	if name == "gloss.items" {
		return nil, errors.New("no " + name)
	}
	return m.Meter.Int64Counter(name, opts...)
}

func (brokenMeter) Int64Histogram(name string, _ ...metric.Int64HistogramOption) (metric.Int64Histogram, error) {
	return nil, errors.New("no " + name)
}

// quick answers at once.
func quick(model string) oracle {
	return oracle{model, func(context.Context, llm.Request) (llm.Response, error) {
		return answered(model, llm.Usage{Input: 10, Output: 2}), nil
	}}
}

// simple is a target that calls a model once.
func simple(model oracle) pipeline.Asset[stage] {
	text := func(_ context.Context, r llm.Response) (string, error) { return r.Text, nil }
	return pipeline.Tool[stage]("grade", pipeline.Then(pipeline.Then(
		pipeline.Fn(prompt), pipeline.Call("grader", model)), pipeline.Fn(text)))
}

// Spans begin and end with the work: waiting for limits is told apart, and observers that take their time are not part of it.
func TestTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWatch(t)
		slow := oracle{"large", func(context.Context, llm.Request) (llm.Response, error) {
			time.Sleep(2 * time.Second)
			return answered("large", llm.Usage{}), nil
		}}
		limit := pipeline.InterceptorFunc(func(
			ctx context.Context, _ pipeline.CallInfo, _ any, next func(context.Context) (any, error),
		) (any, error) {
			time.Sleep(3 * time.Second)
			return next(ctx)
		})
		observer := pipeline.ObserverFunc(func(_ context.Context, e pipeline.Event) {
			if e.Kind == pipeline.KindCall {
				time.Sleep(7 * time.Second)
			}
		})
		stream(t.Context(), t, simple(slow), essays(1), w.option, pipeline.WithInterceptor(limit), pipeline.WithObserver(observer))

		call := w.span(t, "chat large")
		assert.Equal(t, 5*time.Second, call.EndTime().Sub(call.StartTime()))
		assert.Equal(t, 3.0, value(call, "gloss.waited"))
		item := w.span(t, "invoke_workflow grade")
		assert.Equal(t, 12*time.Second, item.EndTime().Sub(item.StartTime()))
		assert.Equal(t, 12*time.Second, w.span(t, "batch grade").EndTime().Sub(item.StartTime()))
		assert.Equal(t, map[string]float64{
			"gen_ai.operation.name=chat gen_ai.provider.name=acme gen_ai.request.model=large gen_ai.response.model=large": 2,
		}, w.measured(t, "gen_ai.client.operation.duration"), "from when it was sent")
		assert.Equal(t, map[string]float64{"gen_ai.request.model=large gloss.resource=grader gloss.target=grade": 3},
			w.measured(t, "gloss.call.wait.duration"))
		assert.Equal(t, map[string]float64{"gloss.outcome=ok gloss.target=grade": 12}, w.measured(t, "gloss.item.duration"))
		assert.Empty(t, w.measured(t, "gen_ai.client.token.usage"), "a count that is not known is not measured")
	})
}

func TestItemsInFlight(t *testing.T) {
	t.Parallel()
	w := newWatch(t)
	var together sync.WaitGroup
	together.Add(3)
	var once sync.Once
	busy := map[string]float64{}
	meet := oracle{"large", func(context.Context, llm.Request) (llm.Response, error) {
		together.Done()
		together.Wait()
		once.Do(func() { busy = w.measured(t, "gloss.items.active") })
		return llm.Response{}, nil
	}}
	stream(t.Context(), t, simple(meet), essays(3), w.option)
	assert.Equal(t, map[string]float64{"gloss.target=grade": 3}, busy)
	assert.Equal(t, map[string]float64{"gloss.target=grade": 0}, w.measured(t, "gloss.items.active"))
}

// However an item ends, it has ended: its span is there and it is counted, also where its context has ended.
func TestEveryEndIsTold(t *testing.T) {
	t.Parallel()
	w := newWatch(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ends := oracle{"large", func(ctx context.Context, req llm.Request) (llm.Response, error) {
		switch text := req.Messages[1].Text; {
		case strings.HasPrefix(text, "essay 0"):
			panic(canaryError)
		case strings.HasPrefix(text, "essay 1"):
			return llm.Response{}, fmt.Errorf("odd: %s", text)
		default:
			cancel()
			<-ctx.Done()
			return llm.Response{}, ctx.Err()
		}
	}}
	results := stream(ctx, t, simple(ends), essays(3), w.option, pipeline.WithInFlight(1))
	require.Len(t, results, 3)
	assert.Equal(t, map[string]float64{
		"error.type=_OTHER gloss.outcome=failed gloss.target=grade":   1,
		"error.type=canceled gloss.outcome=failed gloss.target=grade": 1,
		"error.type=panic gloss.outcome=failed gloss.target=grade":    1,
	}, w.measured(t, "gloss.items"))
	assert.Len(t, w.spans.Ended(), len(w.spans.Started()))
	var descriptions []string
	for _, s := range w.named("chat large") {
		assert.Equal(t, codes.Error, s.Status().Code)
		assert.Equal(t, s.Status().Description, value(s, "error.type"))
		assert.Nil(t, value(s, "gen_ai.response.model"))
		descriptions = append(descriptions, s.Status().Description)
	}
	assert.Equal(t, []string{"panic", "_OTHER", "canceled"}, descriptions)
}

// A single input has no batch: its item is a child of what the caller does.
func TestRunOfOneInput(t *testing.T) {
	t.Parallel()
	for _, opts := range [][]telemetry.Option{nil, {telemetry.WithItemTraces()}} {
		w := newWatch(t, opts...)
		run, err := pipeline.NewRun(w.option)
		require.NoError(t, err)
		runner, err := pipeline.Start(t.Context(), run, simple(quick("large")))
		require.NoError(t, err)
		ctx, request := sdktrace.NewTracerProvider().Tracer("host").Start(t.Context(), "POST /grade")
		_, err = runner.Run(ctx, essay{Text: "text"})
		require.NoError(t, err)
		assert.Equal(t, request.SpanContext().SpanID(), w.span(t, "invoke_workflow grade").Parent().SpanID())
		assert.Equal(t, w.span(t, "invoke_workflow grade").SpanContext().SpanID(), w.span(t, "chat large").Parent().SpanID())
		assert.Empty(t, w.named("batch grade"))
	}
}

func TestItemTraces(t *testing.T) {
	t.Parallel()
	w := newWatch(t, telemetry.WithItemTraces())
	stream(t.Context(), t, simple(quick("large")), essays(3), w.option)
	batch := w.span(t, "batch grade").SpanContext()
	traces := map[trace.TraceID]bool{batch.TraceID(): true}
	for _, item := range w.named("invoke_workflow grade") {
		assert.False(t, item.Parent().IsValid())
		require.Len(t, item.Links(), 1)
		assert.Equal(t, batch.SpanID(), item.Links()[0].SpanContext.SpanID())
		traces[item.SpanContext().TraceID()] = true
	}
	assert.Len(t, traces, 4, "the batch and every item have a trace each")
	for _, call := range w.named("chat large") {
		assert.True(t, traces[call.SpanContext().TraceID()])
		assert.NotEqual(t, batch.TraceID(), call.SpanContext().TraceID(), "a call stays with its item")
	}
}

// An item that runs another one keeps it in its trace.
func TestItemTracesOfItemsInside(t *testing.T) {
	t.Parallel()
	w := newWatch(t, telemetry.WithItemTraces())
	run, err := pipeline.NewRun(w.option)
	require.NoError(t, err)
	inner, err := pipeline.Start(t.Context(), run, simple(quick("large")))
	require.NoError(t, err)
	outer, err := pipeline.Start(t.Context(), run, pipeline.Tool[stage]("outer", pipeline.Fn(inner.Run)))
	require.NoError(t, err)
	for res := range outer.Stream(t.Context(), pipeline.Items(essays(1)...)) {
		require.NoError(t, res.Err)
	}
	assert.Equal(t, w.span(t, "invoke_workflow outer").SpanContext().SpanID(), w.span(t, "invoke_workflow grade").Parent().SpanID())
}

func TestFailedAssetAndStoppedBatch(t *testing.T) {
	t.Parallel()
	w := newWatch(t)
	run, err := pipeline.NewRun(w.option, pipeline.WithFailurePolicy(pipeline.FailurePolicy{Count: 1}))
	require.NoError(t, err)
	broken := pipeline.Source("scale", func(context.Context) (string, error) { return "", errors.New(canaryError) })
	_, err = pipeline.Value(t.Context(), run, broken)
	require.Error(t, err)
	s := w.span(t, "asset scale")
	assert.Equal(t, sdktrace.Status{Code: codes.Error, Description: "_OTHER"}, s.Status())
	assert.Equal(t, "source", value(s, "gloss.asset.origin"))

	replaced := run.With(pipeline.Replace(broken, "1 to 5"))
	_, err = pipeline.Value(t.Context(), replaced, broken)
	require.NoError(t, err)
	assert.Equal(t, true, value(w.named("asset scale")[1], "gloss.asset.replaced"))

	fails := oracle{"large", func(context.Context, llm.Request) (llm.Response, error) { return llm.Response{}, refused() }}
	runner, err := pipeline.Start(t.Context(), run, simple(fails))
	require.NoError(t, err)
	for res := range runner.Stream(t.Context(), pipeline.Items(essays(1)...)) {
		require.Error(t, res.Err)
	}
	assert.Equal(t, sdktrace.Status{Code: codes.Error, Description: "stopped"}, w.span(t, "batch grade").Status(), "it stopped by itself")
}

// odd says things of itself that cannot be told, and fails to.
type odd struct{ attrs map[string]any }

func (o *odd) SpanAttributes() map[string]any { return o.attrs }

func (*odd) SpanContent() map[string]any { panic("content") }

func TestWhatInputsAndOutputsSayOfThemselves(t *testing.T) {
	t.Parallel()
	w := newWatch(t, telemetry.WithContent())
	answer := pipeline.Fn(func(_ context.Context, in *odd) (*odd, error) {
		if in == nil {
			return nil, nil // a typed nil, whose methods panic
		}
		return &odd{map[string]any{
			"a.string": "x\xff", "a.bool": true, "a.int": 1, "a.int64": int64(2), "a.float": 2.5, "a.list": []string{"x", "y\xff"},
			"a.map": map[string]any{}, "a.nil": nil, "gen_ai.response.model": 7,
		}}, nil
	})
	run, err := pipeline.NewRun(w.option)
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, pipeline.Tool[pipeline.Stage[*odd, *odd]]("odd", pipeline.Call("thing", answer)))
	require.NoError(t, err)
	_, err = runner.Run(t.Context(), &odd{})
	require.NoError(t, err)
	s := w.span(t, "call thing")
	for key, want := range map[string]any{
		"a.string": "x\uFFFD", "a.bool": true, "a.int": int64(1), "a.int64": int64(2), "a.float": 2.5, "a.list": []string{"x", "y\uFFFD"},
	} {
		assert.Equal(t, want, value(s, attribute.Key(key)), key)
	}
	assert.Nil(t, value(s, "a.map"))
	assert.Nil(t, value(s, "a.nil"))
	assert.Empty(t, w.measured(t, "gen_ai.client.operation.duration"), "nothing says that this is a model")
	assert.Equal(t, map[string]float64{"gloss.resource=thing gloss.retry=false gloss.target=odd": 1}, w.measured(t, "gloss.call.attempts"))

	_, err = runner.Run(t.Context(), nil)
	require.NoError(t, err, "a method that panics costs the attributes and not the item")
	assert.Len(t, w.named("call thing"), 2)
}

// One provider is enough.
func TestSpansOrMetricsAlone(t *testing.T) {
	t.Parallel()
	recorder := tracetest.NewSpanRecorder()
	spans, err := telemetry.New(telemetry.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))))
	require.NoError(t, err)
	results := stream(t.Context(), t, simple(quick("large")), essays(1), pipeline.WithTracer(spans))
	require.NoError(t, results[0].Err)
	assert.Len(t, recorder.Ended(), 4, "asset, batch, item, call")

	metrics, err := telemetry.New(telemetry.WithMeterProvider(metricnoop.NewMeterProvider()))
	require.NoError(t, err)
	inside := trace.SpanContext{}
	seen := oracle{"large", func(ctx context.Context, _ llm.Request) (llm.Response, error) {
		inside = trace.SpanContextFromContext(ctx)
		return llm.Response{}, nil
	}}
	ctx, host := sdktrace.NewTracerProvider().Tracer("host").Start(t.Context(), "nightly")
	results = stream(ctx, t, simple(seen), essays(1), pipeline.WithTracer(metrics))
	require.NoError(t, results[0].Err)
	assert.Equal(t, host.SpanContext(), inside, "without spans the host's own one stays")
}

// What a sampler leaves out is not sent, is no parent lost to those below, and is measured all the same.
func TestUnsampled(t *testing.T) {
	t.Parallel()
	recorder := tracetest.NewSpanRecorder()
	var sampled []string
	sampler := samplerFunc(func(p sdktrace.SamplingParameters) sdktrace.SamplingDecision {
		for _, a := range p.Attributes {
			sampled = append(sampled, string(a.Key))
		}
		return sdktrace.Drop
	})
	w := newWatch(t, telemetry.WithContent())
	never, err := telemetry.New(telemetry.WithTracerProvider(
		sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder), sdktrace.WithSampler(sampler))))
	require.NoError(t, err)
	stream(t.Context(), t, simple(quick("large")), essays(1), pipeline.WithTracer(never), w.option, pipeline.WithInFlight(1))
	assert.Empty(t, recorder.Ended())
	assert.Subset(t, sampled, []string{"gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gloss.target"},
		"a sampler can decide by them")
	assert.Len(t, w.measured(t, "gloss.items"), 1)
}

type samplerFunc func(p sdktrace.SamplingParameters) sdktrace.SamplingDecision

func (f samplerFunc) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	return sdktrace.SamplingResult{Decision: f(p)}
}

func (samplerFunc) Description() string { return "samplerFunc" }
