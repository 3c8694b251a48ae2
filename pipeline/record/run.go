package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"sync"
)

// Run is the record of a run as it was when it was opened, be the run finished, interrupted, killed or still going on. It is safe for
// concurrent use, and must be closed.
type Run struct {
	dir      string
	manifest Manifest
	log      *lineFile
	values   *lineFile
	torn     []Tear
	index    func() (valueIndex, error)
}

// Open opens the record in dir. A torn last line of the log or of the values, as a crash leaves it, is passed over and reported by
// [Run.Torn].
func Open(dir string) (*Run, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	r := &Run{dir: dir, manifest: m}
	// The log comes first: the values it names were written before it.
	if r.log, err = r.open(logFile); err != nil {
		return nil, err
	}
	if r.values, err = r.openValues(); err != nil {
		return nil, closed(r.log, err)
	}
	r.index = sync.OnceValues(r.values.indexValues)
	return r, nil
}

func (r *Run) open(name string) (*lineFile, error) {
	f, tear, err := openLines(r.dir, name)
	if tear.Length > 0 {
		r.torn = append(r.torn, tear)
	}
	return f, err
}

// openValues opens the plain values or, if there are none, the compressed ones. A Writer may put the one in the place of the other in the
// meantime.
func (r *Run) openValues() (*lineFile, error) {
	f, err := r.open(valuesFile)
	for _, name := range []string{compressedFile, valuesFile} {
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
		f, err = r.open(name)
	}
	return f, err
}

// Close closes the files. What was read before stays valid.
func (r *Run) Close() error {
	if err := errors.Join(r.log.Close(), r.values.Close()); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return nil
}

// Manifest returns the manifest. Its maps and slices are shared and must not be modified.
func (r *Run) Manifest() Manifest { return r.manifest }

// Torn returns the torn last lines that [Open] found, at most one a file. The record is complete but for them.
func (r *Run) Torn() []Tear { return slices.Clone(r.torn) }

// Events yields the lines of the log in the order in which things were completed. An error names file and line and ends the
// sequence.
func (r *Run) Events() iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		session := 1
		for l, err := range r.log.lines() {
			var e Event
			if err == nil {
				e, err = r.event(l)
			}
			if e.Kind == KindSession {
				session = e.Session
			}
			e.Session = session
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func (r *Run) event(l line) (Event, error) {
	var e Event
	if err := r.decodeEvent(l.text, &e); err != nil {
		return Event{}, r.log.at(l.number, err)
	}
	return e, nil
}

func (r *Run) decodeEvent(text []byte, e *Event) error {
	if err := json.Unmarshal(text, e); err != nil {
		return err //nolint:wrapcheck // the caller says where it is
	}
	if e.Kind == "" {
		return errors.New("the line has no kind")
	}
	return nil
}
