package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/store"
)

// childDir names to a process of the test program the directory that it shares.
const childDir = "GLOSS_STORE_TEST_DIR"

// bulk makes writing an object take long enough to be stopped in the middle.
const bulk = 256 << 10

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := countUp(context.Background(), dir, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// countUp adds to the counter of a directory once for every line of in, and tells out of every number that it has written.
func countUp(ctx context.Context, dir string, in io.Reader, out io.Writer) error {
	s, err := store.OpenDir(dir)
	if err != nil {
		return err
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		for {
			n, tag, err := counterIn(ctx, s)
			if err != nil {
				return err
			}
			_, err = s.Put(ctx, "state/counter", counter(n+1), tag)
			if errors.Is(err, store.ErrConflict) {
				continue
			}
			if err != nil {
				return err
			}
			fmt.Fprintln(out, n+1)
			break
		}
	}
	return nil
}

// counter is a number that is seen to be torn when it is.
func counter(n int) []byte { return []byte(strings.Repeat(fmt.Sprintf("%015d\n", n), bulk/16)) }

func counterIn(ctx context.Context, s store.Store) (int, store.Tag, error) {
	o, err := s.Get(ctx, "state/counter")
	if errors.Is(err, store.ErrNotFound) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", err
	}
	if len(o.Data) < 16 {
		return 0, "", fmt.Errorf("the counter has %d bytes", len(o.Data))
	}
	n, err := strconv.Atoi(string(o.Data[:15]))
	if err != nil || string(o.Data) != string(counter(n)) {
		return 0, "", fmt.Errorf("the counter is torn: %w", errors.Join(err, errors.New("want one number")))
	}
	return n, o.Tag, nil
}

type child struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
}

func startChild(t *testing.T, dir string) *child {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return &child{cmd, in, bufio.NewScanner(out)}
}

func TestProcessesLoseNoUpdate(t *testing.T) {
	t.Parallel()
	const processes, each = 4, 25
	dir := t.TempDir()
	var mu sync.Mutex
	seen := map[string]int{}
	var wg sync.WaitGroup
	for range processes {
		c := startChild(t, dir)
		wg.Go(func() {
			_, err := io.WriteString(c.in, strings.Repeat("\n", each))
			assert.NoError(t, err)
			assert.NoError(t, c.in.Close())
			for c.out.Scan() {
				mu.Lock()
				seen[c.out.Text()]++
				mu.Unlock()
			}
			assert.NoError(t, c.process.Wait())
		})
	}
	wg.Wait()
	n, _, err := counterIn(t.Context(), openDir(t, dir))
	require.NoError(t, err)
	assert.Equal(t, processes*each, n)
	assert.Len(t, seen, processes*each, "every number was written by one process")
}

// A process is killed while it writes, at a moment that differs each time. What it said to have written is there, what is there is whole,
// and the next process goes on.
func TestKilledProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kills := 30
	if testing.Short() {
		kills = 8
	}
	told, interrupted := 0, 0
	for i := range kills {
		c := startChild(t, dir)
		_, err := io.WriteString(c.in, strings.Repeat("\n", 1000))
		require.NoError(t, err)
		for range 3 {
			require.True(t, c.out.Scan(), "a process that follows a killed one gets on")
			told, err = strconv.Atoi(c.out.Text())
			require.NoError(t, err)
		}
		for look := 0; i%2 == 0 && look < 10_000 && len(entries(t, dir+"/temp")) == 0; look++ {
			runtime.Gosched() // every second process is to be killed in the middle of writing
		}
		require.NoError(t, c.process.Process.Kill())
		for c.out.Scan() { // what it said before it was killed
			if n, err := strconv.Atoi(c.out.Text()); err == nil {
				told = n
			}
		}
		require.Error(t, c.process.Wait())
		interrupted += len(entries(t, dir+"/temp"))
		s := openDir(t, dir)
		n, _, err := counterIn(t.Context(), s)
		require.NoError(t, err)
		require.Contains(t, []int{told, told + 1}, n, "at most the last one was written without a word")
		require.Equal(t, []string{"state/counter"}, keysOf(t, s, ""))
	}
	t.Logf("%d of %d processes were killed in the middle of writing; the counter is at %d", interrupted, kills, told)
}

func entries(t *testing.T, dir string) []os.DirEntry {
	t.Helper()
	found, err := os.ReadDir(dir)
	require.NoError(t, err)
	return found
}
