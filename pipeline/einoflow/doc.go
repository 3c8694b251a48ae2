// Package einoflow connects pipeline stages with the graphs of github.com/cloudwego/eino, in both directions.
//
// [Lambda] makes any stage a node of a host's graph or chain; a task is a stage once it is started:
//
//	runner, err := pipeline.Start(ctx, run, scorer)
//	chain.AppendLambda(einoflow.Lambda(runner))
//
// [FromRunnable] makes a compiled graph a stage, for instance to call a chain of prompt template and chat model in a custom step of a
// task. [Runnable] compiles a stage alone, for hosts that take nothing else.
//
// Runs of many inputs belong to a pipeline: a graph has no limits, no results per item and no resume, and costs tens of microseconds
// per call.
//
// # Callbacks
//
// Nothing here registers a global callback handler. Handlers that a host passes to a run of its graph are in the context of the
// stages in it; the model calls in a stage are told to them by the models and the middleware of llm/einollm.
//
// eino v0.9.13 has a data race between parallel nodes in runs that combine a global handler with more than one option
// compose.WithCallbacks (github.com/cloudwego/eino/pull/1170). [FromRunnable] starts its runs in a way that avoids it. A host that
// runs a graph itself should pass all its handlers in one option.
package einoflow
