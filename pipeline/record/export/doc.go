// Package export turns a recorded run into a table, one row an item, for a spreadsheet, a data frame or a database: [CSV] and [Parquet].
//
//	run, err := record.Open(dir)
//	…
//	err = export.Parquet(file, run, export.Consumption())
//
// # Columns
//
// Every table begins with batch, target, index, id, status ("succeeded", "failed", or "unreadable" where a crash tore the output off) and
// error. With [Consumption] follow calls, reused_calls, input_tokens, output_tokens, cached_tokens, reasoning_tokens, cost,
// unpriced_calls, elapsed_seconds and origin.
//
// Then comes the output, a column for each place in it that is no object: output.score, output.rubric.grammar, or output alone where
// it is no object itself. A key of more than letters, digits, '_' and '-' is quoted, output["a.b"], so that different places have
// different columns. The columns are in the order in which their places first occur in the items, in input order, with everything of an
// object together. The same run gives the same bytes.
//
// # Types
//
// The first pass over the items finds what each place holds in all of them; a null says nothing about it.
//
//   - booleans: boolean
//   - whole numbers within 64 bits: 64-bit integer
//   - other numbers: double, to which decimal numbers are rounded
//   - texts: string
//   - arrays of one of these and nulls: a list of it in Parquet, JSON in CSV
//   - everything else: a string that holds JSON. That is a place that holds different kinds of things in different items, an array of
//     objects or arrays, an array that is always empty, an object without keys, a number that a double cannot hold, and an object with more
//     than 256 different keys over all items, which is a dictionary rather than a record.
//
// A place that an item does not have is null in Parquet and empty in CSV, and so is one that holds null: a table does not tell them
// apart, nor an empty object from none. CSV does not tell an empty text from them either. Where that matters read [record.Run.Items].
//
// The output of an item that had no JSON is what the record knows of it; see [record.Holder].
package export
