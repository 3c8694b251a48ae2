package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/gloss-sdk/gloss/pipeline/store"
)

// Run tests that a store keeps the contract of [store.Store]. open is called once per subtest and returns an empty store; it releases
// what it holds by t.Cleanup. The suite makes about 500 requests, one of them with 1 MB of data, and up to 16 at a time.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	t.Helper()
	for _, test := range []struct {
		name string
		run  func(t testing.TB, s store.Store)
	}{
		{"creates an object once", testCreate},
		{"replaces what was seen", testReplace},
		{"refuses to replace what is not there", testReplaceAbsent},
		{"tells contents apart by their tags", testTags},
		{"keeps any data", testData},
		{"takes every key", testKeys},
		{"refuses what is no key", testInvalidKeys},
		{"lists by prefix in order", testList},
		{"refuses what is no prefix", testInvalidPrefixes},
		{"lists as far as it is asked", testListStopped},
		{"lists what stays while other keys come", testListConcurrent},
		{"gives up with its context", testCanceled},
		{"leaves data to its owners", testOwnership},
		{"lets one of many claims win", testClaims},
		{"loses no concurrent update", testCounter},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func testCreate(t testing.TB, s store.Store) {
	wantAbsent(t, s, "claims/a")
	tag := put(t, s, "claims/a", "first", "")
	want(t, s, "claims/a", "first", tag)
	wantConflict(t, s, "claims/a", "second", "")
	wantConflict(t, s, "claims/a", "first", "")
	want(t, s, "claims/a", "first", tag)
	wantAbsent(t, s, "claims/b")
}

func testReplace(t testing.TB, s store.Store) {
	first := put(t, s, "state", "first", "")
	other := put(t, s, "other", "first", "")
	second := put(t, s, "state", "second", first)
	want(t, s, "state", "second", second)
	wantConflict(t, s, "state", "third", first)
	wantConflict(t, s, "state", "third", "")
	want(t, s, "state", "second", second)
	third := put(t, s, "state", "third", second)
	want(t, s, "state", "third", third)
	want(t, s, "other", "first", other)
}

func testReplaceAbsent(t testing.TB, s store.Store) {
	tag := put(t, s, "present", "data", "")
	wantConflict(t, s, "absent", "data", tag)
	wantAbsent(t, s, "absent")
}

func testTags(t testing.TB, s store.Store) {
	seen := map[store.Tag]string{}
	tag := store.Tag("")
	for _, data := range []string{"a", "b", "", "aa", "a\n", "A"} {
		tag = put(t, s, "key", data, tag)
		if before, ok := seen[tag]; ok {
			t.Errorf("%q has the tag %q, which %q had", data, tag, before)
		}
		seen[tag] = data
		want(t, s, "key", data, tag)
	}
	again := put(t, s, "key", "A", tag)
	want(t, s, "key", "A", again)
}

func testData(t testing.TB, s store.Store) {
	megabyte := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for name, data := range map[string][]byte{
		"nil": nil, "empty": {}, "zero": {0}, "every-byte": every, "newlines": []byte("\r\n\n"), "megabyte": megabyte,
	} {
		tag := put(t, s, name, string(data), "")
		want(t, s, name, string(data), tag)
		tag = put(t, s, name, "replaced", tag)
		tag = put(t, s, name, string(data), tag)
		want(t, s, name, string(data), tag)
	}
}

// oddKeys are in order.
func oddKeys() []string {
	long := strings.Repeat("Xy", 50)
	return []string{
		"-", "--x", "0", "=", "A", "B/b/c.d.e/f-g_h=i", "KEY", "Key", "_/_/_/_/_/_/_/_", "a", "a..b", "a.tmp", "con/nul.x", "kEY", "key",
		"key.lock", long, strings.Repeat("Z", 100) + "/" + long + "/" + long + "/" + long + "/" + strings.Repeat("Z", 100),
	}
}

func testKeys(t testing.TB, s store.Store) {
	keys := oddKeys()
	slices.Sort(keys)
	tags := map[string]store.Tag{}
	for _, key := range keys {
		wantAbsent(t, s, key)
		tags[key] = put(t, s, key, "data of "+key, "")
	}
	for _, key := range keys {
		want(t, s, key, "data of "+key, tags[key])
	}
	wantKeys(t, s.List(t.Context(), ""), keys...)
}

func testInvalidKeys(t testing.TB, s store.Store) {
	for _, key := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", ".a", "a.", "a b", "a\x00", "a\n", "a\\b", "ä", "a+b", "a%2fb",
		"!a", "\xff", strings.Repeat("a", 101), strings.Repeat("a/", 256) + "a",
	} {
		if _, err := s.Get(t.Context(), key); err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("Get(%q): %v; want an error about the key", key, err)
		}
		if _, err := s.Put(t.Context(), key, nil, ""); err == nil || errors.Is(err, store.ErrConflict) {
			t.Errorf("Put(%q): %v; want an error about the key", key, err)
		}
	}
	wantKeys(t, s.List(t.Context(), ""))
}

func testList(t testing.TB, s store.Store) {
	wantKeys(t, s.List(t.Context(), ""))
	wantKeys(t, s.List(t.Context(), "calls/"))
	// '-' and '.' come before '/' and digits behind it: the order is that of whole keys, not that of directories.
	all := []string{
		"calls", "calls-2/a", "calls.x", "calls0", "items/00", "items/00-a", "items/00.a", "items/000", "items/01-x", "items/01.x",
		"items/01/b", "items/01/c/d", "items/010", "z",
	}
	for _, key := range all {
		put(t, s, key, key, "")
	}
	for _, prefix := range []string{
		"", "c", "calls", "calls-", "calls.", "calls-2", "calls-2/", "calls-2/a", "calls-2/ab", "items", "items/", "items/0", "items/00",
		"items/01", "items/01/", "items/01/c", "items/02/", "z", "z/", "Z",
	} {
		wantKeys(t, s.List(t.Context(), prefix), slices.Collect(begins(all, prefix))...)
	}
}

func begins(keys []string, prefix string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, key := range keys {
			if strings.HasPrefix(key, prefix) && !yield(key) {
				return
			}
		}
	}
}

func testInvalidPrefixes(t testing.TB, s store.Store) {
	put(t, s, "a", "", "")
	for _, prefix := range []string{"/", "//", "a//", "../", "../a", ".", "..", "a/.", "a./", " ", "a\n", "ä", strings.Repeat("a", 101)} {
		n := 0
		for key, err := range s.List(t.Context(), prefix) {
			n++
			if err == nil || key != "" {
				t.Errorf("List(%q) yields %q, %v; want an error about the prefix", prefix, key, err)
			}
		}
		if n != 1 {
			t.Errorf("List(%q) yields %d times; want 1 error", prefix, n)
		}
	}
}

func testListStopped(t testing.TB, s store.Store) {
	for i := range 5 {
		put(t, s, fmt.Sprintf("d/%d", i), "", "")
	}
	var got []string
	list := s.List(t.Context(), "")
	for key, err := range list {
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		if got = append(got, key); len(got) == 2 {
			break
		}
	}
	if want := []string{"d/0", "d/1"}; !slices.Equal(got, want) {
		t.Errorf("List yields %q; want %q", got, want)
	}
	wantKeys(t, list, "d/0", "d/1", "d/2", "d/3", "d/4") // a second iteration begins again
}

func testListConcurrent(t testing.TB, s store.Store) {
	var stay []string
	for i := range 20 {
		stay = append(stay, fmt.Sprintf("k/%02d", i))
		put(t, s, stay[i], "", "")
	}
	var got []string
	for key, err := range s.List(t.Context(), "k/") {
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		if !strings.HasSuffix(key, "-new") {
			put(t, s, key+"-new", "", "")
		}
		got = append(got, key)
	}
	if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
		t.Errorf("List yields %q; want every key once and in order", got)
	}
	for _, key := range stay {
		if !slices.Contains(got, key) {
			t.Errorf("List leaves out %q, which was there all the time", key)
		}
	}
}

func testCanceled(t testing.TB, s store.Store) {
	tag := put(t, s, "key", "data", "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Get(ctx, "key"); !errors.Is(err, context.Canceled) {
		t.Errorf("Get: %v; want context.Canceled", err)
	}
	if _, err := s.Put(ctx, "key", []byte("changed"), tag); !errors.Is(err, context.Canceled) {
		t.Errorf("Put: %v; want context.Canceled", err)
	}
	n := 0
	for key, err := range s.List(ctx, "") {
		n++
		if !errors.Is(err, context.Canceled) {
			t.Errorf("List yields %q, %v; want context.Canceled", key, err)
		}
	}
	if n != 1 {
		t.Errorf("List yields %d times; want 1 error", n)
	}
	want(t, s, "key", "data", tag)
}

func testOwnership(t testing.TB, s store.Store) {
	data := []byte("as it was")
	tag, err := s.Put(t.Context(), "key", data, "")
	if err != nil {
		t.Fatalf("Put: %v", err)
	}
	if string(data) != "as it was" {
		t.Errorf("Put changed its data to %q", data)
	}
	copy(data, "XXXXXXXXX")
	want(t, s, "key", "as it was", tag)
	o, err := s.Get(t.Context(), "key")
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	copy(o.Data, "XXXXXXXXX")
	want(t, s, "key", "as it was", tag)
}
