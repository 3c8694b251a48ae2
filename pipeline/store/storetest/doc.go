// Package storetest has the tests that every implementation of [store.Store] passes.
package storetest
