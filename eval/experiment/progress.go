package experiment

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/gloss-sdk/gloss/pipeline"
)

// Progress shows how far a run has come: a bar with items, failures and time left on a terminal, and otherwise one plain line at each quarter.
// It observes a run and is safe for concurrent use. Close ends it.
type Progress struct {
	w     io.Writer
	label string
	total int

	mu             sync.Mutex
	finished, lost int
	tokens         int
	container      *mpb.Progress
	bar            *mpb.Bar
}

// NewProgress returns a progress over total items that writes to w. With a nil writer it only counts.
func NewProgress(w io.Writer, label string, total int) *Progress {
	p := &Progress{w: w, label: label, total: total}
	if f, ok := w.(*os.File); ok && terminal(f) && total > 0 {
		p.container = mpb.New(mpb.WithOutput(f), mpb.WithWidth(40))
		p.bar = p.container.AddBar(int64(total),
			mpb.PrependDecorators(decor.Name(label+" "), decor.CountersNoUnit("%d/%d")),
			mpb.AppendDecorators(
				decor.Any(func(decor.Statistics) string { return p.failures() }),
				decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO, decor.WCSyncSpace), ""),
			))
	}
	return p
}

func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Observe counts finished items.
func (p *Progress) Observe(_ context.Context, e pipeline.Event) {
	if e.Kind != pipeline.KindItem {
		return
	}
	p.mu.Lock()
	p.finished++
	if e.Err != nil {
		p.lost++
	}
	p.tokens += e.Usage.Input + e.Usage.Output
	line := p.plainLine()
	p.mu.Unlock()
	if p.bar != nil {
		p.bar.Increment()
	}
	if line != "" && p.w != nil {
		_, _ = io.WriteString(p.w, line) // progress that cannot be shown must not end the run
	}
}

// plainLine is the line to print after this item where there is no bar, or "".
func (p *Progress) plainLine() string {
	if p.bar != nil || p.total == 0 {
		return ""
	}
	quarter := func(n int) int { return 4 * n / p.total }
	if quarter(p.finished) == quarter(p.finished-1) {
		return ""
	}
	return fmt.Sprintf("%s %d/%d items, %d failed, %d tokens\n", p.label, p.finished, p.total, p.lost, p.tokens)
}

func (p *Progress) failures() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf(" %d failed", p.lost)
}

// Close ends the display; a bar that is not full stays as it is.
func (p *Progress) Close() {
	if p.bar == nil {
		return
	}
	p.bar.Abort(false)
	p.container.Wait()
}

var _ pipeline.Observer = (*Progress)(nil)
