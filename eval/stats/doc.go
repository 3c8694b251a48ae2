// Package stats puts honest intervals around numbers measured on items:
// Student t intervals of means and paired differences, with or without
// clusters, a seeded bootstrap for statistics that have no formula, and the
// Wilson and Fisher intervals of a share and a correlation.
//
// Two rules hold everywhere.
//
// Undefined is an answer. A measure that the data cannot support (no items, one
// cluster, no spread) is an [Estimate] that says why. It is never NaN, never a
// silent 0 or 1, and an interval never has width 0. Errors are kept for
// arguments that make no sense: unequal lengths, values that are not finite, a
// level outside (0, 1).
//
// Independence is declared. Intervals of means and bootstraps take [Clusters]:
// [Independent] says that items share no student, prompt or class, [ClusterBy]
// says which do. [Wilson] and [FisherZ] are for independent items only.
// Repeated runs of one item are not items: average them first with
// [AverageRepeats].
//
// Confidence levels are shares such as 0.9; 0 stands for [DefaultLevel].
//
// The package keeps no state and starts no goroutines, random numbers come from
// the caller's seed, and equal arguments give equal bytes. Functions are safe for
// concurrent use as far as the statistic they are given is.
package stats
