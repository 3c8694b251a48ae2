package store

import "context"

// File is the seam between a directory and the disk.
type File = file

// CreateFile is the real disk.
func CreateFile(path string) (File, error) { return createFile(path) }

// OnDisk puts create in the place of the real disk.
func (d *Dir) OnDisk(create func(path string) (File, error)) { d.create = create }

// PathOf returns the file of a key.
func (d *Dir) PathOf(key string) string { return d.pathOf(key) }

// LockShardOf holds the lock that a Put at key needs, as another process would.
func (d *Dir) LockShardOf(ctx context.Context, key string) (unlock func() error, err error) {
	return d.lock(ctx, shardOf(key))
}

// The names of files for segments of keys.
func Escape(segment string) string        { return escape(segment) }
func Unescape(name string) (string, bool) { return unescape(name) }
