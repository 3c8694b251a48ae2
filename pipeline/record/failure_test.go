package record_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// disk is a real directory on a disk of limited size, and fails at what is named in fails: "sync log.jsonl".
type disk struct {
	mu    sync.Mutex
	left  int
	fails map[string]bool
}

var errBroken = errors.New("the disk is broken")

func (d *disk) open(path string, flag int) (record.File, error) {
	if err := d.failure("open", path); err != nil {
		return nil, err
	}
	f, err := record.OpenOwned(path, flag)
	return &diskFile{f, d, path}, err
}

func (d *disk) failure(operation, path string) error {
	if d.fails[operation+" "+filepath.Base(path)] {
		return errBroken
	}
	return nil
}

type diskFile struct {
	record.File

	disk *disk
	path string
}

// Write writes what there is room for, as a full disk does.
func (f *diskFile) Write(p []byte) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	room := min(len(p), f.disk.left)
	f.disk.left -= room
	n, err := f.File.Write(p[:room])
	if err == nil && n < len(p) {
		err = syscall.ENOSPC
	}
	return n, err
}

func (f *diskFile) ReadAt(p []byte, offset int64) (int, error) {
	if err := f.disk.failure("read", f.path); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, offset)
}

func (f *diskFile) Sync() error {
	return errors.Join(f.disk.failure("sync", f.path), f.File.Sync())
}

func (f *diskFile) Close() error {
	return errors.Join(f.disk.failure("close", f.path), f.File.Close())
}

const unlimited = 1 << 40

// recordOn records a run on d and returns how often OnError was told, and the errors of Create and Close.
func recordOn(t *testing.T, d *disk, dir string, inputs []essay) (told int, created, closed error) {
	t.Helper()
	var seen atomic.Int64
	var first error
	w, err := record.Create(dir, record.Manifest{Name: "full"}, record.OnDisk(d.open), record.OnError(func(err error) {
		seen.Add(1)
		first = err
	}))
	if err != nil {
		return 0, err, nil
	}
	observe(t, w, 1, inputs, noPause)
	if seen.Load() > 0 {
		require.Equal(t, first, w.Err())
	}
	closed = w.Close()
	require.Equal(t, closed, w.Err())
	require.Equal(t, closed, w.Close(), "a second Close returns the error again")
	return int(seen.Load()), nil, closed
}

func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	inputs := essays(4, 1)
	whole := recorded(t, 1, inputs)
	want := collect(t, open(t, whole).Items())
	results := read(t, whole, "results.jsonl")
	root := t.TempDir()
	var failedAtCreate, failedInRun, failedAtClose, succeeded int
	for size := 0; succeeded == 0; size += 331 {
		dir := filepath.Join(root, "run")
		require.NoError(t, os.RemoveAll(dir))
		d := &disk{left: size}
		told, created, closed := recordOn(t, d, dir, inputs)
		if created != nil {
			failedAtCreate++
			require.ErrorIs(t, created, syscall.ENOSPC)
			require.Empty(t, filesIn(t, dir), "a record that did not begin leaves nothing")
			continue
		}
		run := open(t, dir)
		assertPartOf(t, run, want)
		for _, name := range filesIn(t, dir) {
			require.NotContains(t, name, ".tmp", "size %d", size)
			require.NotContains(t, name, "partial", "size %d", size)
			if name == "results.jsonl" {
				require.Equal(t, string(results), string(read(t, dir, name)), "results are complete or not there")
			}
		}
		switch {
		case closed == nil:
			succeeded++
			require.Equal(t, record.StateFinished, run.Manifest().State)
			require.FileExists(t, filepath.Join(dir, "results.jsonl"))
			continue
		case told > 0:
			failedInRun++
			require.Equal(t, 1, told)
			require.NoFileExists(t, filepath.Join(dir, "results.jsonl"))
		default:
			failedAtClose++
		}
		require.ErrorIs(t, closed, syscall.ENOSPC)
		require.NotEqual(t, record.StateFinished, run.Manifest().State)
	}
	for _, n := range []int{failedAtCreate, failedInRun, failedAtClose} {
		require.Positive(t, n)
	}
}

// assertPartOf checks that what a failed disk holds is true, as far as it goes.
func assertPartOf(t *testing.T, run *record.Run, want []record.Item) {
	t.Helper()
	for _, err := range run.Events() {
		require.NoError(t, err)
	}
	n := 0
	for it, err := range run.Items() {
		require.NoError(t, err, "values are written before the lines that name them")
		require.Equal(t, want[n], it)
		n++
	}
}

func TestEveryFailureOfTheDiskIsReported(t *testing.T) {
	t.Parallel()
	for operation, at := range map[string]string{
		"open log.jsonl":              "create",
		"open values.jsonl":           "create",
		"open results.partial.jsonl":  "create",
		"open manifest.json.tmp":      "create",
		"sync manifest.json.tmp":      "create",
		"close manifest.json.tmp":     "create",
		"open results.jsonl.tmp":      "close",
		"sync results.jsonl.tmp":      "close",
		"close results.jsonl.tmp":     "close",
		"read results.partial.jsonl":  "close",
		"sync log.jsonl":              "run",
		"sync values.jsonl":           "run",
		"close log.jsonl":             "close",
		"close values.jsonl":          "close",
		"close results.partial.jsonl": "close",
	} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "run")
			d := &disk{left: unlimited, fails: map[string]bool{operation: true}}
			told, created, closed := recordOn(t, d, dir, essays(3, 1))
			require.Equal(t, at == "run", told == 1)
			if at == "create" {
				require.ErrorIs(t, created, errBroken)
				require.ErrorContains(t, created, "record: ")
				require.Empty(t, filesIn(t, dir))
				return
			}
			require.NoError(t, created)
			require.ErrorIs(t, closed, errBroken)
			require.ErrorContains(t, closed, "record: ")
			run := open(t, dir)
			assert.Equal(t, record.StateInterrupted, run.Manifest().State)
			items := len(collect(t, run.Items()))
			if at == "run" { // nothing is written behind what could not be brought to disk
				assert.Positive(t, items)
				assert.GreaterOrEqual(t, run.Manifest().Counts.Items, items)
			} else {
				assert.Equal(t, 3, items)
				assert.Equal(t, 3, run.Manifest().Counts.Items)
			}
			assert.NotContains(t, strings.Join(filesIn(t, dir), " "), ".tmp")
		})
	}
}

func TestManifestThatCannotBeCompleted(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	d := &disk{left: unlimited, fails: map[string]bool{}}
	w, err := record.Create(dir, record.Manifest{}, record.OnDisk(d.open))
	require.NoError(t, err)
	observe(t, w, 1, essays(2, 1), noPause)
	d.fails["sync manifest.json.tmp"] = true
	require.ErrorIs(t, w.Close(), errBroken)
	run := open(t, dir)
	assert.Equal(t, record.StateRunning, run.Manifest().State, "the old manifest stands")
	assert.Len(t, collect(t, run.Items()), 2)
}

func TestTheHostCanStopARunWithoutARecord(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	d := &disk{left: 20_000}
	w, err := record.Create(filepath.Join(t.TempDir(), "run"), record.Manifest{}, record.OnDisk(d.open), record.OnError(cancel))
	require.NoError(t, err)
	run, err := pipeline.NewRun(pipeline.WithObserver(w), pipeline.WithInFlight(4))
	require.NoError(t, err)
	runner, err := pipeline.Start(ctx, run, grader(noPause))
	require.NoError(t, err)
	n := 0
	for range runner.Stream(ctx, pipeline.Items(essays(1000, 1)...)) {
		n++
	}
	require.Less(t, n, 100)
	require.ErrorIs(t, context.Cause(ctx), syscall.ENOSPC)
	require.Equal(t, context.Cause(ctx), w.Close())
}

func TestAFailureOfTheRecordDoesNotFailItems(t *testing.T) {
	t.Parallel()
	d := &disk{left: 2000}
	w, err := record.Create(filepath.Join(t.TempDir(), "run"), record.Manifest{}, record.OnDisk(d.open))
	require.NoError(t, err)
	run, err := pipeline.NewRun(pipeline.WithObserver(w))
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, grader(noPause))
	require.NoError(t, err)
	for r := range runner.Stream(t.Context(), pipeline.Items(essays(1, 1)...)) {
		require.NoError(t, r.Err)
	}
	require.ErrorIs(t, w.Err(), syscall.ENOSPC)
	require.ErrorContains(t, w.Err(), "record: write ")
}

func TestADiskThatRecoversDoesNotHideTheGap(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	d := &disk{left: 5000}
	w, err := record.Create(dir, record.Manifest{}, record.OnDisk(d.open))
	require.NoError(t, err)
	observe(t, w, 1, essays(5, 1), noPause)
	require.ErrorIs(t, w.Err(), syscall.ENOSPC)
	d.left = unlimited
	observe(t, w, 1, essays(5, 1), noPause)
	require.ErrorIs(t, w.Close(), syscall.ENOSPC)
	require.NoFileExists(t, filepath.Join(dir, "results.jsonl"))
	run := open(t, dir)
	assert.Equal(t, record.StateInterrupted, run.Manifest().State)
	assert.Len(t, run.Torn(), 1, "nothing was written behind the torn line")
	collect(t, run.Events())
}

// gate is a value whose JSON takes until the gate is open.
type gate struct{ reached, open chan struct{} }

func (g gate) MarshalJSON() ([]byte, error) {
	close(g.reached)
	<-g.open
	return []byte(`"through"`), nil
}

func TestAnEventThatIsOvertakenByAFailure(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	d := &disk{left: 2000}
	var told atomic.Int64
	w, err := record.Create(dir, record.Manifest{}, record.OnDisk(d.open), record.OnError(func(error) { told.Add(1) }))
	require.NoError(t, err)
	g := gate{make(chan struct{}), make(chan struct{})}
	var slow sync.WaitGroup
	slow.Go(func() { w.Observe(t.Context(), pipeline.Event{Kind: pipeline.KindItem, Item: "slow", Out: g}) })
	<-g.reached
	observe(t, w, 1, essays(5, 1), noPause)
	require.ErrorIs(t, w.Err(), syscall.ENOSPC)
	size := len(read(t, dir, "log.jsonl"))
	d.mu.Lock()
	d.left = unlimited
	d.mu.Unlock()
	close(g.open)
	slow.Wait()
	require.Len(t, read(t, dir, "log.jsonl"), size)
	require.Equal(t, int64(1), told.Load())
	require.ErrorIs(t, w.Close(), syscall.ENOSPC)
}

func TestAnEventWithoutJSONIsAFailureOfTheRecord(t *testing.T) {
	t.Parallel()
	w, err := record.Create(filepath.Join(t.TempDir(), "run"), record.Manifest{})
	require.NoError(t, err)
	w.Observe(t.Context(), pipeline.Event{Kind: pipeline.KindStage, Time: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)})
	require.ErrorContains(t, w.Err(), "record: event stage: ")
	require.Equal(t, w.Err(), w.Close())
}

func TestReadOnlyDirectory(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("nothing is read-only to root")
	}
	root := t.TempDir()
	require.NoError(t, os.Chmod(root, 0o500)) // a directory must be searchable
	for _, dir := range []string{root, filepath.Join(root, "run")} {
		_, err := record.Create(dir, record.Manifest{})
		require.ErrorIs(t, err, fs.ErrPermission)
		require.ErrorContains(t, err, dir)
	}
}
