package record_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// marking is the configuration of marks.
type marking struct {
	K      int      `json:"k"`
	Strict bool     `json:"strict,omitempty"`
	Traits []string `json:"traits"`
}

type mark struct {
	Score   float64  `json:"score"`
	Comment string   `json:"comment"`
	Traits  []string `json:"traits,omitempty"`
}

// marks is a task that needs two roots, one of them through an index. Its score is k less than the number of words; an essay that begins
// with "fail" fails.
func marks(config marking, rubric, past string, version int) pipeline.Asset[pipeline.Stage[essay, mark]] {
	essays, rubrics := pipeline.Given("past", past), pipeline.Given("rubric", rubric)
	index := pipeline.Derive(pipeline.Meta{Name: "index"}, struct{}{},
		func(n *pipeline.Needs, _ struct{}) func(context.Context) (string, error) {
			essays := pipeline.Need(n, essays)
			return func(context.Context) (string, error) { return "index of " + essays(), nil }
		})
	return pipeline.Derive(pipeline.Meta{Name: "marks", Version: version}, config,
		func(n *pipeline.Needs, config marking) func(context.Context) (pipeline.Stage[essay, mark], error) {
			rubric, index := pipeline.Need(n, rubrics), pipeline.Need(n, index)
			return func(context.Context) (pipeline.Stage[essay, mark], error) {
				ask := pipeline.Call("model", pipeline.Fn(func(_ context.Context, e essay) (reply, error) {
					<-time.After(time.Duration(config.K) * time.Second)
					if strings.HasPrefix(e.Text, "fail") {
						return reply{}, errNoScore
					}
					return reply{Text: rubric() + index(), Tokens: 10 * config.K}, nil
				}))
				return pipeline.Named("mark", pipeline.Fn(func(ctx context.Context, e essay) (mark, error) {
					if _, err := ask.Run(ctx, e); err != nil {
						return mark{}, err
					}
					words := len(strings.Fields(e.Text))
					comment := fmt.Sprintf("This essay is about %s, and it has a thesis, and its author should read the %s again before the next one.", e.Text, rubric())
					return mark{Score: float64(words - config.K), Comment: comment, Traits: config.Traits}, nil
				})), nil
			}
		})
}

// recordMarks records the streams of a task in a directory of that name.
func recordMarks(
	t testing.TB, name string, config marking, task pipeline.Handle[pipeline.Stage[essay, mark]], streams ...[]essay,
) *record.Run {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	text, err := json.Marshal(map[string]any{"marking": config})
	require.NoError(t, err)
	w, err := record.Create(dir, record.Manifest{Name: name, Seed: uint64(config.K), Config: text, Created: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)})
	require.NoError(t, err)
	price := pipeline.PricerFunc(func(_ pipeline.CallInfo, _ string, u pipeline.Usage) (pipeline.Money, bool) {
		return pipeline.Money(u.Input) * pipeline.Unit / 1000, true
	})
	run, err := pipeline.NewRun(pipeline.WithRecorder(w), pipeline.WithPrices(price), pipeline.WithInFlight(4))
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, task)
	require.NoError(t, err)
	for _, essays := range streams {
		for range runner.Stream(t.Context(), pipeline.Items(essays...)) { // the results are in the record
		}
	}
	require.NoError(t, run.Close())
	require.NoError(t, w.Close())
	return open(t, dir)
}

func diff(t testing.TB, a, b *record.Run, opts ...record.DiffOption) *record.Comparison {
	t.Helper()
	d, err := record.Diff(a, b, opts...)
	require.NoError(t, err)
	return d
}

func TestDiffTellsWhatChangedAndWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before := marking{K: 1, Traits: []string{"thesis", "style"}}
		after := marking{K: 3, Traits: []string{"thesis", "evidence", "style"}, Strict: true}
		a := recordMarks(t, "before", before, marks(before, "rubric of May", "essays", 1),
			[]essay{{"e0", "whales"}, {"e1", "fail one"}, {"e2", "two seals"}, {"e3", "fail three"}, {"e4", "gone"}})
		b := recordMarks(t, "after", after, marks(after, "rubric of June", "essays", 2),
			[]essay{{"e2", "two seals"}, {"e0", "whales"}, {"e1", "now one"}, {"e3", "fail three"}, {"new\x1b[31m", "new"}})
		d := diff(t, a, b)
		got := d.String()
		for _, side := range []record.Side{d.A, d.B} {
			got = strings.ReplaceAll(got, side.Dir, "runs/"+filepath.Base(side.Dir))
		}
		golden := filepath.Join("testdata", "diff.txt")
		want, err := os.ReadFile(golden)
		require.NoError(t, err)
		require.Equal(t, string(want), got)

		data, err := json.Marshal(d)
		require.NoError(t, err)
		var back record.Comparison
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, d.String(), back.String(), "the data say the same as the text")
	})
}

func TestDiffOfARunWithItself(t *testing.T) {
	t.Parallel()
	dir := recorded(t, 4, essays(30, 1))
	d := diff(t, open(t, dir), open(t, dir))
	assert.Empty(t, d.Settings)
	assert.Empty(t, d.Assets)
	assert.Empty(t, d.Differing)
	assert.Equal(t, record.ItemCounts{Same: 22, FailedBoth: 8}, d.Items)
	assert.Equal(t, d.A, d.B)
	assert.Contains(t, d.String(), "settings: the same\nassets: the same\nitems: 22 same, 8 failed in both\ntotals:\n")
}

// What was asked for in another order, or with another concurrency, is the same.
func TestDiffMatchesItemsWhereverTheyStand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		config := marking{K: 1}
		task := marks(config, "r", "p", 1)
		first, second := []essay{{"a", "one"}, {"b", "two words"}, {"a", "a third text"}}, []essay{{"a", "of another stream"}}
		a := recordMarks(t, "run", config, task, first, second)
		b := recordMarks(t, "run", config, task, []essay{first[1], first[0], first[2]}, second)
		require.Equal(t, record.ItemCounts{Same: 4}, diff(t, a, b).Items)

		swapped := recordMarks(t, "run", config, task, []essay{first[2], first[1], first[0]}, second)
		d := diff(t, a, swapped)
		assert.Equal(t, record.ItemCounts{Same: 2, Changed: 2}, d.Items, "of one identifier the first is matched with the first")
		assert.Equal(t, []int{0, 2}, []int{d.Differing[0].A.Index, d.Differing[1].A.Index})

		streams := recordMarks(t, "run", config, task, second, first)
		assert.Equal(t, record.ItemCounts{Changed: 2, OnlyInA: 2, OnlyInB: 2}, diff(t, a, streams).Items,
			"the first stream is matched with the first")
	})
}

func TestDiffReportsTheFirstItems(t *testing.T) {
	t.Parallel()
	a, b := open(t, recorded(t, 4, essays(60, 1))), open(t, recorded(t, 2, essays(70, 2)))
	full := diff(t, a, b, record.MaxItems(1000))
	assert.Zero(t, full.Omitted)
	assert.Equal(t, 10, full.Items.OnlyInB)
	require.Len(t, full.Differing, full.Items.Changed+full.Items.OnlyInB, "failures have the same errors in both")
	for _, n := range []int{0, 1, 7, 45} {
		d := diff(t, a, b, record.MaxItems(n))
		assert.Equal(t, full.Items, d.Items)
		require.Len(t, d.Differing, n)
		assert.Equal(t, full.Differing[:n], d.Differing, "the first ones in order")
		assert.Equal(t, len(full.Differing)-n, d.Omitted)
		assert.Contains(t, d.String(), fmt.Sprintf("  … %d more\n", d.Omitted))
	}
	_, err := record.Diff(a, b, record.MaxItems(-1), record.MaxItems(-2))
	require.ErrorContains(t, err, "MaxItems(-1): want 0 or more")
	require.ErrorContains(t, err, "MaxItems(-2): want 0 or more")
}

// A run that was killed is compared by its log.
func TestDiffOfARunThatWasKilled(t *testing.T) {
	t.Parallel()
	whole := recorded(t, 1, essays(20, 1))
	killed := filepath.Join(t.TempDir(), "killed")
	require.NoError(t, os.CopyFS(killed, os.DirFS(whole)))
	require.NoError(t, os.Remove(filepath.Join(killed, "results.jsonl")))
	log := read(t, whole, "log.jsonl")
	cutAt := bytes.Index(log, []byte(`"item":"e12"`))
	write(t, killed, "log.jsonl", log[:bytes.LastIndexByte(log[:cutAt], '\n')+1])
	d := diff(t, open(t, whole), open(t, killed))
	assert.Equal(t, 8, d.Items.OnlyInA)
	assert.Equal(t, 12, d.Items.Same+d.Items.FailedBoth)
	assert.Equal(t, 20, d.A.Totals.Counts.Items)
	assert.Equal(t, 12, d.B.Totals.Counts.Items)

	values := read(t, killed, "values.jsonl")
	write(t, killed, "values.jsonl", values[:len(values)/2])
	torn := diff(t, open(t, whole), open(t, killed))
	assert.Positive(t, torn.Items.FailedInB, "an output that was torn off is one that is not there")
	assert.Equal(t, d.Items.OnlyInA, torn.Items.OnlyInA)
}

func TestDiffReportsDamage(t *testing.T) {
	t.Parallel()
	good, bad := recorded(t, 1, essays(3, 1)), recorded(t, 1, essays(3, 1))
	write(t, bad, "results.jsonl", append([]byte("nonsense\n"), read(t, bad, "results.jsonl")...))
	for _, pair := range [][2]string{{good, bad}, {bad, good}} {
		_, err := record.Diff(open(t, pair[0]), open(t, pair[1]))
		require.ErrorContains(t, err, "results.jsonl:1")
	}
	write(t, bad, "log.jsonl", append([]byte("nonsense\n"), read(t, bad, "log.jsonl")...))
	for _, pair := range [][2]string{{good, bad}, {bad, good}} {
		_, err := record.Diff(open(t, pair[0]), open(t, pair[1]))
		require.ErrorContains(t, err, "log.jsonl:1")
	}
}

func TestComparisonReportsAFailingWriter(t *testing.T) {
	t.Parallel()
	dir := recorded(t, 1, essays(2, 1))
	_, err := diff(t, open(t, dir), open(t, dir)).WriteTo(failing{})
	require.ErrorContains(t, err, "write the comparison: the disk is full")
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

// numberedItems returns a run of n items with outputs of some 300 bytes, every tenth of which is changed if asked for.
func numberedItems(t *testing.T, n int, changed bool) *record.Run {
	t.Helper()
	dir := recorded(t, 1, essays(1, 1))
	file, err := os.Create(filepath.Join(dir, "results.jsonl"))
	require.NoError(t, err)
	results := bufio.NewWriter(file)
	for i := range n {
		words := i
		if changed && i%10 == 0 {
			words++
		}
		fmt.Fprintf(results, `{"kind":"result","batch":1,"target":"grader","index":%d,"id":"e%d","output":{"words":%d,"comment":%q}}`+"\n",
			i, i, words, strings.Repeat("more ", 60))
	}
	require.NoError(t, results.Flush())
	require.NoError(t, file.Close())
	return open(t, dir)
}

func TestDiffMemoryDoesNotGrowWithTheRuns(t *testing.T) { //nolint:paralleltest // it measures the heap
	grown := func(n int) int64 {
		a, b := numberedItems(t, n, false), numberedItems(t, n, true)
		runtime.GC()
		debug.FreeOSMemory()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d := diff(t, a, b)
		runtime.ReadMemStats(&after)
		require.Equal(t, record.ItemCounts{Same: n - n/10, Changed: n / 10}, d.Items)
		require.Len(t, d.Differing, 20)
		require.Equal(t, n/10-20, d.Omitted)
		return int64(after.HeapSys) - int64(before.HeapSys)
	}
	small, large := grown(5_000), grown(100_000)
	t.Logf("the heap grew by %d KB for 5,000 items, by %d KB for 100,000", small>>10, large>>10)
	assert.Less(t, large, int64(16<<20), "the results of either run take 35 MB")
}
