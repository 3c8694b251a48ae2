package task_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// memory is a journal that keeps everything as JSON, or calls alone.
type memory struct {
	callsOnly bool

	mu    sync.Mutex
	kept  map[string][]byte
	fresh int // what was done, and not taken from here
}

func newMemory() *memory { return &memory{kept: map[string][]byte{}} }

func (*memory) Begin(_ context.Context, t pipeline.Target) error {
	var errs []error
	for _, p := range t.Assets {
		if p.Unidentified != "" {
			errs = append(errs, fmt.Errorf("asset %s: %s", p.Name, p.Unidentified))
		}
	}
	return errors.Join(errs...)
}

func (m *memory) Do(ctx context.Context, w pipeline.Work, do func(context.Context) (any, error)) (any, string, error) {
	if m.callsOnly && w.Call == nil {
		out, err := do(ctx)
		return out, "", err
	}
	m.mu.Lock()
	text, ok := m.kept[w.Fingerprint]
	m.mu.Unlock()
	if ok {
		out, err := w.Decode(text)
		return out, "memory", err
	}
	out, err := do(ctx)
	if err != nil {
		return nil, "", err
	}
	text, err = encoded(out)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept[w.Fingerprint] = text
	m.fresh++
	return out, "", err
}

// encoded is JSON as a journal keeps it.
func encoded(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// predictions runs essays through a task in a run of its own.
func predictions(tb testing.TB, spec task.Spec, model llm.Model, m *memory, essays []userdata.Submission) []task.Prediction {
	tb.Helper()
	tk, err := task.New(smallClass().using(model), spec)
	require.NoError(tb, err)
	run, err := pipeline.NewRun(pipeline.WithJournal(m))
	require.NoError(tb, err)
	runner, err := pipeline.Start(tb.Context(), run, tk)
	require.NoError(tb, err)
	var out []task.Prediction
	for result := range runner.Stream(tb.Context(), pipeline.Items(essays...)) {
		require.NoError(tb, result.Err)
		out = append(out, result.Out)
	}
	return out
}

// TestNothingIsPaidForTwice: what a journal kept is the prediction, whether it kept items or calls alone, in another run over resources
// that were read again.
func TestNothingIsPaidForTwice(t *testing.T) {
	t.Parallel()
	eachTechnique(t, func(t *testing.T, spec task.Spec) {
		essays := submissions(3)
		model, journal := newNamed(), newMemory()
		first := predictions(t, spec, model, journal, essays)
		calls, fresh := model.calls(), journal.fresh
		require.Positive(t, calls)
		require.Equal(t, calls+len(essays), fresh)

		require.Equal(t, first, predictions(t, spec, model, journal, essays))
		require.Equal(t, calls, model.calls(), "items")

		journal.callsOnly = true
		require.Equal(t, first, predictions(t, spec, model, journal, essays))
		require.Equal(t, calls, model.calls(), "calls")
		require.Equal(t, fresh, journal.fresh)
	})
}

// TestRepliesThatAreAskedForAgainAreKept: each of the calls of a conversation is known by what was said before it.
func TestRepliesThatAreAskedForAgainAreKept(t *testing.T) {
	t.Parallel()
	for _, kind := range task.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			spec := mustBuild(t, smallClass().using(nil), kind).Spec()
			model, journal := newNamed(), newMemory()
			journal.callsOnly = true
			model.say = func(n int, _ llm.Request, filled string) string {
				if n == 1 {
					return "I would rather not."
				}
				return "Here you are: " + filled
			}
			essays := []userdata.Submission{target()}
			first := predictions(t, spec, model, journal, essays)
			require.Equal(t, 2, model.calls())
			require.Equal(t, first, predictions(t, spec, model, journal, essays))
			require.Equal(t, 2, model.calls())
		})
	}
}

// TestOtherModelsAnswerForThemselves: what one model said is never taken for another's.
func TestOtherModelsAnswerForThemselves(t *testing.T) {
	t.Parallel()
	spec := mustBuild(t, smallClass().using(nil), task.KindEssayScore).Spec()
	one, journal := newNamed(), newMemory()
	predictions(t, spec, one, journal, submissions(2))
	other := named{&filler{}, "filler-2"}
	predictions(t, spec, other, journal, submissions(2))
	require.Equal(t, one.calls(), other.calls())
}
