// Package agreement measures how far two series of scores, or two sets of labels,
// agree: kappas on a declared scale, shares of exact and adjacent agreement,
// correlations, errors, standardized mean differences, and precision, recall and
// F1 of label sets.
//
// Every measure returns a [stats.Estimate]: where the data leave it without a
// value (no ratings, no spread), it is undefined and says why, never NaN and never
// a silent 0 or 1. Errors are kept for arguments that make no sense: series of
// unequal length, values that are not finite, ratings off the scale.
//
// Intervals come from [stats.Bootstrap] over [stats.PairStatistic] of a measure.
//
// Functions are pure, take plain slices that they neither keep nor change, and are
// safe for concurrent use. All are linear in the number of ratings unless they say
// otherwise.
package agreement
