package record

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
)

// Writer records one [pipeline.Run], with its children, in a directory; another run would number its batches alike. It is a
// [pipeline.Observer], safe for concurrent use. Values are turned into JSON in the goroutine that reports them; its memory is bounded but
// for 24 bytes per finished item.
//
// A failure to write does not fail the run: the first one is kept, nothing more is written, and [Writer.Err] and [Writer.Close] report it. A value
// that cannot be turned into JSON is no failure; see [Holder].
type Writer struct {
	dir    string
	config config

	stopped atomic.Bool // failed or closed: events are no longer looked at

	mu       sync.Mutex
	manifest Manifest
	log      *appendFile
	values   *appendFile
	spool    *spool
	recent   *recent
	tally    tally
	closed   bool
	err      error
}

var _ pipeline.Observer = (*Writer)(nil)

// Create begins the record of a run in dir, which must be empty or not exist yet. It reports every invalid option at once and a manifest
// whose Config is not JSON. Give the Writer to the run by [pipeline.WithObserver], and close it after the run.
func Create(dir string, m Manifest, opts ...Option) (*Writer, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	w := &Writer{dir: dir, config: c, manifest: m.begun(), recent: newRecent(generation), tally: newTally()}
	if _, err := w.manifest.encode(); err != nil {
		return nil, err
	}
	if err := emptyDir(dir); err != nil {
		return nil, err
	}
	if err := w.open(); err != nil {
		return nil, errors.Join(err, w.discard())
	}
	return w, nil
}

// open creates the files. The manifest is the last: where it is, the others are.
func (w *Writer) open() error {
	var err error
	if w.log, err = newAppendFile(w.config.create, w.path(logFile)); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	if w.values, err = newAppendFile(w.config.create, w.path(valuesFile)); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	partial, err := newAppendFile(w.config.create, w.path(partialFile))
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	w.spool = &spool{appendFile: partial}
	return w.config.create.writeManifest(w.dir, w.manifest)
}

// discard takes back what open did before it failed.
func (w *Writer) discard() error {
	files := []*appendFile{w.log, w.values}
	if w.spool != nil {
		files = append(files, w.spool.appendFile)
	}
	var errs []error
	for _, f := range files {
		if f != nil {
			errs = append(errs, f.Close(), os.Remove(f.path))
		}
	}
	return errors.Join(errs...)
}

func (w *Writer) path(name string) string { return filepath.Join(w.dir, name) }

// Dir returns the directory.
func (w *Writer) Dir() string { return w.dir }

// Observe records e. After a failure and after [Writer.Close] it does nothing.
func (w *Writer) Observe(ctx context.Context, e pipeline.Event) {
	if w.stopped.Load() {
		return
	}
	x, err := newEntry(&e)
	if failure := w.record(ctx, &e, x, err); failure != nil {
		w.config.onError(failure)
	}
}

// record appends x and returns the error that this event was the first to meet.
func (w *Writer) record(ctx context.Context, e *pipeline.Event, x *entry, err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.err != nil {
		return nil
	}
	if err == nil {
		err = w.append(x)
	}
	w.tally.count(ctx, e)
	w.fail(err)
	return w.err
}

func (w *Writer) append(x *entry) error {
	for _, c := range x.contents {
		if w.recent.add(c.sum) {
			w.values.add(c.line())
		}
	}
	w.log.add(x.line)
	if x.result != nil {
		w.spool.add(x.event.Batch, x.event.Index, x.result)
		if w.spool.full() {
			if err := w.spool.flush(); err != nil {
				return err
			}
		}
	}
	if x.event.Kind == pipeline.KindStage && !w.values.full() && !w.log.full() {
		return nil // what begins, ends or calls is worth a write of its own, a stage is not
	}
	return w.flush()
}

// flush hands everything to the operating system, values before the lines that name them.
func (w *Writer) flush() error {
	if err := w.values.flush(); err != nil {
		return err
	}
	return w.log.flush()
}

// fail keeps the first error.
func (w *Writer) fail(err error) {
	if err != nil && w.err == nil {
		w.err = err
		w.stopped.Store(true)
	}
}

// Err returns the first error of writing, or nil. The record is incomplete from that error on.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Close writes the results, syncs the files, completes the manifest and returns the first error of writing, be it an earlier one. After an
// earlier error no results are written; with any error the state is [StateInterrupted] if the manifest can still be written. Close the
// Writer after the streams of the run have ended: later events are not recorded. A second Close only returns the error again.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return w.err
	}
	w.closed = true
	w.stopped.Store(true)
	if w.err == nil { // otherwise something is missing in the files
		w.fail(w.finish())
	}
	w.fail(w.release())
	w.manifest.State = StateInterrupted
	if w.err == nil && w.tally.finished() {
		w.manifest.State = StateFinished
	}
	w.manifest.Finished = time.Now().UTC()
	w.tally.complete(&w.manifest)
	w.fail(w.config.create.writeManifest(w.dir, w.manifest))
	return w.err
}

// finish brings the files to disk and writes the results.
func (w *Writer) finish() error {
	if err := w.values.sync(); err != nil {
		return err
	}
	if err := w.log.sync(); err != nil {
		return err
	}
	if err := w.spool.flush(); err != nil {
		return err
	}
	if err := w.config.create.replace(w.path(resultsFile), w.spool.copySorted); err != nil {
		return fmt.Errorf("record: write %s: %w", w.path(resultsFile), err)
	}
	return nil
}

// release closes the files and removes the one that the results were collected in.
func (w *Writer) release() error {
	err := errors.Join(w.log.Close(), w.values.Close(), w.spool.Close(), os.Remove(w.spool.path))
	if err != nil {
		return fmt.Errorf("record: close: %w", err)
	}
	return nil
}
