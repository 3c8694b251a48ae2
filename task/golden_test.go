package task_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

var update = flag.Bool("update", false, "write the requests to testdata instead of comparing")

// revised is a submission that has everything a task can show: a draft before it and a passage that feedback is asked for.
func revised() userdata.Submission {
	s := target()
	s.Draft, s.Prior = 2, "t0"
	s.PriorDraft = &userdata.Submission{ID: "t0", Assignment: assignment, Student: "new", Text: "I think Harbor Road is loud."}
	span, _ := userdata.Locate(s.Text, "The market was full on Saturday.")
	s.Target = &span
	return s
}

// bare switches every input off.
func bare() []task.Option {
	return []task.Option{
		task.WithoutAssignmentPrompt(), task.WithoutRubric(), task.WithoutClassDocs(),
		task.WithoutPastFeedback(), task.WithoutPriorDraft(), task.WithoutEssayContext(),
	}
}

// TestRequests compares everything that a model is told with what people have read and approved.
func TestRequests(t *testing.T) {
	t.Parallel()
	temperature, seed := 0.2, int64(7)
	for name, opts := range map[string][]task.Option{
		"full": {
			task.WithExemplars(task.Exemplars{K: 2}),
			task.WithGeneration(task.Generation{Temperature: &temperature, MaxTokens: 900, Seed: &seed}),
		},
		"rag":  {task.WithExemplars(task.Exemplars{K: 2}), task.WithRAG(task.RAG{Passages: 2})},
		"bare": bare(),
	} {
		for _, kind := range task.Kinds() {
			file := string(kind) + "." + name + ".golden"
			t.Run(file, func(t *testing.T) {
				t.Parallel()
				got := transcript(t, request(t, classOf(graded(6)), kind, revised(), opts...))
				path := filepath.Join("testdata", file)
				if *update {
					require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
				}
				want, err := os.ReadFile(path)
				require.NoError(t, err)
				require.Equal(t, string(want), got)
			})
		}
	}
}

// transcript writes a request the way a person would want to read it.
func transcript(tb testing.TB, req llm.Request) string {
	tb.Helper()
	var b strings.Builder
	for _, m := range req.Messages {
		fmt.Fprintf(&b, "=== %s\n%s\n\n", m.Role, m.Text)
	}
	fmt.Fprintf(&b, "=== reply schema %s\n", req.Reply.Name)
	var schema bytes.Buffer
	require.NoError(tb, json.Indent(&schema, req.Reply.JSON, "", "  "))
	b.Write(schema.Bytes())
	settings, err := json.Marshal(task.Generation{Temperature: req.Temperature, MaxTokens: req.MaxTokens, Seed: req.Seed})
	require.NoError(tb, err)
	fmt.Fprintf(&b, "\n\n=== settings\n%s\n", settings)
	return b.String()
}

// TestEvidenceComesBeforeTheScore: what a model writes first guides what it writes next.
func TestEvidenceComesBeforeTheScore(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kind   task.Kind
		fields []string
	}{
		{task.KindEssayScore, []string{"rationale", "score"}},
		{task.KindRubricScore, []string{"thesis", "quotes", "rationale", "score", "evidence", "quotes", "rationale", "score"}},
		{task.KindDraftFeedback, []string{
			"strengths", "criterion", "text", "improvements", "criterion", "text", "next_steps", "comments", "quote", "kind", "criterion", "text",
		}},
	} {
		req := request(t, smallClass(), tc.kind, target())
		require.Equal(t, tc.fields, properties(t, req.Reply.JSON), "the order of the schema")
		for _, m := range req.Messages {
			if m.Role == llm.Assistant {
				requireOrder(t, m.Text, tc.fields)
			}
		}
	}
}

// properties lists the names of a schema's properties, depth first, in the order in which they are written.
func properties(tb testing.TB, schema json.RawMessage) []string {
	tb.Helper()
	var s struct {
		Properties json.RawMessage
		Items      json.RawMessage
	}
	require.NoError(tb, json.Unmarshal(schema, &s))
	if s.Items != nil {
		return properties(tb, s.Items)
	}
	if s.Properties == nil {
		return nil
	}
	var out []string
	dec := json.NewDecoder(bytes.NewReader(s.Properties))
	_, err := dec.Token()
	require.NoError(tb, err)
	for dec.More() {
		name, err := dec.Token()
		require.NoError(tb, err)
		var inner json.RawMessage
		require.NoError(tb, dec.Decode(&inner))
		out = append(append(out, name.(string)), properties(tb, inner)...)
	}
	return out
}

// requireOrder finds the keys in a worked example one behind the other.
func requireOrder(tb testing.TB, reply string, keys []string) {
	tb.Helper()
	rest := reply
	for _, k := range keys {
		_, after, found := strings.Cut(rest, `"`+k+`":`)
		require.True(tb, found, "%s in its place in %s", k, reply)
		rest = after
	}
}
