package record

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"github.com/gloss-sdk/gloss/pipeline"
)

// Writer records one [pipeline.Run], with its children, in a directory; another run would number its batches alike. It is a
// [pipeline.Recorder], safe for concurrent use. Values are turned into JSON in the goroutine that reports them; its memory is bounded but
// for 24 bytes per finished item, and, in a run that is resumed, 24 bytes for each finished item of earlier sessions and 16 bytes for each
// of their values.
//
// What begins or ends a call is with the operating system when Observe returns, so that the end of the process does not lose it. The result
// of an item is on disk, with everything before it, when the run hands it on; items that end at about the same time share the wait for the
// disk, during which the run works on others.
//
// A failure to write does not fail the run: the first one is kept, nothing more is written, and [Writer.Err] and [Writer.Close] report it.
// A value that cannot be turned into JSON is no failure; see [Holder].
type Writer struct {
	dir    string
	config config
	lock   *flock.Flock
	past   *past // nil in a run that was not resumed
	close  func() error

	stopped atomic.Bool // failed or closed: events are no longer looked at
	commits commits
	entries entries
	items   items

	mu       sync.Mutex
	manifest Manifest
	log      *appendFile
	values   *appendFile
	spool    *spool
	recent   *recent
	tally    *tally
	begun    map[begunTarget]bool
	appended int64 // events
	cut      bool  // a context ended before the work did
	closed   bool
	err      error
}

var (
	_ pipeline.Recorder  = (*Writer)(nil)
	_ pipeline.Committer = (*Writer)(nil)
)

// Create begins the record of a run in dir, which must be empty or not exist yet. It reports every invalid option at once and a manifest
// whose Config is not JSON. Give the Writer to the run by [pipeline.WithRecorder], and close it after the run. A run that is recorded by
// [pipeline.WithObserver] alone cannot be resumed, as nothing identifies its work.
func Create(dir string, m Manifest, opts ...Option) (*Writer, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	w := newWriter(dir, c, m.begun(), newTally())
	if _, err := w.manifest.encode(); err != nil {
		return nil, err
	}
	if err := emptyDir(dir); err != nil {
		return nil, err
	}
	if w.lock, err = lockDir(dir); err != nil {
		return nil, err
	}
	if err := w.open(createNew, 0, 0); err != nil {
		return nil, errors.Join(err, w.discard())
	}
	return w, nil
}

func newWriter(dir string, c config, m Manifest, t *tally) *Writer {
	w := &Writer{dir: dir, config: c, manifest: m, recent: newRecent(rows), tally: t, begun: map[begunTarget]bool{}}
	w.close = sync.OnceValue(w.shut)
	w.entries.stored = w.stored
	w.commits.idle.L = &w.commits.mu
	return w
}

// open opens the files behind what they hold. The manifest is the last: where it is, the others are.
func (w *Writer) open(flag int, logSize, valuesSize int64) error {
	var err error
	if w.log, err = openAppend(w.config.open, w.path(logFile), flag, logSize); err != nil {
		return err
	}
	if w.values, err = openAppend(w.config.open, w.path(valuesFile), flag, valuesSize); err != nil {
		return err
	}
	partial, err := openAppend(w.config.open, w.path(partialFile), createAnew, 0)
	if err != nil {
		return err
	}
	w.spool = &spool{appendFile: partial}
	if err := w.config.open.writeManifest(w.dir, w.manifest); err != nil {
		return err
	}
	number := len(w.manifest.Sessions)
	return w.append(&Event{Kind: KindSession, Time: w.manifest.Sessions[number-1].Began, Session: number})
}

// append writes an event of the record's own.
func (w *Writer) append(e *Event) error {
	line, err := appendEvent(nil, e)
	if err != nil {
		return fmt.Errorf("record: event %s: %w", e.Kind, err)
	}
	n := w.add(&entry{event: *e, line: line}, nil)
	return w.flush(n)
}

// discard takes back what open did before it failed.
func (w *Writer) discard() error {
	var errs []error
	for _, f := range w.files() {
		errs = append(errs, f.Close(), os.Remove(f.path))
	}
	return errors.Join(append(errs, os.Remove(w.path(lockFile)), w.lock.Unlock())...)
}

// files returns the files that are open.
func (w *Writer) files() []*appendFile {
	files := []*appendFile{w.log, w.values}
	if w.spool != nil {
		files = append(files, w.spool.appendFile)
	}
	return slices.DeleteFunc(files, func(f *appendFile) bool { return f == nil })
}

func (w *Writer) path(name string) string { return filepath.Join(w.dir, name) }

// Dir returns the directory.
func (w *Writer) Dir() string { return w.dir }

// Observe records e. After a failure and after [Writer.Close] it does nothing.
func (w *Writer) Observe(ctx context.Context, e pipeline.Event) {
	if safe := w.Commit(ctx, e); safe != nil {
		safe()
	}
}

// Commit records e as Observe does, and leaves it to safe to wait for the disk.
func (w *Writer) Commit(ctx context.Context, e pipeline.Event) (safe func()) {
	if w.stopped.Load() {
		return nil
	}
	p := w.items.of(&e)
	x := w.entries.get(ctx, p)
	n, err := w.record(ctx, p, x, &e)
	w.entries.put(x)
	if err == nil && n > 0 && e.Kind == pipeline.KindItem {
		return func() { w.note(w.sync(n)) }
	}
	if err == nil && n > 0 {
		err = w.flush(n)
	}
	w.note(err)
	return nil
}

// record works e out and puts it into the buffers. It returns the number up to which they are to be written.
func (w *Writer) record(ctx context.Context, p *passing, x *entry, e *pipeline.Event) (int64, error) {
	if err := x.fill(e); err != nil {
		return 0, err
	}
	if w.past != nil {
		x.values.leaveOut(w.past.has)
	}
	n := w.add(x, ctx.Err())
	p.keep(e.In, x.event.In)
	p.keep(e.Out, x.event.Out)
	p.keepParts(x.values.freshParts)
	w.entries.raws.add(x.values.freshRaw)
	return n, nil
}

// stored reports whether a content is in the buffers or in the files by now, as far as that is remembered.
func (w *Writer) stored(s sum) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.recent.has(s)
}

// note keeps the first error and tells the host of it.
func (w *Writer) note(err error) {
	if w.fail(err) {
		w.config.onError(err)
	}
}

// add puts x into the buffers and returns the number up to which they are to be written, 0 if they can wait. ended is the error of the
// context that x was told with: once it has ended, what finished may have been cut short.
func (w *Writer) add(x *entry, ended error) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.err != nil {
		return 0
	}
	if x.values != nil {
		for _, c := range x.values.contents {
			if w.recent.add(c.sum) {
				w.values.add(x.values.lines[c.begin:c.end])
			}
		}
	}
	w.log.add(x.line)
	if len(x.result) > 0 {
		w.spool.add(x.event.Batch, x.event.Index, x.result)
	}
	w.tally.count(&x.event)
	switch x.event.Kind {
	case pipeline.KindItem, pipeline.KindBatchEnded:
		w.cut = w.cut || ended != nil
	default:
	}
	w.appended++
	if canWait(x.event.Kind) && !w.values.full() && !w.log.full() {
		return 0
	}
	return w.appended
}

// canWait tells what is written with the next event from what is worth a write of its own: a loss of the process may cost what can be made
// again without paying.
func canWait(k pipeline.Kind) bool { return k == pipeline.KindStage || k == pipeline.KindItemStarted }

// fail keeps the first error, and reports whether err is it.
func (w *Writer) fail(err error) bool {
	if err == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return false
	}
	w.err = err
	w.stopped.Store(true)
	return true
}

// Err returns the first error of writing, or nil. The record is incomplete from that error on, unless it is [ErrNotCompressed].
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Close writes the results, syncs the files, completes the manifest and returns the first error of writing, be it an earlier one. After an
// earlier error no results are written; with any error but [ErrNotCompressed] the state is [StateInterrupted] if the manifest can still be
// written. Close the Writer after the streams of the run have ended: later events are not recorded. A second Close only returns the error
// again.
func (w *Writer) Close() error { return w.close() }

// shut is what Close does once.
func (w *Writer) shut() error {
	w.mu.Lock()
	w.closed = true
	w.stopped.Store(true)
	n, failed := w.appended, w.err != nil
	w.mu.Unlock()
	if !failed { // otherwise something is missing in the files
		w.fail(w.finish(n))
	}
	w.fail(w.release())
	w.complete(time.Now().UTC())
	w.fail(w.config.open.writeManifest(w.dir, w.manifest))
	if w.config.compressed && w.Err() == nil { // otherwise the run is to be resumed
		w.fail(w.config.open.compress(w.dir, w.values.size))
	}
	if err := w.lock.Unlock(); err != nil {
		w.fail(fmt.Errorf("record: unlock %s: %w", w.dir, err))
	}
	return w.Err()
}

// complete ends the session in the manifest.
func (w *Writer) complete(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := &w.manifest
	s := &m.Sessions[len(m.Sessions)-1]
	switch {
	case w.err != nil:
		s.State = StateInterrupted
	case w.tally.stopped != "":
		s.State, s.Reason = StateStopped, w.tally.stopped
	case w.tally.ended() && !w.cut:
		s.State = StateFinished
	default:
		s.State = StateInterrupted
	}
	s.Ended, s.Counts, s.Lost = now, w.tally.session, w.past.lostItems()
	m.State, m.Reason, m.Finished, m.Totals = s.State, s.Reason, now, w.tally.totals()
	if n := len(m.Sessions); n > 1 && !w.tally.delivers { // it left the run as it was
		m.State, m.Reason = m.Sessions[n-2].State, m.Sessions[n-2].Reason
	}
}

// finish brings the files to disk and writes the results.
func (w *Writer) finish(n int64) error {
	if err := w.sync(n); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.spool.write(w.spool.take()); err != nil {
		return err
	}
	if w.past != nil && !w.tally.delivers {
		return nil // the results of an earlier session stand
	}
	if err := w.config.open.replace(w.path(resultsFile), w.spool.copySorted); err != nil {
		return fmt.Errorf("record: write %s: %w", w.path(resultsFile), err)
	}
	return nil
}

// release closes the files and removes the one that the results were collected in. It waits for those who still write.
func (w *Writer) release() error {
	w.commits.wait()
	w.commits.writing.Lock()
	defer w.commits.writing.Unlock()
	var errs []error
	for _, f := range w.files() {
		errs = append(errs, f.Close())
	}
	if w.past != nil {
		errs = append(errs, w.past.run.Close())
	}
	if err := errors.Join(append(errs, os.Remove(w.spool.path))...); err != nil {
		return fmt.Errorf("record: close: %w", err)
	}
	return nil
}
