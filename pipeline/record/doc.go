// Package record keeps a run in a directory: a [Writer] observes the run while it goes on, [Open] reads afterwards what happened, item by
// item, every text in full.
//
//	dir := record.NewDir("runs", "baseline", time.Now())
//	w, err := record.Create(dir, record.Manifest{Name: "baseline", Config: config}, record.OnError(cancel))
//	run, err := pipeline.NewRun(pipeline.WithRecorder(w))
//	… // stream the items
//	err = w.Close()
//
// # Going on
//
// The directory is the journal of its own run: after a crash, an interruption or a spent budget, [Resume] goes on with it, and nothing that
// completed is paid for again. [CreateOrResume] is for a command that is simply given again.
//
//	w, err := record.Resume(dir, record.Manifest{Config: config})
//	run, err := pipeline.NewRun(pipeline.WithRecorder(w))
//	… // stream the same items, in any order
//
// An item that is finished is answered from the record, as often as it was finished in a stream of the same number, whatever the order of
// the inputs is now. An item that failed, or was in flight, is done again, and its completed calls are answered from the record. A call
// that was sent and whose end is not recorded was perhaps paid for: it is made again and counted as orphaned; see [Run.Orphans]. An item
// whose result the log names and the values lack is not finished; the manifest counts it as lost. [Writer.Begin] refuses a target that is
// not the one that was recorded. The results of a run that was resumed are to the byte those of one that was never interrupted.
//
// What is safe when: the beginning and the end of a call are with the operating system before the call goes on, so that the end of the
// process cannot lose them; the end of an item is on disk, with all that was written before it, before the item's result is delivered, so
// that a loss of power cannot. Items that end at once share the wait for the disk.
//
// # Reading
//
// [Run.Show] tells the story of an item, [Run.Totals] sums up what happened so far, [Diff] compares two runs, [Run.Stale] says what has
// changed since a run was made, and package export writes the items as tables.
//
// # The directory
//
// manifest.json says what ran: format, state, configuration, seed, plans, versions, sessions and, once the run is closed, its [Totals].
//
// log.jsonl says what happened, one object a line, in the order in which things were completed; see [Event]. Values are named by content
// hash. A call that was sent again has two lines for each attempt, of its beginning and of its end, with the usage or the error of that
// attempt. A line of kind "session" begins the lines of each session, a line of kind "target" holds the fingerprints of a target and of all
// that it needs. Lines of items and calls have the fingerprint of the work, and an origin if the outcome was not made but taken from a
// journal: of this record it is "session " with the number of the session that made it.
//
// values.jsonl holds the values, one object a line: kind, hash and content. The kind is "value" (any JSON), "text" (a JSON string) or
// "opaque" (what is known of a value that has no JSON; see [Holder]). The hash is the SHA-256, in hexadecimal, of the kind, a zero byte and
// the bytes of content; of a text it is that of the text itself, as [pipeline.TextSum] returns it, not of its JSON.
//
// The values form a Merkle tree, so an essay that passes ten stages is on disk once, and so are the exemplars that a draft carries with it.
// Each string whose JSON is 64 bytes or longer between its quotes is stored as a text of its own and replaced by {"$text":"<hash>"}; one
// whose JSON encoding/json would not write so, as it has other escapes, is stored as a value. Each object or array inside of a value whose
// JSON, with what is inside of it replaced, is 256 bytes or longer is stored as a value of its own and replaced by {"$value":"<hash>"}. A
// key that is itself "$text" or "$value", with any number of dollar signs, is stored with one more. What is referred to stands before the
// line that refers to it. A value may be stored again after some 32,768 others: the memory for hashes is bounded.
//
// values.jsonl.zst stands in its place if the run was [Compressed]: the same content in frames of zstd, each of at most 256 KB of whole
// lines, or of a piece of one longer line, and behind them the table of the seekable format, which says where each frame is. It appears by
// rename before values.jsonl is removed, so that one of them is complete at any time; where both are, values.jsonl counts, and the other
// one is what a crash left. A run that goes on has values.jsonl.
//
// results.jsonl holds one [Item] a line in the order of batch and index: what became of it, and nothing of how. It holds no times,
// durations, usage or attempts, so an item that succeeded at the third attempt has the same line as one that succeeded at once, and the
// same run gives the same bytes at any concurrency, of items and inside of them, provided that its stages are deterministic and its streams
// begin in the same order. What a run consumed, retries included, is in the log and summed up in the manifest. The file is written by
// [Writer.Close] and appears by rename, complete or not at all; it holds what the last session delivered. Until then results.partial.jsonl
// collects the lines; only a run that was killed leaves it behind, and nothing reads it. The file lock is locked while a [Writer] has the
// directory open, and stays when it does not.
//
// This is format 5. In format 4 the hash of a text was that of its JSON. In format 3 a run had one session, no fingerprints and no origins,
// and the attempts of elements of [pipeline.Each] were not told apart.
//
// A field that a line of log.jsonl leaves out is zero. Every line of the three has a kind; readers skip fields and kinds that they do not
// know. Values are flushed to the operating system, and to the disk, before the line that names them.
//
// # What is in it
//
// Everything that stages and calls receive and return, as encoding/json writes it. The files are readable by their owner only. A value
// whose JSON holds a secret puts the secret on disk: keep secrets in types that do not marshal, and take them out of the configuration
// before it enters the manifest.
package record
