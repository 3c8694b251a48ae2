//go:build !windows

package store

import (
	"errors"
	"os"
	"syscall"
)

// syncDir waits until the disk has the entries of a directory. A file system that knows no such thing has them already, as far as anyone
// can tell.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err //nolint:wrapcheck // the caller says which key
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
