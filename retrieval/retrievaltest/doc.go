// Package retrievaltest tests implementations of the retrieval port and what is built on it.
//
// [RunConformance] is the suite that every index passes; an adapter's own test is a few lines that build an index from records.
// [Scripted] is a retriever for the tests of code that uses one. The suite needs the standard library alone, so that running
// it adds no dependency.
package retrievaltest
