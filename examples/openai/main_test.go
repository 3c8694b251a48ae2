package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const key = "sk-example-0123456789"

// server answers chat completions: every criterion of the rubric gets two points, and a rationale that names the bearer of the key.
func server(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var req struct {
			Model    string
			Messages []struct{ Role, Content string }
			Format   struct {
				Type   string
				Schema struct {
					Strict bool
					Schema json.RawMessage
				} `json:"json_schema"`
			} `json:"response_format"`
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(body, &req) != nil || r.URL.Path != "/v1/chat/completions" ||
			req.Model != "tiny" || req.Format.Type != "json_schema" || !req.Format.Schema.Strict {
			http.Error(w, "this is no request", http.StatusBadRequest)
			return
		}
		if r.Header.Get("Authorization") != "Bearer "+key {
			http.Error(w, `{"error":{"message":"Incorrect API key `+r.Header.Get("Authorization")+`"}}`, http.StatusUnauthorized)
			return
		}
		if strings.Contains(req.Messages[len(req.Messages)-1].Content, "On Sundays") {
			http.Error(w, `{"error":{"message":"flagged","code":"content_filter"}}`, http.StatusBadRequest)
			return
		}
		answer, err := json.Marshal(fill(t, req.Format.Schema.Schema))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"model":"tiny-1","choices":[{"finish_reason":"stop","message":{"role":"assistant","content":%q}}],
			"usage":{"prompt_tokens":900,"completion_tokens":10}}`, answer)
	}))
	t.Cleanup(s.Close)
	return s
}

// fill makes a value for a schema: 2 for a number, words for a text, the first of an enum, and no more items than needed.
func fill(t *testing.T, raw json.RawMessage) any {
	t.Helper()
	var s struct {
		Type       any
		Enum       []any
		MinItems   int
		Items      json.RawMessage
		Properties map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal(raw, &s))
	switch {
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Properties != nil:
		object := map[string]any{}
		for name, property := range s.Properties {
			object[name] = fill(t, property)
		}
		return object
	case s.Items != nil:
		list := []any{}
		for range max(s.MinItems, 1) {
			list = append(list, fill(t, s.Items))
		}
		return list
	case s.Type == "integer", s.Type == "number":
		return 2
	default:
		return "Words that are in no letter."
	}
}

func environment(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := values[name]
		return v, ok
	}
}

func TestEveryLetterGetsFeedbackOrAReason(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := run(t.Context(), &out, environment(map[string]string{
		"OPENAI_BASE_URL": server(t).URL + "/v1", "OPENAI_MODEL": "tiny", "OPENAI_API_KEY": key,
	}))
	require.ErrorContains(t, err, "refused: HTTP 400 content_filter: flagged", "one letter fails alone, and the program says so")
	for _, want := range []string{
		"\nn1, by tiny-1\n", "  position  2  Words that are in no letter.", "  support   2  ", "flag: ungrounded_quote",
		"\nn2: no feedback\n", "\nn3, by tiny-1\n", "2 of 3 letters, 3 calls, 1800 tokens read, 20 written",
	} {
		require.Contains(t, out.String(), want)
	}
	require.NotContains(t, out.String(), "p1", "graded letters are shown to the model, not scored")
}

func TestWithoutVariablesThePlanIsPrinted(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := run(t.Context(), &out, environment(nil))
	require.Error(t, err)
	for _, want := range []string{
		"nothing was sent", "the environment variable OPENAI_API_KEY to be set", "the environment variable OPENAI_BASE_URL to be set",
		"the environment variable OPENAI_MODEL to be set", "http://localhost:11434/v1 for Ollama", "gpt-4o-mini",
	} {
		require.ErrorContains(t, err, want)
	}
	require.Contains(t, out.String(), "rubric_score")
	require.Contains(t, out.String(), "This would score 3 letters with one call each.")
}

func TestAWrongKeyIsExplainedAndNotShown(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := run(t.Context(), &out, environment(map[string]string{
		"OPENAI_BASE_URL": server(t).URL + "/v1", "OPENAI_MODEL": "tiny", "OPENAI_API_KEY": "sk-another-0123456789",
	}))
	require.ErrorContains(t, err, "auth: HTTP 401: Incorrect API key [secret]")
	require.NotContains(t, err.Error(), "sk-another")
	require.Contains(t, out.String(), "0 of 3 letters")
}

func TestAWrongBaseURLIsExplained(t *testing.T) {
	t.Parallel()
	err := run(t.Context(), io.Discard, environment(map[string]string{
		"OPENAI_BASE_URL": "localhost:11434", "OPENAI_MODEL": "tiny", "OPENAI_API_KEY": "none",
	}))
	require.ErrorContains(t, err, "want an absolute URL such as http://localhost:8000/v1")
}

func TestTheClassHasNoProblems(t *testing.T) {
	t.Parallel()
	class, err := openClass()
	require.NoError(t, err)
	require.NoError(t, class.Check(t.Context()))
	letters, err := newLetters(t.Context())
	require.NoError(t, err)
	require.Len(t, letters, 3)
}
