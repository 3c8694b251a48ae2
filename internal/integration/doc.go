// Package integration holds tests that need a real model server. It has no code of its own: everything is in its tests.
//
// It is a module of its own, so that nothing of it reaches a program that imports the SDK. Without a server every test that needs one is
// skipped with a line that says what to set; see README.md.
package integration
