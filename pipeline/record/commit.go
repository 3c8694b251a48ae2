package record

import (
	"errors"
	"sync"
	"time"
)

// commits brings what was appended to the operating system, and to the disk, in groups: one of those who wait does the work for all of
// them, and the others find it done. There is no goroutine that waits for work, and nobody waits longer than for two rounds.
type commits struct {
	mu      sync.Mutex
	idle    sync.Cond // nobody syncs any more
	syncing bool
	synced  int64
	began   time.Time // the last sync, and when it ended
	ended   time.Time

	writing sync.Mutex // taken before the lock of the Writer
	written int64
}

// rest bounds how long a sync waits for company.
const rest = time.Millisecond

// pause returns how long the next sync waits for others to share it: a few times what the last one took, so that a fast disk is not kept
// busy by every single item, and a slow one, at which they queue anyway, is hardly waited for. The caller holds mu.
func (c *commits) pause(now time.Time) time.Duration {
	return min(rest, 4*c.ended.Sub(c.began)) - now.Sub(c.ended)
}

// wait returns when nobody syncs.
func (c *commits) wait() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.syncing {
		c.idle.Wait()
	}
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
	c := &w.commits
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.syncing && c.synced < n {
		c.idle.Wait()
	}
	if c.synced >= n {
		return nil
	}
	c.syncing = true
	pause := c.pause(time.Now())
	c.mu.Unlock()
	if pause > 0 {
		time.Sleep(pause) //nolint:forbidigo // what would be the event is what comes in the meantime
	}
	began := time.Now()
	upTo, err := w.syncAll(n)
	c.mu.Lock()
	c.syncing, c.began, c.ended = false, began, time.Now()
	if err == nil {
		c.synced = max(c.synced, upTo)
	}
	c.idle.Broadcast()
	return err
}

// syncAll writes and syncs what there is, at least up to n, and returns up to where the disk has it.
func (w *Writer) syncAll(n int64) (upTo int64, err error) {
	w.commits.writing.Lock()
	err = w.write(n)
	upTo = w.commits.written
	w.commits.writing.Unlock()
	if err != nil || upTo < n {
		return 0, err
	}
	var values error
	var both sync.WaitGroup
	both.Go(func() { values = w.values.sync() })
	err = w.log.sync()
	both.Wait()
	return upTo, errors.Join(values, err)
}
