// Package prompt turns typed parts into a model request, and a model's answer back into a typed value.
//
// A [Prompt] is made of sections, each of which may be absent, and of worked examples. [Prompt.Request] renders it; equal prompts give equal
// bytes, and no text that a student wrote can pass for a delimiter. A [Template] holds the wording of a section and is checked against the
// type that fills it; a [Budget] cuts a prompt that is too long, in an order that the prompt itself gives.
//
// A [Shape] describes a reply, from a Go type or put together at run time; compiled to a [Schema] it is sent with the request, and
// [Schema.Read] holds the answer to it: unknown, missing, duplicate or out-of-range fields are errors, never guesses. A [Tolerance] allows
// some faults, each of which is recorded as a [Repair]. [Decode] reads what fits into a Go type, [Parse] does both without tolerance.
package prompt
