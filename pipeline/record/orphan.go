package record

import (
	"iter"
	"slices"

	"github.com/gloss-sdk/gloss/pipeline"
)

// Orphans yields the attempts of calls that were sent and whose end is not recorded, as their events of kind [pipeline.KindCallStarted], in
// the order of the log: a process died while they were under way, and what they consumed is not known. In a run that still goes on the
// attempts in flight are among them.
func (r *Run) Orphans() iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		underway := map[sentAttempt]orphan{}
		n := 0
		for e, err := range r.Events() {
			switch {
			case err != nil:
				yield(Event{}, err)
				return
			case e.Kind == KindSession:
				if !yieldOrphans(underway, yield) {
					return
				}
				clear(underway)
			case e.Kind == pipeline.KindCallStarted:
				n++
				underway[sentAttemptOf(&e)] = orphan{n, e}
			case e.Kind == pipeline.KindCall:
				delete(underway, sentAttemptOf(&e))
			}
		}
		yieldOrphans(underway, yield)
	}
}

// orphan is an attempt that did not return so far, the n-th of the log.
type orphan struct {
	n     int
	event Event
}

func yieldOrphans(underway map[sentAttempt]orphan, yield func(Event, error) bool) bool {
	orphans := make([]orphan, 0, len(underway))
	for _, o := range underway {
		orphans = append(orphans, o)
	}
	slices.SortFunc(orphans, func(a, b orphan) int { return a.n - b.n })
	for _, o := range orphans {
		if !yield(o.event, nil) {
			return false
		}
	}
	return true
}
