// Package prompt turns typed parts into a model request, and a model's answer back into a typed value.
//
// A [Prompt] is made of sections, each of which may be absent, and of worked examples. [Prompt.Request] renders it; equal prompts give equal
// bytes. A [Shape] describes a reply, from a Go type or put together at run time; compiled to a [Schema] it is sent with the request, and
// [Parse] holds the answer to it: unknown, missing, duplicate or out-of-range fields are errors, never guesses.
package prompt
