// Package stack tests the whole way from a task to a provider and back: a real client over HTTP, a provider that fails in every way it can,
// retries, replies that must be mended, and what of all this stands in the record afterwards. It also measures what that way costs where
// the provider costs nothing.
package stack
