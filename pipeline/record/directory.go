package record

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The files of a run directory.
const (
	manifestFile   = "manifest.json"
	logFile        = "log.jsonl"
	valuesFile     = "values.jsonl"
	compressedFile = valuesFile + ".zst"
	resultsFile    = "results.jsonl"
	partialFile    = "results.partial.jsonl"
	lockFile       = "lock"
	tempSuffix     = ".tmp"
)

// maxSlug bounds the part of a directory's name that is made of the run's name, in bytes.
const maxSlug = 64

// NewDir returns the path of a directory in root for a run that begins at now: the time in UTC to the millisecond, then name, with every
// character but ASCII letters, digits, '_' and '.' replaced by '-'. Sorted by name, such directories are in the order of their
// beginnings. Nothing is created, and two calls in one millisecond return the same path.
func NewDir(root, name string, now time.Time) string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '_', r == '.':
			return r
		default:
			return '-'
		}
	}, name)
	slug = strings.Trim(slug[:min(len(slug), maxSlug)], "-.")
	base := now.UTC().Format("20060102T150405.000Z")
	if slug != "" {
		base += "-" + slug
	}
	return filepath.Join(root, base)
}

// emptyDir makes sure that dir exists and is empty.
func emptyDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("record: directory %s is not empty, it holds %s; a run needs a directory of its own, see NewDir",
			dir, entries[0].Name())
	}
	return nil
}

// file is what the writer needs of an open file.
type file interface {
	io.Writer
	io.ReaderAt
	io.Closer
	Sync() error
}

// opener opens a file with the flags of [os.OpenFile]. Tests put failing disks in its place.
type opener func(path string, flag int) (file, error)

// The flags of the files of a run.
const (
	createNew   = os.O_RDWR | os.O_CREATE | os.O_EXCL
	createAnew  = os.O_RDWR | os.O_CREATE | os.O_TRUNC
	appendToOld = os.O_RDWR | os.O_APPEND
)

func openOwned(path string, flag int) (file, error) {
	return os.OpenFile(path, flag, 0o600) //nolint:wrapcheck // the error names the path
}

// replace puts what write writes in the place of the file at path: readers see the old file or the complete new one.
func (open opener) replace(path string, write func(io.Writer) error) error {
	temp := path + tempSuffix
	f, err := open(temp, createAnew) // a crash may have left one behind
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, bufferSize)
	if err = write(b); err == nil {
		err = b.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	syncDir(filepath.Dir(path))
	return nil
}

// syncDir makes a rename durable where the system can. It reports nothing: where it cannot, the file is in place all the same.
func syncDir(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	_ = d.Sync()
	_ = d.Close()
}
