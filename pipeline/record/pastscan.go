package record

import (
	"cmp"
	"slices"

	"github.com/gloss-sdk/gloss/pipeline"
)

// readPast reads what earlier sessions left in r, which it closes if it fails.
func readPast(r *Run) (*past, error) {
	p := &past{run: r, tally: newTally(), calls: callPool{}, intact: newRecent(rows)}
	index, err := r.index()
	if err != nil {
		return nil, closed(r, err)
	}
	scan := pastScan{past: p, values: index, underway: map[itemPlace]*itemLines{}}
	for l, err := range r.log.lines() {
		var e Event
		if err == nil {
			e, err = r.event(l)
		}
		if err != nil {
			return nil, closed(r, err)
		}
		p.tally.count(&e)
		scan.take(&e, l.offset)
	}
	scan.release()
	p.tally.endSession()
	p.spent = p.tally.total.Usage
	slices.SortStableFunc(p.items, func(a, b finished) int { return cmp.Compare(a.key, b.key) })
	return p, nil
}

// pastScan sorts the lines of the log by what becomes of the items that they belong to.
type pastScan struct {
	past     *past
	values   valueIndex
	underway map[itemPlace]*itemLines // of the session that is read
}

type itemPlace struct{ batch, index int }

// itemLines is what the log has told so far of an item that is not finished yet.
type itemLines struct {
	begin int64
	calls []keyedLine
}

type keyedLine struct {
	key    uint64
	offset int64
}

func (s *pastScan) take(e *Event, offset int64) {
	at := itemPlace{e.Batch, e.Index}
	switch e.Kind {
	case KindSession:
		s.release()
		s.past.begins = append(s.past.begins, sessionBegin{offset, e.Session})
	case KindTarget:
		s.past.targets.add(e)
	case pipeline.KindItemStarted:
		s.past.targets.note(e.Target)
		s.underway[at] = &itemLines{begin: offset}
	case pipeline.KindCall:
		if !s.usable(e) {
			return
		}
		if lines := s.underway[at]; lines != nil {
			lines.calls = append(lines.calls, s.completed(e, offset))
		} else if e.Batch == 0 { // it belongs to no item, but to an asset, which is built again
			s.past.calls.add([]keyedLine{s.completed(e, offset)})
		}
	case pipeline.KindItem:
		s.settle(at, e, offset)
	default:
	}
}

// usable reports whether e tells of an outcome that can answer the same work.
func (s *pastScan) usable(e *Event) bool {
	return e.Fingerprint != "" && e.Error == "" && e.Out != "" && len(s.values.find(e.Out)) > 0
}

// completed returns the line that answers a call again: the call's own, or the one that had answered it.
func (s *pastScan) completed(e *Event, offset int64) keyedLine {
	key := workKey(e.Batch, e.Fingerprint)
	if pool := s.past.calls[key]; isOwnOrigin(e.Origin) && len(pool) > 0 {
		s.past.calls.put(key, pool[1:])
		return keyedLine{key, pool[0]}
	}
	return keyedLine{key, offset}
}

// settle ends an item: the calls of one that has a result are of no use any more.
func (s *pastScan) settle(at itemPlace, e *Event, offset int64) {
	lines := s.underway[at]
	delete(s.underway, at)
	if lines == nil {
		lines = &itemLines{begin: offset}
	}
	switch {
	case s.usable(e):
		if !isOwnOrigin(e.Origin) { // otherwise the result has its entry
			s.past.items = append(s.past.items, finished{workKey(e.Batch, e.Fingerprint), lines.begin, offset})
		}
		return
	case e.Fingerprint != "" && e.Out != "" && !isOwnOrigin(e.Origin):
		s.past.lost++
	}
	s.past.calls.add(lines.calls)
}

// release gives back the calls of items that did not end.
func (s *pastScan) release() {
	for _, lines := range s.underway {
		s.past.calls.add(lines.calls)
	}
	clear(s.underway)
}

func (c callPool) add(lines []keyedLine) {
	for _, l := range lines {
		c[l.key] = append(c[l.key], l.offset)
	}
}

func (c callPool) put(key uint64, offsets []int64) {
	if len(offsets) == 0 {
		delete(c, key)
		return
	}
	c[key] = offsets
}
