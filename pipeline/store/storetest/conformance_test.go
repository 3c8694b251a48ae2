package storetest

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gloss-sdk/gloss/pipeline/store"
)

func TestMemoryConforms(t *testing.T) {
	t.Parallel()
	Run(t, func(*testing.T) store.Store { return store.NewMemory() })
}

// verdict records what a check says instead of failing the test that runs it.
type verdict struct {
	testing.TB
	mu     sync.Mutex
	failed bool
}

func (v *verdict) Helper() {}

func (v *verdict) Context() context.Context { return context.Background() }

func (v *verdict) Errorf(string, ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.failed = true
}

func (v *verdict) Fatalf(string, ...any) {
	v.Errorf("")
	runtime.Goexit()
}

// fails reports whether a check finds fault with a store.
func fails(check func(testing.TB, store.Store), s store.Store) bool {
	var v verdict
	done := make(chan struct{})
	go func() {
		defer close(done)
		check(&v, s)
	}()
	<-done
	return v.failed
}

// faulty is a store in memory of which single operations are replaced.
type faulty struct {
	*store.Memory

	get  func(ctx context.Context, m *store.Memory, key string) (store.Object, error)
	put  func(ctx context.Context, m *store.Memory, key string, data []byte, over store.Tag) (store.Tag, error)
	list func(ctx context.Context, m *store.Memory, prefix string) iter.Seq2[string, error]
}

func (f faulty) Get(ctx context.Context, key string) (store.Object, error) {
	if f.get == nil {
		return f.Memory.Get(ctx, key)
	}
	return f.get(ctx, f.Memory, key)
}

func (f faulty) Put(ctx context.Context, key string, data []byte, over store.Tag) (store.Tag, error) {
	if f.put == nil {
		return f.Memory.Put(ctx, key, data, over)
	}
	return f.put(ctx, f.Memory, key, data, over)
}

func (f faulty) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	if f.list == nil {
		return f.Memory.List(ctx, prefix)
	}
	return f.list(ctx, f.Memory, prefix)
}

// unconditional puts over whatever is there, after a moment in which others do.
func unconditional(ctx context.Context, m *store.Memory, key string, data []byte, _ store.Tag) (store.Tag, error) {
	for {
		old, _ := m.Get(ctx, key)
		runtime.Gosched()
		if tag, err := m.Put(ctx, key, data, old.Tag); !errors.Is(err, store.ErrConflict) {
			return tag, err
		}
	}
}

// listed lists the keys that edit makes of the right ones.
func listed(edit func(keys []string) []string) func(context.Context, *store.Memory, string) iter.Seq2[string, error] {
	return func(ctx context.Context, m *store.Memory, prefix string) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			var keys []string
			for key, err := range m.List(ctx, prefix) {
				if err != nil {
					yield("", err)
					return
				}
				keys = append(keys, key)
			}
			for _, key := range edit(keys) {
				if !yield(key, nil) {
					return
				}
			}
		}
	}
}

func TestConformanceFindsFaultsOfPut(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		put   func(ctx context.Context, m *store.Memory, key string, data []byte, over store.Tag) (store.Tag, error)
		found []func(testing.TB, store.Store)
	}{
		"unconditional": {
			unconditional,
			[]func(testing.TB, store.Store){testCreate, testReplace, testReplaceAbsent, testClaims, testCounter},
		},
		"says that it has created what was there": {
			func(ctx context.Context, m *store.Memory, key string, data []byte, over store.Tag) (store.Tag, error) {
				tag, err := m.Put(ctx, key, data, over)
				if errors.Is(err, store.ErrConflict) && over == "" {
					return "some tag", nil
				}
				return tag, err
			}, []func(testing.TB, store.Store){testCreate, testReplace, testClaims},
		},
		"has no tag": {
			func(ctx context.Context, m *store.Memory, key string, data []byte, over store.Tag) (store.Tag, error) {
				_, err := m.Put(ctx, key, data, over)
				return "", err
			}, []func(testing.TB, store.Store){testCreate, testTags},
		},
		"returns another tag than Get": {
			func(ctx context.Context, m *store.Memory, key string, data []byte, over store.Tag) (store.Tag, error) {
				tag, err := m.Put(ctx, key, data, over)
				return tag + "x", err
			}, []func(testing.TB, store.Store){testCreate},
		},
		"trims data": {
			func(ctx context.Context, m *store.Memory, key string, data []byte, over store.Tag) (store.Tag, error) {
				return m.Put(ctx, key, bytes.TrimSpace(data), over)
			}, []func(testing.TB, store.Store){testData, testTags},
		},
		"cuts large data": {
			func(ctx context.Context, m *store.Memory, key string, data []byte, over store.Tag) (store.Tag, error) {
				return m.Put(ctx, key, data[:min(len(data), 1<<16)], over)
			}, []func(testing.TB, store.Store){testData},
		},
		"folds case": {
			func(ctx context.Context, m *store.Memory, key string, data []byte, over store.Tag) (store.Tag, error) {
				return m.Put(ctx, strings.ToLower(key), data, over)
			}, []func(testing.TB, store.Store){testKeys},
		},
		"cleans keys": {
			func(ctx context.Context, m *store.Memory, key string, data []byte, over store.Tag) (store.Tag, error) {
				return m.Put(ctx, strings.Trim(key, "/."), data, over)
			}, []func(testing.TB, store.Store){testInvalidKeys},
		},
		"goes on without its context": {
			func(ctx context.Context, m *store.Memory, key string, data []byte, over store.Tag) (store.Tag, error) {
				return m.Put(context.WithoutCancel(ctx), key, data, over)
			}, []func(testing.TB, store.Store){testCanceled},
		},
		"writes to its data": {
			func(ctx context.Context, m *store.Memory, key string, data []byte, over store.Tag) (store.Tag, error) {
				tag, err := m.Put(ctx, key, data, over)
				clear(data)
				return tag, err
			}, []func(testing.TB, store.Store){testOwnership},
		},
	} {
		for i, check := range test.found {
			assert.True(t, fails(check, faulty{Memory: store.NewMemory(), put: test.put}), "%s, check %d", name, i)
		}
	}
}

func TestConformanceFindsFaultsOfGet(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	held := map[string][]byte{}
	shared := faulty{
		Memory: store.NewMemory(),
		put: func(ctx context.Context, m *store.Memory, key string, data []byte, over store.Tag) (store.Tag, error) {
			mu.Lock()
			defer mu.Unlock()
			held[key] = data
			return m.Put(ctx, key, data, over)
		},
		get: func(ctx context.Context, m *store.Memory, key string) (store.Object, error) {
			mu.Lock()
			defer mu.Unlock()
			o, err := m.Get(ctx, key)
			o.Data = held[key]
			return o, err
		},
	}
	assert.True(t, fails(testOwnership, shared), "the data of the caller is kept")
	for name, test := range map[string]struct {
		get   func(ctx context.Context, m *store.Memory, key string) (store.Object, error)
		check func(testing.TB, store.Store)
	}{
		"finds everything": {func(ctx context.Context, m *store.Memory, key string) (store.Object, error) {
			o, err := m.Get(ctx, key)
			if errors.Is(err, store.ErrNotFound) {
				return store.Object{Tag: "none"}, nil
			}
			return o, err
		}, testCreate},
		"calls an invalid key absent": {func(ctx context.Context, m *store.Memory, key string) (store.Object, error) {
			o, err := m.Get(ctx, key)
			if err != nil {
				err = store.ErrNotFound
			}
			return o, err
		}, testInvalidKeys},
		"has its own tags": {func(ctx context.Context, m *store.Memory, key string) (store.Object, error) {
			o, err := m.Get(ctx, key)
			o.Tag += "x"
			return o, err
		}, testReplace},
		"goes on without its context": {func(ctx context.Context, m *store.Memory, key string) (store.Object, error) {
			return m.Get(context.WithoutCancel(ctx), key)
		}, testCanceled},
	} {
		assert.True(t, fails(test.check, faulty{Memory: store.NewMemory(), get: test.get}), name)
	}
}

func TestConformanceFindsFaultsOfList(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		edit  func(keys []string) []string
		check func(testing.TB, store.Store)
	}{
		"out of order": {func(keys []string) []string { slices.Reverse(keys); return keys }, testList},
		"in the order of directories": {func(keys []string) []string {
			slices.SortFunc(keys, func(a, b string) int { return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/")) })
			return keys
		}, testList},
		"twice":                    {func(keys []string) []string { return slices.Concat(keys, keys) }, testListConcurrent},
		"without the last key":     {func(keys []string) []string { return keys[:max(0, len(keys)-1)] }, testKeys},
		"without the last key now": {func(keys []string) []string { return keys[:max(0, len(keys)-1)] }, testListConcurrent},
		"one too many":             {func(keys []string) []string { return append(keys, "z-and-more") }, testList},
		"nothing":                  {func([]string) []string { return nil }, testListStopped},
	} {
		assert.True(t, fails(test.check, faulty{Memory: store.NewMemory(), list: listed(test.edit)}), name)
	}
	silent := func(context.Context, *store.Memory, string) iter.Seq2[string, error] {
		return func(func(string, error) bool) {}
	}
	for _, check := range []func(testing.TB, store.Store){testInvalidPrefixes, testCanceled} {
		assert.True(t, fails(check, faulty{Memory: store.NewMemory(), list: silent}))
	}
}

func TestConformancePassesARightStore(t *testing.T) {
	t.Parallel()
	for _, check := range []func(testing.TB, store.Store){
		testCreate, testList, testListConcurrent, testClaims, testCounter, testOwnership,
	} {
		assert.False(t, fails(check, faulty{Memory: store.NewMemory()}))
	}
}
