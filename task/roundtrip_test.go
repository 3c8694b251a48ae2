package task_test

import (
	"encoding/json"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// requireComesBack requires that a value has the same JSON after it was read from JSON, as a journal demands, and returns what was read.
func requireComesBack[T any](tb testing.TB, v T) T {
	tb.Helper()
	text, err := encoded(v)
	require.NoError(tb, err)
	var back T
	require.NoError(tb, json.Unmarshal(text, &back))
	again, err := encoded(back)
	require.NoError(tb, err)
	require.Equal(tb, string(text), string(again))
	return back
}

// arbitrary makes values of any kind.
type arbitrary struct {
	tb     testing.TB
	random *rand.Rand
}

func valueOf[T any](a arbitrary) T {
	a.tb.Helper()
	v, ok := quick.Value(reflect.TypeFor[T](), a.random)
	require.True(a.tb, ok)
	return v.Interface().(T)
}

func (a arbitrary) submission(drafts int) userdata.Submission {
	s := userdata.Submission{
		ID: valueOf[string](a), Assignment: valueOf[string](a), Student: valueOf[string](a), Text: valueOf[string](a),
		Draft: valueOf[int](a), Prior: valueOf[string](a), Target: valueOf[*userdata.Span](a),
	}
	if a.random.Intn(2) == 0 {
		zone := time.FixedZone("", 60*(a.random.Intn(24*60)-12*60))
		s.SubmittedAt = time.Unix(a.random.Int63n(1e10), a.random.Int63n(1e9)).In(zone)
	}
	if drafts > 0 {
		prior := a.submission(drafts - 1)
		s.PriorDraft = &prior
	}
	return s
}

// TestValuesComeBackFromJSON: whatever they hold.
func TestValuesComeBackFromJSON(t *testing.T) {
	t.Parallel()
	a := arbitrary{t, rand.New(rand.NewSource(1))}
	for range 300 {
		response := valueOf[llm.Response](a)
		require.Equal(t, response, requireComesBack(t, response))
		requireComesBack(t, valueOf[llm.Request](a).Messages)
		requireComesBack(t, valueOf[task.Prediction](a))
		requireComesBack(t, valueOf[userdata.Feedback](a))
		requireComesBack(t, a.submission(a.random.Intn(3)))
	}
	// Time that a clock of this process has told is more than what its JSON says.
	requireComesBack(t, userdata.Submission{ID: "now", SubmittedAt: time.Now()})
}

// TestPredictionsComeBackFromJSON: those of every kind and technique are the same in all they hold, also where a list of the reply is empty and where
// a text has what JSON escapes.
func TestPredictionsComeBackFromJSON(t *testing.T) {
	t.Parallel()
	says := map[string]func(filled string) string{
		"filled":   func(filled string) string { return filled },
		"empty":    func(filled string) string { return strings.NewReplacer(`["Harbor Road"]`, "[]").Replace(filled) },
		"no lists": withoutLists,
		"escaped": func(filled string) string {
			return strings.ReplaceAll(filled, "Harbor Road", `<b>\"Straße\"</b> & \u2028 \ud83d\ude00 \\n \u0000`)
		},
	}
	for name, say := range says {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTechnique(t, func(t *testing.T, spec task.Spec) {
				model := &filler{say: func(_ int, _ llm.Request, filled string) string { return say(filled) }}
				tk, err := task.New(smallClass().using(model), spec)
				require.NoError(t, err)
				p, err := predict(t, tk, revised())
				require.NoError(t, err)
				require.Equal(t, p, requireComesBack(t, p))
			})
		})
	}
}

// withoutLists empties every list of a reply.
func withoutLists(filled string) string {
	var b strings.Builder
	depth := 0
	for _, r := range filled {
		if r == ']' {
			depth--
		}
		if depth == 0 {
			b.WriteRune(r)
		}
		if r == '[' {
			depth++
		}
	}
	return b.String()
}
