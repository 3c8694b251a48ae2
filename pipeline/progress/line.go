package progress

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/gloss-sdk/gloss/pipeline"
)

// Line is a [pipeline.Observer] that shows the state of a run. It counts the items and calls of every batch that it is told of, those of
// child runs and of nested batches included. Make it with [New] and close it after the run; it is safe for concurrent use.
//
// To observe is to count. The line is written by a goroutine of its own, so that neither a slow writer nor one that fails is felt by the
// run. A Line is an [io.Writer] as well: what else goes to the same place while the run is on, a log for one, is written through it.
type Line struct {
	config config

	closing chan struct{}
	ended   chan struct{} // the goroutine that follows the run has ended
	close   sync.Once

	drawing sync.Mutex // of the screen
	screen  screen
	err     error // of drawing

	mu    sync.Mutex
	tally tally
}

var _ pipeline.Observer = (*Line)(nil)

// New returns a line that is written to w: drawn again in its place if w is an [*os.File] that is a terminal, otherwise as lines of plain
// text without control characters. Nothing is written before the first event. It reports every invalid option at once.
func New(w io.Writer, opts ...Option) (*Line, error) {
	c, err := newConfig(opts)
	if w == nil {
		err = errors.Join(errors.New("progress: the writer is nil"), err)
	}
	if err != nil {
		return nil, err
	}
	return newLine(w, terminalWidth(w), c), nil
}

// newLine starts the goroutine that writes. width is nil if w is no terminal.
func newLine(w io.Writer, width func() int, c config) *Line {
	l := &Line{config: c, screen: screen{w: w, width: width}, closing: make(chan struct{}), ended: make(chan struct{})}
	every := c.interval
	if width != nil {
		every = redraw
	}
	go l.follow(every)
	return l
}

// terminalWidth returns what measures the terminal that w is, or nil.
func terminalWidth(w io.Writer) func() int {
	f, ok := w.(*os.File)
	if !ok || f == nil || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return func() int {
		width, _, err := term.GetSize(int(f.Fd()))
		if err != nil {
			return 0
		}
		return width
	}
}

// Observe counts e. After [Line.Close] it is of no effect.
func (l *Line) Observe(_ context.Context, e pipeline.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tally.count(&e)
}

// Close ends the line with the last state, and returns the first error of writing, after which nothing more was written. It waits for a
// write that is under way, and does not close the writer. A second Close only returns the error again.
func (l *Line) Close() error {
	l.close.Do(func() {
		close(l.closing)
		<-l.ended
		l.draw(true)
	})
	return l.err
}

// Write writes p, whole lines of text, above the line. It is how a log shares a terminal, or any writer that is not safe for concurrent
// use, with the line; after [Line.Close] it only writes p.
func (l *Line) Write(p []byte) (int, error) {
	l.drawing.Lock()
	defer l.drawing.Unlock()
	return l.screen.above(p)
}

// follow draws the state until the line is closed.
func (l *Line) follow(every time.Duration) {
	defer close(l.ended)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-l.closing:
			return
		case <-ticker.C:
			l.draw(false)
		}
	}
}

// draw writes the state unless that failed before. A panic in what it calls is not worth a run.
func (l *Line) draw(last bool) {
	l.drawing.Lock()
	defer l.drawing.Unlock()
	if l.err != nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			l.err = fmt.Errorf("progress: panic while writing: %v", v)
		}
	}()
	now := time.Now()
	l.mu.Lock()
	state := l.tally
	l.mu.Unlock()
	if state.begun.IsZero() && !last {
		return
	}
	parts := state.parts(now, l.config.total)
	if l.config.extra != nil {
		parts = append(parts, printable(l.config.extra()))
	}
	if err := l.screen.show(parts, last); err != nil {
		l.err = fmt.Errorf("progress: %w", err)
	}
}
