package record

import (
	"fmt"
	"path/filepath"

	"github.com/gofrs/flock"
)

// lockDir takes the lock of the run in dir, which it keeps until it is unlocked or the process ends. Readers need no lock.
func lockDir(dir string) (*flock.Flock, error) {
	lock := flock.New(filepath.Join(dir, lockFile), flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("record: lock %s: %w", dir, err)
	}
	if !ok {
		return nil, fmt.Errorf("record: %s is being written by another Writer, of this process or another one; wait until it is closed", dir)
	}
	return lock, nil
}
