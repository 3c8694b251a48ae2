package telemetry

import (
	"errors"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// Option configures a [Telemetry].
type Option interface{ apply(c *config) error }

type config struct {
	spans   trace.TracerProvider
	meters  metric.MeterProvider
	content bool
	itemIDs bool
	apart   bool
}

type optionFunc func(*config) error

func (f optionFunc) apply(c *config) error { return f(c) }

// WithTracerProvider has spans made by p. By default there are none. The last use wins.
func WithTracerProvider(p trace.TracerProvider) Option {
	return optionFunc(func(c *config) error {
		if p == nil {
			return errors.New("telemetry: WithTracerProvider(nil): leave the option out instead")
		}
		c.spans = p
		return nil
	})
}

// WithMeterProvider has metrics measured by the meters of p. By default there are none. The last use wins.
func WithMeterProvider(p metric.MeterProvider) Option {
	return optionFunc(func(c *config) error {
		if p == nil {
			return errors.New("telemetry: WithMeterProvider(nil): leave the option out instead")
		}
		c.meters = p
		return nil
	})
}

// WithContent has spans hold what calls were told and what they answered, and the texts of errors, which can quote both and name items. All
// of it goes wherever the spans go. By default none of it does.
func WithContent() Option {
	return optionFunc(func(c *config) error {
		c.content = true
		return nil
	})
}

// WithItemIDs has spans hold the identifiers of items in the attribute gloss.item.id. Use it where they identify no person. By default
// spans name an item by its place in its batch alone. Metrics never hold identifiers.
func WithItemIDs() Option {
	return optionFunc(func(c *config) error {
		c.itemIDs = true
		return nil
	})
}

// WithItemTraces has every item of a stream begin a trace of its own, whose first span links to that of the batch, so that a sampler
// decides about each item, and no trace grows with the number of items: some thousand items are more than most backends take in one. By
// default the items are children of the batch.
func WithItemTraces() Option {
	return optionFunc(func(c *config) error {
		c.apart = true
		return nil
	})
}
