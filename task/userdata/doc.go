// Package userdata holds the types of the field (assignments, rubrics, submissions, feedback) and reads a class: the known
// data of one teacher and the students taught.
//
// A [Class] is assembled from one [Source] per data type. Sources are files (a class directory, JSON lines, CSV or TSV with a column
// mapping) or values in memory, and each is read only when a task needs its data type. What is malformed refuses the whole file before
// anything runs, with every problem named by file, line, field and value.
//
// Ground truth of an evaluation has no type here: everything in this package may be shown to a model.
package userdata
