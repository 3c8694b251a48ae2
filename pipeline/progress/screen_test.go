package progress_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/progress"
)

// A line on a terminal is drawn in its place: each write goes back to the begin of the line and covers what stood there.
func TestTerminal(t *testing.T) {
	t.Parallel()
	for _, columns := range []int{2, 12, 40, 72, 200} {
		t.Run(fmt.Sprint(columns), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var out notes
				extra := progress.Extra(func() string { return "waiting 学生 \x1b[31mred\n" })
				line, err := progress.OnTerminal(&out, func() int { return columns }, progress.Total(12), extra)
				require.NoError(t, err)
				watch(t, line, 12)
				require.NoError(t, line.Close())
				checkTerminal(t, &out, columns)
			})
		})
	}
}

func checkTerminal(t *testing.T, out *notes, columns int) {
	t.Helper()
	writes := out.all()
	require.Greater(t, len(writes), 1)
	for i, w := range writes {
		last := i == len(writes)-1
		require.True(t, strings.HasPrefix(w, "\r"), "%q", w)
		require.Equal(t, last, strings.HasSuffix(w, "\n"), "%q", w)
		text := strings.TrimSuffix(w[1:], "\n")
		require.False(t, strings.ContainsFunc(text, unicode.IsControl), "%q", text)
		width := 0
		for _, r := range text {
			width++
			if unicode.Is(unicode.Han, r) {
				width++
			}
		}
		require.Less(t, width, columns, "%q", text)
		if i > 0 && !last {
			require.GreaterOrEqual(t, out.times[i].Sub(out.times[i-1]), time.Second/5)
			require.NotEqual(t, writes[i-1], w, "what stands there already is not drawn again")
		}
	}
	if columns == 200 {
		require.Equal(t, "\r12/12 items (100%), 1 failed, 31.2/min, cost 0.0110, 11.0k tokens, 1 retried, 1 throttled, 23s elapsed, "+
			"waiting 学生  [31mred", strings.TrimRight(writes[len(writes)-1], " \n"))
	}
}

// What was longer before is covered with blanks.
func TestTerminalLineGetsShorter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out notes
		state := "a long word 学"
		var mu sync.Mutex
		line, err := progress.OnTerminal(&out, func() int { return 0 }, progress.Extra(func() string {
			mu.Lock()
			defer mu.Unlock()
			return state
		}))
		require.NoError(t, err)
		observe(line, started())
		time.Sleep(300 * time.Millisecond)
		mu.Lock()
		state = "x"
		mu.Unlock()
		time.Sleep(300 * time.Millisecond)
		require.NoError(t, line.Close())
		assert.Equal(t, []string{
			"\r0 items, 0s elapsed, a long word 学",
			"\r0 items, 0s elapsed, x             ",
			"\r0 items, 1s elapsed, x",
			"\r0 items, 1s elapsed, x\n",
		}, out.all())
	})
}

// What is written through the line takes its place, and the line moves below it.
func TestWriteAboveTheLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out notes
		line, err := progress.OnTerminal(&out, func() int { return 80 })
		require.NoError(t, err)
		log := slog.New(slog.NewTextHandler(line, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}}))
		log.Info("before")
		observe(line, started())
		time.Sleep(300 * time.Millisecond)
		log.Info("while")
		n, err := fmt.Fprint(line, "no end of line")
		require.NoError(t, err)
		require.Equal(t, 14, n)
		require.NoError(t, line.Close())
		log.Info("after")
		blank := "\r" + strings.Repeat(" ", 19) + "\r"
		assert.Equal(t, []string{
			"level=INFO msg=before\n",
			"\r0 items, 0s elapsed",
			blank, "level=INFO msg=while\n", "0 items, 0s elapsed",
			blank, "no end of line", "\n0 items, 0s elapsed",
			"\r0 items, 0s elapsed\n",
			"level=INFO msg=after\n",
		}, out.all())
	})
}

// A writer that is not safe for concurrent use is shared through the line; the race detector watches.
func TestLineSharesItsWriter(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	line, err := progress.New(&out, progress.Interval(time.Millisecond))
	require.NoError(t, err)
	observe(line, started())
	const lines = 200
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range lines {
				_, err := fmt.Fprintln(line, "a line of a log")
				assert.NoError(t, err)
			}
		})
	}
	group.Wait()
	require.NoError(t, line.Close())
	require.Equal(t, 4*lines, strings.Count(out.String(), "a line of a log\n"))
}

// A write that fails is the caller's to know, and does not end the line.
func TestWriteFails(t *testing.T) {
	t.Parallel()
	out := brokenWriter{fail: func([]byte) (int, error) { return 0, errors.New("no space") }}
	line, err := progress.New(&out)
	require.NoError(t, err)
	_, err = fmt.Fprintln(line, "text")
	require.EqualError(t, err, "no space")
	require.EqualError(t, line.Close(), "progress: write: no space")
}

// brokenWriter fails from a write on.
type brokenWriter struct {
	notes

	fine int
	fail func(p []byte) (int, error)
}

func (b *brokenWriter) Write(p []byte) (int, error) {
	n, _ := b.notes.Write(p)
	if len(b.all()) > b.fine {
		return b.fail(p)
	}
	return n, nil
}

// A writer that fails is left alone from then on, and the run does not notice.
func TestWriterFails(t *testing.T) {
	t.Parallel()
	full := errors.New("no space")
	for name, c := range map[string]struct {
		fail func(p []byte) (int, error)
		want string
	}{
		"error": {func([]byte) (int, error) { return 0, full }, "progress: write: no space"},
		"short": {func(p []byte) (int, error) { return len(p) / 2, nil }, "progress: write: short write"},
		"panic": {func([]byte) (int, error) { panic("out of paper") }, "progress: panic while writing: out of paper"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				out := brokenWriter{fine: 1, fail: c.fail}
				line, err := progress.New(&out, progress.Interval(time.Second))
				require.NoError(t, err)
				watch(t, line, 12)
				require.EqualError(t, line.Close(), c.want)
				require.EqualError(t, line.Close(), c.want)
				assert.Len(t, out.all(), 2)
			})
		})
	}
}

// stuckWriter does not return before it is let go.
type stuckWriter struct {
	stuck chan struct{}
	notes
}

func (s *stuckWriter) Write(p []byte) (int, error) {
	<-s.stuck
	return s.notes.Write(p)
}

func TestWriterIsStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := stuckWriter{stuck: make(chan struct{})}
		line, err := progress.New(&out, progress.Interval(time.Second))
		require.NoError(t, err)
		begin := time.Now()
		watch(t, line, 12)
		assert.Equal(t, 23100*time.Millisecond, time.Since(begin).Truncate(100*time.Millisecond), "the run takes as long as without a line")
		close(out.stuck)
		require.NoError(t, line.Close())
		assert.Contains(t, out.all()[len(out.all())-1], "12 items")
	})
}

func TestExtraPanics(t *testing.T) {
	t.Parallel()
	var out notes
	line, err := progress.New(&out, progress.Extra(func() string { panic("no state") }))
	require.NoError(t, err)
	require.EqualError(t, line.Close(), "progress: panic while writing: no state")
	assert.Empty(t, out.all())
}

// A file that is no terminal gets plain text.
func TestFile(t *testing.T) {
	t.Parallel()
	f, err := os.Create(t.TempDir() + "/log")
	require.NoError(t, err)
	defer f.Close()
	line, err := progress.New(f)
	require.NoError(t, err)
	observe(line, reused())
	require.NoError(t, line.Close())
	_, err = f.Seek(0, io.SeekStart)
	require.NoError(t, err)
	text, err := io.ReadAll(f)
	require.NoError(t, err)
	assert.Regexp(t, `^1 item, 1 reused, \d+s elapsed\n$`, string(text))
}
