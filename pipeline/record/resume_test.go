package record_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// till is a service that is paid by the call. It counts what completed, by what was asked.
type till struct {
	mu     sync.Mutex
	paid   map[string]int
	broken func(prompt string) bool // which calls fail; nil for none
}

func (l *till) Run(_ context.Context, prompt string) (reply, error) {
	if l.broken != nil && l.broken(prompt) {
		return reply{}, errNoScore
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.paid == nil {
		l.paid = map[string]int{}
	}
	l.paid[prompt]++
	return reply{Text: "about " + prompt, Tokens: len(prompt)}, nil
}

func (l *till) Identity() string { return "till/v1" }

func (*till) ModelInfo() (provider, model string) { return "till", "v1" }

func (l *till) total() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, k := range l.paid {
		n += k
	}
	return n
}

// reviewing is a target with three calls an item, two of them at once. Items whose text begins with "bad" fail after their calls, every time.
// k is its configuration.
func reviewing(l *till, k int) pipeline.Asset[pipeline.Stage[essay, prediction]] {
	live := pipeline.Tool("till", l)
	return pipeline.Derive(pipeline.Meta{Name: "reviewing"}, k,
		func(n *pipeline.Needs, _ int) func(context.Context) (pipeline.Stage[essay, prediction], error) {
			model := pipeline.Need(n, live)
			return func(context.Context) (pipeline.Stage[essay, prediction], error) { return reviewingStage(model()), nil }
		})
}

func reviewingStage(l *till) pipeline.Stage[essay, prediction] {
	call := pipeline.Call[string, reply]("till", l)
	plan := pipeline.Named("plan", pipeline.Fn(func(ctx context.Context, e essay) ([]string, error) {
		_, err := call.Run(ctx, e.ID+": plan of "+e.Text)
		return []string{e.ID + ": style of " + e.Text, e.ID + ": content of " + e.Text}, err
	}))
	ask := pipeline.Named("ask", pipeline.Each[string, reply](call, 0))
	sum := pipeline.Named("sum", pipeline.Fn(func(_ context.Context, rs []reply) (prediction, error) {
		if strings.Contains(rs[0].Text, "bad") {
			return prediction{}, errNoScore
		}
		return prediction{Words: len(rs[0].Text), Comment: rs[1].Text}, nil
	}))
	return pipeline.Then(pipeline.Then(plan, ask), sum)
}

// reviewed returns n essays, some of which fail, and two of which are the same.
func reviewed(n int) []essay {
	out := make([]essay, n)
	for i := range out {
		text := fmt.Sprintf("text %d %s", i, strings.Repeat("word ", 20))
		if i%7 == 3 {
			text = "bad " + text
		}
		out[i] = essay{ID: fmt.Sprintf("r%d", i), Text: text}
	}
	out[n-1] = out[0]
	return out
}

// session runs streams over w, which it closes, and returns the results of all.
func session(
	t testing.TB, w *record.Writer, target pipeline.Asset[pipeline.Stage[essay, prediction]], streams ...[]essay,
) []pipeline.Result[prediction] {
	t.Helper()
	results, err := tried(t, w, target, streams...)
	require.NoError(t, err)
	return results
}

func tried(
	t testing.TB, w *record.Writer, target pipeline.Asset[pipeline.Stage[essay, prediction]], streams ...[]essay,
) ([]pipeline.Result[prediction], error) {
	t.Helper()
	run, err := pipeline.NewRun(pipeline.WithInFlight(4), pipeline.WithRecorder(w))
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, target)
	if err != nil {
		require.NoError(t, w.Close())
		return nil, err
	}
	var results []pipeline.Result[prediction]
	for _, inputs := range streams {
		results = slices.AppendSeq(results, runner.Stream(t.Context(), pipeline.Items(inputs...)))
	}
	require.NoError(t, w.Close())
	return results, nil
}

func create(t testing.TB) (*record.Writer, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{Name: "test"})
	require.NoError(t, err)
	return w, dir
}

func resume(t testing.TB, dir string) *record.Writer {
	t.Helper()
	w, err := record.Resume(dir, record.Manifest{})
	require.NoError(t, err)
	return w
}

// killed returns a copy of a run as a kill would have left it: with so much of the log and the values, and the manifest of a run
// that goes on.
func killed(t testing.TB, dir string, manifest, log, values []byte) string {
	t.Helper()
	copied := copyOf(t, dir, "results.jsonl", "lock")
	write(t, copied, "manifest.json", manifest)
	write(t, copied, "log.jsonl", log)
	write(t, copied, "values.jsonl", values)
	return copied
}

// completed returns the prompts of the calls whose outcome the record in dir holds, and how often each.
func completed(t testing.TB, dir string) map[string]int {
	t.Helper()
	run, err := record.Open(dir)
	require.NoError(t, err)
	defer run.Close()
	prompts := map[string]int{}
	for e, err := range run.Events() {
		require.NoError(t, err)
		if e.Kind != pipeline.KindCall || e.Error != "" {
			continue
		}
		if v, err := run.Value(e.Out); err == nil {
			text := string(v.JSON)
			prompt, _, _ := strings.Cut(strings.TrimPrefix(text, `{"text":"about `), `","tokens"`)
			prompts[prompt]++
		}
	}
	return prompts
}

// interrupted is a whole run to cut pieces off.
type interrupted struct {
	inputs                        []essay
	dir                           string
	manifest, log, values, result []byte
}

func newInterrupted(t testing.TB, n int) interrupted {
	t.Helper()
	x := interrupted{inputs: reviewed(n)}
	w, dir := create(t)
	x.dir, x.manifest = dir, read(t, dir, "manifest.json")
	session(t, w, reviewing(&till{}, 1), x.inputs)
	x.log, x.values, x.result = read(t, dir, "log.jsonl"), read(t, dir, "values.jsonl"), read(t, dir, "results.jsonl")
	return x
}

// check resumes what is left of a run and compares it with the uninterrupted one.
func (x *interrupted) check(t *testing.T, dir string) {
	t.Helper()
	before := completed(t, dir)
	w, l := resume(t, dir), &till{}
	spent := w.Spent().Calls
	session(t, w, reviewing(l, 1), x.inputs)
	require.Equal(t, string(x.result), string(read(t, dir, "results.jsonl")))
	n := 0
	for prompt, k := range before {
		n += k
		want := 1 // each is made once
		if strings.HasPrefix(prompt, "r0:") {
			want = 2
		}
		require.LessOrEqual(t, k+l.paid[prompt], want, "%q was completed %d times and paid %d times more", prompt, k, l.paid[prompt])
	}
	require.Equal(t, 3*len(x.inputs), n+l.total(), "what was not completed is made")
	run := open(t, dir)
	m := run.Manifest()
	require.Equal(t, record.StateFinished, m.State)
	totals, err := run.Totals()
	require.NoError(t, err)
	require.Equal(t, m.Totals, totals)
	require.Equal(t, spent+l.total(), m.Counts.Usage.Calls)
}

func TestAKillAtEveryLineOfTheLog(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 6)
	for end := range len(x.log) + 1 {
		if end > 0 && x.log[end-1] != '\n' {
			continue
		}
		x.check(t, killed(t, x.dir, x.manifest, x.log[:end], x.values))
	}
}

func TestAKillAtAnyByte(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 9)
	random := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		log, values := x.log[:random.IntN(len(x.log)+1)], x.values
		if random.IntN(2) == 0 {
			values = values[:random.IntN(len(values)+1)]
		}
		x.check(t, killed(t, x.dir, x.manifest, log, values))
	}
}

func TestAKillOfAResumedRun(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 9)
	random := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		dir := killed(t, x.dir, x.manifest, x.log[:random.IntN(len(x.log)+1)], x.values)
		for range 4 {
			w := resume(t, dir)
			manifest := read(t, dir, "manifest.json")
			session(t, w, reviewing(&till{}, 1), x.inputs)
			log := read(t, dir, "log.jsonl")
			dir = killed(t, dir, manifest, log[:len(log)-random.IntN(len(log)/3)], read(t, dir, "values.jsonl"))
		}
		before := completed(t, dir)
		l := &till{}
		session(t, resume(t, dir), reviewing(l, 1), x.inputs)
		require.Equal(t, string(x.result), string(read(t, dir, "results.jsonl")))
		for prompt := range before {
			require.LessOrEqual(t, l.paid[prompt], 1)
			if !strings.HasPrefix(prompt, "r0:") {
				require.Zero(t, l.paid[prompt], "%q was completed before", prompt)
			}
		}
	}
}

func TestAResumedRunInAnotherOrder(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 20)
	random := rand.New(rand.NewPCG(5, 6))
	for range 10 {
		dir := killed(t, x.dir, x.manifest, x.log[:random.IntN(len(x.log)+1)], x.values)
		before := completed(t, dir)
		inputs := slices.Clone(x.inputs)
		random.Shuffle(len(inputs), func(i, j int) { inputs[i], inputs[j] = inputs[j], inputs[i] })
		l := &till{}
		session(t, resume(t, dir), reviewing(l, 1), inputs)
		n := 0
		for _, k := range before {
			n += k
		}
		require.Equal(t, 3*len(inputs), n+l.total())
		w, whole := create(t)
		session(t, w, reviewing(&till{}, 1), inputs)
		require.Equal(t, string(read(t, whole, "results.jsonl")), string(read(t, dir, "results.jsonl")))
	}
}

func TestAFinishedRunGivesItsResultsAgain(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 9)
	dir := copyOf(t, x.dir)
	values := read(t, dir, "values.jsonl")
	l := &till{}
	results := session(t, resume(t, dir), reviewing(l, 1), x.inputs)
	assert.Zero(t, l.total())
	require.Len(t, results, 9)
	for i, r := range results {
		if i%7 == 3 {
			require.ErrorIs(t, r.Err, errNoScore)
			assert.Equal(t, 3, r.Usage.Reused)
			continue
		}
		assert.Equal(t, "session 1", r.Origin)
		assert.Zero(t, r.Usage)
	}
	assert.Equal(t, string(values), string(read(t, dir, "values.jsonl")), "no value is stored again")
	run := open(t, dir)
	m := run.Manifest()
	assert.Equal(t, record.StateFinished, m.State)
	require.Len(t, m.Sessions, 2)
	assert.Equal(t, record.Counts{Items: 9, Succeeded: 8, Failed: 1, Usage: m.Sessions[0].Counts.Usage}, m.Sessions[0].Counts)
	assert.Equal(t, record.Counts{Items: 9, Succeeded: 8, Failed: 1, Reused: 8, Usage: pipeline.Usage{Reused: 3}}, m.Sessions[1].Counts)
	assert.Equal(t, 27, m.Counts.Usage.Calls)
	assert.Equal(t, 3, m.Counts.Usage.Reused)
	assert.Equal(t, 9, m.Counts.Items)
	for _, e := range eventsOf(t, run, pipeline.KindItem) {
		if e.Session == 2 && e.Error == "" {
			assert.Equal(t, "session 1", e.Origin)
			assert.NotEmpty(t, e.Out)
		}
	}
}

func TestResumeRefuses(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 3)
	for name, tc := range map[string]struct {
		damage func(t *testing.T, dir string)
		m      record.Manifest
		want   string
	}{
		"no run":          {damage: func(t *testing.T, dir string) { require.NoError(t, os.RemoveAll(dir)) }, want: "is not the directory of a run"},
		"another seed":    {m: record.Manifest{Seed: 3}, want: "was begun with the seed 0 and cannot be resumed with 3"},
		"a broken config": {m: record.Manifest{Config: []byte("{")}, want: "record: manifest: "},
		"an older format": {damage: func(t *testing.T, dir string) { write(t, dir, "manifest.json", []byte(`{"format":3}`)) }, want: "format 3 is unknown"},
		"a damaged log":   {damage: func(t *testing.T, dir string) { write(t, dir, "log.jsonl", cut(x.log)) }, want: "log.jsonl:3: "},
		"damaged values":  {damage: func(t *testing.T, dir string) { write(t, dir, "values.jsonl", cut(x.values)) }, want: "values.jsonl:3: "},
		"a nil function":  {want: "OnError(nil)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyOf(t, x.dir)
			if tc.damage != nil {
				tc.damage(t, dir)
			}
			var opts []record.Option
			if strings.HasPrefix(tc.want, "OnError") {
				opts = append(opts, record.OnError(nil))
			}
			w, err := record.Resume(dir, tc.m, opts...)
			require.ErrorContains(t, err, tc.want)
			require.Nil(t, w)
			if tc.damage == nil {
				require.NoError(t, resume(t, dir).Close(), "the lock is given back")
			}
		})
	}
}

func TestOneWriterAtATime(t *testing.T) {
	t.Parallel()
	w, dir := create(t)
	_, err := record.Resume(dir, record.Manifest{})
	require.ErrorContains(t, err, "record: "+dir+" is being written by another Writer")
	run, err := record.Open(dir)
	require.NoError(t, err, "readers need no lock")
	require.NoError(t, run.Close())
	require.NoError(t, w.Close())
	w = resume(t, dir)
	_, err = record.Resume(dir, record.Manifest{})
	require.ErrorContains(t, err, dir)
	require.NoError(t, w.Close())
}

func TestLostValuesAreMadeAgain(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 3)
	run := open(t, x.dir)
	items := eventsOf(t, run, pipeline.KindItem)
	lines := bytes.SplitAfter(x.values, []byte("\n"))
	for name, damage := range map[string]func(line []byte) []byte{
		"missing": func([]byte) []byte { return nil },
		"changed": func(line []byte) []byte { return bytes.Replace(line, []byte(`"words":`), []byte(`"wards":`), 1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := items[slices.IndexFunc(items, func(e record.Event) bool { return e.Item == "r1" })].Out
			var values []byte
			for _, l := range lines {
				if bytes.Contains(l, []byte(`"hash":"`+string(out))) {
					l = damage(l)
				}
				values = append(values, l...)
			}
			dir := killed(t, x.dir, x.manifest, x.log, values)
			l := &till{}
			session(t, resume(t, dir), reviewing(l, 1), x.inputs)
			assert.Equal(t, string(x.result), string(read(t, dir, "results.jsonl")))
			assert.Zero(t, l.total(), "its calls were not lost")
			m := open(t, dir).Manifest()
			assert.Equal(t, 1, m.Sessions[1].Lost)
			session(t, resume(t, dir), reviewing(l, 1), x.inputs)
			assert.Equal(t, string(x.result), string(read(t, dir, "results.jsonl")))
			assert.Zero(t, l.total(), "what was made again is in the record")
		})
	}
}

// oneWay does not come back from its JSON as it was.
type oneWay struct{ V float64 }

func (o oneWay) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"v":%q}`, fmt.Sprint(o.V)), nil
}

func TestWhatDoesNotComeBackIsMadeAgainFromItsCalls(t *testing.T) {
	t.Parallel()
	target := func(l *till) pipeline.Asset[pipeline.Stage[essay, oneWay]] {
		return pipeline.Derive(pipeline.Meta{Name: "oneway"}, 0,
			func(*pipeline.Needs, int) func(context.Context) (pipeline.Stage[essay, oneWay], error) {
				return func(context.Context) (pipeline.Stage[essay, oneWay], error) {
					return pipeline.Then(reviewingStage(l), pipeline.Fn(func(_ context.Context, p prediction) (oneWay, error) {
						return oneWay{float64(p.Words) + 0.5}, nil
					})), nil
				}
			})
	}
	l := &till{}
	play := func(w *record.Writer) {
		run, err := pipeline.NewRun(pipeline.WithRecorder(w), pipeline.WithInFlight(3))
		require.NoError(t, err)
		runner, err := pipeline.Start(t.Context(), run, target(l))
		require.NoError(t, err)
		for r := range runner.Stream(t.Context(), pipeline.Items(reviewed(3)...)) {
			require.NoError(t, r.Err)
		}
		require.NoError(t, w.Close())
	}
	w, dir := create(t)
	play(w)
	want := read(t, dir, "results.jsonl")
	for range 3 {
		play(resume(t, dir))
		assert.Equal(t, 9, l.total(), "no call is paid for again")
		assert.Equal(t, string(want), string(read(t, dir, "results.jsonl")))
	}
}

func TestAStoppedRunSaysWhy(t *testing.T) {
	t.Parallel()
	inputs := reviewed(12)
	w, dir := create(t)
	play := func(w *record.Writer, calls int) {
		run, err := pipeline.NewRun(pipeline.WithRecorder(w), pipeline.WithInFlight(2), pipeline.WithBudget(pipeline.Budget{Calls: calls}))
		require.NoError(t, err)
		runner, err := pipeline.Start(t.Context(), run, reviewing(&till{}, 1))
		require.NoError(t, err)
		for range runner.Stream(t.Context(), pipeline.Items(inputs...)) { // recorded
		}
		require.NoError(t, w.Close())
	}
	play(w, 10)
	m := open(t, dir).Manifest()
	assert.Equal(t, record.StateStopped, m.State)
	assert.Contains(t, m.Reason, "the budget of 10 calls is spent")
	assert.Equal(t, 10, m.Counts.Usage.Calls)
	play(resume(t, dir), 36)
	m = open(t, dir).Manifest()
	assert.Equal(t, record.StateFinished, m.State)
	assert.Empty(t, m.Reason)
	assert.Equal(t, record.StateStopped, m.Sessions[0].State)
	assert.Equal(t, 36, m.Counts.Usage.Calls, "earlier sessions count towards the budget")
	assert.Equal(t, 26, m.Sessions[1].Counts.Usage.Calls)
}

func TestOrphans(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 3)
	lines := bytes.SplitAfter(x.log, []byte("\n"))
	i := slices.IndexFunc(lines, func(l []byte) bool { return bytes.Contains(l, []byte(`"kind":"call_started"`)) })
	dir := killed(t, x.dir, x.manifest, bytes.Join(lines[:i+1], nil), x.values)
	assert.Len(t, collect(t, open(t, dir).Orphans()), 1)
	session(t, resume(t, dir), reviewing(&till{}, 1), x.inputs)
	run := open(t, dir)
	orphans := collect(t, run.Orphans())
	require.Len(t, orphans, 1)
	assert.Equal(t, 1, orphans[0].Session)
	assert.Equal(t, "plan", orphans[0].Stage)
	m := run.Manifest()
	assert.Equal(t, 1, m.Counts.Orphaned)
	assert.Equal(t, []int{1, 0}, []int{m.Sessions[0].Counts.Orphaned, m.Sessions[1].Counts.Orphaned})
	assert.Equal(t, record.StateInterrupted, m.Sessions[0].State)
	assert.False(t, m.Sessions[0].Ended.IsZero())
	for range run.Orphans() {
		break
	}
}

func TestItemsOfARunThatWasResumedAndKilled(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 9)
	dir := copyOf(t, x.dir)
	w := resume(t, dir)
	assert.Len(t, collect(t, open(t, dir).Items()), 9, "what was finished stays readable")
	require.NoError(t, w.Close())
}

func TestTotalsOfAKilledRun(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 9)
	closed := open(t, x.dir).Manifest()
	require.NotEmpty(t, closed.Stages)
	dir := killed(t, x.dir, x.manifest, x.log, x.values)
	run := open(t, dir)
	require.Zero(t, run.Manifest().Counts)
	totals, err := run.Totals()
	require.NoError(t, err)
	assert.Equal(t, closed.Totals, totals)
	require.Len(t, totals.Models, 1)
	assert.Equal(t, []string{"till", "v1"}, []string{totals.Models[0].Provider, totals.Models[0].Model})
	assert.Equal(t, 27, totals.Models[0].Latency.Count)
	var paths []string
	for _, s := range totals.Stages {
		paths = append(paths, s.Stage)
	}
	assert.Equal(t, []string{"ask", "plan", "sum"}, paths)
	assert.Equal(t, 18, totals.Stages[0].Usage.Calls)
	assert.Equal(t, 1, totals.Stages[2].Failed)
	assert.Equal(t, 9, totals.Stages[2].Latency.Count)
}

func TestAFullDiskLosesNothingThatWasPaidFor(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 9)
	random := rand.New(rand.NewPCG(8, 9))
	var failed int
	for range 40 {
		d := &disk{left: random.IntN(30_000)}
		dir := filepath.Join(t.TempDir(), "run")
		w, err := record.Create(dir, record.Manifest{Name: "test"}, record.OnDisk(d.open))
		if err != nil {
			continue // there is nothing to resume
		}
		run, err := pipeline.NewRun(pipeline.WithRecorder(w), pipeline.WithInFlight(4))
		require.NoError(t, err)
		runner, err := pipeline.Start(t.Context(), run, reviewing(&till{}, 1))
		require.NoError(t, err)
		for range runner.Stream(t.Context(), pipeline.Items(x.inputs...)) { // some of it is recorded
		}
		if w.Close() != nil {
			failed++
		}
		w, err = record.Resume(dir, record.Manifest{}, record.OnDisk((&disk{left: random.IntN(30_000)}).open)) // it is full again
		if err == nil {
			_ = w.Close()
		}
		x.check(t, dir)
	}
	require.Positive(t, failed)
}

func TestResumeReportsEveryFailureOfTheDisk(t *testing.T) {
	t.Parallel()
	x := newInterrupted(t, 3)
	for _, operation := range []string{
		"open log.jsonl", "open values.jsonl", "open results.partial.jsonl", "open manifest.json.tmp", "sync manifest.json.tmp",
	} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			dir := copyOf(t, x.dir)
			d := &disk{left: unlimited, fails: map[string]bool{operation: true}}
			_, err := record.Resume(dir, record.Manifest{}, record.OnDisk(d.open))
			require.ErrorIs(t, err, errBroken)
			require.ErrorContains(t, err, "record: ")
			x.check(t, dir)
		})
	}
}

func TestResumeOfAReadOnlyDirectory(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("nothing is read-only to root")
	}
	x := newInterrupted(t, 3)
	require.NoError(t, os.Remove(filepath.Join(x.dir, "lock")))
	require.NoError(t, os.Chmod(x.dir, 0o500)) // a directory must be searchable
	_, err := record.Resume(x.dir, record.Manifest{})
	require.ErrorIs(t, err, fs.ErrPermission)
	require.ErrorContains(t, err, x.dir)
	require.NoError(t, os.Chmod(x.dir, 0o700))
}

func TestShowTellsEachSession(t *testing.T) {
	t.Parallel()
	l := &till{broken: func(prompt string) bool { return strings.HasPrefix(prompt, "r0: content") }}
	w, dir := create(t)
	session(t, w, reviewing(l, 1), reviewed(2)[:1])
	l.broken = nil
	session(t, resume(t, dir), reviewing(l, 1), reviewed(2)[:1])
	session(t, resume(t, dir), reviewing(l, 1), reviewed(2)[:1])
	story := show(t, open(t, dir), "r0")
	assert.Equal(t, 3, strings.Count(story, "item r0: batch 1, index 0, target reviewing, session "))
	assert.Contains(t, story, "call 1 of till, taken from session 1\n")
	assert.Regexp(t, `the item ended after \S+, taken from session 2\n`, story)
}

func TestSessionsKeepWhatIsTheirs(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{Name: "first", Seed: 4, Config: []byte(`{"budget": 1}`)})
	require.NoError(t, err)
	require.NoError(t, w.Close())
	for _, config := range []string{`{ "budget":1 }`, `{"budget":2}`} {
		w, err = record.Resume(dir, record.Manifest{Name: "other", Seed: 4, Config: []byte(config)})
		require.NoError(t, err)
		m := open(t, dir).Manifest()
		assert.Equal(t, record.StateRunning, m.State)
		assert.True(t, m.Finished.IsZero())
		require.NoError(t, w.Close())
	}
	m := open(t, dir).Manifest()
	assert.Equal(t, "first", m.Name)
	assert.Equal(t, `{"budget":1}`, string(m.Config))
	require.Len(t, m.Sessions, 3)
	assert.Empty(t, m.Sessions[1].Config, "it is that of the run")
	assert.Equal(t, `{"budget":2}`, string(m.Sessions[2].Config))
	for _, s := range m.Sessions {
		assert.Equal(t, record.StateFinished, s.State)
		assert.False(t, s.Ended.Before(s.Began))
	}
}

func TestTheSameCommandGoesOn(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	inputs := reviewed(3)
	l := &till{}
	for range 3 {
		w, err := record.CreateOrResume(dir, record.Manifest{Name: "batch"})
		require.NoError(t, err)
		session(t, w, reviewing(l, 1), inputs)
		assert.Equal(t, 9, l.total())
	}
	assert.Len(t, open(t, dir).Manifest().Sessions, 3)

	unbegun := t.TempDir()
	for _, name := range []string{"lock", "log.jsonl", "values.jsonl", "manifest.json.tmp"} {
		write(t, unbegun, name, nil)
	}
	w, err := record.CreateOrResume(unbegun, record.Manifest{})
	require.NoError(t, err, "it died before it began")
	_, err = record.CreateOrResume(unbegun, record.Manifest{})
	require.ErrorContains(t, err, "is being written by another Writer")
	require.NoError(t, w.Close())

	for name, text := range map[string]string{"log.jsonl": "{}", "thesis.tex": ""} {
		other := t.TempDir()
		write(t, other, name, []byte(text))
		_, err = record.CreateOrResume(other, record.Manifest{})
		require.ErrorContains(t, err, "is not empty, it holds "+name)
	}
	write(t, unbegun, "file", nil)
	_, err = record.CreateOrResume(filepath.Join(unbegun, "file"), record.Manifest{})
	require.ErrorContains(t, err, "not a directory")
}
