package record_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// resumeCompressed resumes the run in dir, to be compressed when it is closed.
func resumeCompressed(t testing.TB, dir string) *record.Writer {
	t.Helper()
	w, err := record.Resume(dir, record.Manifest{}, record.Compressed())
	require.NoError(t, err)
	return w
}

// assertValues checks which of the files of values are in dir, and that nothing is left behind.
func assertValues(t testing.TB, dir, name string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	assert.ElementsMatch(t, []string{"lock", "log.jsonl", "manifest.json", "results.jsonl", name}, names)
}

func TestACompressedRunIsResumed(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 9)
	dir := copyOf(t, x.dir)
	compress(t, dir)
	l := &till{}
	for n, opts := range [][]record.Option{{record.Compressed()}, {}, {}, {record.Compressed()}, {record.Compressed()}} {
		w, err := record.CreateOrResume(dir, record.Manifest{}, opts...)
		require.NoError(t, err)
		require.Equal(t, string(x.values), string(read(t, dir, "values.jsonl")), "the plain file is there while the run goes on")
		require.NoFileExists(t, filepath.Join(dir, "values.jsonl.zst"))
		session(t, w, reviewing(l, 1), x.inputs)
		assert.Zero(t, l.total(), "no call is made again")
		assert.Equal(t, string(x.result), string(read(t, dir, "results.jsonl")))
		assert.Len(t, open(t, dir).Manifest().Sessions, n+2)
		if len(opts) == 0 {
			assertValues(t, dir, "values.jsonl")
			continue
		}
		assertValues(t, dir, "values.jsonl.zst")
		assert.Equal(t, string(x.values), string(unpacked(t, read(t, dir, "values.jsonl.zst"))), "no value is stored again")
	}
}

func TestAKillOfACompressedRun(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 9)
	random := rand.New(rand.NewPCG(11, 12))
	for range 20 {
		dir := killed(t, x.dir, x.manifest, x.log[:random.IntN(len(x.log)+1)], x.values[:random.IntN(len(x.values)+1)])
		compress(t, dir)
		x.check(t, dir)
		session(t, resumeCompressed(t, dir), reviewing(&till{}, 1), x.inputs)
		assertValues(t, dir, "values.jsonl.zst")
		assert.Equal(t, string(x.result), string(read(t, dir, "results.jsonl")))
	}
}

func TestARunThatGoesOnWithMoreIsCompressedAgain(t *testing.T) {
	t.Parallel()
	inputs := reviewed(12)
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.CreateOrResume(dir, record.Manifest{Name: "test"}, record.Compressed())
	require.NoError(t, err)
	l := &till{}
	session(t, w, reviewing(l, 1), inputs[:5])
	session(t, resumeCompressed(t, dir), reviewing(l, 1), inputs)
	w, whole := create(t)
	session(t, w, reviewing(&till{}, 1), inputs)
	assert.Equal(t, string(read(t, whole, "results.jsonl")), string(read(t, dir, "results.jsonl")))
	assert.Equal(t, 36, l.total())
	c := diff(t, open(t, whole), open(t, dir))
	assert.Empty(t, c.Differing)
}

// steps is a disk that keeps a copy of the directory before each step of what is done to a file, as a crash would leave it.
type steps struct {
	t    *testing.T
	dir  string
	name string
	left []string
}

func (s *steps) open(path string, flag int) (record.File, error) {
	if filepath.Base(path) != s.name {
		return record.OpenOwned(path, flag)
	}
	s.left = append(s.left, copyOf(s.t, s.dir))
	f, err := record.OpenOwned(path, flag)
	s.left = append(s.left, copyOf(s.t, s.dir))
	return &stepFile{f, s}, err
}

type stepFile struct {
	record.File

	steps *steps
}

func (f *stepFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p[:len(p)/2])
	f.steps.left = append(f.steps.left, copyOf(f.steps.t, f.steps.dir))
	if err != nil {
		return n, err
	}
	m, err := f.File.Write(p[len(p)/2:])
	return n + m, err
}

func (f *stepFile) Close() error {
	f.steps.left = append(f.steps.left, copyOf(f.steps.t, f.steps.dir))
	return f.File.Close()
}

// checkCrashed reads what a crash left of the whole run x, resumes it, and looks at what is left then.
func checkCrashed(t *testing.T, x *interrupted, dir string) {
	t.Helper()
	want, err := readAll(x.dir)
	require.NoError(t, err)
	got, err := readAll(dir)
	require.NoError(t, err)
	require.Equal(t, want, got)
	packed := copyOf(t, dir)
	l := &till{}
	session(t, resume(t, dir), reviewing(l, 1), x.inputs)
	assertValues(t, dir, "values.jsonl")
	session(t, resumeCompressed(t, packed), reviewing(l, 1), x.inputs)
	assertValues(t, packed, "values.jsonl.zst")
	assert.Zero(t, l.total())
	for _, d := range []string{dir, packed} {
		assert.Equal(t, string(x.result), string(read(t, d, "results.jsonl")))
	}
}

func TestACrashWhileValuesAreCompressed(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 6)
	dir := copyOf(t, x.dir)
	s := &steps{t: t, dir: dir, name: "values.jsonl.zst.tmp"}
	w, err := record.Resume(dir, record.Manifest{}, record.OnDisk(s.open), record.Compressed())
	require.NoError(t, err)
	session(t, w, reviewing(&till{}, 1), x.inputs)
	require.Len(t, s.left, 4)
	both := copyOf(t, dir)
	write(t, both, "values.jsonl", x.values)
	for _, crashed := range append(s.left, both, copyOf(t, dir)) {
		assert.Equal(t, record.StateFinished, open(t, crashed).Manifest().State)
		checkCrashed(t, &x, crashed)
	}
}

func TestACrashWhileValuesAreDecompressed(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 6)
	dir := copyOf(t, x.dir)
	compress(t, dir)
	s := &steps{t: t, dir: dir, name: "values.jsonl.tmp"}
	w, err := record.Resume(dir, record.Manifest{}, record.OnDisk(s.open))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.Len(t, s.left, 4)
	for _, crashed := range s.left {
		checkCrashed(t, &x, crashed)
	}
}

func TestThePlainFileCountsWhereBothAre(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 3)
	for name, stale := range map[string][]byte{
		"older": packed(t, x.values[:lastLineOf(x.values)]), "garbage": []byte("garbage"), "empty": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyOf(t, x.dir)
			write(t, dir, "values.jsonl.zst", stale)
			checkCrashed(t, &x, dir)
		})
	}
}

// recordCompressed records the whole of x on d, compressed.
func recordCompressed(t *testing.T, d *disk, x *interrupted) (dir string, created, closed error) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{Name: "test"}, record.OnDisk(d.open), record.Compressed())
	if err != nil {
		return dir, err, nil
	}
	run, err := pipeline.NewRun(pipeline.WithRecorder(w))
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, reviewing(&till{}, 1))
	require.NoError(t, err)
	for range runner.Stream(t.Context(), pipeline.Items(x.inputs...)) { // recorded
	}
	closed = w.Close()
	require.Equal(t, closed, w.Err())
	require.Equal(t, closed, w.Close())
	return dir, nil, closed
}

// checkNotCompressed checks that a run whose compression failed lacks nothing.
func checkNotCompressed(t *testing.T, x *interrupted, dir string, closed error) {
	t.Helper()
	require.ErrorIs(t, closed, record.ErrNotCompressed)
	require.ErrorContains(t, closed, "record: compress "+filepath.Join(dir, "values.jsonl")+": ")
	run := open(t, dir)
	m := run.Manifest()
	require.Equal(t, record.StateFinished, m.State)
	require.Equal(t, len(x.inputs), m.Counts.Items)
	require.Equal(t, string(x.result), string(read(t, dir, "results.jsonl")))
	_, err := readAll(dir)
	require.NoError(t, err)
	assertValues(t, dir, "values.jsonl")
	l := &till{}
	session(t, resumeCompressed(t, dir), reviewing(l, 1), x.inputs)
	require.Zero(t, l.total())
	assertValues(t, dir, "values.jsonl.zst")
}

func TestAFullDiskWhileValuesAreCompressed(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 9)
	var earlier, compressing int
	for size := 0; ; size += 997 {
		dir, created, closed := recordCompressed(t, &disk{left: size}, &x)
		switch {
		case created != nil:
			require.ErrorIs(t, created, syscall.ENOSPC)
		case closed == nil:
			assertValues(t, dir, "values.jsonl.zst")
			require.Positive(t, earlier)
			require.Positive(t, compressing)
			return
		case errors.Is(closed, record.ErrNotCompressed):
			compressing++
			require.ErrorIs(t, closed, syscall.ENOSPC)
			checkNotCompressed(t, &x, dir, closed)
		default:
			earlier++
			require.ErrorIs(t, closed, syscall.ENOSPC)
			require.NotEqual(t, record.StateFinished, open(t, dir).Manifest().State)
			require.FileExists(t, filepath.Join(dir, "values.jsonl"), "what is to be resumed stays as it is")
		}
	}
}

func TestEveryFailureToCompressIsReported(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 3)
	for _, operation := range []string{
		"open values.jsonl.zst.tmp", "sync values.jsonl.zst.tmp", "close values.jsonl.zst.tmp", "read values.jsonl",
	} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			dir, created, closed := recordCompressed(t, &disk{left: unlimited, fails: map[string]bool{operation: true}}, &x)
			require.NoError(t, created)
			require.ErrorIs(t, closed, errBroken)
			checkNotCompressed(t, &x, dir, closed)
		})
	}
}

func TestARunThatIsToBeResumedIsNotCompressed(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 3)
	for _, operation := range []string{"sync log.jsonl", "sync results.jsonl.tmp", "close values.jsonl"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			dir, created, closed := recordCompressed(t, &disk{left: unlimited, fails: map[string]bool{operation: true}}, &x)
			require.NoError(t, created)
			require.ErrorIs(t, closed, errBroken)
			require.NotErrorIs(t, closed, record.ErrNotCompressed)
			require.FileExists(t, filepath.Join(dir, "values.jsonl"))
			require.NoFileExists(t, filepath.Join(dir, "values.jsonl.zst"))
			x.check(t, dir)
		})
	}
}

func TestAPlainFileThatWasCutIsNotCompressed(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 3)
	dir := copyOf(t, x.dir)
	w := resumeCompressed(t, dir)
	write(t, dir, "values.jsonl", x.values[:len(x.values)/2])
	require.ErrorIs(t, w.Close(), record.ErrNotCompressed)
	require.NoFileExists(t, filepath.Join(dir, "values.jsonl.zst"))
	assert.Equal(t, string(x.values[:len(x.values)/2]), string(read(t, dir, "values.jsonl")))
}

func TestACompressedRunThatCannotBeDecompressed(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 3)
	file := packed(t, x.values)
	damaged := bytes.Clone(file)
	damaged[len(damaged)/2] ^= 0xFF
	for name, tc := range map[string]struct {
		d       *disk
		file    []byte
		m       record.Manifest
		want    string
		resumes bool
	}{
		"the disk is full":   {d: &disk{left: len(x.values) / 2}, want: syscall.ENOSPC.Error(), resumes: true},
		"it does not open":   {d: &disk{left: unlimited, fails: map[string]bool{"open values.jsonl.tmp": true}}, want: "broken", resumes: true},
		"it does not sync":   {d: &disk{left: unlimited, fails: map[string]bool{"sync values.jsonl.tmp": true}}, want: "broken", resumes: true},
		"the file is cut":    {file: file[:len(file)-1], want: "the file does not end with a table of its frames, so it was cut off or changed"},
		"the file is broken": {file: damaged, want: "values.jsonl.zst cannot be decompressed: "},
		"another seed":       {m: record.Manifest{Seed: 8}, want: "was begun with the seed 0", resumes: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyOf(t, x.dir)
			compress(t, dir)
			if tc.file != nil {
				write(t, dir, "values.jsonl.zst", tc.file)
			}
			before := read(t, dir, "values.jsonl.zst")
			opts := []record.Option{record.Compressed()}
			if tc.d != nil {
				opts = append(opts, record.OnDisk(tc.d.open))
			}
			_, err := record.Resume(dir, tc.m, opts...)
			require.ErrorContains(t, err, "record: ")
			require.ErrorContains(t, err, tc.want)
			assertValues(t, dir, "values.jsonl.zst")
			assert.Equal(t, string(before), string(read(t, dir, "values.jsonl.zst")), "it stays as it was")
			if tc.resumes {
				l := &till{}
				session(t, resumeCompressed(t, dir), reviewing(l, 1), x.inputs)
				assert.Zero(t, l.total())
			}
		})
	}
}

func TestReadersOfARunThatIsCompressedMeanwhile(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 3)
	dir := copyOf(t, x.dir)
	want, err := readAll(dir)
	require.NoError(t, err)
	early := open(t, dir)
	over := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			select {
			case <-over:
				return
			default:
			}
			got, err := readAll(dir)
			if !assert.NoError(t, err) || !assert.Equal(t, want, got) {
				return
			}
		}
	})
	for range 10 {
		require.NoError(t, resumeCompressed(t, dir).Close())
		assertValues(t, dir, "values.jsonl.zst")
	}
	close(over)
	reader.Wait()
	for _, h := range hashesOf(t, early) {
		_, err := early.Value(h)
		require.NoError(t, err, "a file that is open stays")
	}
}

func TestARunWithoutValuesIsCompressed(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{}, record.Compressed())
	require.NoError(t, err)
	require.NoError(t, w.Close())
	assertValues(t, dir, "values.jsonl.zst")
	assert.Empty(t, unpacked(t, read(t, dir, "values.jsonl.zst")))
	assert.Empty(t, collect(t, open(t, dir).Items()))
	require.NoError(t, resume(t, dir).Close())
	assert.Empty(t, read(t, dir, "values.jsonl"))
}

func TestCompressedFilesAreNotCleared(t *testing.T) {
	t.Parallel()
	dir := copyOf(t, newInterrupted(t, 3).dir, "manifest.json", "log.jsonl", "results.jsonl")
	compress(t, dir)
	_, err := record.CreateOrResume(dir, record.Manifest{})
	require.ErrorContains(t, err, "is not empty, it holds ")
	assert.True(t, slices.Contains(filesIn(t, dir), "values.jsonl.zst"))
}

func TestCompressedFilesBelongToTheirOwner(t *testing.T) {
	t.Parallel()
	info, err := os.Stat(filepath.Join(compressedRun(t, 1), "values.jsonl.zst"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

// Someone who decompresses by hand and stops in the middle leaves a plain file that must not count.
func TestAPlainFileThatIsShorterIsRefused(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 3)
	dir := copyOf(t, x.dir)
	write(t, dir, "values.jsonl.zst", packed(t, x.values))
	write(t, dir, "values.jsonl", x.values[:len(x.values)/2])
	_, err := record.Resume(dir, record.Manifest{})
	require.ErrorContains(t, err, "remove the one that is not whole")
	require.FileExists(t, filepath.Join(dir, "values.jsonl.zst"))
	require.NoError(t, os.Remove(filepath.Join(dir, "values.jsonl")))
	checkCrashed(t, &x, dir)
}
