package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/store"
)

var errBroken = errors.New("the disk is broken")

// disk is a real one with room for so many bytes, that fails at an operation.
type disk struct {
	left  int
	fails string
}

func (d *disk) create(path string) (store.File, error) {
	switch d.fails {
	case "create":
		return nil, errBroken
	case "read-only":
		return nil, &fs.PathError{Op: "open", Path: path, Err: syscall.EROFS}
	}
	f, err := store.CreateFile(path)
	return &diskFile{f, d}, err
}

type diskFile struct {
	store.File

	disk *disk
}

// Write writes what there is room for, as a full disk does.
func (f *diskFile) Write(p []byte) (int, error) {
	room := min(len(p), f.disk.left)
	f.disk.left -= room
	n, err := f.File.Write(p[:room])
	if err == nil && n < len(p) {
		err = &fs.PathError{Op: "write", Path: "temp", Err: syscall.ENOSPC}
	}
	return n, err
}

func (f *diskFile) Sync() error {
	if f.disk.fails == "sync" {
		return errBroken
	}
	return f.File.Sync()
}

func (f *diskFile) Close() error {
	if err := f.File.Close(); f.disk.fails != "close" {
		return err
	}
	return errBroken
}

func TestAFailingDiskLeavesTheOldObject(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		disk disk
		want error
	}{
		"full":         {disk{left: 5}, syscall.ENOSPC},
		"quite full":   {disk{}, syscall.ENOSPC},
		"read-only":    {disk{1000, "read-only"}, syscall.EROFS},
		"cannot make":  {disk{1000, "create"}, errBroken},
		"cannot sync":  {disk{1000, "sync"}, errBroken},
		"cannot close": {disk{1000, "close"}, errBroken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			d := openDir(t, root)
			tag := mustPut(t, d, "calls/a", "the old object", "")
			d.OnDisk(test.disk.create)
			for key, over := range map[string]store.Tag{"calls/a": tag, "calls/b": ""} {
				_, err := d.Put(t.Context(), key, []byte("the new object"), over)
				require.ErrorIs(t, err, test.want)
				assert.ErrorContains(t, err, "store: directory "+root+`: put "`+key+`": `)
				assert.NotErrorIs(t, err, store.ErrConflict)
				assert.NotContains(t, err.Error(), "\n", "one error")
			}
			o, err := d.Get(t.Context(), "calls/a")
			require.NoError(t, err)
			assert.Equal(t, store.Object{Data: []byte("the old object"), Tag: tag}, o)
			assert.Equal(t, []string{"calls/a"}, keysOf(t, d, ""))
			left, err := os.ReadDir(filepath.Join(root, "temp"))
			require.NoError(t, err)
			assert.Empty(t, left, "a full disk gets its room back")

			d.OnDisk(store.CreateFile)
			mustPut(t, d, "calls/a", "the new object", tag)
		})
	}
}

func TestADiskThatFillsUp(t *testing.T) {
	t.Parallel()
	d := openDir(t, t.TempDir())
	full := &disk{left: 95}
	d.OnDisk(full.create)
	tag := store.Tag("")
	written := 0
	for ; ; written++ {
		next, err := d.Put(t.Context(), "key", []byte("0123456789"), tag)
		if err != nil {
			require.ErrorIs(t, err, syscall.ENOSPC)
			break
		}
		tag = next
	}
	assert.Equal(t, 9, written)
	o, err := d.Get(t.Context(), "key")
	require.NoError(t, err)
	assert.Equal(t, "0123456789", string(o.Data))
}

// What cannot be written to has one clear error. A file in the place of a directory stands for it where nothing is read-only, as to root.
func TestWhatCannotBeWrittenTo(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"locks", "temp", "objects"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(root, name), nil, 0o600))
			d := openDir(t, root)
			_, err := d.Put(t.Context(), "calls/a", nil, "")
			require.ErrorIs(t, err, syscall.ENOTDIR)
			assert.ErrorContains(t, err, "store: directory "+root+`: put "calls/a": `)
			assert.ErrorContains(t, err, filepath.Join(root, name))
			assert.NotContains(t, err.Error(), "\n", "one error")
			assert.NotErrorIs(t, err, store.ErrConflict)
		})
	}
}

func TestAReadOnlyDirectory(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("nothing is read-only to root")
	}
	empty, filled := t.TempDir(), t.TempDir()
	d := openDir(t, filled)
	tag := mustPut(t, d, "calls/a", "data", "")
	for _, dir := range []string{
		empty, filled, filepath.Join(filled, "locks"), filepath.Join(filled, "temp"), filepath.Dir(d.PathOf("calls/a")),
	} {
		require.NoError(t, os.Chmod(dir, 0o500))
		t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	}
	for _, root := range []string{empty, filled} {
		d := openDir(t, root)
		_, err := d.Put(t.Context(), "calls/b", []byte("new"), "")
		require.ErrorIs(t, err, fs.ErrPermission)
		require.ErrorContains(t, err, "store: directory "+root+`: put "calls/b": `)
	}
	d = openDir(t, filled)
	o, err := d.Get(t.Context(), "calls/a")
	require.NoError(t, err)
	assert.Equal(t, store.Object{Data: []byte("data"), Tag: tag}, o)
	assert.Equal(t, []string{"calls/a"}, keysOf(t, d, ""))
}

func TestAnObjectThatCannotBeRead(t *testing.T) {
	t.Parallel()
	d := openDir(t, t.TempDir())
	require.NoError(t, os.MkdirAll(d.PathOf("calls/a"), 0o700))
	_, err := d.Get(t.Context(), "calls/a")
	require.ErrorIs(t, err, syscall.EISDIR)
	require.ErrorContains(t, err, `get "calls/a": `)
	_, err = d.Put(t.Context(), "calls/a", nil, "some tag")
	require.ErrorIs(t, err, syscall.EISDIR)
	_, err = d.Put(t.Context(), "calls/a", nil, "")
	require.ErrorIs(t, err, store.ErrConflict)
}

func TestAListThatCannotBeRead(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	d := openDir(t, root)
	require.NoError(t, os.WriteFile(filepath.Join(root, "objects"), nil, 0o600))
	n := 0
	for key, err := range d.List(t.Context(), "") {
		n++
		assert.Empty(t, key)
		require.ErrorIs(t, err, syscall.ENOTDIR)
		require.ErrorContains(t, err, "store: directory "+root+`: list "": `)
	}
	assert.Equal(t, 1, n)
}

func TestSyncIsCalledBeforeTheObjectIsSeen(t *testing.T) {
	t.Parallel()
	d := openDir(t, t.TempDir())
	var synced atomic.Bool
	d.OnDisk(func(path string) (store.File, error) {
		f, err := store.CreateFile(path)
		return syncing{f, func() {
			_, err := d.Get(t.Context(), "key")
			synced.Store(errors.Is(err, store.ErrNotFound))
		}}, err
	})
	mustPut(t, d, "key", "data", "")
	assert.True(t, synced.Load())
}

type syncing struct {
	store.File

	during func()
}

func (s syncing) Sync() error {
	s.during()
	return s.File.Sync()
}
