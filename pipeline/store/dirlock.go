package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

const (
	shardCount = 256
	// lockPoll is how often a lock is tried that another process holds. A Put holds one for about the time of a few syncs.
	lockPoll = 2 * time.Millisecond
)

// shard lets one goroutine of the process at a time ask for the lock of the shard's file, so that polling is left to other processes.
type shard chan struct{}

func newShard() shard { return make(shard, 1) }

// shardOf returns the shard of a key: every process must find the same.
func shardOf(key string) byte {
	sum := sha256.Sum256([]byte(key))
	return sum[0]
}

func shardName(shard byte) string { return hex.EncodeToString([]byte{shard}) }

// lock waits for a shard until ctx is done. The lock of a process that is stopped goes with it.
func (d *Dir) lock(ctx context.Context, shard byte) (unlock func() error, err error) {
	dir := filepath.Join(d.root, locksDir)
	if err := d.makeDir(dir); err != nil {
		return nil, err
	}
	in := d.shards[shard]
	select {
	case in <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for its turn: %w", ctx.Err())
	}
	l := flock.New(filepath.Join(dir, shardName(shard)))
	if _, err := l.TryLockContext(ctx, lockPoll); err != nil {
		<-in
		if ctx.Err() != nil {
			err = fmt.Errorf("waiting for a process that holds %s: %w", l.Path(), err)
		}
		return nil, err
	}
	return func() error {
		err := l.Unlock()
		<-in
		return err //nolint:wrapcheck // the caller says which key
	}, nil
}
