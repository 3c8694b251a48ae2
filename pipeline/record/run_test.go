package record_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// copyOf copies a run directory, which a test is about to damage, without the named files.
func copyOf(t testing.TB, dir string, without ...string) string {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, os.CopyFS(copied, os.DirFS(dir)))
	for _, name := range without {
		require.NoError(t, os.Remove(filepath.Join(copied, name)))
	}
	return copied
}

func TestItemsOfTheLogAreThoseOfTheResults(t *testing.T) {
	t.Parallel()
	dir := recorded(t, 8, essays(60, 2))
	want := collect(t, open(t, dir).Items())
	require.Len(t, want, 60)
	got := collect(t, open(t, copyOf(t, dir, "results.jsonl")).Items())
	require.Equal(t, want, got)
}

func TestItemsHoldOutputsAndErrors(t *testing.T) {
	t.Parallel()
	inputs := essays(12, 2)
	items := collect(t, open(t, recorded(t, 8, inputs)).Items())
	require.Len(t, items, 12)
	for i, it := range items {
		assert.Equal(t, i, it.Index)
		assert.Equal(t, inputs[i].ID, it.ID)
		assert.Equal(t, "grader", it.Target)
		assert.Equal(t, 1, it.Batch)
		if it.Error != "" {
			assert.Nil(t, it.Output)
			continue
		}
		var out prediction
		require.NoError(t, json.Unmarshal(it.Output, &out))
		assert.Equal(t, `{"comment":"More evidence"} after `+inputs[i].Text, out.Comment)
	}
	assert.Equal(t, "item e10: stage grade/ask: "+errNoScore.Error(), items[10].Error)
}

// told tells a writer of items whose outputs are outs.
func told(t testing.TB, outs ...any) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	for i, out := range outs {
		w.Observe(t.Context(), pipeline.Event{Kind: pipeline.KindItem, Batch: 1, Index: i, Item: fmt.Sprint(i), Out: out})
	}
	require.NoError(t, w.Close())
	return dir
}

func TestOutputsWithoutJSONAreMarked(t *testing.T) {
	t.Parallel()
	dir := told(t, map[string]string{"type": "func()"}, func() {}, nil)
	for _, d := range []string{dir, copyOf(t, dir, "results.jsonl")} {
		run := open(t, d)
		items := collect(t, run.Items())
		require.Len(t, items, 3)
		assert.Equal(t, `{"type":"func()"}`, string(items[0].Output)) // to the byte
		assert.False(t, items[0].Opaque)
		assert.JSONEq(t, `{"type":"func()","error":"json: unsupported type: func()"}`, string(items[1].Output))
		assert.True(t, items[1].Opaque)
		assert.Equal(t, "null", string(items[2].Output))
	}
}

func TestValuesComeBackToTheByte(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("<&> “text” \u2028 ", 9)
	outs := []json.RawMessage{
		[]byte(`{"b":1.2300,"a":123456789012345678901234567890,"n":-0.0e-7}`),
		[]byte(`{"$text":"` + long + `","$$text":[{"$text":1}]}`),
		[]byte(`["` + long + `\n\"\\","\u00e9\/` + strings.Repeat("x", 80) + `"]`),
		[]byte(`"` + long + `"`),
		[]byte(`{"$value":"` + long + `","a":{"$$value":[` + strings.Repeat("1.10,", 100) + `{"$value":{"$text":1}}]}}`),
		[]byte(`[[` + strings.Repeat(`{"a":[1,{"n":-0.0}]},`, 40) + `0],[` + strings.Repeat(`{"a":[1,{"n":-0.0}]},`, 40) + `0]]`),
		[]byte(strings.Repeat(`[{"a":`, 4000) + `1` + strings.Repeat(`}]`, 4000)),
		[]byte(`"$text"`),
		[]byte(`{"huge":"` + strings.Repeat("0123456789", 300_000) + `"}`),
		[]byte(`[` + strings.Repeat("0,", 1_000_000) + `0]`),
	}
	var given []any
	for _, o := range outs {
		given = append(given, o)
	}
	run := open(t, told(t, given...))
	events := eventsOf(t, run, pipeline.KindItem)
	require.Len(t, events, len(outs))
	for i, e := range events {
		v, err := run.Value(e.Out)
		require.NoError(t, err)
		assert.Equal(t, string(outs[i]), string(v.JSON))
	}
	for i, it := range collect(t, run.Items()) {
		assert.Equal(t, string(outs[i]), string(it.Output))
	}
}

func TestValueOfNothing(t *testing.T) {
	t.Parallel()
	run := open(t, told(t, 1))
	for _, h := range []record.Hash{"", "abc", record.Hash(strings.Repeat("0", 64)), record.Hash(strings.Repeat("z", 64))} {
		_, err := run.Value(h)
		require.ErrorIs(t, err, record.ErrNotRecorded, "%q", h)
	}
}

func TestChangedValuesAreNoticed(t *testing.T) {
	t.Parallel()
	dir := told(t, map[string]string{"comment": "good"})
	values := read(t, dir, "values.jsonl")
	write(t, dir, "values.jsonl", bytes.Replace(values, []byte("good"), []byte("poor"), 1))
	run := open(t, dir)
	_, err := run.Value(eventsOf(t, run, pipeline.KindItem)[0].Out)
	require.ErrorContains(t, err, "values.jsonl, byte 0: the content does not have the hash")
}

func TestTextsThatAreMissingOrChanged(t *testing.T) {
	t.Parallel()
	whole := told(t, map[string]string{"comment": strings.Repeat("good ", 20)})
	h := eventsOf(t, open(t, whole), pipeline.KindItem)[0].Out
	lines := bytes.SplitAfter(read(t, whole, "values.jsonl"), []byte("\n")) // the text, then the value
	text := record.Hash(jsonLines(t, lines[0])[0]["hash"].(string))
	assert.Equal(t, strings.Repeat("good ", 20), valueOf[string](t, open(t, whole), text), "a text can be asked for by itself")

	missing := copyOf(t, whole)
	write(t, missing, "values.jsonl", lines[1])
	_, err := open(t, missing).Value(h)
	require.ErrorIs(t, err, record.ErrNotRecorded)
	require.ErrorContains(t, err, "in value "+string(h))

	changed := copyOf(t, whole)
	write(t, changed, "values.jsonl", bytes.Replace(read(t, changed, "values.jsonl"), []byte("good"), []byte("poor"), 1))
	_, err = open(t, changed).Value(h)
	require.ErrorContains(t, err, "the file was changed")
	require.ErrorContains(t, open(t, changed).Show(&bytes.Buffer{}, "0"), "the file was changed")
}

func TestPartsThatAreMissingOrChanged(t *testing.T) {
	t.Parallel()
	whole := told(t, map[string]any{"exemplar": exemplar("one")})
	h := eventsOf(t, open(t, whole), pipeline.KindItem)[0].Out
	lines := bytes.SplitAfter(read(t, whole, "values.jsonl"), []byte("\n")) // the scores, the exemplar they are in, the value
	parts := jsonLines(t, bytes.Join(lines, nil))
	require.Len(t, parts, 3)
	part := record.Hash(parts[1]["hash"].(string))
	assert.Equal(t, "text of one", valueOf[map[string]any](t, open(t, whole), part)["text"], "a part can be asked for by itself")

	for _, n := range []int{0, 1} {
		missing := copyOf(t, whole)
		write(t, missing, "values.jsonl", bytes.Join(slices.Delete(slices.Clone(lines), n, n+1), nil))
		_, err := open(t, missing).Value(h)
		require.ErrorIs(t, err, record.ErrNotRecorded)
		require.ErrorContains(t, err, parts[n]["hash"].(string))
		require.ErrorContains(t, err, "in value "+string(h))
	}

	changed := copyOf(t, whole)
	write(t, changed, "values.jsonl", bytes.Replace(read(t, changed, "values.jsonl"), []byte(`[0,`), []byte(`[6,`), 1))
	_, err := open(t, changed).Value(h)
	require.ErrorContains(t, err, "values.jsonl, byte 0: the content does not have the hash")
	require.ErrorContains(t, open(t, changed).Show(&bytes.Buffer{}, "0"), "the file was changed")
}

// contentLine returns a line of values with the right hash. A text has no escapes.
func contentLine(kind, content string) (line []byte, h record.Hash) {
	hashed := content
	if kind == "text" {
		hashed = strings.Trim(content, `"`)
	}
	h = record.Hash(fmt.Sprintf("%x", sha256.Sum256([]byte(kind+"\x00"+hashed))))
	return fmt.Appendf(nil, `{"kind":%q,"hash":%q,"content":%s}`+"\n", kind, h, content), h
}

func TestPartsOfAnotherKindAreRefused(t *testing.T) {
	t.Parallel()
	dir := told(t, 1)
	text, textHash := contentLine("text", `"short"`)
	value, h := contentLine("value", `[{"$value":"`+string(textHash)+`"}]`)
	write(t, dir, "values.jsonl", append(text, value...))
	_, err := open(t, dir).Value(h)
	require.ErrorContains(t, err, "is of kind text where a value was expected")
}

func TestALineWithoutContentIsNoValue(t *testing.T) {
	t.Parallel()
	dir := told(t, 1)
	line, h := contentLine("value", "")
	line = bytes.Replace(line, []byte(`,"content":`), nil, 1)
	write(t, dir, "values.jsonl", line)
	log := read(t, dir, "log.jsonl")
	out := eventsOf(t, open(t, dir), pipeline.KindItem)[0].Out
	write(t, dir, "log.jsonl", bytes.ReplaceAll(log, []byte(out), []byte(h)))
	run := open(t, dir)
	_, err := run.Value(h)
	require.ErrorContains(t, err, "the content does not have the hash")
	require.ErrorContains(t, run.Show(&bytes.Buffer{}, "0"), "the content does not have the hash")
}

func TestHashesThatBeginAlike(t *testing.T) {
	t.Parallel()
	dir := told(t, 1)
	values := read(t, dir, "values.jsonl")
	h := eventsOf(t, open(t, dir), pipeline.KindItem)[0].Out
	other := strings.Replace(string(values), string(h[16:]), strings.Repeat("0", 48), 1)
	write(t, dir, "values.jsonl", []byte(other+string(values)))
	run := open(t, dir)
	v, err := run.Value(h)
	require.NoError(t, err)
	assert.Equal(t, "1", string(v.JSON))
	_, err = run.Value(h[:16] + record.Hash(strings.Repeat("1", 48)))
	require.ErrorIs(t, err, record.ErrNotRecorded)
}

// lastLineOf returns where the last line of text begins.
func lastLineOf(text []byte) int { return bytes.LastIndexByte(text[:len(text)-1], '\n') + 1 }

func TestTornLastLine(t *testing.T) {
	t.Parallel()
	whole := recorded(t, 4, essays(6, 5))
	want := collect(t, open(t, whole).Items())
	wantEvents := collect(t, open(t, whole).Events())
	for _, name := range []string{"log.jsonl", "values.jsonl"} {
		text := read(t, whole, name)
		last := lastLineOf(text)
		for end := last; end <= len(text); end++ {
			dir := copyOf(t, whole, "results.jsonl")
			write(t, dir, name, text[:end])
			run := open(t, dir)
			isWhole := end >= len(text)-1 // all but the end of the line
			switch {
			case isWhole, end == last:
				require.Empty(t, run.Torn(), "%s cut at %d", name, end)
			default:
				require.Equal(t, []record.Tear{{File: name, Offset: int64(last), Length: int64(end - last)}}, run.Torn())
			}
			events := collect(t, run.Events())
			if name == "values.jsonl" || isWhole {
				require.Equal(t, wantEvents, events)
			} else {
				require.Equal(t, wantEvents[:len(wantEvents)-1], events)
			}
			requireItems(t, run, want, name == "values.jsonl" && !isWhole)
		}
	}
}

// requireItems checks the items of a log; if a value may be missing, one item may come without its output.
func requireItems(t *testing.T, run *record.Run, want []record.Item, missing bool) {
	t.Helper()
	i := 0
	for it, err := range run.Items() {
		if err != nil {
			require.True(t, missing, "%v", err)
			require.ErrorIs(t, err, record.ErrNotRecorded)
			it.Output = want[i].Output
			missing = false
		}
		require.Equal(t, want[i], it)
		i++
	}
	require.Len(t, want, i)
}

func TestTornTogether(t *testing.T) {
	t.Parallel()
	dir := copyOf(t, recorded(t, 1, essays(3, 5)), "results.jsonl")
	for _, name := range []string{"log.jsonl", "values.jsonl"} {
		text := read(t, dir, name)
		write(t, dir, name, append(text, `{"kind":"`...))
	}
	torn := open(t, dir).Torn()
	require.Len(t, torn, 2)
	assert.Regexp(t, `^log\.jsonl: the last line, 9 bytes from byte \d+ on, is torn$`, torn[0].String())
	assert.Equal(t, "values.jsonl", torn[1].File)
}

func TestLastLineOfGarbage(t *testing.T) {
	t.Parallel()
	whole := recorded(t, 1, essays(2, 5))
	size := int64(len(read(t, whole, "log.jsonl")))
	for name, tail := range map[string]string{
		"zeros": strings.Repeat("\x00", 5000), "a line end": "\n", "a broken line with an end": "{\"kind\":\n", "not an object": "12\n",
		"longer than a block": `{"a":"` + strings.Repeat("x", 200_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyOf(t, whole)
			write(t, dir, "log.jsonl", append(read(t, dir, "log.jsonl"), tail...))
			run := open(t, dir)
			require.Equal(t, []record.Tear{{File: "log.jsonl", Offset: size, Length: int64(len(tail))}}, run.Torn())
			require.NotEmpty(t, collect(t, run.Events()))
		})
	}
}

func TestEmptyFiles(t *testing.T) {
	t.Parallel()
	dir := copyOf(t, recorded(t, 1, essays(2, 5)), "results.jsonl")
	write(t, dir, "log.jsonl", nil)
	write(t, dir, "values.jsonl", []byte("{"))
	run := open(t, dir)
	assert.Len(t, run.Torn(), 1)
	assert.Empty(t, collect(t, run.Events()))
	assert.Empty(t, collect(t, run.Items()))
}

// cut removes the last byte of the third line, and its end.
func cut(text []byte) []byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	lines[2] = lines[2][:len(lines[2])-2]
	return bytes.Join(lines, nil)
}

func TestTornInTheMiddleIsAnError(t *testing.T) {
	t.Parallel()
	whole := recorded(t, 4, essays(6, 5))
	firstError := map[string]func(run *record.Run) error{
		"log.jsonl": func(run *record.Run) error {
			for _, err := range run.Events() {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"values.jsonl": func(run *record.Run) error {
			_, err := run.Value(record.Hash(strings.Repeat("0", 64)))
			return err
		},
		"results.jsonl": func(run *record.Run) error {
			for _, err := range run.Items() {
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	for name, fails := range firstError {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyOf(t, whole)
			write(t, dir, name, cut(read(t, dir, name)))
			err := fails(open(t, dir))
			require.ErrorContains(t, err, filepath.Join(dir, name)+":3: ")
		})
	}
	dir := copyOf(t, whole, "results.jsonl")
	write(t, dir, "log.jsonl", cut(read(t, dir, "log.jsonl")))
	for _, err := range open(t, dir).Items() {
		require.ErrorContains(t, err, "log.jsonl:3: ", "items of a log")
	}
}

func TestResultsMustNotBeTorn(t *testing.T) {
	t.Parallel()
	dir := recorded(t, 1, essays(2, 5))
	text := read(t, dir, "results.jsonl")
	write(t, dir, "results.jsonl", text[:len(text)-9])
	var failed []error
	for _, err := range open(t, dir).Items() {
		failed = append(failed, err)
	}
	require.Len(t, failed, 1)
	require.ErrorContains(t, failed[0], "is torn; the file was damaged after it was written")
}

func TestUnknownKindsAreSkipped(t *testing.T) {
	t.Parallel()
	dir := recorded(t, 1, essays(2, 5))
	for _, name := range []string{"log.jsonl", "values.jsonl", "results.jsonl"} {
		write(t, dir, name, append([]byte(`{"kind":"new","hash":"x","more":[]}`+"\n"), read(t, dir, name)...))
	}
	run := open(t, dir)
	assert.Len(t, collect(t, run.Items()), 2)
	events := collect(t, run.Events())
	assert.Equal(t, pipeline.Kind("new"), events[0].Kind)
	_, err := run.Value(events[2].Out)
	require.NoError(t, err)
}

func TestBadLinesAreNamed(t *testing.T) {
	t.Parallel()
	dir := recorded(t, 1, essays(2, 5))
	write(t, dir, "log.jsonl", append([]byte("{}\n"), read(t, dir, "log.jsonl")...))
	write(t, dir, "values.jsonl", append([]byte(`{"kind":"text","hash":"12"}`+"\n"), read(t, dir, "values.jsonl")...))
	run := open(t, dir)
	for _, err := range run.Events() {
		require.ErrorContains(t, err, "log.jsonl:1: the line has no kind")
	}
	_, err := run.Value("")
	require.ErrorContains(t, err, `values.jsonl:1: "12" is not a hash`)
}

func TestIterationStops(t *testing.T) {
	t.Parallel()
	dir := recorded(t, 4, essays(6, 5))
	for _, d := range []string{dir, copyOf(t, dir, "results.jsonl")} {
		run := open(t, d)
		n := 0
		for range run.Items() {
			n++
			break
		}
		for range run.Events() {
			n++
			break
		}
		assert.Equal(t, 2, n)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	whole := recorded(t, 1, essays(1, 1))
	for name, tc := range map[string]struct {
		damage func(t *testing.T, dir string)
		want   string
	}{
		"a directory without a manifest": {func(t *testing.T, dir string) {
			require.NoError(t, os.Remove(filepath.Join(dir, "manifest.json")))
		}, "is not the directory of a run"},
		"a manifest without JSON": {func(t *testing.T, dir string) { write(t, dir, "manifest.json", []byte("{")) }, "manifest.json: "},
		"a manifest of another shape": {func(t *testing.T, dir string) {
			write(t, dir, "manifest.json", []byte(`{"format":5,"seed":"x"}`))
		}, "manifest.json: "},
		"a newer format": {func(t *testing.T, dir string) {
			write(t, dir, "manifest.json", []byte(`{"format":6,"seed":"x"}`))
		}, "format 6 is unknown; this version reads format 5"},
		"an older format": {func(t *testing.T, dir string) {
			write(t, dir, "manifest.json", []byte(`{"format":4}`))
		}, "format 4 is unknown; this version reads format 5"},
		"no format": {func(t *testing.T, dir string) { write(t, dir, "manifest.json", []byte(`{}`)) }, "format 0 is unknown"},
		"no log":    {func(t *testing.T, dir string) { require.NoError(t, os.Remove(filepath.Join(dir, "log.jsonl"))) }, "log.jsonl"},
		"no values": {func(t *testing.T, dir string) { require.NoError(t, os.Remove(filepath.Join(dir, "values.jsonl"))) }, "values.jsonl"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyOf(t, whole)
			tc.damage(t, dir)
			run, err := record.Open(dir)
			require.ErrorContains(t, err, tc.want)
			require.Nil(t, run)
		})
	}
}

func TestClosedRun(t *testing.T) {
	t.Parallel()
	run, err := record.Open(recorded(t, 1, essays(1, 1)))
	require.NoError(t, err)
	require.NoError(t, run.Close())
	require.ErrorIs(t, run.Close(), os.ErrClosed)
	for _, err := range run.Events() {
		require.ErrorIs(t, err, os.ErrClosed)
	}
	_, err = run.Value("x")
	require.ErrorIs(t, err, os.ErrClosed)
}

func FuzzOpen(f *testing.F) {
	dir := recorded(f, 1, essays(2, 1))
	f.Add(read(f, dir, "manifest.json"), read(f, dir, "log.jsonl"), read(f, dir, "values.jsonl"))
	f.Add([]byte(`{"format":4}`), []byte(`{"kind":"item","batch":1,"item":"e0","out":"00"}`), []byte(`{"kind":"value","hash":"00"}`))
	f.Fuzz(func(t *testing.T, manifest, log, values []byte) {
		dir := t.TempDir()
		write(t, dir, "manifest.json", manifest)
		write(t, dir, "log.jsonl", log)
		write(t, dir, "values.jsonl", values)
		run, err := record.Open(dir)
		if err != nil {
			return
		}
		defer run.Close()
		lines := bytes.Count(log, []byte("\n")) + 1
		n := 0
		for e, err := range run.Events() {
			n++
			if err == nil && e.Out != "" {
				if v, err := run.Value(e.Out); err == nil {
					require.True(t, json.Valid(v.JSON), "%s", v.JSON)
				}
			}
		}
		for range run.Items() {
			n++
		}
		require.LessOrEqual(t, n, 2*lines)
		var out bytes.Buffer
		if err := run.Show(&out, "e0"); err == nil {
			require.NotZero(t, out.Len())
		}
		require.NotErrorIs(t, err, os.ErrClosed)
	})
}
