package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// What a directory holds. Objects are found below objectsDir; the other two hold one file per shard.
const (
	objectsDir = "objects"
	locksDir   = "locks"
	tempDir    = "temp"
)

// Dir keeps objects as files in a directory. Any number of processes of one computer may use the directory at the same time; a network file
// system is not for it, for locks and renames mean something else there. Make one with [OpenDir].
//
// A Put returns when the disk has the object: it is written to a file of its own, synced and renamed, so a process or a computer that stops
// at any moment leaves the old object or the new one. Puts wait for each other only within one of 256 shards that keys are spread over. A
// Get waits for nothing.
//
// The files under objects are the data and nothing else, to be read with any program: the object "calls/ab" is the file
// objects/calls/+xx/ab, where +xx is one of 256 directories that its key is assigned to. An upper-case letter stands there as '!' and the
// lower-case one, so that a file system that does not tell the two apart does no harm.
type Dir struct {
	root   string
	create creator
	shards [shardCount]shard
	synced sync.Map // the directories below root that are known to be on the disk
}

// OpenDir opens the store in the directory at path, which it makes if it is not there, for its owner alone. The directory should hold
// nothing else. One that can only be read is fine as long as nothing is put.
func OpenDir(path string) (*Dir, error) {
	if path == "" {
		return nil, errors.New("store: the path of the directory is empty")
	}
	root, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	d := &Dir{root: root, create: createFile}
	for i := range d.shards {
		d.shards[i] = newShard()
	}
	return d, nil
}

// Get reads the object at key.
func (d *Dir) Get(ctx context.Context, key string) (Object, error) {
	if err := check(ctx, key); err != nil {
		return Object{}, err
	}
	data, err := os.ReadFile(d.pathOf(key))
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrNotFound
	}
	if err != nil {
		return Object{}, d.failed("get", key, err)
	}
	return Object{data, tagOf(data)}, nil
}

// Put writes the object at key, under the lock of its shard. An error other than [ErrConflict] says that nothing was written,
// except where syncing the directory failed after the rename.
func (d *Dir) Put(ctx context.Context, key string, data []byte, over Tag) (_ Tag, err error) {
	if err := check(ctx, key); err != nil {
		return "", err
	}
	shard := shardOf(key)
	unlock, err := d.lock(ctx, shard)
	if err != nil {
		return "", d.failed("put", key, err)
	}
	defer func() {
		if err = errors.Join(err, unlock()); err != nil {
			err = d.failed("put", key, err)
		}
	}()
	path := d.pathOf(key)
	switch same, err := unchanged(path, over); {
	case err != nil:
		return "", err
	case !same:
		return "", ErrConflict
	}
	if err := d.replace(path, filepath.Join(d.root, tempDir, shardName(shard)), data); err != nil {
		return "", err
	}
	return tagOf(data), nil
}

// unchanged reports whether the file at path has the tag over, or is not there if that is "".
func unchanged(path string, over Tag) (bool, error) {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return over == "", nil
	case err != nil:
		return false, err //nolint:wrapcheck // the caller says which key
	case over == "":
		return false, f.Close() //nolint:wrapcheck // the caller says which key
	}
	hash := sha256.New()
	_, err = io.Copy(hash, f)
	return tagOfSum(hash.Sum(nil)) == over, errors.Join(err, f.Close())
}

// replace puts data in the place of the file at path by way of temp, which only the holder of the shard's lock touches. What a stopped
// process left there is overwritten.
func (d *Dir) replace(path, temp string, data []byte) error {
	dir := filepath.Dir(path)
	for _, needed := range []string{filepath.Dir(temp), dir} {
		if err := d.makeDir(needed); err != nil {
			return err
		}
	}
	f, err := d.create(temp)
	if err != nil {
		return err //nolint:wrapcheck // the caller says which key
	}
	if _, err = io.Copy(f, bytes.NewReader(data)); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp)) // a full disk needs the room
	}
	return syncDir(dir)
}

// makeDir makes a directory below root, with those above it, and syncs what they are entered in. It leaves that out only where this process
// has done it before: another one that made the directory may have been stopped before it got so far.
func (d *Dir) makeDir(dir string) error {
	if dir == d.root {
		return nil
	}
	if _, known := d.synced.Load(dir); known {
		if _, err := os.Stat(dir); err == nil {
			return nil
		}
	}
	parent := filepath.Dir(dir)
	if err := d.makeDir(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err //nolint:wrapcheck // the caller says which key
	}
	if err := syncDir(parent); err != nil {
		return err
	}
	d.synced.Store(dir, true)
	return nil
}

func (d *Dir) failed(operation, key string, err error) error {
	return fmt.Errorf("store: directory %s: %s %q: %w", d.root, operation, key, err)
}

// file is what a store needs of a file that it writes.
type file interface {
	io.WriteCloser
	Sync() error
}

// creator opens an empty file at path for writing. Tests put failing disks in its place.
type creator func(path string) (file, error)

func createFile(path string) (file, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:wrapcheck // the error names the path
}
