// Package eventlog tells a structured logger what happens in a run.
//
//	log, err := eventlog.New(slog.Default())
//	run, err := pipeline.NewRun(pipeline.WithObserver(log))
//
// What is logged, by level:
//
//	Info   batch started, batch ended (with counts)
//	Warn   item failed, attempt failed for good
//	Error  run stopped, asset failed
//	Debug  item finished, item not run, attempt failed for the moment, asset ready
//
// No text of an input, an output or a prompt is logged. Errors of stages and services may quote such texts, so they are logged by what they
// are, [KeyErrorClass] and [KeyErrorType], not by what they say; the record of a run has their texts. Items are logged by their index, for
// the identifier of an item may name a student; see [ItemIDs].
package eventlog
