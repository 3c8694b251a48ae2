package record

import (
	"bytes"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// watched is a disk that knows what was written and what was synced.
type watched struct {
	mu    sync.Mutex
	files map[string]*watchedFile
	gate  chan struct{} // closed: syncs are let through; nil: always
}

type watchedFile struct {
	file

	disk    *watched
	written bytes.Buffer
	synced  int
	syncs   int
}

func (d *watched) open(path string, flag int) (file, error) {
	f, err := openOwned(path, flag)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	w := &watchedFile{file: f, disk: d}
	d.files[filepath.Base(path)] = w
	return w, nil
}

func (f *watchedFile) Write(p []byte) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.written.Write(p)
	return f.file.Write(p)
}

func (f *watchedFile) Sync() error {
	f.disk.mu.Lock()
	end := f.written.Len()
	f.syncs++
	f.disk.mu.Unlock()
	if f.disk.gate != nil {
		<-f.disk.gate
	}
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.synced = end
	return nil
}

// holds reports whether text is in the file: on disk, or at least with the operating system.
func (d *watched) holds(name, text string, onDisk bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.files[name]
	end := f.written.Len()
	if onDisk {
		end = f.synced
	}
	return bytes.Contains(f.written.Bytes()[:end], []byte(text))
}

func watchedWriter(t *testing.T, d *watched) *Writer {
	t.Helper()
	w, err := Create(filepath.Join(t.TempDir(), "run"), Manifest{}, optionFunc(func(c *config) error {
		c.open = d.open
		return nil
	}))
	require.NoError(t, err)
	return w
}

func TestWhatIsSafeWhenObserveReturns(t *testing.T) {
	t.Parallel()
	d := &watched{files: map[string]*watchedFile{}}
	w := watchedWriter(t, d)
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := range 20 {
				id := fmt.Sprintf("item-%d-%d-end", g, i)
				e := pipeline.Event{Item: id, Batch: g + 1, Index: i, Call: &pipeline.CallInfo{Resource: "m", Seq: 1, Attempt: 1}}
				e.Kind, e.In = pipeline.KindCallStarted, "prompt of "+id
				w.Observe(t.Context(), e)
				assert.True(t, d.holds("values.jsonl", "prompt of "+id, false), "a call is with the operating system")
				assert.True(t, d.holds("log.jsonl", `"kind":"call_started"`, false))
				e.Kind, e.Out = pipeline.KindCall, "reply to "+id
				w.Observe(t.Context(), e)
				assert.True(t, d.holds("values.jsonl", "reply to "+id, false))
				e.Kind, e.Call, e.Out = pipeline.KindItem, nil, "result of "+id
				w.Observe(t.Context(), e)
				assert.True(t, d.holds("values.jsonl", "result of "+id, true), "a result is on disk")
				assert.True(t, d.holds("log.jsonl", `"item":"`+id, true))
			}
		})
	}
	group.Wait()
	require.NoError(t, w.Close())
}

func TestItemsShareTheWaitForTheDisk(t *testing.T) {
	t.Parallel()
	const items = 64
	d := &watched{files: map[string]*watchedFile{}, gate: make(chan struct{})}
	close(d.gate)
	w := watchedWriter(t, d)
	before := d.files["log.jsonl"].syncs
	d.gate = make(chan struct{})
	var group sync.WaitGroup
	for i := range items {
		group.Go(func() { w.Observe(t.Context(), pipeline.Event{Kind: pipeline.KindItem, Batch: 1, Index: i, Out: i}) })
	}
	for n := int64(0); n < items+1; runtime.Gosched() { // the session and the items
		w.mu.Lock()
		n = w.appended
		w.mu.Unlock()
	}
	close(d.gate)
	group.Wait()
	assert.LessOrEqual(t, d.files["log.jsonl"].syncs-before, 2, "one for those who were first, one for the rest")
	require.NoError(t, w.Close())
}

// slowValue has its JSON only once another event is recorded.
type slowValue struct{ after chan struct{} }

func (v slowValue) MarshalJSON() ([]byte, error) {
	<-v.after
	return []byte(`"slow"`), nil
}

func TestNobodyWaitsForTheValueOfAnother(t *testing.T) {
	t.Parallel()
	w := watchedWriter(t, &watched{files: map[string]*watchedFile{}})
	v := slowValue{make(chan struct{})}
	var slow sync.WaitGroup
	for i := range 63 {
		slow.Go(func() {
			w.Observe(t.Context(), pipeline.Event{Kind: pipeline.KindItem, Batch: 1, Index: i + 1, Out: v})
		})
	}
	w.Observe(t.Context(), pipeline.Event{Kind: pipeline.KindItem, Batch: 1, Index: 0, Out: "quick"})
	close(v.after)
	slow.Wait()
	require.NoError(t, w.Close())
}
