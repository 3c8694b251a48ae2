// Package userdata holds the types of the field (assignments, rubrics, submissions, feedback) and reads a class: the known
// data of one teacher and the students taught.
//
// A [Class] is assembled from one [Source] per data type, and each source is read only when a task needs its data type. [Dir] finds the
// sources in a class directory; [NewClass] takes any: [JSONL], [YAML], [JSON], [Files], [Texts], the sources of a [Table] (CSV or TSV with a
// column mapping), or [Values] in memory. What is malformed refuses the whole file before anything runs, with every problem named by file,
// line, field and value.
//
//	class, err := userdata.Dir(os.DirFS("class"))
//	err = class.Check(ctx)       // every problem of every file
//	past, err := class.Past(ctx) // graded work: each submission with its feedback
//
// Ground truth of an evaluation has no type here: everything in this package may be shown to a model.
package userdata
