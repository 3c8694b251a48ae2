package record

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"iter"
	"slices"
)

// itemDigest is as much of a SHA-256 as tells items and outputs apart.
type itemDigest [16]byte

func digestOf(parts ...string) (d itemDigest) {
	h := sha256.New()
	for _, p := range parts {
		_ = binary.Write(h, binary.BigEndian, uint64(len(p))) // a hash takes everything
		h.Write([]byte(p))
	}
	copy(d[:], h.Sum(nil))
	return d
}

// reached is what is kept of an item until the other run reaches it.
type reached struct {
	batch, index int
	failed       bool
	outcome      itemDigest // of the output or of the error
}

// pair is an item that two runs do not agree about; a or b is nil in a run that does not have it.
type pair struct {
	status ItemStatus
	a, b   *reached
}

func byPlace(p, q pair) int {
	at := func(p pair) (batch, index, only int) {
		if p.a != nil {
			return p.a.batch, p.a.index, 0
		}
		return p.b.batch, p.b.index, 1
	}
	batchP, indexP, onlyP := at(p)
	batchQ, indexQ, onlyQ := at(q)
	return cmp.Or(cmp.Compare(batchP, batchQ), cmp.Compare(indexP, indexQ), cmp.Compare(onlyP, onlyQ))
}

// matcher pairs the items of two runs, which it reads side by side. What one run has and the other has not reached yet waits.
type matcher struct {
	runs    [2]*Run
	streams [2]map[int]int
	limit   int

	counts ItemCounts
	pairs  []pair
	// disagreements counts the pairs that there were.
	disagreements int
	// waiting holds the items of each run by what identifies them in both, those of one identity in their order.
	waiting [2]map[itemDigest][]reached
}

// match takes the items of the runs in turns, and counts what became of them.
func (m *matcher) match() error {
	m.waiting = [2]map[itemDigest][]reached{{}, {}}
	var next [2]func() (Item, error, bool)
	for side, r := range m.runs {
		pull, stop := iter.Pull2(r.Items())
		defer stop()
		next[side] = pull
	}
	for done := [2]bool{}; !done[0] || !done[1]; {
		for side, pull := range next {
			it, err, ok := pull()
			if done[side] = !ok; !ok {
				continue
			}
			if it, err = readable(it, err); err != nil {
				return err
			}
			m.meet(side, it)
		}
	}
	for side, waiting := range m.waiting {
		for _, left := range waiting {
			for _, r := range left {
				m.alone(side, r)
			}
		}
	}
	m.shorten()
	return nil
}

// readable makes an item whose output is lost one that failed.
func readable(it Item, err error) (Item, error) {
	if errors.Is(err, ErrNotRecorded) {
		it.Output, it.Error = nil, err.Error()
		return it, nil
	}
	return it, err
}

// meet pairs an item of one run with the first one of the other run that has its identity and waits, or has it wait.
func (m *matcher) meet(side int, it Item) {
	var stream [8]byte
	binary.BigEndian.PutUint64(stream[:], uint64(m.streams[side][it.Batch]))
	key := digestOf(it.Target, string(stream[:]), it.ID)
	r := reached{batch: it.Batch, index: it.Index, failed: it.Error != "", outcome: digestOf(string(it.Output), it.Error)}
	others := m.waiting[1-side]
	queue := others[key]
	if len(queue) == 0 {
		m.waiting[side][key] = append(m.waiting[side][key], r)
		return
	}
	other := queue[0]
	if others[key] = queue[1:]; len(queue) == 1 {
		delete(others, key)
	}
	if side == 0 {
		m.both(r, other)
	} else {
		m.both(other, r)
	}
}

// both counts an item that both runs have.
func (m *matcher) both(a, b reached) {
	p := pair{a: &a, b: &b}
	switch {
	case a.failed && b.failed:
		p.status = ItemFailedBoth
		m.counts.FailedBoth++
	case a.failed:
		p.status = ItemFailedInA
		m.counts.FailedInA++
	case b.failed:
		p.status = ItemFailedInB
		m.counts.FailedInB++
	case a.outcome == b.outcome:
		m.counts.Same++
	default:
		p.status = ItemChanged
		m.counts.Changed++
	}
	if a.outcome != b.outcome {
		m.report(p)
	}
}

// alone counts an item that one run has.
func (m *matcher) alone(side int, r reached) {
	if side == 0 {
		m.counts.OnlyInA++
		m.report(pair{status: ItemOnlyInA, a: &r})
	} else {
		m.counts.OnlyInB++
		m.report(pair{status: ItemOnlyInB, b: &r})
	}
}

// keptPairs bounds how many pairs beyond the limit wait for being sorted.
const keptPairs = 1 << 15

func (m *matcher) report(p pair) {
	m.disagreements++
	m.pairs = append(m.pairs, p)
	if len(m.pairs)-m.limit > keptPairs {
		m.shorten()
	}
}

// shorten keeps the first pairs, as many as the limit says.
func (m *matcher) shorten() {
	slices.SortFunc(m.pairs, byPlace)
	m.pairs = m.pairs[:min(len(m.pairs), m.limit)]
}

// differing reads what became of the items of the pairs.
func (m *matcher) differing() ([]ItemDifference, error) {
	var wanted [2]map[[2]int]*Item
	for side := range wanted {
		wanted[side] = map[[2]int]*Item{}
	}
	all := make([]ItemDifference, len(m.pairs))
	want := func(side int, r *reached) *Item {
		if r == nil {
			return nil
		}
		it := new(Item)
		wanted[side][[2]int{r.batch, r.index}] = it
		return it
	}
	for i, p := range m.pairs {
		all[i] = ItemDifference{Status: p.status, A: want(0, p.a), B: want(1, p.b)}
	}
	for side, r := range m.runs {
		if err := r.fill(wanted[side]); err != nil {
			return nil, err
		}
	}
	for i := range all {
		all[i].complete()
	}
	return all, nil
}

// fill reads the items at the places that it is given.
func (r *Run) fill(wanted map[[2]int]*Item) error {
	if len(wanted) == 0 {
		return nil
	}
	for it, err := range r.Items() {
		if it, err = readable(it, err); err != nil {
			return err
		}
		if into := wanted[[2]int{it.Batch, it.Index}]; into != nil {
			*into = it
		}
	}
	return nil
}

// complete names the item, and the fields that changed.
func (d *ItemDifference) complete() {
	it := cmp.Or(d.A, d.B)
	d.Target, d.ID = it.Target, it.ID
	if d.Status == ItemChanged {
		d.Fields = differences("output", d.A.Output, d.B.Output)
	}
}
