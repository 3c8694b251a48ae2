package record_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

type essay struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

func (e essay) ItemID() string { return e.ID }

// draft travels through the stages of a grader; it carries the essay all the way.
type draft struct {
	Essay  essay    `json:"essay"`
	Words  int      `json:"words"`
	Prompt string   `json:"prompt,omitempty"`
	Reply  string   `json:"reply,omitempty"`
	Notes  []string `json:"notes,omitempty"`
}

type prediction struct {
	Words   int    `json:"words"`
	Comment string `json:"comment"`
}

type reply struct {
	Text   string `json:"text"`
	Tokens int    `json:"tokens"`
}

func (r reply) TokenUsage() (input, output, cached, reasoning int) { return r.Tokens, 7, 1, 2 }

// model stands for a live client: what it holds must not reach the disk.
type model struct{ APIKey string }

func (*model) Identity() string { return "fake/v1" }

const secret = "sk-never-on-disk"

var errNoScore = errors.New("the reply has no <score>")

// instructions is long enough to be a text of its own, and the same in every prompt.
const instructions = "Read the essay below & say in one sentence what its author should work on next.\n<essay>\n"

// grader is an asset with five stages, one of them nested, and one call per item. pause is called in every stage. Items whose text begins
// with "fail" fail, with "panic" panic, with "crash" panic outside of every named stage.
func grader(pause func(ctx context.Context)) pipeline.Asset[pipeline.Stage[essay, prediction]] {
	past := pipeline.Given("past_feedback", []string{strings.Repeat("State your thesis early. ", 8), "ok"})
	live := pipeline.Tool("model", &model{APIKey: secret})
	return pipeline.Derive(pipeline.Meta{Name: "grader", Version: 2, Group: "grading", Steps: []string{"begin", "count", "grade", "finish"}},
		map[string]int{"k": 3},
		func(n *pipeline.Needs, _ map[string]int) func(context.Context) (pipeline.Stage[essay, prediction], error) {
			examples := pipeline.Need(n, past)
			pipeline.Need(n, live)
			return func(context.Context) (pipeline.Stage[essay, prediction], error) {
				return gradingStage(pause, examples()), nil
			}
		})
}

func gradingStage(pause func(ctx context.Context), examples []string) pipeline.Stage[essay, prediction] {
	step := func(name string, f func(d draft) (draft, error)) pipeline.Stage[draft, draft] {
		return pipeline.Named(name, pipeline.Fn(func(ctx context.Context, d draft) (draft, error) {
			pause(ctx)
			return f(d)
		}))
	}
	begin := pipeline.Fn(func(_ context.Context, e essay) (draft, error) {
		if strings.HasPrefix(e.Text, "crash") {
			panic("crash of " + e.ID)
		}
		return draft{Essay: e}, nil
	})
	call := pipeline.Call("model", pipeline.Fn(func(ctx context.Context, prompt string) (reply, error) {
		pause(ctx)
		if strings.Contains(prompt, "fail") {
			return reply{}, errNoScore
		}
		return reply{Text: `{"comment":"More evidence"}`, Tokens: len(prompt)}, nil
	}))
	ask := pipeline.Named("ask", pipeline.Fn(func(ctx context.Context, d draft) (draft, error) {
		r, err := call.Run(ctx, d.Prompt)
		d.Reply = r.Text
		return d, err
	}))
	grade := pipeline.Named("grade", pipeline.Chain(
		step("prompt", func(d draft) (draft, error) {
			d.Notes = append(d.Notes, examples...)
			d.Prompt = instructions + d.Essay.Text
			return d, nil
		}), ask,
		step("parse", func(d draft) (draft, error) {
			if strings.HasPrefix(d.Essay.Text, "panic") {
				panic(fmt.Sprintf("cannot parse %q", d.Reply))
			}
			return d, nil
		})))
	count := step("count", func(d draft) (draft, error) {
		d.Words = len(strings.Fields(d.Essay.Text))
		return d, nil
	})
	finish := pipeline.Named("finish", pipeline.Fn(func(_ context.Context, d draft) (prediction, error) {
		return prediction{Words: d.Words, Comment: d.Reply + " after " + d.Essay.Text}, nil
	}))
	return pipeline.Then(pipeline.Then(begin, pipeline.Chain(count, grade)), finish)
}

// essays returns n essays of different texts; of every ten, one each fails, panics and crashes.
func essays(n int, seed uint64) []essay {
	random := rand.New(rand.NewPCG(seed, 1))
	kinds := []string{"fail", "panic", "crash"}
	out := make([]essay, n)
	for i := range out {
		words := []string{"Whales"}
		if k := i % 10; k < len(kinds) && i > 0 {
			words[0] = kinds[k]
		}
		for range 20 + random.IntN(20) {
			words = append(words, fmt.Sprintf("word%d", random.IntN(1e6)))
		}
		out[i] = essay{ID: fmt.Sprintf("e%d", i), Text: strings.Join(words, " ") + "\n– “quoted” <b>&\u2028😀"}
	}
	return out
}

// observe runs inputs through the grader and tells w.
func observe(t testing.TB, w pipeline.Observer, inFlight int, inputs []essay, pause func(context.Context)) {
	t.Helper()
	observeStreams(t, w, inFlight, pause, pipeline.Items(inputs...))
}

// observeStreams runs several streams, one after the other.
func observeStreams(
	t testing.TB, w pipeline.Observer, inFlight int, pause func(context.Context), streams ...iter.Seq[pipeline.Item[essay]],
) {
	t.Helper()
	run, err := pipeline.NewRun(pipeline.WithInFlight(inFlight), pipeline.WithObserver(w))
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, grader(pause))
	require.NoError(t, err)
	for _, items := range streams {
		for range runner.Stream(t.Context(), items) { // the results are in the record
		}
	}
	require.NoError(t, run.Close())
}

func noPause(context.Context) {}

// recorded returns the closed record of a run over inputs.
func recorded(t testing.TB, inFlight int, inputs []essay) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{Name: "test"})
	require.NoError(t, err)
	observe(t, w, inFlight, inputs, noPause)
	require.NoError(t, w.Close())
	return dir
}

func open(t testing.TB, dir string) *record.Run {
	t.Helper()
	run, err := record.Open(dir)
	require.NoError(t, err)
	t.Cleanup(func() { _ = run.Close() })
	return run
}

func read(t testing.TB, dir, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	return text
}

func write(t testing.TB, dir, name string, text []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
}

// jsonLines decodes a file of lines without this package's reader.
func jsonLines(t testing.TB, text []byte) []map[string]any {
	t.Helper()
	var lines []map[string]any
	scan := bufio.NewScanner(bytes.NewReader(text))
	scan.Buffer(nil, 1<<24)
	for scan.Scan() {
		var l map[string]any
		require.NoError(t, json.Unmarshal(scan.Bytes(), &l), "line %d: %s", len(lines)+1, scan.Text())
		lines = append(lines, l)
	}
	require.NoError(t, scan.Err())
	return lines
}

// collect gathers a sequence that must not fail.
func collect[T any](t testing.TB, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for v, err := range seq {
		require.NoError(t, err)
		all = append(all, v)
	}
	return all
}

// eventsOf returns the events of one kind.
func eventsOf(t testing.TB, run *record.Run, kind pipeline.Kind) []record.Event {
	t.Helper()
	var out []record.Event
	for _, e := range collect(t, run.Events()) {
		if e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

// valueOf reads a recorded value back into its type.
func valueOf[T any](t testing.TB, run *record.Run, h record.Hash) T {
	t.Helper()
	v, err := run.Value(h)
	require.NoError(t, err)
	require.False(t, v.Opaque)
	var out T
	require.NoError(t, json.Unmarshal(v.JSON, &out))
	return out
}
