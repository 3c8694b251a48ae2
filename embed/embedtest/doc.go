// Package embedtest tests implementations of the embedder port and what is built on it.
//
// [RunConformance] is the suite that every embedder passes. [Fixed] is an embedder whose vectors a test writes down. Both need the
// standard library alone, so that using them adds no dependency.
package embedtest
