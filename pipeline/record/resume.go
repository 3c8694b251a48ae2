package record

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Resume opens the record in dir to go on with the run, whatever its state: what is finished is answered from the record, in the same order
// or another one, and the rest is done. Items that failed are done again; calls of theirs that were completed are not. A run that is
// finished gives all its results again and calls nothing. Give the Writer to the run by [pipeline.WithRecorder], which must begin the same
// streams in the same order.
//
// The Seed of m must be that of the run; Config may differ, and is recorded with the session then; Name, Created and Plans stay as they
// are. Torn last lines, as a crash leaves them, are cut off; damage elsewhere is an error that names file and line. Compressed values are
// put back as they were; see [Compressed]. While a Writer has dir open, no other one can: they lock each other out.
func Resume(dir string, m Manifest, opts ...Option) (*Writer, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	if _, err := readManifest(dir); err != nil {
		return nil, err
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	w, err := resume(dir, m, c)
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	w.lock = lock
	return w, nil
}

// CreateOrResume resumes the run in dir, or begins it if there is none, so that the same command goes on after whatever ended it. What a
// process leaves that dies before it has begun the run is cleared away.
func CreateOrResume(dir string, m Manifest, opts ...Option) (*Writer, error) {
	switch _, err := os.Stat(filepath.Join(dir, manifestFile)); {
	case err == nil:
		return Resume(dir, m, opts...)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("record: %w", err)
	}
	if err := clearUnbegun(dir); err != nil {
		return nil, err
	}
	return Create(dir, m, opts...)
}

// clearUnbegun removes the files of a run that has no manifest, unless it holds something else, or something was recorded.
func clearUnbegun(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		return nil //nolint:nilerr // Create says what is wrong with it
	}
	for _, e := range entries {
		if !isUnbegun(e) {
			return nil
		}
	}
	lock, err := lockDir(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		errs = append(errs, os.Remove(filepath.Join(dir, e.Name())))
	}
	if err := errors.Join(append(errs, lock.Unlock())...); err != nil {
		return fmt.Errorf("record: clear %s: %w", dir, err)
	}
	// The lock file may have come into being just now.
	if err := os.Remove(filepath.Join(dir, lockFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("record: clear %s: %w", dir, err)
	}
	return nil
}

// isUnbegun reports whether e is a file of a run in which nothing was recorded.
func isUnbegun(e fs.DirEntry) bool {
	switch e.Name() {
	case lockFile, manifestFile + tempSuffix:
		return true
	case logFile, valuesFile, partialFile:
		info, err := e.Info()
		return err == nil && info.Size() == 0
	default:
		return false
	}
}

func resume(dir string, m Manifest, c config) (*Writer, error) {
	recorded, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	resumed, err := recorded.resumed(m)
	if err != nil {
		return nil, err
	}
	if err := c.open.expand(dir); err != nil {
		return nil, err
	}
	r, err := Open(dir)
	if err != nil {
		return nil, err
	}
	p, err := readPast(r)
	if err != nil {
		return nil, err
	}
	resumed.closeSessions(p.tally)
	w := newWriter(dir, c, resumed, p.tally)
	w.past = p
	if err := w.reopen(); err != nil {
		for _, f := range w.files() {
			_ = f.Close()
		}
		return nil, closed(r, err)
	}
	return w, nil
}

// reopen cuts off what is torn and opens the files behind the rest.
func (w *Writer) reopen() error {
	var sizes [2]int64
	for i, f := range []*lineFile{w.past.run.log, w.past.run.values} {
		size, err := f.repair()
		if err != nil {
			return fmt.Errorf("record: repair %s: %w", f.path, err)
		}
		sizes[i] = size
	}
	return w.open(appendToOld, sizes[0], sizes[1])
}

// repair makes the file end with the end of its last intact line, and returns its size.
func (f *lineFile) repair() (int64, error) {
	if f.size == 0 {
		return 0, os.Truncate(f.path, 0) //nolint:wrapcheck // the caller says what was done
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, f.size-1); err != nil {
		return 0, err //nolint:wrapcheck // as above
	}
	if err := os.Truncate(f.path, f.size); err != nil || last[0] == '\n' {
		return f.size, err //nolint:wrapcheck // as above
	}
	whole, err := os.OpenFile(f.path, appendToOld, 0)
	if err != nil {
		return 0, err //nolint:wrapcheck // as above
	}
	_, err = whole.WriteString("\n")
	return f.size + 1, errors.Join(err, whole.Close())
}

// resumed returns the manifest of a run that goes on, given what its caller says of it.
func (m Manifest) resumed(given Manifest) (Manifest, error) {
	config := compact(given.Config)
	var errs []error
	if given.Seed != m.Seed {
		errs = append(errs, fmt.Errorf("record: the run was begun with the seed %d and cannot be resumed with %d", m.Seed, given.Seed))
	}
	if _, err := (Manifest{Config: config}).encode(); err != nil {
		errs = append(errs, err)
	}
	s := Session{Began: time.Now().UTC(), State: StateRunning}
	if v := currentVersions(); v != m.Versions {
		s.Versions = v
	}
	if given.Config != nil && !bytes.Equal(config, m.Config) {
		s.Config = bytes.Clone(config)
	}
	m.Sessions = append(m.Sessions, s)
	m.State, m.Reason, m.Finished, m.Totals = StateRunning, "", time.Time{}, Totals{}
	return m, errors.Join(errs...)
}

// closeSessions completes the sessions whose process died by what the log tells of them.
func (m *Manifest) closeSessions(t *tally) {
	for i := range m.Sessions[:len(m.Sessions)-1] {
		s := &m.Sessions[i]
		if s.State != StateRunning {
			continue
		}
		told := t.sessionsSeen[i+1]
		s.State, s.Ended, s.Counts = StateInterrupted, told.last, told.counts
	}
}
