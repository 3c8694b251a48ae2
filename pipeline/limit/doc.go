// Package limit keeps the calls of a run within what a provider allows: requests per minute, tokens per minute, and as many calls at once
// as it answers without refusing any.
//
// A [Limiter] is a [pipeline.Interceptor], so it acts on each attempt of each call and on nothing else:
//
//	account, err := limit.New(limit.TokensPerMinute(2_000_000), limit.RequestsPerMinute(5_000), limit.Only("model"))
//	run, err := pipeline.NewRun(pipeline.WithInFlight(200), pipeline.WithInterceptor(account))
//
// A quota belongs to an account, not to a run: runs of one process that ask the same account share a Limiter. Each account has one of its
// own, and [Only] says whose calls it acts on, so that several stand side by side in a run. A refused call is not sent again here, but by
// the run (see [pipeline.Retry]), so that every attempt is seen; it waits in the queue again.
//
// # Order
//
// Calls are admitted in the order in which they come, from one queue. The first of the queue is admitted when three things hold at once:
// the provider has not asked to wait, fewer calls are in flight than the limit of the moment, and the quotas have room for what the call
// is expected to take. Until then it holds nothing: no place that another call could use, and no tokens that would lie idle while it waits
// for a place. So a call whose context ends has nothing to give back, and a call that takes much is not overtaken for ever by calls that
// take little; the quota that it waits for fills meanwhile and is not lost to those behind.
//
// # Without a quota
//
// The number of calls in flight follows the provider's answers as the congestion window of TCP does. It grows by one with each success
// until the first refusal, so that it doubles within a round trip. From then on it grows by one within a round trip (RFC 5681) or, where
// calls take long, by the time since the last refusal (CUBIC, RFC 9438). A refusal multiplies it by 0.7, once for all calls that were on
// their way together. Only growth that is used counts: a limit that is not reached does not rise.
//
// A refusal holds every call back until the time that the provider named, or for a time that doubles from 200 ms to 30 s if it named none.
// What has gathered in the meantime is not let go at once but spread over a round trip.
//
// # With a quota
//
// A call reserves what its input says it takes and the average output of the calls like it, and the reservation is replaced by what was
// taken when the answer is there. A refusal means that less is left than was thought, because others use the quota too or because the
// provider counts in another way (some count the largest output that was asked for): what seemed to be left is forgotten. The number of
// calls in flight adapts as well, from its upper bound down. Input and output count against one quota; where a provider has one for each,
// the sum is what can be set.
//
// Several processes that share a quota need not know of each other: the refusals bring each of them down. It takes fewer of them if each
// is given its part of the quota.
package limit
