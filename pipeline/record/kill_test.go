package record_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// ledger is a service that is paid by the call and writes down in a file what completed.
type ledger struct{ file *os.File }

func (l *ledger) Run(_ context.Context, prompt string) (reply, error) {
	id, _, _ := strings.Cut(prompt, " of ")
	if _, err := fmt.Fprintln(l.file, id); err != nil {
		return reply{}, err
	}
	return reply{Text: "about " + prompt, Tokens: 1}, nil
}

func (*ledger) Identity() string { return "ledger" }

// killedRun is the environment variable with the directory that a process to be killed works in.
const killedRun = "GLOSS_TEST_KILLED_RUN"

// runInLedger runs the target over w, with a service that writes down what completed.
func runInLedger(t *testing.T, w *record.Writer, path string, inputs []essay) []pipeline.Result[string] {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	defer file.Close()
	target := pipeline.Derive(pipeline.Meta{Name: "paid"}, 0,
		func(*pipeline.Needs, int) func(context.Context) (pipeline.Stage[essay, string], error) {
			return func(context.Context) (pipeline.Stage[essay, string], error) {
				call := pipeline.Call[string, reply]("ledger", &ledger{file})
				return pipeline.Fn(func(ctx context.Context, e essay) (string, error) {
					first, err := call.Run(ctx, e.ID+" first of "+e.Text)
					if err != nil {
						return "", err
					}
					second, err := call.Run(ctx, e.ID+" second of "+e.Text)
					return first.Text + second.Text, err
				}), nil
			}
		})
	run, err := pipeline.NewRun(pipeline.WithRecorder(w), pipeline.WithInFlight(8))
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, target)
	require.NoError(t, err)
	var results []pipeline.Result[string]
	for r := range runner.Stream(t.Context(), pipeline.Items(inputs...)) {
		fmt.Println("result", r.ID) // for the process that kills this one
		results = append(results, r)
	}
	require.NoError(t, w.Close())
	return results
}

// TestRunToBeKilled is what the process does that TestAKilledProcess kills.
func TestRunToBeKilled(t *testing.T) {
	t.Parallel()
	dir := os.Getenv(killedRun)
	if dir == "" {
		t.Skip("it runs in a process of its own")
	}
	w, err := record.Create(filepath.Join(dir, "run"), record.Manifest{})
	require.NoError(t, err)
	runInLedger(t, w, filepath.Join(dir, "ledger"), reviewed(2000))
}

func TestAKilledProcess(t *testing.T) {
	t.Parallel()
	inputs := reviewed(2000)[:1999] // each once
	for _, after := range []int{1, 40, 300} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			dir, path := filepath.Join(root, "run"), filepath.Join(root, "ledger")
			process := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRunToBeKilled$", "-test.v")
			process.Env = append(os.Environ(), killedRun+"="+root)
			out, err := process.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, process.Start())
			var delivered []string
			for scan := bufio.NewScanner(out); len(delivered) < after && scan.Scan(); {
				if id, ok := strings.CutPrefix(scan.Text(), "result "); ok {
					delivered = append(delivered, id)
				}
			}
			require.NoError(t, process.Process.Kill())
			_ = process.Wait()
			require.Len(t, delivered, after)

			results := runInLedger(t, resume(t, dir), path, inputs)
			run := open(t, dir)
			orphaned := map[string]bool{}
			for _, e := range collect(t, run.Orphans()) {
				id, _, _ := strings.Cut(valueOf[string](t, run, e.In), " of ")
				orphaned[id] = true
			}
			assert.LessOrEqual(t, len(orphaned), 8, "no more than were in flight")
			paid := map[string]int{}
			for line := range strings.Lines(string(read(t, root, "ledger"))) {
				paid[strings.TrimSpace(line)]++
			}
			for id, n := range paid {
				if n > 1 {
					assert.True(t, orphaned[id], "%s was paid %d times, and its end was recorded", id, n)
				}
			}
			assert.Len(t, paid, 2*len(inputs))
			origin := map[string]string{}
			for _, r := range results {
				require.NoError(t, r.Err)
				origin[r.ID] = r.Origin
			}
			for _, id := range delivered {
				assert.Equal(t, "session 1", origin[id], "what was delivered is on disk")
			}
		})
	}
}
