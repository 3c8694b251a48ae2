package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/store"
)

func mustPut(t testing.TB, s store.Store, key, data string, over store.Tag) store.Tag {
	t.Helper()
	tag, err := s.Put(t.Context(), key, []byte(data), over)
	require.NoError(t, err)
	return tag
}

func TestObjectsArePlainFiles(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	mustPut(t, openDir(t, root), "calls/Ab", `{"text":"as it is"}`, "")
	found, err := filepath.Glob(filepath.Join(root, "objects", "calls", "+*", "!ab"))
	require.NoError(t, err)
	require.Len(t, found, 1)
	data, err := os.ReadFile(found[0])
	require.NoError(t, err)
	assert.Equal(t, `{"text":"as it is"}`, string(data))
	info, err := os.Stat(found[0])
	require.NoError(t, err)
	assert.Zero(t, info.Mode().Perm()&0o077, "what students wrote is its owner's alone")
}

func TestAKeyAndWhatIsBelowIt(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]store.Store{"memory": store.NewMemory(), "dir": openDir(t, t.TempDir())} {
		keys := []string{"a", "a/b", "a/b/c"}
		for _, key := range keys {
			mustPut(t, s, key, key, "")
		}
		for _, key := range keys {
			o, err := s.Get(t.Context(), key)
			require.NoError(t, err, name)
			assert.Equal(t, key, string(o.Data), name)
		}
		assert.Equal(t, keys, keysOf(t, s, ""), name)
	}
}

func TestContentThatComesBackHasItsTagAgain(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]store.Store{"memory": store.NewMemory(), "dir": openDir(t, t.TempDir())} {
		first := mustPut(t, s, "key", "A", "")
		again := mustPut(t, s, "key", "A", mustPut(t, s, "key", "B", first))
		assert.Equal(t, first, again, "%s: as it is with S3", name)
		mustPut(t, s, "key", "C", first)
	}
}

func TestADirectoryOpenedTwice(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "new", "store")
	a, b := openDir(t, root), openDir(t, root)
	tag := mustPut(t, a, "key", "of a", "")
	_, err := b.Put(t.Context(), "key", []byte("of b"), "")
	require.ErrorIs(t, err, store.ErrConflict)
	mustPut(t, b, "key", "of b", tag)
	o, err := a.Get(t.Context(), "key")
	require.NoError(t, err)
	assert.Equal(t, "of b", string(o.Data))
	_, err = a.Put(t.Context(), "key", []byte("of a"), tag)
	require.ErrorIs(t, err, store.ErrConflict)
}

func TestOpenDirSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := store.OpenDir("")
	require.EqualError(t, err, "store: the path of the directory is empty")
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, path := range []string{file, filepath.Join(file, "below")} {
		_, err = store.OpenDir(path)
		require.ErrorContains(t, err, "store: mkdir "+file)
	}
}

func TestErrorsOfADirectoryNameTheKey(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	d := openDir(t, root)
	_, err := d.Get(t.Context(), "calls/a")
	require.EqualError(t, err, fmt.Sprintf(`store: directory %s: get "calls/a": no such object`, root))
	mustPut(t, d, "calls/a", "", "")
	_, err = d.Put(t.Context(), "calls/a", nil, "")
	require.EqualError(t, err, fmt.Sprintf(`store: directory %s: put "calls/a": the object was written by someone else`, root))
}

func TestAPutWaitsForItsShardOnly(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	holder, d := openDir(t, root), openDir(t, root)
	unlock, err := holder.LockShardOf(t.Context(), "key")
	require.NoError(t, err)
	other := 0
	for i := range 20 { // all of them in the shard of "key" is a chance of 256 to the power of -20
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if _, err := d.Put(ctx, fmt.Sprint("other", i), nil, ""); err == nil {
			other++
		}
		cancel()
	}
	assert.Positive(t, other)

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := d.Put(ctx, "key", []byte("data"), "")
		done <- err
	}()
	cancel()
	err = <-done
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, store.ErrConflict)
	_, err = d.Get(t.Context(), "key")
	require.ErrorIs(t, err, store.ErrNotFound, "a Get waits for nobody")

	require.NoError(t, unlock())
	mustPut(t, d, "key", "data", "")
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	holder, d := openDir(t, root), openDir(t, root)
	unlock, err := holder.LockShardOf(t.Context(), "key")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = d.Put(ctx, "key", nil, "") // waits for another process
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "waiting for a process that holds "+filepath.Join(root, "locks"))
	_, err = holder.Put(ctx, "key", nil, "") // waits within the process
	require.ErrorIs(t, err, context.DeadlineExceeded)

	waiting, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := holder.Put(waiting, "key", nil, "")
		done <- err
	}()
	stop()
	require.ErrorIs(t, <-done, context.Canceled)
	require.NoError(t, unlock())
	mustPut(t, holder, "key", "", "")
}

func TestForeignFilesArePassedOver(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	d := openDir(t, root)
	mustPut(t, d, "calls/a", "", "")
	fan := filepath.Dir(d.PathOf("calls/a"))
	otherFan := filepath.Dir(d.PathOf("calls/b"))
	require.NotEqual(t, fan, otherFan)
	require.NoError(t, os.MkdirAll(otherFan, 0o700))
	for _, path := range []string{
		filepath.Join(root, "objects", ".DS_Store"),
		filepath.Join(root, "objects", "file"),
		filepath.Join(root, "objects", "calls", "README"),
		filepath.Join(fan, ".a.swp"),
		filepath.Join(fan, "A"),
		filepath.Join(fan, "a b"),
		filepath.Join(otherFan, "a"), // where no Get looks for it
		filepath.Join(root, "README"),
	} {
		require.NoError(t, os.WriteFile(path, nil, 0o600))
	}
	require.NoError(t, os.MkdirAll(filepath.Join(fan, "c"), 0o700))
	require.NoError(t, os.MkdirAll(filepath.Join(root, "objects", "Calls", "+00"), 0o700))
	assert.Equal(t, []string{"calls/a"}, keysOf(t, d, ""))
}

func TestATornTemporaryFileIsOverwritten(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	d := openDir(t, root)
	stopped := errors.New("stopped")
	d.OnDisk(func(path string) (store.File, error) {
		require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("torn", 1000)), 0o600))
		return nil, stopped
	})
	_, err := d.Put(t.Context(), "key", []byte("data"), "")
	require.ErrorIs(t, err, stopped)
	_, err = d.Get(t.Context(), "key")
	require.ErrorIs(t, err, store.ErrNotFound)
	assert.Empty(t, keysOf(t, d, ""))

	again := openDir(t, root)
	mustPut(t, again, "key", "data", "")
	o, err := again.Get(t.Context(), "key")
	require.NoError(t, err)
	assert.Equal(t, "data", string(o.Data))
	left, err := os.ReadDir(filepath.Join(root, "temp"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestADirectoryThatIsEmptiedFromOutside(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	d := openDir(t, root)
	mustPut(t, d, "calls/a", "old", "")
	require.NoError(t, os.RemoveAll(filepath.Join(root, "objects")))
	require.NoError(t, os.RemoveAll(filepath.Join(root, "temp")))
	_, err := d.Get(t.Context(), "calls/a")
	require.ErrorIs(t, err, store.ErrNotFound)
	mustPut(t, d, "calls/a", "new", "")
	assert.Equal(t, []string{"calls/a"}, keysOf(t, d, "calls/"))
}

func TestManyKeysAreListedInOrder(t *testing.T) {
	t.Parallel()
	d, m := openDir(t, t.TempDir()), store.NewMemory()
	for i := range 500 {
		key := strings.ReplaceAll(fmt.Sprintf("%03d", (i*271)%1000), "7", "/-.="[i%3:i%3+1]) + fmt.Sprint(i%7)
		key = strings.ReplaceAll(strings.Trim(strings.ReplaceAll(key, "//", "A"), "/."), "/.", "b")
		if store.ValidateKey(key) != nil {
			continue
		}
		for _, s := range []store.Store{d, m} {
			if _, err := s.Put(t.Context(), key, nil, ""); err != nil {
				require.ErrorIs(t, err, store.ErrConflict)
			}
		}
	}
	want := keysOf(t, m, "")
	require.Greater(t, len(want), 300)
	require.True(t, slices.IsSorted(want))
	assert.Equal(t, want, keysOf(t, d, ""))
	for i := range 10 {
		prefix := fmt.Sprint(i)
		assert.Equal(t, keysOf(t, m, prefix), keysOf(t, d, prefix))
	}
}
