package pipeline

import (
	"context"
	"sync"
)

// built holds the values of one run by key. A failure is not kept: the next one who asks tries again. The zero value is empty.
type built struct {
	mu     sync.Mutex
	values map[string]*build
}

type build struct {
	done  chan struct{}
	value any
	err   error
	n     *node // keeps the address that a root's key is made of
}

// get returns a value that is known to have been made.
func (b *built) get(key string) (any, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v, ok := b.values[key]
	if !ok {
		return nil, false
	}
	return v.value, true
}

// once makes the value of key unless it is there; while one caller makes it, others wait.
func (b *built) once(ctx context.Context, key string, n *node, produce func() (any, error)) (any, error) {
	for {
		v, mine := b.claim(key, n)
		if mine {
			return b.fill(key, v, produce)
		}
		select {
		case <-v.done:
			if v.err == nil {
				return v.value, nil
			}
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			return nil, &AssetError{n.meta.Name, context.Cause(ctx)}
		}
		// The one who made it failed, perhaps because its context ended. Ours has not: try again, and report our own failure.
	}
}

// claim returns the build of key, and whether the caller is the one who makes it.
func (b *built) claim(key string, n *node) (v *build, mine bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if v, ok := b.values[key]; ok {
		return v, false
	}
	if b.values == nil {
		b.values = map[string]*build{}
	}
	v = &build{done: make(chan struct{}), n: n}
	b.values[key] = v
	return v, true
}

// fill makes the value. Those who wait are released even if produce never returns.
func (b *built) fill(key string, v *build, produce func() (any, error)) (any, error) {
	v.err = errGoexit // stands if produce panics or ends the goroutine
	defer func() {
		if v.err != nil {
			b.mu.Lock()
			delete(b.values, key)
			b.mu.Unlock()
		}
		close(v.done)
	}()
	v.value, v.err = produce()
	return v.value, v.err
}
