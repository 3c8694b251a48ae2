package record

import (
	"reflect"
	"sync"

	"github.com/gloss-sdk/gloss/pipeline"
)

// items holds what is remembered of each item in flight. It is safe for concurrent use; the zero value is empty.
type items struct {
	mu       sync.Mutex
	underway map[itemPlace]*passing
}

// of returns what is remembered of the item that e belongs to, nil if it belongs to none. It lives from the beginning of the item to its
// end.
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
	parts []storedPart
	next  int // part to be replaced
}

const (
	// keptValues is how many values of an item are remembered, keptParts how many parts of them.
	keptValues = 4
	keptParts  = 16
)

// storedValue is a value with the hash under which it is stored.
type storedValue struct {
	value any
	hash  Hash
}

// storedPart is a slice, a map or a pointer inside of a value whose JSON is stored on its own. A value that differs from the one before in
// one field has all the others in the same memory, and that nobody modifies.
type storedPart struct {
	value reflect.Value
	sum   sum
}

// is reports whether v refers to the same memory as p, in the same way.
func (p *storedPart) is(v reflect.Value) bool {
	if p.value.Type() != v.Type() || p.value.UnsafePointer() != v.UnsafePointer() {
		return false
	}
	return v.Kind() != reflect.Slice || p.value.Len() == v.Len()
}

// partsOf appends the parts that are remembered.
func (p *passing) partsOf(parts []storedPart) []storedPart {
	if p == nil {
		return parts
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return append(parts, p.parts...)
}

// keepParts remembers parts that are stored by now.
func (p *passing) keepParts(fresh []storedPart) {
	if p == nil || len(fresh) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, part := range fresh {
		if len(p.parts) < keptParts {
			p.parts = append(p.parts, part)
			continue
		}
		p.parts[p.next%keptParts] = part
		p.next++
	}
}

// known returns the hash of a value that is one of the last n.
func (p *passing) known(v any, n int) (Hash, bool) {
	if p == nil {
		return "", false
	}
	p.mu.Lock()
	last, moves := p.last, p.moves
	p.mu.Unlock()
	for i := moves - 1; i >= max(0, moves-n); i-- { // the newest is the likeliest
		if s := &last[i%keptValues]; same(s.value, v) {
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
