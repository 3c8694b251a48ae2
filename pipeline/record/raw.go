package record

import (
	"encoding/json"
	"reflect"
	"sync"
)

// raws remembers what is stored of raw JSON that comes up again and again, as the schema of a reply does in every request: checking and
// compacting it each time costs more than all the rest of a request. It is safe for concurrent use; the zero value is empty.
type raws struct {
	mu     sync.RWMutex
	stored map[string][]byte
}

const (
	// minRaw and maxRaw bound, in bytes, the raw JSON that is remembered, and keptRaws how much of it.
	minRaw   = 128
	maxRaw   = 64 << 10
	keptRaws = 256
)

// rawJSON is raw JSON with what is stored of it inside of a value.
type rawJSON struct {
	raw    string
	stored []byte
}

func (rs *raws) get(raw json.RawMessage) ([]byte, bool) {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	stored, ok := rs.stored[string(raw)]
	return stored, ok
}

// add remembers raw JSON whose parts are stored by now. The first that come are kept: what changes with every item is not worth it.
func (rs *raws) add(fresh []rawJSON) {
	if len(fresh) == 0 {
		return
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.stored == nil {
		rs.stored = map[string][]byte{}
	}
	for _, r := range fresh {
		if len(rs.stored) < keptRaws {
			rs.stored[r.raw] = r.stored
		}
	}
}

// full reports whether nothing more is remembered.
func (rs *raws) full() bool {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	return len(rs.stored) >= keptRaws
}

// asRaw returns the JSON that v gives of itself, before it is checked or compacted; ok is false if it gives none.
func asRaw(v reflect.Value) (raw json.RawMessage, ok bool) {
	m, ok := v.Interface().(json.Marshaler)
	if !ok || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, false
	}
	raw, err := m.MarshalJSON()
	return raw, err == nil && len(raw) > 0 // encoding/json words the error otherwise
}

// raw appends what is stored of raw JSON inside of a value.
func (e *encoder) raw(raw json.RawMessage) error {
	remembered := minRaw <= len(raw) && len(raw) <= maxRaw
	if remembered {
		if stored, ok := e.raws.get(raw); ok {
			e.out = append(e.out, stored...)
			return nil
		}
	}
	text, err := marshal(raw)
	if err != nil {
		return err
	}
	begin := len(e.out)
	e.json(text)
	if remembered && !e.raws.full() {
		e.freshRaw = append(e.freshRaw, rawJSON{string(raw), append([]byte(nil), e.out[begin:]...)})
	}
	return nil
}
