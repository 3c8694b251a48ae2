package record_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// packed returns content in the seekable format.
func packed(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, record.WriteFrames(&b, io.NewSectionReader(bytes.NewReader(content), 0, int64(len(content)))))
	return b.Bytes()
}

// unpacked decompresses a file as any program does that knows nothing of its table.
func unpacked(t testing.TB, file []byte) []byte {
	t.Helper()
	d, err := zstd.NewReader(bytes.NewReader(file))
	require.NoError(t, err)
	defer d.Close()
	content, err := io.ReadAll(d)
	require.NoError(t, err)
	return content
}

// compress compresses the values of the run in dir.
func compress(t testing.TB, dir string) {
	t.Helper()
	write(t, dir, "values.jsonl.zst", packed(t, read(t, dir, "values.jsonl")))
	require.NoError(t, os.Remove(filepath.Join(dir, "values.jsonl")))
}

// plainCopy returns a copy of a compressed run that is not compressed.
func plainCopy(t testing.TB, dir string) string {
	t.Helper()
	copied := copyOf(t, dir, "values.jsonl.zst")
	write(t, copied, "values.jsonl", unpacked(t, read(t, dir, "values.jsonl.zst")))
	return copied
}

// compressedRun returns a closed run over n inputs with compressed values.
func compressedRun(t testing.TB, n int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{Name: "test"}, record.Compressed())
	require.NoError(t, err)
	run, err := pipeline.NewRun(pipeline.WithInFlight(4), pipeline.WithRecorder(w))
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, grader(noPause))
	require.NoError(t, err)
	for range runner.Stream(t.Context(), pipeline.Items(essays(n, 1)...)) { // recorded
	}
	require.NoError(t, w.Close())
	return dir
}

// hashesOf returns the values that the log names, in its order.
func hashesOf(t testing.TB, run *record.Run) []record.Hash {
	t.Helper()
	var all []record.Hash
	for _, e := range collect(t, run.Events()) {
		for _, h := range []record.Hash{e.In, e.Out} {
			if h != "" {
				all = append(all, h)
			}
		}
	}
	return all
}

func TestACompressedRunReadsAsThePlainOne(t *testing.T) {
	t.Parallel()
	dir := compressedRun(t, 600)
	assert.Equal(t, []string{"lock", "log.jsonl", "manifest.json", "results.jsonl", "values.jsonl.zst"}, filesIn(t, dir))
	a, b := open(t, plainCopy(t, dir)), open(t, dir)
	assert.Equal(t, record.StateFinished, b.Manifest().State)
	assert.Empty(t, b.Torn())
	assert.Equal(t, collect(t, a.Events()), collect(t, b.Events()))
	assert.Equal(t, collect(t, a.Items()), collect(t, b.Items()))
	hashes := hashesOf(t, a)
	require.Greater(t, len(hashes), 6000)
	for _, h := range hashes {
		want, err := a.Value(h)
		require.NoError(t, err)
		got, err := b.Value(h)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := b.Value("none")
	require.ErrorIs(t, err, record.ErrNotRecorded)
	for _, id := range []string{"e0", "e10", "e11", "e12", "e599"} {
		assert.Equal(t, show(t, a, id), show(t, b, id))
	}
	c := diff(t, a, b)
	assert.Empty(t, c.Settings)
	assert.Empty(t, c.Assets)
	assert.Empty(t, c.Differing)
	assert.Zero(t, c.Omitted)
	assert.Equal(t, 600, c.Items.Same+c.Items.FailedBoth)
	totals, err := b.Totals()
	require.NoError(t, err)
	assert.Equal(t, b.Manifest().Totals, totals)
	targets, err := b.Targets()
	require.NoError(t, err)
	require.NotEmpty(t, targets)
	changes, err := b.Stale(targets...)
	require.NoError(t, err)
	assert.Empty(t, changes)
}

func TestItemsOfACompressedLogWithoutResults(t *testing.T) {
	t.Parallel()
	dir := compressedRun(t, 100)
	want := collect(t, open(t, dir).Items())
	assert.Equal(t, want, collect(t, open(t, copyOf(t, dir, "results.jsonl")).Items()), "outputs come from the values")
}

func TestTheZstdCommandGivesThePlainFileBack(t *testing.T) {
	t.Parallel()
	command, err := exec.LookPath("zstd")
	if err != nil {
		t.Skip("there is no zstd command")
	}
	random := rand.New(rand.NewPCG(1, 1))
	for _, content := range []string{"", "{}\n", "{}", randomLines(random, 3*record.FrameSize)} {
		path := filepath.Join(t.TempDir(), "values.jsonl.zst")
		require.NoError(t, os.WriteFile(path, packed(t, []byte(content)), 0o600))
		out, err := exec.CommandContext(t.Context(), command, "-q", "-d", "-c", path).Output()
		require.NoError(t, err)
		require.Equal(t, content, string(out))
	}
}

// randomLines returns at least n bytes of lines, some of them longer than a frame.
func randomLines(random *rand.Rand, n int) string {
	var b strings.Builder
	for b.Len() < n {
		size := random.IntN(4000)
		if random.IntN(50) == 0 {
			size = random.IntN(3 * record.FrameSize)
		}
		line := make([]byte, size)
		for i := range line {
			line[i] = 'a' + byte(random.IntN(26))
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// framesOf returns the contents of the frames of a file, by its table.
func framesOf(t testing.TB, file []byte) [][]byte {
	t.Helper()
	d, err := zstd.NewReader(nil)
	require.NoError(t, err)
	defer d.Close()
	n := int(binary.LittleEndian.Uint32(file[len(file)-9:]))
	table, at := file[len(file)-9-12*n:], 0
	frames := make([][]byte, n)
	for i := range frames {
		size := int(binary.LittleEndian.Uint32(table[12*i:]))
		frames[i], err = d.DecodeAll(file[at:at+size], nil)
		require.NoError(t, err)
		require.Len(t, frames[i], int(binary.LittleEndian.Uint32(table[12*i+4:])))
		at += size
	}
	return frames
}

func TestFramesEndWithLines(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(2, 2))
	for range 20 {
		content := randomLines(random, random.IntN(6*record.FrameSize))
		if random.IntN(2) == 0 {
			content = strings.TrimSuffix(content, "\n")
		}
		file := packed(t, []byte(content))
		frames := framesOf(t, file)
		require.Equal(t, content, string(bytes.Join(frames, nil)))
		require.Equal(t, content, string(unpacked(t, file)))
		for i, f := range frames {
			require.LessOrEqual(t, len(f), record.FrameSize)
			if f[len(f)-1] != '\n' && i < len(frames)-1 {
				require.Len(t, f, record.FrameSize)
				require.NotContains(t, string(f), "\n", "it is a piece of one line")
			}
			if i > 0 {
				require.Greater(t, len(frames[i-1])+len(f), record.FrameSize, "frames are as large as they may be")
			}
		}
	}
}

func TestOrderOfReadsDoesNotMatter(t *testing.T) {
	t.Parallel()
	dir := compressedRun(t, 300)
	plain := open(t, plainCopy(t, dir))
	hashes := hashesOf(t, plain)
	want := map[record.Hash]record.Value{}
	for _, h := range hashes {
		v, err := plain.Value(h)
		require.NoError(t, err)
		want[h] = v
	}
	run := open(t, dir)
	random := rand.New(rand.NewPCG(3, 3))
	var readers sync.WaitGroup
	for i := range 8 {
		mine := slices.Clone(hashes)
		if i == 0 {
			slices.Reverse(mine)
		} else {
			random.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
		}
		readers.Go(func() {
			for _, h := range mine {
				got, err := run.Value(h)
				if !assert.NoError(t, err) || !assert.Equal(t, want[h], got) {
					return
				}
			}
		})
	}
	readers.Wait()
}

func TestReadingInOrderDecompressesAFrameOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{}, record.Compressed())
	require.NoError(t, err)
	observe(t, w, 1, essays(2000, 1), noPause)
	require.NoError(t, w.Close())
	frames := len(framesOf(t, read(t, dir, "values.jsonl.zst")))
	require.Greater(t, frames, 5)
	run := open(t, dir)
	decompressed, err := record.CountFrames(run)
	require.NoError(t, err)
	_, err = run.Value("none") // it reads where the values are
	require.ErrorIs(t, err, record.ErrNotRecorded)
	assert.Equal(t, frames, int(decompressed.Load()))
	decompressed.Store(0)
	hashes := hashesOf(t, run)
	for _, h := range hashes {
		_, err := run.Value(h)
		require.NoError(t, err)
	}
	assert.LessOrEqual(t, int(decompressed.Load()), 2*frames, "%d values were read", len(hashes))
}

func TestAClosedCompressedRun(t *testing.T) {
	t.Parallel()
	run, err := record.Open(compressedRun(t, 3))
	require.NoError(t, err)
	hashes := hashesOf(t, run)
	_, err = run.Value(hashes[0])
	require.NoError(t, err)
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for _, h := range hashes {
				if _, err := run.Value(h); err != nil {
					assert.ErrorIs(t, err, os.ErrClosed)
				}
			}
		})
	}
	require.NoError(t, run.Close())
	readers.Wait()
	require.ErrorIs(t, run.Close(), os.ErrClosed)
	_, err = run.Value(hashes[0])
	require.ErrorIs(t, err, os.ErrClosed, "even what is still in memory")
	require.ErrorContains(t, err, "values.jsonl.zst")
}

func TestTornFilesOfACompressedRun(t *testing.T) {
	t.Parallel()
	whole := recorded(t, 1, essays(30, 1))
	compress(t, whole)
	want := collect(t, open(t, whole).Items())
	log := read(t, whole, "log.jsonl")
	torn := copyOf(t, whole, "results.jsonl")
	write(t, torn, "log.jsonl", log[:len(log)-len(log)/3])
	run := open(t, torn)
	items := collect(t, run.Items())
	require.Greater(t, len(items), 10)
	require.Less(t, len(items), 30)
	require.True(t, slices.EqualFunc(want[:len(items)], items, func(a, b record.Item) bool { return assert.ObjectsAreEqual(a, b) }))
	require.Len(t, run.Torn(), 1)
	assert.Equal(t, "log.jsonl", run.Torn()[0].File)

	values := unpacked(t, read(t, whole, "values.jsonl.zst"))
	end := lastLineOf(values)
	write(t, torn, "values.jsonl.zst", packed(t, values[:len(values)-5]))
	run = open(t, torn)
	require.Len(t, run.Torn(), 2)
	assert.Equal(t, record.Tear{File: "values.jsonl.zst", Offset: int64(end), Length: int64(len(values) - 5 - end)}, run.Torn()[1])
}

// readAll reads everything there is to read, and returns the first error.
func readAll(dir string) (map[record.Hash]string, error) {
	run, err := record.Open(dir)
	if err != nil {
		return nil, err
	}
	defer run.Close()
	values := map[record.Hash]string{}
	for e, err := range run.Events() {
		if err != nil {
			return nil, err
		}
		for _, h := range []record.Hash{e.In, e.Out} {
			if h == "" {
				continue
			}
			v, err := run.Value(h)
			if err != nil {
				return nil, err
			}
			values[h] = string(v.JSON)
		}
	}
	return values, nil
}

func TestDamageToACompressedFileIsNoticed(t *testing.T) {
	t.Parallel()
	dir := compressedRun(t, 4)
	path := filepath.Join(dir, "values.jsonl.zst")
	whole := read(t, dir, "values.jsonl.zst")
	want, err := readAll(dir)
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(4, 4))
	try := func(what string, file []byte) {
		require.NoError(t, os.WriteFile(path, file, 0o600))
		got, err := readAll(dir)
		if err != nil {
			require.ErrorContains(t, err, path, what)
			return
		}
		require.Equal(t, want, got, what) // a bit that means nothing
	}
	for size := range whole {
		if size%7 == 0 || len(whole)-size < 60 {
			try("cut", whole[:size])
			_, err := readAll(dir)
			require.ErrorContains(t, err, "cannot be decompressed", "cut to %d of %d bytes", size, len(whole))
		}
	}
	for range 2000 {
		at, bit := random.IntN(len(whole)), random.IntN(8)
		if random.IntN(2) == 0 {
			at = len(whole) - 1 - random.IntN(40)
		}
		flipped := bytes.Clone(whole)
		flipped[at] ^= 1 << bit
		try("flipped", flipped)
	}
	for range 200 {
		garbage := make([]byte, random.IntN(300))
		for i := range garbage {
			garbage[i] = byte(random.Uint32())
		}
		try("garbage", garbage)
		try("garbage before the table", append(garbage, whole[len(whole)-29:]...))
	}
}

// withTable appends a table of frames of the given sizes, packed and not, which needs not be true.
func withTable(frames []byte, sizes ...uint32) []byte {
	table := binary.LittleEndian.AppendUint32(nil, 0x184D2A5E)
	table = binary.LittleEndian.AppendUint32(table, uint32(4*len(sizes)+9))
	for _, s := range sizes {
		table = binary.LittleEndian.AppendUint32(table, s)
	}
	table = binary.LittleEndian.AppendUint32(table, uint32(len(sizes)/2))
	return binary.LittleEndian.AppendUint32(append(append(slices.Clone(frames), table...), 0), 0x8F92EAB1)
}

// streamed returns a frame that does not say how long its content is.
func streamed(t testing.TB, window int, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithWindowSize(window), zstd.WithSingleSegment(false))
	require.NoError(t, err)
	_, err = w.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.Flush())
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestHostileFilesTakeNoMemory(t *testing.T) { //nolint:paralleltest // it measures what is allocated
	bomb := streamed(t, record.FrameSize, make([]byte, 256<<20))
	window := streamed(t, 64<<20, []byte("{}\n"))
	huge := packed(t, []byte("{}\n"))
	many := withTable(nil)
	binary.LittleEndian.PutUint32(many[len(many)-9:], 1<<28)
	for name, tc := range map[string]struct {
		file []byte
		want string
	}{
		"a frame that is larger than it says": {withTable(bomb, uint32(len(bomb)), record.FrameSize), "size exceeds configured limit"},
		"a window of 64 MB":                   {withTable(window, uint32(len(window)), 3), "window size exceeded"},
		"a frame of 4 GB":                     {withTable(huge, 1<<32-1, 3), "frame 0 has 4294967295 bytes"},
		"a content of 4 GB":                   {withTable(huge[:16], 16, 1<<32-1), "a frame has at most 262144 decompressed"},
		"no content":                          {withTable(huge[:16], 16, 0), "and 0 decompressed"},
		"fewer frames than the file has":      {withTable(huge[:16], 15, 3), "the file has 41 bytes, and its frames take 40"},
		"more frames than the file has":       {many, "are looked for at byte"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyOf(t, recorded(t, 1, essays(1, 1)), "values.jsonl")
			write(t, dir, "values.jsonl.zst", tc.file)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := readAll(dir)
			runtime.ReadMemStats(&after)
			require.ErrorContains(t, err, tc.want)
			require.ErrorContains(t, err, "values.jsonl.zst cannot be decompressed: ")
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20))
		})
	}
}

func FuzzOpenCompressed(f *testing.F) {
	dir := recorded(f, 1, essays(2, 1))
	values := read(f, dir, "values.jsonl")
	file := packed(f, values)
	want, err := readAll(dir)
	require.NoError(f, err)
	f.Add(file, uint32(0))
	f.Add(file[:len(file)-1], uint32(0))
	f.Add(packed(f, nil), uint32(0))
	f.Add(packed(f, values[:len(values)-3]), uint32(0))
	f.Add(file[:len(file)-8-12-9], uint32(len(values)))
	f.Add(streamed(f, record.FrameSize, values), uint32(len(values)))
	f.Add(streamed(f, 4*record.FrameSize, values), uint32(len(values)))
	f.Fuzz(func(t *testing.T, file []byte, size uint32) {
		if size > 0 { // for the fuzzer to get past the table
			file = withTable(file, uint32(len(file)), size)
		}
		dir := copyOf(t, dir, "values.jsonl")
		write(t, dir, "values.jsonl.zst", file)
		got, err := readAll(dir)
		if err != nil {
			require.ErrorContains(t, err, "record: ")
			return
		}
		require.Equal(t, want, got, "what has its hash is true")
	})
}
