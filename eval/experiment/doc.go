// Package experiment is the launchpad of programs that try configurations: the flags that they share, how they end, and how figures look in
// their tables.
//
// A program stays an ordinary program: it adds [Flags] to its own and loads its configuration.
package experiment
