package record_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

func show(t testing.TB, run *record.Run, id string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run.Show(&out, id))
	return out.String()
}

// numbered replaces hashes by numbers in the order of their first occurrence.
func numbered(story string) string {
	numbers := map[string]string{}
	return regexp.MustCompile(`\([0-9a-f]{8}`).ReplaceAllStringFunc(story, func(h string) string {
		if numbers[h] == "" {
			numbers[h] = fmt.Sprintf("(#%d", len(numbers)+1)
		}
		return numbers[h]
	})
}

// poem is long enough to be a text of its own, and has an empty line.
const poem = "The whales <sing> in the deep,\n\nand nobody has told them to; \"nobody\" listens either.\n"

// shownRun records a run on a fake clock on which each stage that pauses takes a second.
func shownRun(t *testing.T) *record.Run {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	second := func(context.Context) { <-time.After(time.Second) }
	observe(t, w, 2, []essay{{ID: "e0", Text: poem}, {ID: "e1", Text: "fail"}, {ID: "e2", Text: "panic now"}, {ID: "e3", Text: "crash"}}, second)
	require.NoError(t, w.Close())
	return open(t, dir)
}

func TestShowTellsAnItemFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		run := shownRun(t)
		want, err := os.ReadFile(filepath.Join("testdata", "stories.txt"))
		require.NoError(t, err)
		require.Equal(t, string(want), numbered(show(t, run, "e0"))+"\n"+numbered(show(t, run, "e1")))
	})
}

func TestShowHoldsEachTextOnce(t *testing.T) {
	t.Parallel()
	run := open(t, recorded(t, 4, essays(6, 1)))
	story := show(t, run, "e4")
	text := essays(6, 1)[4].Text
	line := strings.SplitN(text, "\n", 2)[0]
	assert.Equal(t, 3, strings.Count(story, line), "alone, in the prompt and in the comment")
	assert.Equal(t, 1, strings.Count(story, strings.SplitN(instructions, "\n", 2)[0]))
}

func TestShowTellsPanicsWithTheirStack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		run := shownRun(t)
		story := show(t, run, "e2")
		assert.Contains(t, story, "  stage grade/parse (1s)\n")
		assert.Contains(t, story, "    failed: `panic: cannot parse")
		assert.Contains(t, story, "    stack: (")
		assert.Equal(t, 1, strings.Count(story, "      goroutine "), "the stack is told where it happened")
		assert.Contains(t, show(t, run, "e3"), "the item ended after 0s\nfailed: \"item e3: panic: crash of e3\"\nstack: (")
	})
}

// observed returns the open record of events that were told by hand.
func observed(t testing.TB, events ...pipeline.Event) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	for _, e := range events {
		e.Batch, e.Item, e.Target = max(e.Batch, 1), "a", "t"
		w.Observe(t.Context(), e)
	}
	require.NoError(t, w.Close())
	return dir
}

func TestShowTellsWhatWasNotFinished(t *testing.T) {
	t.Parallel()
	run := open(t, observed(t,
		pipeline.Event{Kind: pipeline.KindItemStarted, In: 1},
		pipeline.Event{Kind: pipeline.KindStage, Stage: "s/u", In: 1, Out: 2},
		pipeline.Event{Kind: pipeline.KindCallStarted, Stage: "s", Call: &pipeline.CallInfo{Resource: "m", Seq: 1}, In: 2},
	))
	assert.Equal(t, strings.TrimLeft(`
item a: batch 1, index 0, target t
received: 1
stage s/u (0s)
  received: 1
  returned: 2
call 1 of m, which did not return
  received: 2
the item was not finished
`, "\n"), show(t, run, "a"))
}

func TestShowNestsByPath(t *testing.T) {
	t.Parallel()
	call := func(kind pipeline.Kind, stage string, seq int) pipeline.Event {
		return pipeline.Event{Kind: kind, Stage: stage, Call: &pipeline.CallInfo{Resource: "m", Seq: seq}, In: "x", Out: "y"}
	}
	stage := func(path string) pipeline.Event { return pipeline.Event{Kind: pipeline.KindStage, Stage: path} }
	run := open(t, observed(t,
		call(pipeline.KindCallStarted, "", 1), call(pipeline.KindCall, "", 1),
		stage("a/b"),
		call(pipeline.KindCallStarted, "a", 2), call(pipeline.KindCallStarted, "a", 3),
		call(pipeline.KindCall, "a", 3), call(pipeline.KindCall, "a", 2),
		stage("a"), stage("ab"), stage("a/b"), stage("a"),
	))
	var heads []string
	for line := range strings.Lines(show(t, run, "a")) {
		if s := strings.TrimSpace(line); strings.HasPrefix(s, "stage ") || strings.HasPrefix(s, "call ") {
			heads = append(heads, strings.TrimRight(line, "\n"))
		}
	}
	assert.Equal(t, []string{
		"call 1 of m (0s, 0 tokens in, 0 out)",
		"stage a (0s)",
		"  stage a/b (0s)",
		"  call 3 of m (0s, 0 tokens in, 0 out)",
		"  call 2 of m (0s, 0 tokens in, 0 out)",
		"stage ab (0s)",
		"stage a (0s)",
		"  stage a/b (0s)",
	}, heads)
}

func TestShowRendersEveryShapeOfValue(t *testing.T) {
	t.Parallel()
	run := open(t, observed(t, pipeline.Event{Kind: pipeline.KindItem, Out: []any{
		nil, true, 1.5, "", "a\tb", `say "no"`, "two\nlines\n\nand a half", map[string]any{}, []any{}, []any{[]any{1}},
		map[string]any{"$text": 1, "$$text": "x", "b": map[string]any{"c": strings.Repeat("long ", 20)}},
	}}, pipeline.Event{Kind: pipeline.KindItem, Batch: 2, Out: func() {}}))
	assert.Equal(t, `item a: batch 1, index 0, target t
the item ended after 0s
returned: (#1)
  - null
  - true
  - 1.5
  - ""
  - "a\tb"
  - `+"`say \"no\"`"+`
  - |
    two
    lines

    and a half
  - {}
  - []
  -
    -
      - 1
  -
    $$text: "x"
    $text: 1
    b:
      c: (#2) |
        `+strings.Repeat("long ", 20)+`

item a: batch 2, index 0, target t
the item ended after 0s
returned: without JSON
  type: "func()"
  error: "json: unsupported type: func()"
`, numbered(show(t, run, "a")))
}

// exemplar is large enough to be a value of its own, and so are its scores, which are the same for every name.
func exemplar(name string) map[string]any {
	note := strings.Repeat("n", 60)
	return map[string]any{"name": name, "notes": []string{note, note, note}, "scores": make([]int, 130), "text": "text of " + name}
}

func TestShowHoldsEachPartOnce(t *testing.T) {
	t.Parallel()
	first, second := exemplar("one"), exemplar("two")
	input := map[string]any{"exemplars": []any{first, second}, "id": "a"}
	run := open(t, observed(t,
		pipeline.Event{Kind: pipeline.KindItemStarted, In: first},
		pipeline.Event{Kind: pipeline.KindStage, Stage: "s", In: input, Out: map[string]any{"best": second, "others": []any{first}}},
		pipeline.Event{Kind: pipeline.KindStage, Stage: "u", In: map[string]any{"best": second}, Out: second},
	))
	story := numbered(show(t, run, "a"))
	assert.Equal(t, 1, strings.Count(story, `text: "text of one"`))
	assert.Equal(t, 1, strings.Count(story, `text: "text of two"`))
	assert.Contains(t, story, `
stage s (0s)
  received: (#3)
    exemplars:
      - (#1, shown above)
      - (#4)
        name: "two"
`)
	assert.Contains(t, story, `
  returned: (#5)
    best: (#4, shown above)
    others:
      - (#1, shown above)
stage u (0s)
  received: (#6)
    best: (#4, shown above)
  returned: (#4, shown above)
`)
}

func TestShowNamesWhatAStageLeftAsItWas(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	whole := exemplar("one")
	for name, tc := range map[string]struct {
		in, out any
		want    string
	}{
		"a field changed":     {object{"a": 1, "b": 2}, object{"a": 1, "b": 3}, "\n    (unchanged: a)\n    b: 3\n"},
		"a field came":        {object{"b": whole}, object{"b": whole, "a": 1}, "\n    (unchanged: b)\n    a: 1\n"},
		"a field went":        {object{"a": 1, "b": 2, "c": 3}, object{"a": 1}, "\n    (unchanged: a; no longer there: b, c)\n"},
		"nothing changed":     {object{"a": 1, "b": nil}, object{"a": 1, "b": nil}, "\n    (unchanged: a, b)\n"},
		"everything changed":  {object{"a": 1}, object{"a": "1"}, "\n    a: \"1\"\n"},
		"another value":       {object{"a": 1}, object{"b": 1}, "\n    b: 1\n"},
		"keys like a mark":    {object{"$text": 1, "$value": 2}, object{"$text": 1, "$value": 3}, "\n    (unchanged: $text)\n    $value: 3\n"},
		"an object to a text": {object{"a": 1}, "a", " \"a\"\n"},
		"a text to an object": {strings.Repeat("long ", 20), object{"text": 1}, "\n    text: 1\n"},
		"null to an object":   {nil, object{"a": nil}, "\n    a: null\n"},
		"emptied":             {object{"a": 1}, object{}, " {}\n"},
		"no JSON":             {func() {}, func() {}, " without JSON\n    type: \"func()\"\n    error: \"json: unsupported type: func()\"\n"},
		"no JSON any more":    {object{"type": "func()"}, func() {}, " without JSON\n    type: \"func()\"\n    error: \"json: unsupported type: func()\"\n"},
		"JSON at last":        {func() {}, object{"type": "func()"}, "\n    type: \"func()\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := open(t, observed(t, pipeline.Event{Kind: pipeline.KindStage, Stage: "s", In: tc.in, Out: tc.out}))
			_, returned, ok := strings.Cut(show(t, run, "a"), "  returned:")
			require.True(t, ok)
			returned = regexp.MustCompile(`^ \([0-9a-f]{8}\)`).ReplaceAllString(returned, "")
			assert.Equal(t, tc.want+"the item was not finished\n", returned)
		})
	}
}

func TestShowTellsWhatACallReturnedInFull(t *testing.T) {
	t.Parallel()
	value := map[string]int{"a": 1}
	run := open(t, observed(t, pipeline.Event{Kind: pipeline.KindCall, Call: &pipeline.CallInfo{Resource: "m", Seq: 1}, In: value, Out: value}))
	assert.Contains(t, show(t, run, "a"), "  returned:\n    a: 1\n", "a request and its reply have nothing to do with each other")
}

func TestShowTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	dir := observed(t, pipeline.Event{Kind: pipeline.KindStage, Stage: "s", In: strings.Repeat("long ", 20), Out: 2})
	values := read(t, dir, "values.jsonl") // the text, the value it is in, and 2
	lines := bytes.SplitAfter(values, []byte("\n"))
	write(t, dir, "values.jsonl", lines[1])
	assert.Equal(t, `item a: batch 1, index 0, target t
stage s (0s)
  received: (#1 is missing)
  returned: (#2 is missing)
the item was not finished
`, numbered(show(t, open(t, dir), "a")))
}

func TestShowTellsWhichPartIsMissing(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	dir := observed(t, pipeline.Event{Kind: pipeline.KindStage, Stage: "s", In: object{"a": exemplar("one")}, Out: object{"a": exemplar("one"), "b": 1}})
	lines := bytes.SplitAfter(read(t, dir, "values.jsonl"), []byte("\n")) // the scores, the exemplar, what was received and what was returned
	require.Len(t, lines, 5)
	const rest = "\n    (unchanged: a)\n    b: 1\n"
	for n, want := range [][]string{
		{"  received: (#1)\n    a: (#2)\n      name: \"one\"\n", "      scores: (#3 is missing)\n      text:", "  returned: (#4)" + rest},
		{"  received: (#1)\n    a: (#2 is missing)\n", "  returned: (#3)" + rest},
		{"  received: (#1 is missing)\n  returned: (#2)\n    a: (#3)\n      name: \"one\"\n", "      scores: (#4)\n        - 0\n"},
		{"  received: (#1)\n    a: (#2)\n", "  returned: (#4 is missing)\n"},
	} {
		damaged := copyOf(t, dir)
		write(t, damaged, "values.jsonl", bytes.Join(slices.Delete(slices.Clone(lines), n, n+1), nil))
		for _, part := range want {
			assert.Contains(t, numbered(show(t, open(t, damaged), "a")), part, "without line %d", n+1)
		}
	}
}

func TestShowOfNobody(t *testing.T) {
	t.Parallel()
	run := open(t, recorded(t, 1, essays(1, 1)))
	require.ErrorContains(t, run.Show(&bytes.Buffer{}, "nobody"), `record: no item "nobody" in `)
}

func TestShowOfItemsWithoutAnIdentifier(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, open(t, recorded(t, 1, essays(2, 1))).Show(&bytes.Buffer{}, ""), `record: no item "" in `)
	story := show(t, open(t, recorded(t, 1, []essay{{Text: "one"}, {Text: "two"}})), "")
	assert.Equal(t, 2, strings.Count(story, "item : batch 1, index "))
	assert.NotContains(t, story, "not finished")
}

func TestShowOrdersStoriesByInput(t *testing.T) {
	t.Parallel()
	run := open(t, observed(t,
		pipeline.Event{Kind: pipeline.KindItem, Batch: 2, Index: 1}, pipeline.Event{Kind: pipeline.KindItem, Batch: 2},
		pipeline.Event{Kind: pipeline.KindItem, Batch: 1, Index: 5},
	))
	assert.Equal(t, []string{"batch 1, index 5", "batch 2, index 0", "batch 2, index 1"},
		regexp.MustCompile(`batch \d, index \d`).FindAllString(show(t, run, "a"), -1))
}

type fullWriter struct{}

func (fullWriter) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestShowReportsErrors(t *testing.T) {
	t.Parallel()
	dir := recorded(t, 1, essays(1, 1))
	require.ErrorContains(t, open(t, dir).Show(fullWriter{}, "e0"), `record: show item "e0": full`)
	damaged := copyOf(t, dir)
	write(t, damaged, "values.jsonl", cut(read(t, damaged, "values.jsonl")))
	require.ErrorContains(t, open(t, damaged).Show(&bytes.Buffer{}, "e0"), "values.jsonl:3: ")
	write(t, damaged, "log.jsonl", cut(read(t, damaged, "log.jsonl")))
	require.ErrorContains(t, open(t, damaged).Show(&bytes.Buffer{}, "e0"), "log.jsonl:3: ")
}
