package record

import (
	"cmp"
	"slices"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
)

// tally counts what a run did by its log. Its memory grows with the number of targets, streams, stages and models, and with what is in
// flight, not with the number of items.
type tally struct {
	total    Counts
	targets  map[string]*Counts
	batches  map[int]*Batch
	streams  []*Batch // of the last session
	stages   map[stageKey]*stageTally
	models   map[modelKey]*modelTally
	underway map[sentAttempt]struct{} // attempts that were sent and did not return

	session      Counts    // of the last session
	delivers     bool      // it has begun with items
	last         time.Time // of its last event
	inFlight     int
	openStreams  int
	stopped      string // why the last session stopped by itself
	sessionsSeen map[int]sessionTally
	number       int
}

// sessionTally is what the log tells of a session.
type sessionTally struct {
	counts Counts
	last   time.Time
}

type stageKey struct{ target, stage string }

type stageTally struct {
	failed  int
	usage   pipeline.Usage
	elapsed latencies
}

type modelKey struct{ provider, model string }

type modelTally struct {
	failed  int
	usage   pipeline.Usage
	elapsed latencies
}

// sentAttempt identifies an attempt of any call in a session.
type sentAttempt struct {
	attempt

	target       string
	batch, index int
	item         string
}

func newTally() *tally {
	return &tally{
		targets: map[string]*Counts{}, batches: map[int]*Batch{}, stages: map[stageKey]*stageTally{}, models: map[modelKey]*modelTally{},
		underway: map[sentAttempt]struct{}{}, sessionsSeen: map[int]sessionTally{}, number: 1,
	}
}

// count takes e into account.
func (t *tally) count(e *Event) {
	switch e.Kind {
	case KindSession:
		t.begin(e.Session)
	case pipeline.KindBatch:
		t.deliver()
		t.stream(e)
	case pipeline.KindBatchEnded:
		t.openStreams--
		t.stopped = cmp.Or(t.stopped, e.Error)
	case pipeline.KindItemStarted:
		t.deliver()
		t.inFlight++
	case pipeline.KindItem:
		t.deliver()
		t.inFlight--
		t.add(e, outcome(e))
	case pipeline.KindStage:
		s := t.stage(e)
		s.elapsed.add(e.Elapsed)
		if e.Error != "" {
			s.failed++
		}
	case pipeline.KindCallStarted:
		t.send(e)
	case pipeline.KindCall:
		t.call(e)
	default:
	}
	t.last = e.Time.Add(e.Elapsed)
}

// begin ends a session and begins another one. What was in flight never returned.
func (t *tally) begin(number int) {
	t.endSession()
	clear(t.underway)
	t.number, t.session, t.inFlight, t.openStreams, t.stopped, t.delivers = number, Counts{}, 0, 0, "", false
}

// deliver notes that the session has items, which it counts anew. One that has none leaves the counts of the session before it.
func (t *tally) deliver() {
	if t.delivers {
		return
	}
	t.delivers, t.streams = true, nil
	for _, c := range t.allCounts() {
		c.Items, c.Succeeded, c.Failed, c.Reused = 0, 0, 0, 0
	}
}

// endSession keeps what is known of the session.
func (t *tally) endSession() {
	t.sessionsSeen[t.number] = sessionTally{t.session, t.last}
}

func (t *tally) allCounts() []*Counts {
	all := []*Counts{&t.total}
	for _, c := range t.targets {
		all = append(all, c)
	}
	for _, b := range t.batches {
		all = append(all, &b.Counts)
	}
	return all
}

func (t *tally) stream(e *Event) {
	b := t.batches[e.Batch]
	if b == nil {
		b = &Batch{Number: e.Batch, Target: e.Target}
		t.batches[e.Batch] = b
	}
	t.streams = append(t.streams, b)
	t.openStreams++
}

func (t *tally) send(e *Event) {
	key := sentAttemptOf(e)
	if _, again := t.underway[key]; again {
		return // an interceptor sends one attempt more than once
	}
	t.underway[key] = struct{}{}
	t.add(e, Counts{Orphaned: 1})
}

func (t *tally) call(e *Event) {
	c := Counts{Usage: e.Usage}
	key := sentAttemptOf(e)
	if _, sent := t.underway[key]; sent {
		delete(t.underway, key)
		c.Orphaned = -1
	}
	t.add(e, c)
	s := t.stage(e)
	s.usage = s.usage.Add(e.Usage)
	m := t.models[modelKey{e.Provider, e.Model}]
	if m == nil {
		m = &modelTally{}
		t.models[modelKey{e.Provider, e.Model}] = m
	}
	m.usage = m.usage.Add(e.Usage)
	switch {
	case e.Error != "":
		m.failed++
	case e.Origin == "":
		m.elapsed.add(e.Elapsed - e.Waited)
	}
}

func sentAttemptOf(e *Event) sentAttempt {
	return sentAttempt{attemptOf(*e), e.Target, e.Batch, e.Index, e.Item}
}

func (t *tally) stage(e *Event) *stageTally {
	key := stageKey{e.Target, e.Stage}
	s := t.stages[key]
	if s == nil {
		s = &stageTally{}
		t.stages[key] = s
	}
	return s
}

// outcome counts one item without its usage, which was counted call by call.
func outcome(e *Event) Counts {
	switch {
	case e.Error != "":
		return Counts{Items: 1, Failed: 1}
	case e.Origin != "":
		return Counts{Items: 1, Succeeded: 1, Reused: 1}
	default:
		return Counts{Items: 1, Succeeded: 1}
	}
}

func (t *tally) add(e *Event, c Counts) {
	target := t.targets[e.Target]
	if target == nil {
		target = &Counts{}
		t.targets[e.Target] = target
	}
	t.total.add(c)
	t.session.add(c)
	target.add(c)
	if b := t.batches[e.Batch]; b != nil {
		b.add(c)
	}
}

func (c *Counts) add(o Counts) {
	c.Items += o.Items
	c.Succeeded += o.Succeeded
	c.Failed += o.Failed
	c.Reused += o.Reused
	c.Orphaned += o.Orphaned
	c.Usage = c.Usage.Add(o.Usage)
}

// totals returns the sums.
func (t *tally) totals() Totals {
	out := Totals{Counts: t.total, Targets: make(map[string]Counts, len(t.targets))}
	for name, c := range t.targets {
		out.Targets[name] = *c
	}
	for _, b := range t.streams {
		out.Batches = append(out.Batches, *b)
	}
	for key, s := range t.stages {
		out.Stages = append(out.Stages, StageTotals{key.target, key.stage, s.failed, s.usage, s.elapsed.latency()})
	}
	slices.SortFunc(out.Stages, func(a, b StageTotals) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.Stage, b.Stage))
	})
	for key, m := range t.models {
		out.Models = append(out.Models, ModelTotals{key.provider, key.model, m.failed, m.usage, m.elapsed.latency()})
	}
	slices.SortFunc(out.Models, func(a, b ModelTotals) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Model, b.Model))
	})
	return out
}

// ended reports whether everything that the session began has ended.
func (t *tally) ended() bool { return t.inFlight == 0 && t.openStreams == 0 }
