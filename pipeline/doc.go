// Package pipeline composes typed stages and runs them over batches.
//
// A [Stage] is one method; [Then], [Chain], [Each], [Named] and [Call] compose stages without losing a type. What fails for the moment
// inside of a [Call] is sent again; see [Retry]. What a stage needs besides its input (data, models, indexes) enters as an [Asset]: a node
// of a graph whose roots are given and whose other nodes are derived. A [Plan] says which assets a target needs and why; a [Run] builds
// each at most once and only if a target needs it; [Start] turns an asset whose value is a stage into a [Runner], which maps one [Result]
// to each [Item], whatever happens to the others.
//
//	run, err := pipeline.NewRun(pipeline.WithInFlight(16))
//	runner, err := pipeline.Start(ctx, run, task)
//	for result := range runner.Stream(ctx, items) { … }
//
// What is paid for is not paid for twice: work has a fingerprint, and a [Journal] answers what was done before; package record keeps one in the
// directory of the run, package reuse one that runs and processes share. A run can be estimated before anything is sent ([EstimateRun]), bounded
// ([WithBudget], [WithMaxItems], [WithMaxCost], [WithFailurePolicy]), and followed ([Observer], [Tracer]); packages limit, price, progress, eventlog and
// telemetry are made for that.
//
// The package knows nothing of language models, of student writing or of evaluation, and links no vendor SDK. Everything
// that happens is told to an [Observer] with the types erased; nothing is global.
package pipeline
