// Package experiment is the launchpad of programs that try configurations: the flags that they share, the progress that a person watches, and
// the directory that a run leaves behind.
//
// A program stays an ordinary program: it adds [Flags] to its own, loads its configuration, and observes its run with a [Progress].
package experiment
