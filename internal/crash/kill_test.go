package crash_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// kills is how often [TestKilledRunsGoOn] kills a process. All of them take about half a minute on two processors.
func kills() int {
	if os.Getenv("GLOSS_SLOW") == "" {
		return 8
	}
	return 50
}

// TestKilledRunsGoOn kills processes at random points with a signal that they cannot catch, some of them while they resume. Every run ends with the
// results of one that nothing happened to, no call that the record has the answer of is sent again, and what was in flight is
// accounted for.
func TestKilledRunsGoOn(t *testing.T) {
	t.Parallel()
	server := newProvider(t)
	whole := filepath.Join(t.TempDir(), "whole")
	begin := time.Now()
	finishes(t, whole, server.URL)
	usual := time.Since(begin)
	want := read(t, whole, "results.jsonl")
	require.Equal(t, essays, strings.Count(want, "\n"))
	calls := essays * len(criteria())
	require.Len(t, server.counts(), calls)

	rng := rand.New(rand.NewPCG(2026, 11))
	killed, repeated, orphaned, reused := 0, 0, 0, 0
	for n := 0; killed < kills(); n++ {
		server.forget()
		r := &victim{dir: filepath.Join(t.TempDir(), fmt.Sprint(n)), server: server}
		for r.kill(t, rng, usual) {
			killed++
			if killed == kills() || rng.IntN(3) > 0 { // every third one is killed once more
				break
			}
		}
		finishes(t, r.dir, server.URL)
		require.Equal(t, want, read(t, r.dir, "results.jsonl"), "kill %d", killed)
		totals := r.check(t)
		repeated += r.repeated
		orphaned += totals.Orphaned
		reused += totals.Usage.Reused
	}
	t.Logf("%d kills: %d calls were sent again, all of them in flight; %d orphaned attempts; %d calls of unfinished items answered from the record",
		killed, repeated, orphaned, reused)
	assert.Positive(t, repeated+orphaned, "kills that hit nothing prove nothing")
}

// victim is a run whose processes are killed.
type victim struct {
	dir      string
	server   *provider
	known    map[string]int // how often calls were sent by the time the record had their answers
	kills    int
	repeated int
}

// kill starts a worker, kills it at some point, and notes which calls the record has answers of by then. It reports whether it came in
// time.
func (v *victim) kill(t *testing.T, rng *rand.Rand, usual time.Duration) bool {
	t.Helper()
	cmd := worker(t, v.dir, v.server.URL)
	shoot := func() { _ = cmd.Process.Kill() }
	require.NoError(t, cmd.Start())
	switch rng.IntN(4) {
	case 0: // at any time, also before the first call and after the last one
		timer := time.AfterFunc(time.Duration(rng.Int64N(int64(usual))), shoot)
		defer timer.Stop()
	case 1: // some time after a request, so that answers are being written down
		delay := time.Duration(rng.IntN(5000)) * time.Microsecond
		v.server.when(1+rng.IntN(essays*len(criteria())), func() { time.AfterFunc(delay, shoot) })
	default: // while a request waits for its answer
		v.server.when(1+rng.IntN(essays*len(criteria())), shoot)
	}
	err := cmd.Wait()
	if err == nil {
		return false
	}
	exit := new(exec.ExitError)
	require.ErrorAs(t, err, &exit)
	require.False(t, exit.Exited(), "it was killed: %v", err)
	v.kills++
	v.note(t)
	return true
}

// note reads what the record has, and checks that no call of before was sent again.
func (v *victim) note(t *testing.T) {
	t.Helper()
	if v.known == nil {
		v.known = map[string]int{}
	}
	sent := v.server.counts()
	if _, err := os.Stat(filepath.Join(v.dir, "manifest.json")); err != nil {
		return // it was killed before it began
	}
	run, err := record.Open(v.dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, run.Close()) }()
	for e, err := range run.Events() {
		require.NoError(t, err)
		call := callOfEvent(e)
		if _, noted := v.known[call]; e.Kind == pipeline.KindCall && e.Error == "" && !noted {
			v.known[call] = sent[call]
		}
	}
}

// callOfEvent names a call as the provider does.
func callOfEvent(e record.Event) string {
	for _, c := range criteria() {
		if strings.Contains(e.Stage, c) {
			return e.Item + " " + c
		}
	}
	return e.Item
}

// check compares what was sent with what the record says.
func (v *victim) check(t *testing.T) record.Counts {
	t.Helper()
	sent := v.server.counts()
	require.Len(t, sent, essays*len(criteria()))
	for call, n := range sent {
		v.repeated += n - 1
		if then, ok := v.known[call]; ok {
			require.Equal(t, then, n, "%s was sent again although the record had the answer", call)
		}
	}
	run, err := record.Open(v.dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, run.Close()) }()
	m := run.Manifest()
	assert.Equal(t, record.StateFinished, m.State)
	counts := m.Counts
	assert.LessOrEqual(t, counts.Orphaned, v.kills*inFlight*len(criteria()), "no more than was in flight")
	assert.LessOrEqual(t, v.repeated, counts.Orphaned, "what was sent again is what was sent and never ended")
	return counts
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	return string(text)
}
