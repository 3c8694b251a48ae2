// Package llm is the port to language models.
//
// A [Model] maps one [Request] to one [Response]. Providers live in sub-packages named after the service and the port
// (exemplarllm is the offline baseline); the conformance suite that each of them passes, and fakes for tests, are in
// llmtest. The package imports neither a vendor SDK nor the pipeline: [Generation] has the method of a pipeline stage,
// and usage and error classes are read through small neutral methods.
//
// # Middleware
//
// [Wrap] puts a [Middleware] around a model: [Defaults] and [Fallback] are here, package cassette records and replays calls. Any
// order is safe, because a middleware keeps no state and modifies no request, but the order says what happens:
//
//	llm.Wrap(m, llm.Fallback(second), llm.Defaults(s)) // second gets the request as the caller wrote it
//	llm.Wrap(m, llm.Defaults(s), llm.Fallback(second)) // both models get the defaults
//	llm.Wrap(m, llm.Defaults(s), rec.Middleware())     // innermost: the cassette holds what the provider was sent
//	llm.Wrap(m, rec.Middleware(), llm.Defaults(s))     // outermost: it holds what the caller sent, and the answer after all
//
// A cassette is replayed at the place where it was recorded: what stood outside of it is needed again, what stood inside is not.
//
// In a pipeline, pipeline.Call goes around the whole, as in pipeline.Call("grader", llm.Generation{Model: wrapped}): limits, retries and the
// journal of a run then see one call per request, with the usage of the answer that was given, whichever model gave it.
//
// # What a run knows of a model
//
// [Generation] tells a run what it asks without either importing the other: who answers ([Describer]), what makes answers this model's
// ([Identifier]), and what a call would take ([Rehearse]), so that a run can be priced before anything is sent and resumed without asking again.
//
// # Tokens
//
// A [Counter] counts the tokens of a text: [Estimate] needs no vocabulary, module tiktokens counts exactly for OpenAI's
// encodings. [CountRequest] counts a request, and [PromptCut] finds the replies of servers that cut a prompt without saying so.
package llm
