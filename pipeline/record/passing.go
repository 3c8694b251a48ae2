package record

import (
	"sync"

	"github.com/gloss-sdk/gloss/pipeline"
)

// items holds what is remembered of each item in flight. It is safe for concurrent use; the zero value is empty.
type items struct {
	mu       sync.Mutex
	underway map[itemPlace]*passing
}

// of returns what is remembered of the item that e belongs to, nil if it belongs to none. It lives from the beginning of the item to its end.
func (is *items) of(e *pipeline.Event) *passing {
	at := itemPlace{e.Batch, e.Index}
	is.mu.Lock()
	defer is.mu.Unlock()
	switch e.Kind {
	case pipeline.KindItemStarted:
		if is.underway == nil {
			is.underway = map[itemPlace]*passing{}
		}
		is.underway[at] = &passing{}
	case pipeline.KindItem:
		defer delete(is.underway, at)
	default:
	}
	return is.underway[at]
}

// passing remembers the values that an item came by last: what a stage returns, the stage around it returns as well, and the next one
// receives. It is safe for concurrent use: elements of an item may run at once.
type passing struct {
	mu    sync.Mutex
	last  [keptValues]storedValue // round robin
	moves int
}

// keptValues is how many values of an item are remembered.
const keptValues = 4

// storedValue is a value with the hash under which it is stored.
type storedValue struct {
	value any
	hash  Hash
}

// known returns the hash of a value that was stored before.
func (p *passing) known(v any) (Hash, bool) {
	if p == nil {
		return "", false
	}
	p.mu.Lock()
	last := p.last
	p.mu.Unlock()
	for _, s := range last {
		if same(s.value, v) {
			return s.hash, true
		}
	}
	return "", false
}

// keep remembers a value that is stored by now.
func (p *passing) keep(v any, h Hash) {
	if p == nil || v == nil || h == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.last {
		if s.hash == h {
			return
		}
	}
	p.last[p.moves%keptValues] = storedValue{v, h}
	p.moves++
}
