package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Memory keeps objects in memory, for tests and for programs that share nothing. Make one with [NewMemory].
type Memory struct {
	mu      sync.RWMutex
	objects map[string]Object
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{objects: map[string]Object{}} }

// Get returns a copy of the object at key.
func (m *Memory) Get(ctx context.Context, key string) (Object, error) {
	if err := check(ctx, key); err != nil {
		return Object{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	o, ok := m.objects[key]
	if !ok {
		return Object{}, fmt.Errorf("store: get %q: %w", key, ErrNotFound)
	}
	return Object{bytes.Clone(o.Data), o.Tag}, nil
}

// Put keeps a copy of data. An error means that nothing was written.
func (m *Memory) Put(ctx context.Context, key string, data []byte, over Tag) (Tag, error) {
	if err := check(ctx, key); err != nil {
		return "", err
	}
	o := Object{bytes.Clone(data), tagOf(data)}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.objects[key].Tag != over {
		return "", fmt.Errorf("store: put %q: %w", key, ErrConflict)
	}
	m.objects[key] = o
	return o.Tag, nil
}

// List yields the keys that there are when the iteration begins.
func (m *Memory) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := ValidatePrefix(prefix); err != nil {
			yield("", err)
			return
		}
		m.mu.RLock()
		keys := slices.Sorted(maps.Keys(m.objects))
		m.mu.RUnlock()
		for _, key := range keys {
			if err := ctx.Err(); err != nil {
				yield("", fmt.Errorf("store: list %q: %w", prefix, err))
				return
			}
			if strings.HasPrefix(key, prefix) && !yield(key, nil) {
				return
			}
		}
	}
}

// check refuses an invalid key and a ctx that is done.
func check(ctx context.Context, key string) error {
	if err := ValidateKey(key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("store: %q: %w", key, err)
	}
	return nil
}

// tagOf returns the SHA-256 of data in hex.
func tagOf(data []byte) Tag {
	sum := sha256.Sum256(data)
	return tagOfSum(sum[:])
}

func tagOfSum(sum []byte) Tag { return Tag(hex.EncodeToString(sum)) }
