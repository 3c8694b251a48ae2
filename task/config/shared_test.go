package config

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task"
)

func TestSharedSettings(t *testing.T) {
	t.Parallel()
	c := mustParse(t, `version: 1
shared:
  exemplars: {k: 8, select: random, seed: 5}
  generation: {temperature: 0.2, max_tokens: 100}
  rag: {passages: 3}
  documents: {max_tokens: 700}
  steps: [{at: after:prompt, name: one}, {at: after:parse, name: two}]
tasks:
  essay_score: {}
  rubric_score:
    exemplars: {k: 5}
    generation: {temperature: 0.9}
    steps: [{at: before:parse, name: three}]
    rag: null
`)
	essay, rubric := mustSpec(t, c, "essay_score"), mustSpec(t, c, "rubric_score")
	assert.Equal(t, &task.Exemplars{K: 8, Select: task.SelectRandom, Seed: 5}, essay.Exemplars)
	assert.Equal(t, &task.Exemplars{K: 5, Select: task.SelectRandom, Seed: 5}, rubric.Exemplars, "key by key")
	assert.InDelta(t, 0.9, *rubric.Generation.Temperature, 0)
	assert.Equal(t, 100, rubric.Generation.MaxTokens)
	assert.Len(t, essay.Steps, 2)
	require.Len(t, rubric.Steps, 1, "a list is replaced as a whole")
	assert.Equal(t, "three", rubric.Steps[0].Name)
	assert.Equal(t, 3, essay.RAG.Passages)
	assert.Nil(t, essay.Documents)
	assert.Nil(t, rubric.RAG, "null takes the shared setting away")
	assert.Equal(t, &task.Documents{MaxTokens: 700}, rubric.Documents)

	assert.Equal(t, "RAG chooses passages", value(t, c, "tasks.essay_score.documents.max_tokens").Unused)
	assert.Empty(t, value(t, c, "tasks.rubric_score.documents.max_tokens").Unused)
	assert.Equal(t, LevelShared, value(t, c, "tasks.rubric_score.exemplars.seed").Level)
	assert.Equal(t, LevelTask, value(t, c, "tasks.rubric_score.exemplars.k").Level)
	off := value(t, c, "tasks.rubric_score.rag")
	assert.Equal(t, "null", off.Value)
	assert.Equal(t, LevelTask, off.Level)
	assert.Equal(t, 14, off.Place.Line)
}

func TestSharedSettingsOfWhatIsOff(t *testing.T) {
	t.Parallel()
	const shared = `version: 1
shared:
  exemplars: {k: 8, similarity: bm25, seed: 3}
  documents: {max_tokens: 700}
  rag: {passages: 3}
tasks:
  essay_score: `
	for own, want := range map[string]map[string]string{
		`{}`: {"exemplars.seed": "select similar draws nothing", "documents.max_tokens": "RAG chooses passages"},
		`{rag: null}`: {
			"exemplars.seed": "select quantile_anchors draws nothing", "exemplars.similarity": "select quantile_anchors compares nothing",
		},
		`{exemplars: {select: random}}`: {"exemplars.similarity": "select random compares nothing", "documents.max_tokens": "RAG chooses passages"},
		`{inputs: {past_feedback: false}}`: {
			"exemplars.k": "past feedback is off", "exemplars.similarity": "past feedback is off", "exemplars.seed": "past feedback is off",
			"documents.max_tokens": "RAG chooses passages",
		},
		`{inputs: {class_docs: false}}`: {
			"exemplars.seed": "select similar draws nothing", "documents.max_tokens": "class documents are off", "rag.passages": "class documents are off",
		},
		`{inputs: {class_docs: false, past_feedback: false}}`: {
			"exemplars.k": "past feedback is off", "exemplars.similarity": "past feedback is off", "exemplars.seed": "past feedback is off",
			"documents.max_tokens": "class documents are off", "rag.passages": "neither class documents nor past feedback are on",
		},
		`{exemplars: null, inputs: {past_feedback: false}}`: {"documents.max_tokens": "RAG chooses passages"},
	} {
		t.Run(own, func(t *testing.T) {
			t.Parallel()
			c := mustParse(t, shared+own)
			got := map[string]string{}
			for _, v := range c.Values() {
				if v.Unused != "" {
					assert.Equal(t, LevelShared, v.Level)
					assert.Contains(t, []int{3, 4, 5}, v.Place.Line)
					got[strings.TrimPrefix(v.Path, "tasks.essay_score.")] = v.Unused
				}
			}
			assert.Equal(t, want, got)
		})
	}
}

func TestOwnSettingsOfWhatIsOff(t *testing.T) {
	t.Parallel()
	for own, want := range map[string]string{
		`{inputs: {past_feedback: false}, exemplars: {k: 3}}`:                    "exemplars are configured although past feedback is off",
		`{inputs: {past_feedback: false}, exemplars: {}}`:                        "exemplars are configured although past feedback is off",
		`{inputs: {class_docs: false}, documents: {max_tokens: 3}}`:              "documents are configured although class documents are off",
		`{inputs: {class_docs: false}, rag: {passages: 3}}`:                      "rag configures passages although class documents are off",
		`{exemplars: {seed: 3}}`:                                                 `exemplars.seed is 3, but select "quantile_anchors" draws nothing`,
		`{exemplars: {similarity: bm25}}`:                                        `exemplars.similarity is "bm25", but select "quantile_anchors" compares nothing`,
		`{rag: {}, documents: {max_tokens: 3}}`:                                  "documents are configured although RAG chooses passages; set rag.passages instead",
		`{inputs: {class_docs: false, past_feedback: false}, rag: {}}`:           "RAG is on although neither class documents nor past feedback are",
		`{inputs: {past_feedback: false}, exemplars: {k: 3, select: quantiles}}`: "exemplars are configured although past feedback is off",
	} {
		for _, shared := range []string{"", "shared: {exemplars: {k: 8}, documents: {max_tokens: 9}}\n"} {
			_, err := Parse("c.yaml", []byte("version: 1\n"+shared+"tasks:\n  essay_score: "+own), nil)
			require.Error(t, err, own)
			line := 3 + strings.Count(shared, "\n")
			assert.Contains(t, messages(t, err), fmt.Sprintf("c.yaml:%d: tasks.essay_score: %s", line, want))
		}
	}
}

// randomShared returns shared settings with valid values, of things that may be off.
func randomShared(r *rand.Rand) map[string]any {
	maybe := func(into map[string]any, key string, values ...any) {
		if r.IntN(2) == 0 {
			into[key] = values[r.IntN(len(values))]
		}
	}
	exemplars, rag, documents, shared := map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}
	maybe(exemplars, "k", 1, 8, 0)
	maybe(exemplars, "select", "similar", "quantile_anchors", "mixed", "random")
	maybe(exemplars, "similarity", "bm25", "tfidf_cosine")
	maybe(exemplars, "seed", 1, 7)
	maybe(rag, "passages", 1, 3)
	maybe(rag, "passage_tokens", 50)
	maybe(rag, "similarity", "bm25", "tfidf_cosine")
	maybe(documents, "max_tokens", 100, 0)
	maybe(shared, "exemplars", exemplars, nil)
	maybe(shared, "rag", rag, nil)
	maybe(shared, "documents", documents, nil)
	maybe(shared, "inputs", randomSwitches(r))
	maybe(shared, "generation", map[string]any{"temperature": 0.3}, map[string]any{"seed": 3, "max_tokens": 90})
	return shared
}

func randomSwitches(r *rand.Rand) map[string]any {
	out := map[string]any{}
	for _, name := range []string{"assignment_prompt", "rubric", "class_docs", "past_feedback", "prior_draft", "essay_context"} {
		if r.IntN(2) == 0 {
			out[name] = r.IntN(2) == 0
		}
	}
	return out
}

func randomConfig(t *testing.T, r *rand.Rand) string {
	t.Helper()
	tasks := map[string]any{}
	for _, name := range []string{"essay_score", "rubric_score", "draft_feedback"} {
		tasks[name] = map[string]any{"inputs": randomSwitches(r)}
	}
	text, err := json.MarshalIndent(map[string]any{"version": 1, "shared": randomShared(r), "tasks": tasks}, "", " ")
	require.NoError(t, err)
	return string(text)
}

// Whatever the tasks switch, valid shared settings are never an error, and every one is in effect or said to be unused.
func TestSharedSettingsAreNeverAnError(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	unused := 0
	for range 500 {
		text := randomConfig(t, r)
		c := mustParse(t, text)
		for _, name := range c.Tasks() {
			require.NoError(t, mustSpec(t, c, name).Validate())
		}
		listed := map[string]bool{}
		for _, v := range c.Values() {
			listed[v.Path] = true
			if v.Unused != "" {
				unused++
			}
		}
		c.root.field("shared").leaves(nil, func(p path, n *node) {
			if n.kind == object {
				return // nothing was said
			}
			for _, name := range c.Tasks() {
				require.True(t, listed[keys("tasks", name).then(p...).String()], "%s of %s in\n%s", p, name, text)
			}
		})
	}
	assert.Greater(t, unused, 250)
}
