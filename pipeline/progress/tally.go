package progress

import (
	"errors"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
)

// tally is what a run did so far.
type tally struct {
	begun   time.Time // of the first event
	started int       // items
	done    int       // items, whatever became of them
	failed  int
	unrun   int // items that were taken from their source when the run had stopped
	reused  int // items
	usage   pipeline.Usage
	again   int // attempts after the first one of their call
	limited int // attempts that the service turned away because there were too many
	stopped bool
	pace    pace
}

func (t *tally) count(e *pipeline.Event) {
	if t.begun.IsZero() {
		t.begun = e.Time
	}
	switch e.Kind {
	case pipeline.KindItemStarted:
		t.started++
	case pipeline.KindItem:
		t.item(e)
	case pipeline.KindCall:
		t.call(e)
	case pipeline.KindBatchEnded:
		t.stopped = t.stopped || e.Err != nil
	default:
	}
}

func (t *tally) item(e *pipeline.Event) {
	t.done++
	if e.Origin != "" {
		t.reused++
		return
	}
	if _, stopped := errors.AsType[*pipeline.StopError](e.Err); stopped {
		t.unrun++
		t.stopped = true
		return
	}
	if e.Err != nil {
		t.failed++
	}
	t.pace.add(e.Time, e.Time.Add(e.Elapsed))
}

func (t *tally) call(e *pipeline.Event) {
	t.usage = t.usage.Add(e.Usage)
	if e.Call != nil && e.Call.Attempt > 1 {
		t.again++
	}
	if pipeline.ErrorClass(e.Err) == "throttled" {
		t.limited++
	}
}

// left returns the time that the rest of total items will take at the recent pace. It is not known before as many items were made as are in
// flight: the first ones to finish say little about how many finish in a time.
func (t *tally) left(now time.Time, total int) (time.Duration, bool) {
	rest := total - t.done
	rate := t.pace.rate(now)
	if t.stopped || rest <= 0 || rate <= 0 || t.pace.made < t.started-t.done {
		return 0, false
	}
	const most = 1000 * time.Hour // more is a stall, not a forecast
	seconds := float64(rest) / rate
	if seconds > most.Seconds() {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}
