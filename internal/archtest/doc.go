// Package archtest holds the architecture of the module as tests: who may import whom, and why.
package archtest
