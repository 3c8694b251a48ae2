// Package telemetry tells OpenTelemetry what happens in a run, as spans and metrics. One option adds it:
//
//	t, err := telemetry.New(telemetry.WithTracerProvider(spans), telemetry.WithMeterProvider(meters))
//	run, err := pipeline.NewRun(pipeline.WithTracer(t))
//
// The providers are the host's: the package reads and sets no global provider, and shutting down, which sends what is still held back, is
// up to whoever made them.
//
// # Spans
//
//	batch {target}                     one stream of a runner
//	  invoke_workflow {target}         an item; of a Runner.Run it is the outermost span
//	    stage {path}                   a named stage
//	      {operation} {model}          an attempt of a call, of the kind CLIENT: "chat gpt-5"
//	asset {name}                       an asset that is read or built, with the calls that building makes
//
// The parent of the outermost ones is the span in the context of the caller. A call runs in a context that holds the span of its attempt,
// so what an instrumented HTTP client does is a child of it. Each attempt has a span of its own: a call that was throttled once has two,
// and gloss.attempt tells them apart. [WithItemTraces] gives each item a trace. A call that was taken from a journal was not made and has
// no span; the item's span counts it in gloss.calls.reused.
//
// Attributes with the prefix gloss. say where in the run the span is, as [pipeline.Event] does: target, batch, item.index, stage, element,
// resource, seq, attempt; what an asset is: asset.origin, asset.group, asset.replaced; how the work ended: origin, waited (seconds), cost
// (units of the prices), calls.reused. Those with the prefix gen_ai. follow version 1.41.0 of the semantic conventions, which the schema
// URL names and which is the last that has them in the core conventions. They come from the call's provider, model and usage, and from what
// its input and output say through two neutral methods:
//
//   - SpanAttributes() map[string]any: the operation, settings, reasons; never what was said;
//   - SpanContent() map[string]any: what was said; read with [WithContent] alone.
//
// Keys are names of attributes, values are of the types string, bool, int, int64, float64 and []string; others are left out.
//
// # What students wrote
//
// By default no span and no metric holds a text, an answer, the text of an error, which may quote either, or the identifier of an item,
// which is often a student's name or number. A hash would not hide it: whoever has the list of a class can hash it. The attributes
// gloss.batch and gloss.item.index name the item instead: together they are unique in a run, and only whoever may read the run's record
// finds out who it is. See [WithContent] and [WithItemIDs].
//
// # Metrics
//
//	gen_ai.client.token.usage          histogram, {token}    by gen_ai.token.type, operation, provider and models
//	gen_ai.client.operation.duration   histogram, s          attempts without their waits, by error.type, operation, provider and models
//	gloss.items                        counter, {item}       finished, by target, gloss.outcome (ok, failed, reused) and error.type
//	gloss.item.duration                histogram, s          the same
//	gloss.items.active                 up-down counter       in flight, by target
//	gloss.calls.reused                 counter, {call}       by target; counted when the item is finished
//	gloss.call.attempts                counter, {attempt}    by target, resource, model, error.type and gloss.retry
//	gloss.call.wait.duration           histogram, s          what limits and other interceptors waited for, by target, resource and model
//	gloss.call.cost                    counter, {currency}   in units of the run's prices, by target, resource and model
//	gloss.calls.unpriced               counter, {call}       whose cost is therefore missing, the same
//
// No attribute of a metric grows with the number of items.
//
// # Errors
//
// The attribute error.type is what the method ErrorClass() string of an error in the chain returns, if it is a short word; otherwise
// "panic", "canceled" or "timeout", and "_OTHER" for whatever else.
//
// # Limits
//
// A tracer stands around attempts alone. Calls that were reused are therefore counted by target, not by model, and an attempt that an
// interceptor refused or answered itself is not told from one that was sent: its wait counts as its duration.
package telemetry
