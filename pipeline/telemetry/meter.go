package telemetry

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/gloss-sdk/gloss/pipeline"
)

// meters measures what events tell.
type meters struct {
	tokens       metric.Int64Histogram
	callDuration metric.Float64Histogram
	items        metric.Int64Counter
	itemDuration metric.Float64Histogram
	itemsActive  metric.Int64UpDownCounter
	callsReused  metric.Int64Counter
	attempts     metric.Int64Counter
	wait         metric.Float64Histogram
	cost         metric.Float64Counter
	unpriced     metric.Int64Counter
}

func newMeters(p metric.MeterProvider) (*meters, error) {
	// Items and waits take longer than the calls that the conventions have in mind: up to 5243 s.
	const longer = 20
	b := instruments{meter: p.Meter(scopeName, metric.WithSchemaURL(schemaURL))}
	m := &meters{
		tokens:       b.tokens(),
		callDuration: b.seconds(metricCallDuration, "Duration of an attempt of a call from when it was sent.", durationBounds(14)),
		items:        b.count(metricItems, "{item}", "Items that were finished."),
		itemDuration: b.seconds(metricItemDuration, "Duration of an item with its calls, retries and waits.", durationBounds(longer)),
		itemsActive:  b.active(),
		callsReused:  b.count(metricCallsReused, "{call}", "Calls whose answers were taken from a journal."),
		attempts:     b.count(metricAttempts, "{attempt}", "Attempts of calls."),
		wait:         b.seconds(metricWait, "Time that an attempt waited before it was sent.", durationBounds(longer)),
		cost:         b.sum(metricCost, "{currency}", "Cost of calls in units of the run's prices."),
		unpriced:     b.count(metricUnpriced, "{call}", "Calls that returned and whose price is not known."),
	}
	return m, errors.Join(b.errs...)
}

// instruments makes the instruments of a meter and collects what is wrong with them.
type instruments struct {
	meter metric.Meter
	errs  []error
}

func (b *instruments) tokens() metric.Int64Histogram {
	i, err := b.meter.Int64Histogram(metricTokenUsage, metric.WithUnit("{token}"),
		metric.WithDescription("Number of input and output tokens used."), metric.WithExplicitBucketBoundaries(tokenBounds()...))
	b.errs = append(b.errs, err)
	return i
}

func (b *instruments) seconds(name, description string, bounds []float64) metric.Float64Histogram {
	i, err := b.meter.Float64Histogram(name, metric.WithUnit("s"),
		metric.WithDescription(description), metric.WithExplicitBucketBoundaries(bounds...))
	b.errs = append(b.errs, err)
	return i
}

func (b *instruments) count(name, unit, description string) metric.Int64Counter {
	i, err := b.meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
	b.errs = append(b.errs, err)
	return i
}

func (b *instruments) sum(name, unit, description string) metric.Float64Counter {
	i, err := b.meter.Float64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
	b.errs = append(b.errs, err)
	return i
}

func (b *instruments) active() metric.Int64UpDownCounter {
	i, err := b.meter.Int64UpDownCounter(metricItemsActive, metric.WithUnit("{item}"), metric.WithDescription("Items in flight."))
	b.errs = append(b.errs, err)
	return i
}

// begin measures what e tells the beginning of.
func (m *meters) begin(ctx context.Context, e *pipeline.Event) {
	if e.Kind == pipeline.KindItem && m.itemsActive.Enabled(ctx) {
		m.itemsActive.Add(ctx, 1, metric.WithAttributes(attribute.String(keyTarget, e.Target)))
	}
}

// end measures what e tells the end of. It builds no attributes for instruments that nobody reads.
func (m *meters) end(ctx context.Context, e *pipeline.Event, asked, answered []attribute.KeyValue) {
	switch {
	case e.Kind == pipeline.KindItem:
		m.item(ctx, e)
	case e.Call != nil:
		if m.wait.Enabled(ctx) || m.cost.Enabled(ctx) || m.unpriced.Enabled(ctx) || m.attempts.Enabled(ctx) {
			m.attempt(ctx, e)
		}
		operation := find(asked, keyOperation)
		isModel := operation != "" || e.Call.Model != ""
		if isModel && m.readsAnswers(ctx) {
			m.operation(ctx, e, operation, find(answered, keyResponseModel))
		}
	}
}

// readsAnswers reports whether anyone reads what is measured by what answered.
func (m *meters) readsAnswers(ctx context.Context) bool {
	return m != nil && (m.tokens.Enabled(ctx) || m.callDuration.Enabled(ctx))
}

func (m *meters) item(ctx context.Context, e *pipeline.Event) {
	target := attribute.String(keyTarget, e.Target)
	if m.itemsActive.Enabled(ctx) {
		m.itemsActive.Add(ctx, -1, metric.WithAttributes(target))
	}
	if e.Usage.Reused > 0 {
		m.callsReused.Add(ctx, int64(e.Usage.Reused), metric.WithAttributes(target))
	}
	if !m.items.Enabled(ctx) && !m.itemDuration.Enabled(ctx) {
		return
	}
	attrs := []attribute.KeyValue{target, attribute.String(keyOutcome, outcome(e))}
	if e.Err != nil {
		attrs = append(attrs, attribute.String(keyErrorType, errorType(e.Err)))
	}
	by := metric.WithAttributeSet(attribute.NewSet(attrs...))
	m.items.Add(ctx, 1, by)
	m.itemDuration.Record(ctx, e.Elapsed.Seconds(), by)
}

func outcome(e *pipeline.Event) string {
	switch {
	case e.Err != nil:
		return outcomeFailed
	case e.Origin != "":
		return outcomeReused
	default:
		return outcomeOK
	}
}

// attempt measures what is known of an attempt of any call.
func (m *meters) attempt(ctx context.Context, e *pipeline.Event) {
	attrs := []attribute.KeyValue{attribute.String(keyTarget, e.Target), attribute.String(keyResource, e.Call.Resource)}
	attrs = nonEmpty(attrs, keyRequestModel, e.Call.Model)
	by := metric.WithAttributeSet(attribute.NewSet(attrs...))
	m.wait.Record(ctx, e.Waited.Seconds(), by)
	if e.Usage.Cost > 0 { // a counter cannot fall
		m.cost.Add(ctx, units(e.Usage.Cost), by)
	}
	if e.Usage.Unpriced > 0 {
		m.unpriced.Add(ctx, int64(e.Usage.Unpriced), by)
	}
	attrs = append(attrs, attribute.Bool(keyRetry, e.Call.Attempt > 1))
	if e.Err != nil {
		attrs = append(attrs, attribute.String(keyErrorType, errorType(e.Err)))
	}
	m.attempts.Add(ctx, 1, metric.WithAttributes(attrs...))
}

// operation measures an attempt of a call to a model as the conventions ask. Usage that is not known is not measured.
func (m *meters) operation(ctx context.Context, e *pipeline.Event, operation, answered string) {
	attrs := make([]attribute.KeyValue, 0, 5)
	attrs = nonEmpty(attrs, keyOperation, operation)
	attrs = nonEmpty(attrs, keyProvider, e.Call.Provider)
	attrs = nonEmpty(attrs, keyRequestModel, e.Call.Model)
	attrs = nonEmpty(attrs, keyResponseModel, answered)
	if n := e.Usage.Input; n > 0 {
		m.tokens.Record(ctx, int64(n), metric.WithAttributes(append(attrs, attribute.String(keyTokenType, tokenTypeInput))...))
	}
	if n := e.Usage.Output; n > 0 {
		m.tokens.Record(ctx, int64(n), metric.WithAttributes(append(attrs, attribute.String(keyTokenType, tokenTypeOutput))...))
	}
	if e.Err != nil {
		attrs = append(attrs, attribute.String(keyErrorType, errorType(e.Err)))
	}
	m.callDuration.Record(ctx, (e.Elapsed - e.Waited).Seconds(), metric.WithAttributes(attrs...))
}

// units returns an amount in units of the currency.
func units(m pipeline.Money) float64 { return float64(m) / float64(pipeline.Unit) }
