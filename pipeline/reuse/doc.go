// Package reuse keeps the outcomes of items and calls in a store that several processes share, so that nothing is paid for twice: not
// when the same target runs again, not after a crash, and not by two processes at once.
//
//	journal, err := reuse.New(objects, reuse.Use)
//	run, err := pipeline.NewRun(pipeline.WithJournal(journal))
//
// [New] makes the journal of a process over any [store.Store]; [Mode] says what it does with what is kept. [Journal.Report] counts what
// a process reused and did, and [ReadLedger] sums up what all of them did. Results that were reused carry their origin: who made them,
// and when.
//
// # Protocol
//
// Each piece of work, an item or a call, has one object, whose key is "work/" and its fingerprint. Every write is conditional on what its
// writer has read, so an object goes from state to state however many processes are at it:
//
//	absent    nobody has begun
//	leased    somebody is at work: the intent is written before anything is paid
//	kept      the outcome is there
//	released  the last attempt failed, and the next one is free
//
// Whoever gets the lease does the work, renews the lease three times in its duration, and writes the outcome over it. The others wait and
// look again, and get the outcome. Inside one process they wait for each other without asking the store. If the one at work fails, the
// next one tries; failures are counted, never kept.
//
// A lease whose object does not change for as long as the lease lasts is taken over, and so is one that expired that long ago. The first
// is measured on the clock of the one who waits, so the clocks of processes need not agree: they would have to differ by the duration of a
// lease for work to be done twice, and even then nothing is overwritten. A run that starts right after a crash may wait twice for what the
// crash left: for the lease of an item, and then for that of its call. The attempt that was taken over is counted as orphaned: it was
// begun, perhaps paid, and never ended.
//
// A holder that was paused for longer than its lease lasts cannot overwrite anything, because the object is not what it wrote last. It
// reads the object back. If another outcome is kept by now, it returns that one, with its origin, and forgets its own. If somebody else
// is at work, it waits for that outcome, so that all callers get the same one. If that one gives up, or is lost in turn, it keeps the
// outcome that it has. If its context ends while it waits, it returns its own, counted in [Report] as unsaved.
//
// # Failures of the store
//
// Everything is tried three times. A store that fails before the work has begun fails the work: otherwise it might be paid twice, and an
// item that failed is done again by the next run. A store that fails after the work was paid fails nothing: the outcome is returned, and
// reported as unsaved. A write that is said to have failed may have been made; it is read back, and the bytes decide. Nothing else is
// assumed of a store but that a conditional write is atomic, and that what it reports as written is. Reads may be behind: the write that
// follows is refused then.
//
// # No deadlock
//
// Who holds a lease waits for other leases only inside of the work: an item for its calls, a call for the calls that it makes. A cycle of
// waiting would need a piece of work that is part of itself, and that would never end without a journal either. Calls never wait for
// items, and a holder that is lost is taken over, so every wait ends.
//
// # What is kept
//
// Only an outcome that comes back from its JSON as it was (see [pipeline.Work]) is kept, or shared in a process; others are counted as
// unkept and done again whenever they are asked for. A kept outcome that its type can no longer read is replaced.
//
// # Format
//
// An object is JSON. Times are in UTC, durations in nanoseconds. An object of another version is refused.
//
//	{
//	  "version": 1,
//	  "fingerprint": "…",
//	  "subject": {"target": "…", "item": "…", "call": {…}},            call is absent for an item
//	  "fence": 2,                                                     counts attempts
//	  "lease": {"owner": "…", "fence": 2, "expires": "…", "lasts_ns": 60000000000},
//	  "attempts": [                                                   the last 16
//	    {"fence": 1, "owner": "…", "begun": "…", "end": "orphaned"},  or kept with usage, unkept with usage, failed with class
//	    {"fence": 2, "owner": "…", "begun": "…"}
//	  ],
//	  "earlier": {"failed": 3, "usage": {…}},                         sums up the attempts before
//	  "kept": {"fence": 2, "owner": "…", "time": "…", "value": …}     the outcome
//	}
//
// Objects hold outcomes and identifiers of items, so a store is to be kept like the essays themselves. Of a failure they hold its class
// only.
package reuse
