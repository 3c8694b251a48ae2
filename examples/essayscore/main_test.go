package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/internal/datatest"
	"github.com/gloss-sdk/gloss/internal/essaygen"
)

// result is what a person or a program reads of the JSON summary.
type result struct {
	Groups []struct {
		Group  string
		Counts struct{ Scored, Errored, Missing int }
		Copies int
		QWK    struct{ Point float64 } `json:"qwk"`
	}
	Mean    float64
	Ceiling float64
	Best    float64 `json:"best_possible"`
}

func scoreJSON(t testing.TB, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	require.NoError(t, run(t.Context(), append(args, "-json"), &stdout, &stderr), stderr.String())
	var r result
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &r), "standard output is one JSON value: %s", stdout.String())
	return r
}

// The bar of the generated corpus: with similar examples the baseline reaches at least four fifths of what is possible, and random ones
// are worse.
func TestDemoReachesItsBar(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a whole experiment, for the full run")
	}
	best := essaygen.Default().Best()
	similar := scoreJSON(t, "-demo", "-k", "20", "-select", "similar")
	random := scoreJSON(t, "-demo", "-k", "20", "-select", "random")
	require.InDelta(t, best, similar.Best, 1e-9)
	require.GreaterOrEqual(t, similar.Mean, 0.8*best)
	require.Less(t, similar.Mean, best)
	require.GreaterOrEqual(t, similar.Mean-random.Mean, 0.02)
	require.Greater(t, similar.Ceiling, similar.Mean, "the second rater agrees better than the baseline")
}

func TestDemoIsReproducible(t *testing.T) {
	t.Parallel()
	args := []string{"-demo", "-limit", "40", "-k", "10", "-json"}
	var a, b, log bytes.Buffer
	require.NoError(t, run(t.Context(), args, &a, &log))
	require.NoError(t, run(t.Context(), args, &b, &log))
	require.Equal(t, a.String(), b.String())
}

// write makes a CSV file and returns its path.
func write(t testing.TB, name string, rows ...[]string) string {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if strings.HasSuffix(name, ".tsv") {
		w.Comma = '\t'
	}
	require.NoError(t, w.WriteAll(rows))
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
	return path
}

// essays are n rows of a table with the columns id, essay, score, r1, r2, set.
func essays(n int) [][]string {
	rows := [][]string{{"id", "essay", "score", "r1", "r2", "set"}}
	config := essaygen.Config{Seed: 5, Groups: 2, PerGroup: (n + 1) / 2, Min: 1, Max: 6, Reliability: 0.9}
	for _, e := range essaygen.Generate(config)[:n] {
		rows = append(rows, []string{e.ID, e.Text, strconv.Itoa(e.Score), strconv.Itoa(e.Rater1), strconv.Itoa(e.Rater2), e.Group})
	}
	return rows
}

const columns = "id=id,text=essay,score=score,rater1=r1,rater2=r2,group=set"

func TestOwnFile(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"essays.csv", "essays.tsv"} {
		r := scoreJSON(t, "-data", write(t, name, essays(80)...), "-columns", columns, "-scale", "g1=1:6,g2=1:6", "-k", "10")
		require.Len(t, r.Groups, 2)
		require.Equal(t, "g1", r.Groups[0].Group)
		require.Equal(t, 40, r.Groups[0].Counts.Scored)
		require.NotZero(t, r.Ceiling)
	}
}

func TestLimitTakesTheFirstEssaysOfEachGroup(t *testing.T) {
	t.Parallel()
	r := scoreJSON(t, "-data", write(t, "e.csv", essays(80)...), "-columns", columns, "-scale", "1:6", "-limit", "20")
	require.Equal(t, 20, r.Groups[1].Counts.Scored)
}

func TestCopiesStayInOneFold(t *testing.T) {
	t.Parallel()
	rows := essays(60)
	rows[5][1] = rows[4][1]                                               // a copy
	rows[7][1] = "He wrote: " + strings.ToUpper(rows[6][1]) + " The end." // contains another essay
	r := scoreJSON(t, "-data", write(t, "e.csv", rows...), "-columns", columns, "-scale", "1:6", "-k", "8")
	require.Equal(t, 4, r.Groups[0].Copies)
	require.Equal(t, 30, r.Groups[0].Counts.Scored, "nothing is left out")
}

func TestAnEmptyEssayFailsAlone(t *testing.T) {
	t.Parallel()
	rows := essays(60)
	rows[3][1] = " "
	r := scoreJSON(t, "-data", write(t, "e.csv", rows...), "-columns", columns, "-scale", "1:6", "-k", "8")
	require.Equal(t, 1, r.Groups[0].Counts.Errored)
	require.Equal(t, 29, r.Groups[0].Counts.Scored)
}

func TestWindowsFileNeedsItsEncoding(t *testing.T) {
	t.Parallel()
	rows := essays(40)
	rows[2][1] += " caf\xe9" // é in Windows-1252
	path := write(t, "e.csv", rows...)
	var out, log bytes.Buffer
	args := []string{"-data", path, "-columns", columns, "-scale", "1:6", "-k", "5"}
	require.ErrorContains(t, run(t.Context(), args, &out, &log), "windows-1252")
	require.NoError(t, run(t.Context(), append(args, "-encoding", "windows-1252"), &out, &log))
}

func TestMistakesAreExplained(t *testing.T) {
	t.Parallel()
	edited := func(edit func(rows [][]string)) func(t *testing.T) []string {
		return func(t *testing.T) []string {
			rows := essays(20)
			edit(rows)
			return []string{"-data", write(t, "e.csv", rows...), "-columns", columns, "-scale", "1:6", "-folds", "2"}
		}
	}
	flags := func(args ...string) func(*testing.T) []string { return func(*testing.T) []string { return args } }
	for name, tc := range map[string]struct {
		args func(t *testing.T) []string
		want []string
	}{
		"no flags": {flags(), []string{"-data is missing", "-columns is missing", "-scale is missing"}},
		"no file":  {flags("-data", "nosuch.csv", "-columns", columns, "-scale", "1:6"), []string{"-data: there is no file nosuch.csv"}},
		"stray argument": {
			flags("-demo", "x"), []string{`unexpected argument "x"`}},
		"folds":        {flags("-demo", "-folds", "1"), []string{"-folds 1: want 2 or more"}},
		"limit":        {flags("-demo", "-limit", "-1"), []string{"-limit -1"}},
		"selection":    {flags("-demo", "-select", "best"), []string{`exemplars.select is "best"`}},
		"similarity":   {flags("-demo", "-similarity", "dense"), []string{`exemplars.similarity is "dense"`}},
		"bad scale":    {flags("-demo", "-scale", "one:six"), []string{`-scale: "one:six"`, `"one" is not a number`}},
		"scale":        {flags("-demo", "-scale", "6:1"), []string{"max 1 must be above min 6"}},
		"two scales":   {flags("-demo", "-scale", "a=1:6,a=1:4"), []string{`group "a" has two scales`}},
		"mixed scales": {flags("-demo", "-scale", "1:6,a=1:4"), []string{"want group=min:max for each group"}},
		"column key":   {flags("-data", "x", "-scale", "1:6", "-columns", "id=id,essay=x"), []string{`unknown column key "essay"`}},
		"one rater": {
			flags("-data", "x", "-scale", "1:6", "-columns", "id=id,text=t,score=s,rater1=a"), []string{"names one rater alone"}},
		"encoding":       {flags("-data", "x", "-scale", "1:6", "-columns", columns, "-encoding", "klingon"), []string{"klingon"}},
		"missing column": {edited(func(r [][]string) { r[0][2] = "points" }), []string{"e.csv:1: score", "the columns are id, essay, points"}},
		"off the scale":  {edited(func(r [][]string) { r[3][2] = "9" }), []string{`e.csv:4: score: got "9"; want a score of the scale 1 to 6`}},
		"not a number":   {edited(func(r [][]string) { r[3][2] = "four" }), []string{`e.csv:4: score: got "four"; want a number`}},
		"duplicate id":   {edited(func(r [][]string) { r[4][0] = r[3][0] }), []string{"e.csv:5: id:", "e.csv:4 has it too"}},
		"unknown group":  {func(t *testing.T) []string { return append(edited(func([][]string) {})(t), "-scale", "g1=1:6") }, []string{`group: got "g2"; want a group that -scale names`}},
		"unused group": {func(t *testing.T) []string {
			return append(edited(func([][]string) {})(t), "-scale", "g1=1:6,g2=1:6,g3=0:3")
		}, []string{"no essay is in group g3; the groups are g1, g2"}},
		"too many folds":  {func(t *testing.T) []string { return append(edited(func([][]string) {})(t), "-folds", "11") }, []string{"group g1: 10 essays cannot make 11 folds"}},
		"all at once (1)": {edited(func(r [][]string) { r[3][2], r[5][3] = "9", "x" }), []string{"e.csv:4:", "e.csv:6:"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, log bytes.Buffer
			err := run(t.Context(), tc.args(t), &out, &log)
			for _, want := range tc.want {
				require.ErrorContains(t, err, want)
			}
			require.Empty(t, out.String())
		})
	}
}

func TestInterruptedRunSaysSo(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, log bytes.Buffer
	require.ErrorIs(t, run(ctx, []string{"-demo"}, &out, &log), context.Canceled)
}

// ArgRewrite as one CSV file: the total of ten criteria, 10 to 40, of rater c, with both raters for the ceiling.
func TestArgRewriteAsOneFile(t *testing.T) {
	t.Parallel()
	dir := datatest.Dir(t, "argrewrite")
	totals := map[string]map[string]int{}
	for _, row := range readCSV(t, filepath.Join(dir, "scores.csv"))[1:] {
		sum := 0
		for _, cell := range row[4:] {
			v, err := strconv.Atoi(cell)
			require.NoError(t, err)
			sum += v
		}
		if totals[row[0]] == nil {
			totals[row[0]] = map[string]int{}
		}
		totals[row[0]][row[3]] = sum
	}
	rows := [][]string{{"id", "text", "score", "c", "m", "writer"}}
	raw, err := os.ReadFile(filepath.Join(dir, "essays.jsonl"))
	require.NoError(t, err)
	for line := range strings.Lines(string(raw)) {
		var e struct{ ID, Text, Writer string }
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		c, m := fmt.Sprint(totals[e.ID]["c"]), fmt.Sprint(totals[e.ID]["m"])
		rows = append(rows, []string{e.ID, e.Text, c, c, m, e.Writer})
	}
	path := write(t, "argrewrite.csv", rows...)
	args := []string{"-data", path, "-scale", "10:40", "-k", "20", "-select", "similar"}
	const columns = "id=id,text=text,score=score,rater1=c,rater2=m"
	apart := scoreJSON(t, append(args, "-columns", columns)...)
	together := scoreJSON(t, append(args, "-columns", columns+",student=writer")...)
	require.Equal(t, 171, together.Groups[0].Counts.Scored)
	require.InDelta(t, 0.568, together.Ceiling, 0.0005, "the agreement that the corpus states")
	require.Greater(t, apart.Mean, together.Mean, "a writer's other drafts give the score away")
	t.Logf("QWK of the total: %.3f with a writer's drafts together, %.3f with them apart, raters %.3f", together.Mean, apart.Mean, together.Ceiling)
}

func readCSV(t testing.TB, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	return rows
}
