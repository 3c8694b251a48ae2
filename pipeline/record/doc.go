// Package record keeps a run in a directory: a [Writer] observes the run while it goes on, [Open] reads afterwards what happened, item by
// item, every text in full.
//
//	dir := record.NewDir("runs", "baseline", time.Now())
//	w, err := record.Create(dir, record.Manifest{Name: "baseline", Config: config}, record.OnError(cancel))
//	run, err := pipeline.NewRun(pipeline.WithObserver(w))
//	… // stream the items
//	err = w.Close()
//
// # The directory
//
// manifest.json says what ran: format, state, configuration, seed, plans, versions and, once the run is closed, counts and usage.
//
// log.jsonl says what happened, one object a line, in the order in which things were completed; see [Event]. Values are named by
// content hash. A call that was sent again has two lines for each attempt, of its beginning and of its end, with the usage or the error of
// that attempt.
//
// values.jsonl holds the values, one object a line: kind, hash and content. The kind is "value" (any JSON), "text" (a JSON string) or
// "opaque" (what is known of a value that has no JSON; see [Holder]). The hash is the SHA-256, in hexadecimal, of the kind, a zero byte and
// the bytes of content.
//
// The values form a Merkle tree, so an essay that passes ten stages is on disk once, and so are the exemplars that a draft carries with
// it. Each string whose JSON is 64 bytes or longer between its quotes is stored as a text of its own and replaced by
// {"$text":"<hash>"}. Each object or array inside of a value whose JSON, with what is inside of it replaced, is 256 bytes or
// longer is stored as a value of its own and replaced by {"$value":"<hash>"}. A key that is itself "$text" or "$value", with any number of
// dollar signs, is stored with one more. What is referred to stands before the line that refers to it. A value may be stored again after
// some 32,768 others: the memory for hashes is bounded.
//
// results.jsonl holds one [Item] a line in the order of batch and index: what became of it, and nothing of how. It holds no times, durations,
// usage or attempts, so an item that succeeded at the third attempt has the same line as one that succeeded at once, and the same run gives
// the same bytes at any concurrency, of items and inside of them, provided that its stages are deterministic and its streams begin in the
// same order. What a run consumed, retries included, is in the log and summed up in the manifest. The file is written by [Writer.Close] and
// appears by rename, complete or not at all. Until then results.partial.jsonl collects the lines; only a run that was killed leaves it
// behind, and nothing reads it.
//
// This is format 3. In format 2 a call had one attempt, and seq counted the calls of an item over all of its stages, no matter at which.
//
// A field that a line of log.jsonl leaves out is zero. Every line of the three has a kind; readers skip fields and kinds that they do
// not know. Values are flushed to the operating system before the line that names them, and the log whenever an item or a call begins or ends; the
// disk is synced by Close.
//
// # What is in it
//
// Everything that stages and calls receive and return, as encoding/json writes it. The files are readable by their owner
// only. A value whose JSON holds a secret puts the secret on disk: keep secrets in types that do not marshal, and take them out of the
// configuration before it enters the manifest.
package record
