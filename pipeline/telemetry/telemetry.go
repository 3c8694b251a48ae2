package telemetry

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/gloss-sdk/gloss/pipeline"
)

// scopeName is the name of the instrumentation.
const scopeName = "github.com/gloss-sdk/gloss/pipeline/telemetry"

var _ pipeline.Tracer = (*Telemetry)(nil)

// Telemetry is a [pipeline.Tracer] that makes spans and measures. It is safe for concurrent use, by several runs as well, and holds nothing
// of them.
type Telemetry struct {
	spans  *spans  // nil: none are made
	meters *meters // nil: nothing is measured
}

// New returns what tells the providers of its options what happens in a run; there must be at least one. It reports every invalid option at
// once.
func New(opts ...Option) (*Telemetry, error) {
	var c config
	var errs []error
	for _, o := range opts {
		errs = append(errs, o.apply(&c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if c.spans == nil && c.meters == nil {
		return nil, errors.New("telemetry: there is nobody to tell: add WithTracerProvider, WithMeterProvider or both")
	}
	t := &Telemetry{}
	if c.spans != nil {
		t.spans = newSpans(c)
	}
	if c.meters != nil {
		var err error
		if t.meters, err = newMeters(c.meters); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// Begin starts the span of e. The context that it returns holds it; end ends it and measures.
func (t *Telemetry) Begin(ctx context.Context, e pipeline.Event) (inner context.Context, end func(e pipeline.Event)) {
	var asked []attribute.KeyValue
	if e.Call != nil {
		asked = spanAttributes(e.In)
	}
	var span trace.Span
	if t.spans != nil {
		ctx, span = t.spans.start(ctx, &e, asked)
	}
	if t.meters != nil {
		t.meters.begin(ctx, &e)
	}
	return ctx, func(e pipeline.Event) {
		var answered []attribute.KeyValue
		recorded := t.spans != nil && span.IsRecording()
		if e.Call != nil && e.Err == nil && (recorded || t.meters.readsAnswers(ctx)) {
			answered = spanAttributes(e.Out)
		}
		if t.meters != nil { // before the span ends, so that a measurement can name it as its example
			t.meters.end(ctx, &e, asked, answered)
		}
		if t.spans != nil {
			t.spans.end(span, &e, answered)
		}
	}
}
