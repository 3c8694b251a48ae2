package store_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/store"
)

func TestValidateKey(t *testing.T) {
	t.Parallel()
	segment := strings.Repeat("s", 100)
	for key, want := range map[string]string{
		"a":                              "",
		"calls/3f/3fA_-.=x/0":            "",
		"a..b/c":                         "",
		segment:                          "",
		strings.Repeat("a/", 255):        "a segment is empty", // 510 bytes
		strings.Repeat("a/", 255) + "bc": "",
		strings.Repeat("a/", 256) + "b":  `store: key "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/"...: 513 bytes, want at most 512`,
		segment + "s":                    "a segment has 101 bytes, want at most 100",
		"":                               `store: key "": a segment is empty, want text on both sides of every slash`,
		"/a":                             "a segment is empty",
		"a//b":                           "a segment is empty",
		"a/..":                           `store: key "a/..": segment "..", want no dot at either end`,
		".":                              "no dot at either end",
		".git/a":                         "no dot at either end",
		"a/b.":                           "no dot at either end",
		"a b":                            `store: key "a b": character ' ', want ASCII letters, digits, '-', '_', '.' and '='`,
		"é":                              `character 'é'`,
		"a\xff":                          "character",
		"a\\..\\b":                       `character '\\'`,
		"c:a":                            `character ':'`,
		"!a":                             `character '!'`,
		"+3f/a":                          `character '+'`,
	} {
		err := store.ValidateKey(key)
		if want == "" {
			assert.NoError(t, err, key)
			assert.NoError(t, store.ValidatePrefix(key), key)
			continue
		}
		assert.ErrorContains(t, err, want, key)
	}
}

func TestValidatePrefix(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string]string{
		"": "", "a": "", "a/": "", "a/b": "", "a.": "", "a..": "", "a/b.": "",
		"/":                      `store: prefix "/": a segment is empty`,
		"a//":                    "a segment is empty",
		"./":                     "no dot at either end",
		"../a":                   "no dot at either end",
		"a/.":                    "no dot at either end",
		"a./":                    "no dot at either end",
		"a b":                    "character ' '",
		strings.Repeat("a", 513): "513 bytes, want at most 512",
	} {
		err := store.ValidatePrefix(prefix)
		if want == "" {
			assert.NoError(t, err, prefix)
			continue
		}
		assert.ErrorContains(t, err, want, prefix)
	}
}

// Any text is either refused or is a key that every part of the package can take, and every beginning of a key is a prefix that finds it.
func FuzzKey(f *testing.F) {
	for _, seed := range []string{
		"a", "calls/3f/x", "A/a/!a", "..", "a/../b", "a..b", "a./b", "=", "", "é", "a\x00b", strings.Repeat("X", 100),
	} {
		f.Add(seed)
	}
	root := f.TempDir()
	f.Fuzz(func(t *testing.T, key string) {
		d := openDir(t, root)
		if err := store.ValidateKey(key); err != nil {
			assert.ErrorContains(t, err, "store: key ")
			_, err := d.Get(t.Context(), key)
			assert.NotErrorIs(t, err, store.ErrNotFound)
			return
		}
		path, err := filepath.Rel(root, d.PathOf(key))
		require.NoError(t, err)
		require.True(t, filepath.IsLocal(path), path)
		require.Equal(t, strings.ToLower(path), path, "keys that differ in case have paths that differ in more")
		for part := range strings.SplitSeq(path, string(filepath.Separator)) {
			require.LessOrEqual(t, len(part), 255)
		}
		m := store.NewMemory()
		_, err = m.Put(context.Background(), key, nil, "")
		require.NoError(t, err)
		for i := range key {
			require.NoError(t, store.ValidatePrefix(key[:i]))
			require.Equal(t, []string{key}, keysOf(t, m, key[:i]))
		}
	})
}

// What escape writes is read back, and what it does not write is no name of a segment: no two files stand for one key.
func FuzzEscape(f *testing.F) {
	for _, seed := range []string{"a", "A", "!a", "!A", "a!", "!!a", "+3f", ".DS_Store", "a.tmp", "Key"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		segment, ok := store.Unescape(text)
		if ok {
			require.Equal(t, text, store.Escape(segment))
			require.NoError(t, store.ValidateKey(segment))
		}
		if store.ValidateKey(text) == nil && !strings.Contains(text, "/") {
			back, ok := store.Unescape(store.Escape(text))
			require.True(t, ok)
			require.Equal(t, text, back)
		}
	})
}

func keysOf(t testing.TB, s store.Store, prefix string) []string {
	t.Helper()
	var out []string
	for key, err := range s.List(context.Background(), prefix) {
		require.NoError(t, err)
		out = append(out, key)
	}
	return out
}
