package storetest

import (
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/gloss-sdk/gloss/pipeline/store"
)

// maxShown bounds what a failure shows of data.
const maxShown = 100

func shown(data string) string { return data[:min(len(data), maxShown)] }

// put writes what must be possible to write.
func put(t testing.TB, s store.Store, key, data string, over store.Tag) store.Tag {
	t.Helper()
	tag, err := s.Put(t.Context(), key, []byte(data), over)
	if err != nil {
		t.Fatalf("Put(%q): %v", key, err)
	}
	if tag == "" {
		t.Fatalf("Put(%q): the tag is empty", key)
	}
	return tag
}

func want(t testing.TB, s store.Store, key, data string, tag store.Tag) {
	t.Helper()
	o, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("Get(%q): %v", key, err)
	}
	if string(o.Data) != data {
		t.Errorf("Get(%q): %d bytes %q; want %d bytes %q", key, len(o.Data), shown(string(o.Data)), len(data), shown(data))
	}
	if o.Tag != tag {
		t.Errorf("Get(%q): tag %q; want the one that Put returned, %q", key, o.Tag, tag)
	}
}

func wantAbsent(t testing.TB, s store.Store, key string) {
	t.Helper()
	if o, err := s.Get(t.Context(), key); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get(%q): %q, %v; want ErrNotFound", key, shown(string(o.Data)), err)
	}
}

func wantConflict(t testing.TB, s store.Store, key, data string, over store.Tag) {
	t.Helper()
	if tag, err := s.Put(t.Context(), key, []byte(data), over); !errors.Is(err, store.ErrConflict) {
		t.Errorf("Put(%q, over %q): %q, %v; want ErrConflict", key, over, tag, err)
	}
}

func wantKeys(t testing.TB, list iter.Seq2[string, error], want ...string) {
	t.Helper()
	var got []string
	for key, err := range list {
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		got = append(got, key)
	}
	if !slices.Equal(got, want) {
		t.Errorf("List yields %q; want %q", got, want)
	}
}
