package limit

import "time"

// longestPause bounds the pause after a refusal that names none.
const longestPause = 30 * time.Second

// gate holds every call back after a refusal, and spreads those that have gathered over a round trip after it. The caller's lock guards it.
type gate struct {
	until     time.Time     // no call before
	spread    time.Time     // calls are spread until then
	next      time.Time     // earliest time of the next call while they are spread
	closed    bool          // nothing was sent since the last refusal
	pause     time.Duration // the last pause that was not asked for; 0 after a success
	roundTrip mean          // how long a call takes, in nanoseconds
}

// wait returns how long no call may be sent.
func (g *gate) wait(now time.Time) time.Duration {
	if wait := g.until.Sub(now); wait > 0 {
		return wait
	}
	if now.Before(g.spread) {
		return max(0, g.next.Sub(now))
	}
	return 0
}

// reopen reports whether now is the first time after a pause, and not long after it.
func (g *gate) reopen(now time.Time) bool {
	closed := g.closed
	g.closed = false
	return closed && now.Before(g.spread)
}

// pass counts a call that is sent, one of size within a round trip.
func (g *gate) pass(now time.Time, size int) {
	if now.Before(g.spread) {
		g.next = now.Add(g.trip() / time.Duration(size))
	}
}

// succeeded counts an answer and how long it took.
func (g *gate) succeeded(took time.Duration) {
	g.roundTrip.add(float64(took))
	g.pause = 0
}

// refused counts the refusal of a call that was sent at the given time; asked is the pause that the provider named, 0 if it named none.
// Refusals without a name that come in a pause belong to the one that caused it.
func (g *gate) refused(now, sent time.Time, asked time.Duration) {
	if asked <= 0 {
		if sent.Before(g.until) {
			return
		}
		g.pause = min(max(settle, 2*g.pause), longestPause)
		asked = g.pause
	}
	if until := now.Add(asked); until.After(g.until) {
		g.until, g.next, g.closed = until, until, true
		g.spread = until.Add(g.trip())
	}
}

// trip is how long calls are spread over: what one takes, and no less than what a refusal is given to settle.
func (g *gate) trip() time.Duration { return max(settle, time.Duration(g.roundTrip.value)) }
