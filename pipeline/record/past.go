package record

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gloss-sdk/gloss/pipeline"
)

// originPrefix begins the origin of what was taken from an earlier session of the same run; the number of the session follows.
const originPrefix = "session "

// isOwnOrigin tells what this record answered itself from what another journal did.
func isOwnOrigin(origin string) bool {
	n, ok := strings.CutPrefix(origin, originPrefix)
	if !ok {
		return false
	}
	_, err := strconv.Atoi(n)
	return err == nil
}

// past is what earlier sessions of a run left: finished items, completed calls of the others, and the targets they belong to. Each entry
// answers once. All methods work on nil, which knows nothing.
type past struct {
	run     *Run           // the files as they were
	tally   *tally         // goes on with the session that resumes the run
	spent   pipeline.Usage // before it
	targets targets
	begins  []sessionBegin

	mu     sync.Mutex
	items  finishedItems
	calls  callPool
	intact *recent // values that were read and found to be as they were
	lost   int
}

type sessionBegin struct {
	offset int64
	number int
}

// finished is an item that has a result: its lines in the log are between begin and end, where the last one is.
type finished struct {
	key        uint64
	begin, end int64 // end is taken once the item was handed out
}

const taken = math.MinInt64

type finishedItems []finished

// callPool holds the offsets of the lines of completed calls.
type callPool map[uint64][]int64

// workKey maps a batch and a fingerprint to a number. Different work may have one number, so what is found by it is compared.
func workKey(batch int, fingerprint string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(fingerprint))
	_, _ = h.Write(strconv.AppendInt(nil, int64(batch), 10))
	return h.Sum64()
}

// answer returns the outcome of work that an earlier session completed, with its origin; ok is false if there is none that can be used.
func (p *past) answer(work *pipeline.Work) (out any, origin string, ok bool) {
	if p == nil || work.Fingerprint == "" {
		return nil, "", false
	}
	for {
		e, item, found := p.take(work)
		if !found {
			return nil, "", false
		}
		out, err := p.outcome(e, work)
		if err == nil {
			return out, originPrefix + strconv.Itoa(p.sessionAt(item.end)), true
		}
		if work.Call == nil {
			p.forgo(item, err)
		}
	}
}

func (p *past) outcome(e *Event, work *pipeline.Work) (any, error) {
	v, err := p.run.Value(e.Out)
	if err != nil {
		return nil, err
	}
	if v.Opaque {
		return nil, errors.New("record: the outcome has no JSON")
	}
	return work.Decode(v.JSON) //nolint:wrapcheck // it is only looked at here
}

// take hands out the next entry of work. It returns the line with the outcome and where it is.
func (p *past) take(work *pipeline.Work) (*Event, finished, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := workKey(work.Batch, work.Fingerprint)
	if work.Call == nil {
		return p.takeItem(key, work)
	}
	for i, offset := range p.calls[key] {
		if e, ok := p.lineOf(work, offset); ok {
			p.calls.put(key, slices.Delete(p.calls[key], i, i+1))
			return e, finished{end: offset}, true
		}
	}
	return nil, finished{}, false
}

func (p *past) takeItem(key uint64, work *pipeline.Work) (*Event, finished, bool) {
	i, _ := slices.BinarySearchFunc(p.items, key, func(f finished, key uint64) int { return cmp.Compare(f.key, key) })
	for ; i < len(p.items) && p.items[i].key == key; i++ {
		f := p.items[i]
		if f.end == taken {
			continue
		}
		if e, ok := p.lineOf(work, f.end); ok {
			p.items[i].end = taken
			return e, f, true
		}
	}
	return nil, finished{}, false
}

// lineOf returns the line at offset if it tells of work.
func (p *past) lineOf(work *pipeline.Work, offset int64) (*Event, bool) {
	e, err := p.run.eventAt(offset)
	if err != nil || e.Batch != work.Batch || e.Fingerprint != work.Fingerprint {
		return nil, false
	}
	return &e, true
}

// forgo gives the calls of an item back whose outcome is of no use because of err.
func (p *past) forgo(item finished, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if errors.Is(err, ErrNotRecorded) || errors.Is(err, errChanged) {
		p.lost++
	}
	last, err := p.run.eventAt(item.end)
	if err != nil {
		return
	}
	for offset := item.begin; offset < item.end; {
		text, err := lineAt(p.run.log, offset)
		if err != nil {
			return
		}
		e, err := p.run.eventAt(offset)
		if err == nil && e.Kind == pipeline.KindCall && e.Batch == last.Batch && e.Index == last.Index &&
			e.Fingerprint != "" && e.Error == "" && e.Out != "" {
			p.calls.add([]keyedLine{{workKey(e.Batch, e.Fingerprint), offset}})
		}
		offset += int64(len(text)) + 1
	}
}

// sessionAt returns the session that wrote the line at offset.
func (p *past) sessionAt(offset int64) int {
	number := 1
	for _, b := range p.begins {
		if b.offset <= offset {
			number = b.number
		}
	}
	return number
}

// has reports whether a value is in the files and intact.
func (p *past) has(s sum) bool {
	p.mu.Lock()
	known := p.intact.has(s)
	p.mu.Unlock()
	if known {
		return true
	}
	if _, err := p.run.content(hashOf(s)); err != nil {
		return false
	}
	p.mu.Lock()
	p.intact.add(s)
	p.mu.Unlock()
	return true
}

// lostItems counts the items whose results could not be read back.
func (p *past) lostItems() int {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost
}

// eventAt returns the event of the line at offset of the log.
func (r *Run) eventAt(offset int64) (Event, error) {
	text, err := lineAt(r.log, offset)
	if err != nil {
		return Event{}, fmt.Errorf("record: %w", err)
	}
	var e Event
	if err := r.decodeEvent(text, &e); err != nil {
		return Event{}, fmt.Errorf("record: %s, byte %d: %w", r.log.path, offset, err)
	}
	return e, nil
}
