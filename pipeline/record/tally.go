package record

import (
	"context"

	"github.com/gloss-sdk/gloss/pipeline"
)

// tally counts what a run did. Its memory grows with the number of targets and streams, not with that of items.
type tally struct {
	total    Counts
	targets  map[string]*Counts
	batches  []*Batch
	byNumber map[int]*Batch

	inFlight, streams int
	cut               bool // a context ended before the work did
}

func newTally() tally {
	return tally{targets: map[string]*Counts{}, byNumber: map[int]*Batch{}}
}

// count takes e into account. ctx is the context that e was told with: once it has ended, what finished may have been cut short.
func (t *tally) count(ctx context.Context, e *pipeline.Event) {
	switch e.Kind {
	case pipeline.KindBatch:
		b := &Batch{Number: e.Batch, Target: e.Target}
		t.batches, t.byNumber[e.Batch] = append(t.batches, b), b
		t.streams++
	case pipeline.KindBatchEnded:
		t.streams--
		t.cut = t.cut || ctx.Err() != nil
	case pipeline.KindItemStarted:
		t.inFlight++
	case pipeline.KindItem:
		t.inFlight--
		t.cut = t.cut || ctx.Err() != nil
		t.add(e, outcome(e.Err))
	case pipeline.KindCall:
		t.add(e, Counts{Usage: e.Usage})
	default:
	}
}

// outcome counts one item without its usage, which was counted call by call.
func outcome(err error) Counts {
	if err != nil {
		return Counts{Items: 1, Failed: 1}
	}
	return Counts{Items: 1, Succeeded: 1}
}

func (t *tally) add(e *pipeline.Event, c Counts) {
	target := t.targets[e.Target]
	if target == nil {
		target = &Counts{}
		t.targets[e.Target] = target
	}
	sums := []*Counts{&t.total, target}
	if b := t.byNumber[e.Batch]; b != nil {
		sums = append(sums, &b.Counts)
	}
	for _, s := range sums {
		s.Items += c.Items
		s.Succeeded += c.Succeeded
		s.Failed += c.Failed
		s.Usage = s.Usage.Add(c.Usage)
	}
}

// complete writes the sums into m.
func (t *tally) complete(m *Manifest) {
	m.Counts = t.total
	m.Targets = make(map[string]Counts, len(t.targets))
	for name, c := range t.targets {
		m.Targets[name] = *c
	}
	for _, b := range t.batches {
		m.Batches = append(m.Batches, *b)
	}
}

func (t *tally) finished() bool { return t.inFlight == 0 && t.streams == 0 && !t.cut }
