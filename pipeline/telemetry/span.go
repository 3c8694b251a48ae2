package telemetry

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/gloss-sdk/gloss/pipeline"
)

// spans makes the spans of events. They begin and end when their events say so, so that their times are those of the run's record and do
// not contain what observers did in between.
type spans struct {
	tracer  trace.Tracer
	content bool
	itemIDs bool
	apart   bool // items have traces of their own
}

func newSpans(c config) *spans {
	return &spans{c.spans.Tracer(scopeName, trace.WithSchemaURL(schemaURL)), c.content, c.itemIDs, c.apart}
}

// start starts the span of what begins. What samplers may want to know is there from the start.
func (s *spans) start(ctx context.Context, e *pipeline.Event, asked []attribute.KeyValue) (context.Context, trace.Span) {
	kind := trace.SpanKindInternal
	attrs := s.place(e)
	switch {
	case e.Kind == pipeline.KindItem:
		attrs = append(attrs, attribute.String(keyOperation, operationWorkflow), attribute.String(keyWorkflow, e.Target))
	case e.Call != nil:
		kind = trace.SpanKindClient
		attrs = append(ofCall(attrs, e.Call), asked...)
	case e.Asset != nil:
		attrs = ofAsset(attrs, e.Asset)
	}
	opts := []trace.SpanStartOption{trace.WithTimestamp(e.Time), trace.WithSpanKind(kind), trace.WithAttributes(attrs...)}
	if s.apart {
		ctx, opts = setApart(ctx, e, opts)
	}
	ctx, span := s.tracer.Start(ctx, spanName(e, asked), opts...)
	if s.content && e.Call != nil && span.IsRecording() {
		span.SetAttributes(spanContent(e.In)...)
	}
	return ctx, span
}

// apartKey is the key of a context whose next item begins a trace: that of a batch, but not that of its items, which may run others.
type apartKey struct{}

func setApart(ctx context.Context, e *pipeline.Event, opts []trace.SpanStartOption) (context.Context, []trace.SpanStartOption) {
	switch e.Kind {
	case pipeline.KindBatchEnded:
		ctx = context.WithValue(ctx, apartKey{}, true)
	case pipeline.KindItem:
		if apart, _ := ctx.Value(apartKey{}).(bool); apart {
			opts = append(opts, trace.WithNewRoot(), trace.WithLinks(trace.LinkFromContext(ctx)))
			ctx = context.WithValue(ctx, apartKey{}, false)
		}
	}
	return ctx, opts
}

// spanName returns a name that does not grow with the number of items.
func spanName(e *pipeline.Event, asked []attribute.KeyValue) string {
	switch e.Kind {
	case pipeline.KindAsset:
		return "asset " + e.Target
	case pipeline.KindBatchEnded:
		return "batch " + e.Target
	case pipeline.KindItem:
		return operationWorkflow + " " + e.Target
	case pipeline.KindStage:
		return "stage " + e.Stage
	}
	if e.Call == nil {
		return string(e.Kind)
	}
	return cmp.Or(find(asked, keyOperation), "call") + " " + cmp.Or(e.Call.Model, e.Call.Resource)
}

// place returns where in the run e happens.
func (s *spans) place(e *pipeline.Event) []attribute.KeyValue {
	room := 6
	if e.Call != nil {
		room = 16
	}
	attrs := append(make([]attribute.KeyValue, 0, room), attribute.String(keyTarget, e.Target))
	if e.Batch > 0 { // otherwise an asset is built, in no batch
		attrs = append(attrs, attribute.Int(keyBatch, e.Batch))
		if e.Kind != pipeline.KindBatchEnded {
			attrs = append(attrs, attribute.Int(keyItemIndex, e.Index))
		}
	}
	if s.itemIDs {
		attrs = nonEmpty(attrs, keyItemID, e.Item)
	}
	return nonEmpty(nonEmpty(attrs, keyStage, e.Stage), keyElement, e.Element)
}

func ofCall(attrs []attribute.KeyValue, c *pipeline.CallInfo) []attribute.KeyValue {
	attrs = append(attrs,
		attribute.String(keyResource, c.Resource), attribute.Int(keySeq, c.Seq), attribute.Int(keyAttempt, c.Attempt))
	return nonEmpty(nonEmpty(attrs, keyProvider, c.Provider), keyRequestModel, c.Model)
}

func ofAsset(attrs []attribute.KeyValue, a *pipeline.Entry) []attribute.KeyValue {
	attrs = append(attrs, attribute.String(keyAssetOrigin, string(a.Origin)), attribute.String(keyAssetGroup, a.Group))
	if a.Replaced {
		attrs = append(attrs, attribute.Bool(keyReplaced, true))
	}
	return attrs
}

// end ends the span of what e tells the end of.
func (s *spans) end(span trace.Span, e *pipeline.Event, answered []attribute.KeyValue) {
	defer span.End(trace.WithTimestamp(e.Time.Add(e.Elapsed)))
	if !span.IsRecording() {
		return
	}
	if e.Usage.Cost != 0 {
		span.SetAttributes(attribute.Float64(keyCost, units(e.Usage.Cost)))
	}
	switch {
	case e.Kind == pipeline.KindItem:
		span.SetAttributes(positive(nonEmpty(nil, keyOrigin, e.Origin), keyReused, e.Usage.Reused)...)
	case e.Call != nil:
		span.SetAttributes(append(ofTokens(e.Usage), attribute.Float64(keyWaited, e.Waited.Seconds()))...)
		span.SetAttributes(answered...)
		if s.content && e.Err == nil {
			span.SetAttributes(spanContent(e.Out)...)
		}
	}
	if e.Err != nil {
		s.fail(span, e.Err)
	}
}

// ofTokens returns what an attempt consumed; a count of 0 is one that is not known. Items have none of it, for a reader that adds the
// tokens of all spans up would count them twice.
func ofTokens(u pipeline.Usage) []attribute.KeyValue {
	attrs := make([]attribute.KeyValue, 0, 5)
	attrs = positive(attrs, keyUsageInput, u.Input)
	attrs = positive(attrs, keyUsageOutput, u.Output)
	attrs = positive(attrs, keyUsageCacheRead, u.Cached)
	return positive(attrs, keyUsageReasoning, u.Reasoning)
}

func (s *spans) fail(span trace.Span, err error) {
	class := errorType(err)
	span.SetAttributes(attribute.String(keyErrorType, class))
	description := class
	if s.content {
		description = strings.ToValidUTF8(fmt.Sprint(err), replacement)
	}
	span.SetStatus(codes.Error, description)
}
