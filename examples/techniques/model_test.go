package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/task"
)

// What the scripted server does is said by a word of the essay: it wraps the reply in a fence, talks first and answers when it is asked again,
// or refuses. What it answers depends on the seed alone.
const (
	fenced  = "birch"
	chatty  = "cedar"
	refused = "dogwood"
)

// server answers chat completions with a script, and takes note of nothing, so that it answers the same in any order.
func server(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var req struct {
			Seed     int
			Messages []struct{ Content string }
			Format   struct {
				Schema struct{ Schema json.RawMessage } `json:"json_schema"`
			} `json:"response_format"`
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(body, &req) != nil || len(req.Messages) == 0 {
			http.Error(w, "this is no request", http.StatusBadRequest)
			return
		}
		last := req.Messages[len(req.Messages)-1].Content
		if strings.Contains(last, refused) {
			http.Error(w, `{"error":{"message":"flagged","code":"content_filter"}}`, http.StatusBadRequest)
			return
		}
		raw, err := json.Marshal(fill(t, req.Format.Schema.Schema, req.Seed))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer := string(raw)
		switch {
		case strings.Contains(last, fenced):
			answer = "```json\n" + answer + "\n```"
		case strings.Contains(last, chatty):
			answer = "What a lovely essay. Shall I score it?"
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"model":"tiny","choices":[{"finish_reason":"stop","message":{"role":"assistant","content":%q}}],
			"usage":{"prompt_tokens":%d,"completion_tokens":10}}`, answer, len(body)/2)
	}))
	t.Cleanup(s.Close)
	return s
}

// fill makes a value for a schema: of an enum and of numbers the one that the seed says, and one of whatever may be there several times.
func fill(t *testing.T, raw json.RawMessage, seed int) any {
	t.Helper()
	var s struct {
		Enum       []any
		Type       any
		Minimum    float64
		Items      json.RawMessage
		Properties map[string]json.RawMessage
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Error(err)
	}
	switch {
	case len(s.Enum) > 0:
		return s.Enum[seed%len(s.Enum)]
	case s.Properties != nil:
		object := map[string]any{}
		for name, property := range s.Properties {
			object[name] = fill(t, property, seed)
		}
		return object
	case s.Items != nil:
		return []any{fill(t, s.Items, seed)}
	case s.Type == "integer", s.Type == "number":
		return s.Minimum + float64(seed%6)
	default:
		return "Words that are in no essay."
	}
}

// classroom writes a class with three graded essays and a holdout of the given ones, and returns the flags for it.
func classroom(t *testing.T, essays ...string) []string {
	t.Helper()
	files := map[string]string{
		"class/assignments.yaml": "- {id: trees, prompt: Describe a tree., scale: {min: 1, max: 6}}\n",
		"class/feedback.yaml":    "",
		"holdout/truth.jsonl":    "",
	}
	for i, tree := range []string{"oak", "elm", "ash"} {
		files["class/submissions/"+tree+".txt"] = "The " + tree + " behind our school has stood there longer than anybody can say."
		files["class/feedback.yaml"] += fmt.Sprintf("- {submission: %s, scores: [{value: %d}]}\n", tree, 2+i)
	}
	files["holdout/submissions.csv"] = "id,assignment\n"
	for i, tree := range essays {
		files["holdout/submissions.csv"] += tree + ",trees\n"
		files["holdout/submissions/"+tree+".txt"] = "When I was nine I fell out of a " + tree + " and learned to look at trees from below."
		files["holdout/truth.jsonl"] += fmt.Sprintf(`{"id":%q,"teacher":{"submission":%q,"scores":[{"value":%d}]}}`+"\n", tree, tree, 1+i)
	}
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return []string{"-class", filepath.Join(dir, "class"), "-holdout", filepath.Join(dir, "holdout"), "-set", "tasks.essay_score.generation.seed=0"}
}

// remote makes openai.yaml mean the scripted server.
func remote(t *testing.T) []string {
	t.Helper()
	t.Setenv("OPENAI_BASE_URL", server(t).URL+"/v1")
	t.Setenv("OPENAI_MODEL", "tiny")
	t.Setenv("OPENAI_API_KEY", "none")
	return []string{"-config", "openai.yaml"}
}

func TestARealModelShowsWhatEachTechniqueTook(t *testing.T) {
	args := slices.Concat(remote(t), classroom(t, "alder", fenced, chatty))
	rep := reportOf(t, args...)
	require.False(t, rep.Offline)
	require.Contains(t, rep.Model, "tiny")
	require.Equal(t, "there is no second rater", rep.Raters.Reason())
	for name, calls := range map[string]int{ // one of the three essays takes each first call twice
		"zero_shot": 4, "few_shot": 4, "quote_then_score": 4, "chain_of_thought": 4,
		"self_consistency": 4 * task.DefaultSamples, "pairwise": 4 * 3,
		"draft_critique_revise": 3 * 3, // a draft, a critique that finds something, and the answer anew, which is the one that is read
	} {
		l := rep.technique(t, name)
		require.InDelta(t, float64(calls)/3, l.Calls, 1e-9, name)
		require.InDelta(t, 10*float64(calls)/3, l.OutputTokens, 1e-9, name)
		require.Equal(t, eval.Counts{Scored: 3}, l.Counts, name)
		wantDisagree := 0
		if name == "self_consistency" {
			wantDisagree = 3
		}
		require.Equal(t, wantDisagree, l.Flags[task.FlagSamplesDisagree], "%s: samples with seeds of their own have scores of their own", name)
	}
	few := rep.technique(t, "few_shot")
	require.Equal(t, map[task.FlagKind]int{task.FlagReasked: 1, task.FlagRepaired: 1}, few.Flags)
	require.Equal(t, 3, rep.technique(t, "quote_then_score").Flags[task.FlagUngroundedQuote])

	out := launch(t, t.TempDir(), args...)
	require.Regexp(t, `(?m)^few_shot .* 1 reasked, 1 repaired$`, out)
	require.Contains(t, out, "an undefined degree, because there is no second rater (0 essays)")
	require.NotContains(t, out, "offline baseline")
}

func TestFailuresAreCountedAndExplained(t *testing.T) {
	args := slices.Concat(remote(t), classroom(t, "alder", refused))
	rep := reportOf(t, args...)
	for _, l := range rep.Techniques {
		require.Equal(t, eval.Counts{Scored: 1, Errored: 1}, l.Counts, l.Technique)
		require.Equal(t, 2, l.Predictions, l.Technique)
		require.Contains(t, l.FirstFailure, "content_filter", l.Technique)
		if l.Technique != rep.Baseline {
			require.Equal(t, 1, l.Difference.Items, "only what both scored is compared")
		}
	}
	require.InDelta(t, 1, rep.technique(t, "few_shot").Calls, 1e-9, "a failed call is paid for as well")
	require.Contains(t, launch(t, t.TempDir(), args...), "few_shot: the first failure: ")
}

func TestWithoutItsVariablesAModelSaysWhatIsMissing(t *testing.T) {
	for _, name := range []string{"OPENAI_BASE_URL", "OPENAI_MODEL", "OPENAI_API_KEY"} {
		t.Setenv(name, "")
	}
	err := run(t.Context(), []string{"-config", "openai.yaml", "-runs", t.TempDir()}, io.Discard, io.Discard)
	require.ErrorContains(t, err, "the environment variable OPENAI_MODEL to be set")
}

func TestBedrockIsAKindOfModel(t *testing.T) {
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	plan := launch(t, t.TempDir(), "-plan", "-set", "resources.model={use: bedrock, params: {model: amazon.nova-lite-v1:0}}")
	require.Contains(t, plan, "few_shot")
	err := run(t.Context(), []string{"-plan", "-set", "resources.model={use: bedrock}"}, io.Discard, io.Discard)
	require.ErrorContains(t, err, "model")
}
