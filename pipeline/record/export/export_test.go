package export_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
	"github.com/gloss-sdk/gloss/pipeline/record/export"
)

func TestColumnsAreTheObjectsFlattened(t *testing.T) {
	t.Parallel()
	run := recorded(t, append(outputs(
		`{"score":3,"rubric":{"thesis":{"points":1.5}},"comment":"Say \"more\",\nplease","units":["a","b"],"spans":[{"from":1}],"ok":true}`,
		`{"rubric":{"style":null,"thesis":{"points":2}},"score":4,"a.b":1,"units":[],"spans":[],"ok":null}`,
	), outcome{err: "item e2: the reply has no score"}))
	assert.Equal(t, [][]string{
		{"batch", "target", "index", "id", "status", "error", "output.score", "output.rubric.thesis.points", "output.rubric.style", "output.comment",
			"output.units", "output.spans", "output.ok", `output["a.b"]`},
		{"1", "score", "0", "e0", "succeeded", "", "3", "1.5", "", "Say \"more\",\nplease", `["a","b"]`, `[{"from":1}]`, "true", ""},
		{"1", "score", "1", "e1", "succeeded", "", "4", "2", "", "", `[]`, `[]`, "", "1"},
		{"1", "score", "2", "e2", "failed", "item e2: the reply has no score", "", "", "", "", "", "", "", ""},
	}, csvOf(t, run))

	columns, rows := parquetOf(t, run)
	assert.Equal(t, []string{
		"batch: INT(64,true), required", "target: STRING, required", "index: INT(64,true), required", "id: STRING, required", "status: STRING, required",
		"error: STRING", "output.score: INT(64,true)", "output.rubric.thesis.points: DOUBLE", "output.rubric.style: STRING", "output.comment: STRING",
		"output.units: list of STRING", "output.spans: STRING", "output.ok: BOOLEAN", `output["a.b"]: INT(64,true)`,
	}, columns)
	assert.Equal(t, []map[string]any{
		{"batch": int64(1), "target": "score", "index": int64(0), "id": "e0", "status": "succeeded", "error": nil,
			"output.score": int64(3), "output.rubric.thesis.points": 1.5, "output.rubric.style": nil, "output.comment": "Say \"more\",\nplease",
			"output.units": []any{"a", "b"}, "output.spans": `[{"from":1}]`, "output.ok": true, `output["a.b"]`: nil},
		{"batch": int64(1), "target": "score", "index": int64(1), "id": "e1", "status": "succeeded", "error": nil,
			"output.score": int64(4), "output.rubric.thesis.points": 2.0, "output.rubric.style": nil, "output.comment": nil,
			"output.units": []any{}, "output.spans": `[]`, "output.ok": nil, `output["a.b"]`: int64(1)},
		{"batch": int64(1), "target": "score", "index": int64(2), "id": "e2", "status": "failed", "error": "item e2: the reply has no score",
			"output.score": nil, "output.rubric.thesis.points": nil, "output.rubric.style": nil, "output.comment": nil,
			"output.units": nil, "output.spans": nil, "output.ok": nil, `output["a.b"]`: nil},
	}, rows)
}

// What a place holds in all items decides what its column holds.
func TestTypesOfColumns(t *testing.T) {
	t.Parallel()
	wide := func(n int) string {
		keys := make([]string, n)
		for i := range keys {
			keys[i] = fmt.Sprintf(`"k%d":%d`, i, i)
		}
		return "{" + strings.Join(keys, ",") + "}"
	}
	for name, tc := range map[string]struct {
		outputs []string
		column  string
		cells   []any
	}{
		"whole numbers":                {[]string{"1", "null", "-9223372036854775808"}, "INT(64,true)", []any{int64(1), nil, int64(-9223372036854775808)}},
		"numbers":                      {[]string{"1", "2.5", "1e21", "-0"}, "DOUBLE", []any{1.0, 2.5, 1e21, math.Copysign(0, -1)}},
		"long numbers among others":    {[]string{"9007199254740993", "0.5"}, "STRING", []any{"9007199254740993", "0.5"}},
		"numbers beyond 64 bits":       {[]string{"18446744073709551615"}, "STRING", []any{"18446744073709551615"}},
		"numbers beyond a double":      {[]string{"1e999", "1.5"}, "STRING", []any{"1e999", "1.5"}},
		"booleans":                     {[]string{"true", "false"}, "BOOLEAN", []any{true, false}},
		"texts":                        {[]string{`"a"`, `"é\n\u0000"`, `""`}, "STRING", []any{"a", "é\n\x00", ""}},
		"texts and numbers":            {[]string{`"a"`, `1`}, "STRING", []any{`"a"`, `1`}},
		"texts and booleans":           {[]string{`true`, `"a"`}, "STRING", []any{`true`, `"a"`}},
		"objects and texts":            {[]string{`{"a":1}`, `"a"`}, "STRING", []any{`{"a":1}`, `"a"`}},
		"texts and objects":            {[]string{`"a"`, `{"a":1}`, `{"b":{"c":2}}`}, "STRING", []any{`"a"`, `{"a":1}`, `{"b":{"c":2}}`}},
		"lists and objects":            {[]string{`{"a":1}`, `[1]`}, "STRING", []any{`{"a":1}`, `[1]`}},
		"lists of numbers":             {[]string{`[1,null,2.5]`, `[]`, `null`}, "list of DOUBLE", []any{[]any{1.0, nil, 2.5}, []any{}, nil}},
		"lists of whole numbers":       {[]string{`[1]`, `[2]`}, "list of INT(64,true)", []any{[]any{int64(1)}, []any{int64(2)}}},
		"lists of booleans":            {[]string{`[true,false]`}, "list of BOOLEAN", []any{[]any{true, false}}},
		"lists of different things":    {[]string{`[1]`, `["a"]`}, "STRING", []any{`[1]`, `["a"]`}},
		"lists and scalars":            {[]string{`[1]`, `1`}, "STRING", []any{`[1]`, `1`}},
		"lists of lists":               {[]string{`[[1]]`}, "STRING", []any{`[[1]]`}},
		"lists of nulls":               {[]string{`[null]`}, "STRING", []any{`[null]`}},
		"objects without keys":         {[]string{`{}`}, "STRING", []any{`{}`}},
		"a dictionary":                 {[]string{wide(300), `{"k0":1}`}, "STRING", []any{wide(300), `{"k0":1}`}},
		"a dictionary over many items": {[]string{wide(256), `{"another":1}`}, "STRING", []any{wide(256), `{"another":1}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrapped := make([]string, len(tc.outputs))
			for i, o := range tc.outputs {
				wrapped[i] = `{"v":` + o + `}`
			}
			run := recorded(t, outputs(wrapped...))
			columns, rows := parquetOf(t, run)
			require.Equal(t, []string{"output.v: " + tc.column}, columns[6:])
			lines := csvOf(t, run)
			for i, want := range tc.cells {
				require.Equal(t, want, rows[i]["output.v"])
				if _, list := want.([]any); list {
					require.Equal(t, tc.outputs[i], lines[i+1][6])
				} else if want == nil {
					require.Empty(t, lines[i+1][6])
				} else {
					require.Equal(t, fmt.Sprint(want), lines[i+1][6])
				}
			}
		})
	}
	columns, _ := parquetOf(t, recorded(t, outputs(wide(256))))
	require.Len(t, columns, 6+256, "an object of as many keys is a record")
}

func TestOutputsThatAreNoObjects(t *testing.T) {
	t.Parallel()
	run := recorded(t, outputs("2", "3"))
	assert.Equal(t, [][]string{
		{"batch", "target", "index", "id", "status", "error", "output"},
		{"1", "score", "0", "e0", "succeeded", "", "2"}, {"1", "score", "1", "e1", "succeeded", "", "3"},
	}, csvOf(t, run))
	_, rows := parquetOf(t, run)
	assert.Equal(t, int64(3), rows[1]["output"])
}

func TestRunsWithoutItemsOrOutputs(t *testing.T) {
	t.Parallel()
	for _, outcomes := range [][]outcome{nil, {{err: "no"}, {err: "\"no\"\n,"}}} {
		run := recorded(t, outcomes)
		lines := csvOf(t, run)
		require.Len(t, lines, 1+len(outcomes))
		require.Len(t, lines[0], 6)
		columns, rows := parquetOf(t, run)
		require.Len(t, columns, 6)
		require.Len(t, rows, len(outcomes))
		for i, o := range outcomes {
			assert.Equal(t, o.err, lines[i+1][5])
			assert.Equal(t, o.err, rows[i]["error"])
		}
	}
}

func TestTarget(t *testing.T) {
	t.Parallel()
	w := create(t)
	for i, target := range []string{"score", "notes", "score"} {
		w.Observe(t.Context(), pipeline.Event{Kind: pipeline.KindItem, Batch: i + 1, Target: target, Item: "a", Out: map[string]int{target: i}})
	}
	run := closed(t, w)
	assert.Len(t, csvOf(t, run)[0], 8)
	lines := csvOf(t, run, export.Target("score"))
	assert.Equal(t, []string{"output.score"}, lines[0][6:])
	assert.Len(t, lines, 3)
	_, rows := parquetOf(t, run, export.Target("notes"))
	assert.Len(t, rows, 1)
	require.EqualError(t, export.CSV(io.Discard, run, export.Target("nobody")),
		`export: no item of target "nobody"; the run has items of ["score" "notes"]`)
}

func TestConsumption(t *testing.T) {
	t.Parallel()
	w := create(t)
	call := func(index, seq int, u pipeline.Usage) {
		w.Observe(t.Context(), pipeline.Event{
			Kind: pipeline.KindCall, Batch: 1, Target: "score", Index: index, Item: "a", Usage: u, Call: &pipeline.CallInfo{Seq: seq, Attempt: 1}, Out: 1,
		})
	}
	w.Observe(t.Context(), pipeline.Event{Kind: pipeline.KindCall, Target: "index", Usage: pipeline.Usage{Calls: 9}, Call: &pipeline.CallInfo{}, Out: 1})
	call(0, 1, pipeline.Usage{Calls: 1, Input: 100, Output: 10, Cached: 40, Reasoning: 5, Cost: 1_500_000_000})
	call(0, 2, pipeline.Usage{Calls: 1, Input: 50, Output: 1, Unpriced: 1})
	call(1, 1, pipeline.Usage{Reused: 1})
	item := pipeline.Event{Kind: pipeline.KindItem, Batch: 1, Target: "score", Item: "a", Out: 1, Elapsed: 1500 * time.Millisecond}
	w.Observe(t.Context(), item)
	item.Index, item.Origin, item.Elapsed = 1, "the record", 0
	w.Observe(t.Context(), item)
	run := closed(t, w)

	lines := csvOf(t, run, export.Consumption())
	assert.Equal(t, [][]string{
		{"calls", "reused_calls", "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "cost", "unpriced_calls", "elapsed_seconds", "origin", "output"},
		{"2", "0", "150", "11", "40", "5", "0.0015", "1", "1.5", "", "1"},
		{"0", "1", "0", "0", "0", "0", "0.00", "0", "0", "the record", "1"},
	}, [][]string{lines[0][6:], lines[1][6:], lines[2][6:]})
	columns, rows := parquetOf(t, run, export.Consumption())
	assert.Contains(t, columns, "cost: DECIMAL(18,12)")
	assert.Equal(t, int64(1_500_000_000), rows[0]["cost"])
	assert.Equal(t, 1.5, rows[0]["elapsed_seconds"])
	assert.Equal(t, []any{nil, "the record"}, []any{rows[0]["origin"], rows[1]["origin"]})
}

func TestEscapeFormulas(t *testing.T) {
	t.Parallel()
	texts := []string{"=1+1", "+1", "-more", "@x", "\tx", "\rx", "a=1", "", "'=1"}
	var outcomes []outcome
	for _, s := range texts {
		b, err := json.Marshal(map[string]any{"text": s, "n": -1, "mixed": []any{s}})
		require.NoError(t, err)
		outcomes = append(outcomes, outcome{output: string(b)})
	}
	run := recorded(t, outcomes)
	column := func(opts ...export.Option) (cells, numbers []string) {
		for _, line := range csvOf(t, run, opts...)[1:] {
			cells, numbers = append(cells, line[8]), append(numbers, line[7])
		}
		return cells, numbers
	}
	plain, _ := column()
	assert.Equal(t, texts, plain, "by default a text is what it is")
	escaped, numbers := column(export.EscapeFormulas())
	assert.Equal(t, []string{"'=1+1", "'+1", "'-more", "'@x", "'\tx", "'\rx", "a=1", "", "'=1"}, escaped)
	assert.Equal(t, strings.Split(strings.Repeat("-1 ", len(texts)-1)+"-1", " "), numbers)
	require.ErrorContains(t, export.Parquet(io.Discard, run, export.EscapeFormulas()), "EscapeFormulas is for CSV")
}

func TestOptionsAreCheckedAtOnce(t *testing.T) {
	t.Parallel()
	err := export.CSV(io.Discard, nil, export.Target(""))
	require.ErrorContains(t, err, "the run is nil")
	require.ErrorContains(t, err, `Target("")`)
	require.Error(t, export.Parquet(io.Discard, nil))
}

// failing takes some bytes and then no more.
type failing struct{ room int }

func (f *failing) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errors.New("the disk is full")
	}
	return len(p), nil
}

func TestFailuresToWriteAreReported(t *testing.T) {
	t.Parallel()
	run := recorded(t, outputs(`{"a":"`+strings.Repeat("text ", 3000)+`"}`, `{"a":"b"}`))
	for _, room := range []int{0, 3, 100} {
		require.ErrorContains(t, export.CSV(&failing{room}, run), "export: write: the disk is full", "%d", room)
		require.ErrorContains(t, export.Parquet(&failing{room}, run), "the disk is full", "%d", room)
	}
}

func TestDamagedRunsAreReported(t *testing.T) {
	t.Parallel()
	w := create(t)
	damaged := closed(t, w)
	require.NoError(t, os.WriteFile(filepath.Join(w.Dir(), "results.jsonl"), []byte("nonsense\n{}\n"), 0o600))
	require.ErrorContains(t, export.CSV(io.Discard, damaged), "results.jsonl:1")
	require.ErrorContains(t, export.Parquet(io.Discard, damaged), "results.jsonl:1")
}

// An output that a crash tore off costs its own row only.
func TestUnreadableOutputs(t *testing.T) {
	t.Parallel()
	w := create(t)
	for i, word := range []string{"kept", "lost"} {
		w.Observe(t.Context(), pipeline.Event{Kind: pipeline.KindItem, Batch: 1, Target: "score", Index: i, Item: word, Out: map[string]string{"word": word}})
	}
	require.NoError(t, w.Close())
	values := filepath.Join(w.Dir(), "values.jsonl")
	text, err := os.ReadFile(values)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(values, text[:len(text)-10], 0o600))
	require.NoError(t, os.Remove(filepath.Join(w.Dir(), "results.jsonl")))
	run, err := record.Open(w.Dir())
	require.NoError(t, err)
	t.Cleanup(func() { _ = run.Close() })
	lines := csvOf(t, run)
	assert.Equal(t, []string{"kept", "succeeded", "", "kept"}, append(lines[1][3:6:6], lines[1][6]))
	assert.Equal(t, []string{"lost", "unreadable"}, lines[2][3:5])
	assert.Contains(t, lines[2][5], "no such value in the record")
}

func TestTheSameRunGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	run := recorded(t, randomOutcomes(200, 3))
	for _, write := range []func(io.Writer, *record.Run, ...export.Option) error{export.CSV, export.Parquet} {
		var a, b bytes.Buffer
		require.NoError(t, write(&a, run))
		require.NoError(t, write(&b, run))
		require.True(t, bytes.Equal(a.Bytes(), b.Bytes()))
	}
}

func TestACompressedRunGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	outcomes := randomOutcomes(200, 4)
	var runs [2]*record.Run
	for i, opts := range [][]record.Option{{}, {record.Compressed()}} {
		w := create(t, opts...)
		tell(t, w, outcomes)
		runs[i] = closed(t, w)
		require.NoError(t, os.Remove(filepath.Join(w.Dir(), "results.jsonl")), "the outputs come from the values")
	}
	for _, write := range []func(io.Writer, *record.Run, ...export.Option) error{export.CSV, export.Parquet} {
		var a, b bytes.Buffer
		require.NoError(t, write(&a, runs[0]))
		require.NoError(t, write(&b, runs[1]))
		require.True(t, bytes.Equal(a.Bytes(), b.Bytes()))
	}
}

// largeRun returns a run of n items, some 500 bytes each, whose results are written by hand.
func largeRun(t *testing.T, n int) *record.Run {
	t.Helper()
	w := create(t)
	run := closed(t, w)
	file, err := os.Create(filepath.Join(w.Dir(), "results.jsonl"))
	require.NoError(t, err)
	results := bufio.NewWriter(file)
	for i := range n {
		fmt.Fprintf(results, `{"kind":"result","batch":1,"target":"score","index":%d,"id":"e%d","output":{"n":%d,"text":"%x","list":[%d]}}`+"\n",
			i, i, i, strings.Repeat(fmt.Sprint(i*i), 200/len(fmt.Sprint(i*i))), i)
	}
	require.NoError(t, results.Flush())
	require.NoError(t, file.Close())
	return run
}

func TestMemoryDoesNotGrowWithTheRun(t *testing.T) { //nolint:paralleltest // it measures the heap
	const items = 100_000
	run := largeRun(t, items)
	path := filepath.Join(t.TempDir(), "items.parquet")
	file, err := os.Create(path)
	require.NoError(t, err)
	defer file.Close()
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	require.NoError(t, export.Parquet(file, run))
	require.NoError(t, export.CSV(io.Discard, run))
	runtime.ReadMemStats(&after)
	grown := int64(after.HeapSys) - int64(before.HeapSys)
	t.Logf("the heap grew by %d KB", grown>>10)
	assert.Less(t, grown, int64(48<<20), "the results take 60 MB")

	info, err := file.Stat()
	require.NoError(t, err)
	back, err := parquet.OpenFile(file, info.Size())
	require.NoError(t, err)
	assert.EqualValues(t, items, back.NumRows())
	assert.Greater(t, len(back.RowGroups()), 2)
}
