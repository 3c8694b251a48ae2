package record

import "sync"

// commits brings what was appended to the operating system, and to the disk, in groups: whoever holds a lock does the work for all who wait
// for it, and they find it done. There is no goroutine that waits for work, and nobody waits longer than for two rounds.
type commits struct {
	syncing sync.Mutex // taken before writing
	synced  int64

	writing sync.Mutex // taken before the lock of the Writer
	written int64
}

// flush returns when everything that was appended up to number n is with the operating system, values before the lines that name them. It
// survives the end of the process.
func (w *Writer) flush(n int64) error {
	w.commits.writing.Lock()
	defer w.commits.writing.Unlock()
	return w.write(n)
}

// write does the work of flush. The caller holds writing.
func (w *Writer) write(n int64) error {
	if w.commits.written >= n {
		return nil
	}
	p, ok := w.take()
	if !ok {
		return nil
	}
	if err := w.values.write(p.values); err != nil {
		return err
	}
	if err := w.log.write(p.log); err != nil {
		return err
	}
	if p.results != nil {
		if err := w.spool.write(p.results); err != nil {
			return err
		}
	}
	w.commits.written = p.upTo
	return nil
}

// pending is what is to be written, up to an event.
type pending struct {
	values, log, results []byte
	upTo                 int64
}

// take empties the buffers. It takes nothing after an error: something is missing in the files, so nothing is written behind it.
func (w *Writer) take() (p pending, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return pending{}, false
	}
	p = pending{values: w.values.take(), log: w.log.take(), upTo: w.appended}
	if w.spool.full() {
		p.results = w.spool.take()
	}
	return p, true
}

// sync returns when everything that was appended up to number n is on disk. It survives a loss of power.
func (w *Writer) sync(n int64) error {
	w.commits.syncing.Lock()
	defer w.commits.syncing.Unlock()
	if w.commits.synced >= n {
		return nil
	}
	w.commits.writing.Lock()
	err := w.write(n)
	upTo := w.commits.written
	w.commits.writing.Unlock()
	if err != nil || upTo < n {
		return err
	}
	if err := w.values.sync(); err != nil {
		return err
	}
	if err := w.log.sync(); err != nil {
		return err
	}
	w.commits.synced = upTo
	return nil
}
