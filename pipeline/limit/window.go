package limit

import (
	"math"
	"time"
)

// settle is the least time between two reductions of a window, and the first pause after a refusal that names none.
const settle = 200 * time.Millisecond

// factor is what a reduction leaves of a window.
const factor = 0.7

// window is the number of calls that may be in flight, by additive increase and multiplicative decrease: the congestion window of TCP, with
// calls in the place of bytes. The caller's lock guards it.
type window struct {
	bounds   Bounds
	limit    float64
	inFlight int
	reduced  time.Time // when the last reduction was; zero before the first
	before   float64   // the limit before it
}

func newWindow(b Bounds) window { return window{bounds: b, limit: float64(b.Start)} }

// size is the limit in whole calls.
func (w *window) size() int { return int(w.limit) }

func (w *window) full() bool { return w.inFlight >= w.size() }

func (w *window) enter() { w.inFlight++ }

func (w *window) leave() { w.inFlight-- }

// grow counts the success of a call that was sent at the given time and has not left. It says nothing of the limit if the limit was not
// reached, or was another when the call was sent.
func (w *window) grow(now, sent time.Time) {
	if !w.full() || sent.Before(w.reduced) {
		return
	}
	step := 1.0
	if !w.reduced.IsZero() {
		step = min(step, max(1/w.limit, w.cubic(now)-w.limit))
	}
	w.limit = min(w.limit+step, float64(w.bounds.Max))
}

// cubic is the limit that CUBIC allows (RFC 9438, section 4.2), whose growth depends on the time since the last reduction and not on how
// long a call takes: one more per round trip would take an hour to find its way back where calls take half a minute.
func (w *window) cubic(now time.Time) float64 {
	const c = 0.4
	plateau := math.Cbrt(w.before * (1 - factor) / c)
	return c*math.Pow(now.Sub(w.reduced).Seconds()-plateau, 3) + w.before
}

// shrink counts the refusal of a call that was sent at the given time and has not left. Refusals of calls that were on their way together
// count once. A limit far above what is in flight has refused nothing, so it comes down to where it can be felt.
func (w *window) shrink(now, sent time.Time) {
	const slack = 4
	if !w.reduced.IsZero() && (sent.Before(w.reduced) || now.Sub(w.reduced) < settle) {
		return
	}
	w.reduced, w.before = now, min(w.limit, float64(slack*w.inFlight))
	w.limit = max(factor*w.before, float64(w.bounds.Min))
}
