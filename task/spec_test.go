package task_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task"
)

func TestDefaultSpec(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(task.DefaultSpec(task.KindEssayScore))
	require.NoError(t, err)
	require.JSONEq(t, `{"task":"essay_score","name":"essay_score",
		"inputs":{"assignment_prompt":true,"rubric":true,"class_docs":true,"past_feedback":true,"prior_draft":true,"essay_context":true},
		"exemplars":{"k":12,"select":"quantile_anchors"},"documents":{"max_tokens":6000},
		"technique":{"evidence":"none","reasoning":false,"per_criterion":false,"pairwise":false,"critiques":0},
		"reply":{"repair":true,"reasks":1,"clamp":false,"max_length":0,"max_items":0}}`, string(raw))
}

// randomOptions draws a valid list of options.
func randomOptions(r *rand.Rand) []task.Option {
	var opts []task.Option
	coin := func() bool { return r.IntN(2) == 0 }
	if coin() {
		opts = append(opts, task.WithName(fmt.Sprintf("n%d", r.IntN(5))))
	}
	for _, o := range []task.Option{
		task.WithoutAssignmentPrompt(), task.WithoutRubric(), task.WithoutPriorDraft(), task.WithoutEssayContext(),
	} {
		if coin() {
			opts = append(opts, o)
		}
	}
	docs, rag := coin(), coin()
	if !docs {
		opts = append(opts, task.WithoutClassDocs())
	}
	switch {
	case docs && rag:
		opts = append(opts, task.WithRAG(task.RAG{Passages: r.IntN(4), PassageTokens: 100 * r.IntN(3)}))
	case rag:
		opts = append(opts, task.WithRAG(task.RAG{}))
	case docs && coin():
		opts = append(opts, task.WithDocuments(task.Documents{MaxTokens: r.IntN(900)}))
	}
	if docs || !rag { // RAG without documents needs exemplars
		if coin() {
			opts = append(opts, task.WithoutPastFeedback())
			return append(opts, generation(r)...)
		}
	}
	switch r.IntN(4) {
	case 0:
		opts = append(opts, task.WithExemplars(task.Exemplars{K: r.IntN(30), Select: task.SelectSimilar, Similarity: task.BM25}))
	case 1:
		opts = append(opts, task.WithExemplars(task.Exemplars{K: r.IntN(30), Select: task.SelectRandom, Seed: uint64(r.IntN(9))}))
	case 2:
		opts = append(opts, task.WithExemplars(task.Exemplars{K: r.IntN(30)}))
	}
	return append(opts, generation(r)...)
}

func generation(r *rand.Rand) []task.Option {
	if r.IntN(2) == 0 {
		return nil
	}
	seed, temperature := int64(r.IntN(5)), float64(r.IntN(20))/10
	return []task.Option{task.WithGeneration(task.Generation{Temperature: &temperature, MaxTokens: r.IntN(99), Seed: &seed})}
}

// plan is the plan of a task as text and JSON: equal plans mean the same assets under the same configuration.
func plan(tb testing.TB, tk *task.Task) string {
	tb.Helper()
	p := planned(tb, tk)
	raw, err := json.Marshal(p)
	require.NoError(tb, err)
	return p.String() + string(raw)
}

func TestOptionsAndSpecRoundTrip(t *testing.T) {
	t.Parallel()
	res := smallClass().using(&answers{})
	r := rand.New(rand.NewPCG(5, 5))
	for range 300 {
		kind := task.Kinds()[r.IntN(3)]
		tk, err := build(t, res, kind, randomOptions(r)...)
		require.NoError(t, err)
		spec := tk.Spec()

		again, err := build(t, res, kind, spec.Options()...)
		require.NoError(t, err)
		require.Equal(t, spec, again.Spec(), "options of a spec rebuild it")

		fromSpec, err := task.New(res, spec)
		require.NoError(t, err)
		require.Equal(t, plan(t, tk), plan(t, fromSpec), "a spec builds the same task")

		raw, err := json.Marshal(spec)
		require.NoError(t, err)
		fromJSON, err := task.ParseSpec(raw)
		require.NoError(t, err)
		require.Equal(t, spec, fromJSON)

		asYAML, err := yaml.JSONToYAML(raw)
		require.NoError(t, err)
		fromYAML, err := task.ParseSpec(asYAML)
		require.NoError(t, err)
		require.Equal(t, spec, fromYAML)
	}
}

func TestParseSpecFillsDefaults(t *testing.T) {
	t.Parallel()
	s, err := task.ParseSpec([]byte("task: rubric_score\nexemplars: {k: 8}\nrag: {}\n"))
	require.NoError(t, err)
	require.Equal(t, &task.Exemplars{K: 8, Select: task.SelectSimilar, Similarity: task.TFIDFCosine}, s.Exemplars)
	require.Equal(t, &task.RAG{Passages: 4, PassageTokens: 200, Similarity: task.BM25}, s.RAG)
	require.Nil(t, s.Documents)
	require.True(t, s.Inputs.Rubric)
	require.Equal(t, "rubric_score", s.Name)
}

func TestParseSpecIsStrict(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"unknown field":            {`{"task":"essay_score","exemplar":{}}`, "exemplar"},
		"unknown nested field":     {`{"task":"essay_score","exemplars":{"n":3}}`, `n`},
		"other case":               {`{"task":"essay_score","Inputs":{}}`, "Inputs"},
		"duplicate":                {`{"task":"essay_score","task":"rubric_score"}`, "task"},
		"duplicate in YAML":        {"task: essay_score\ntask: rubric_score\n", "task"},
		"unknown kind":             {"task: grade\n", `"grade"; want one of [essay_score rubric_score draft_feedback]`},
		"no kind":                  {"name: x\n", `task is ""`},
		"exemplars but off":        {"task: essay_score\ninputs: {past_feedback: false}\nexemplars: {k: 3}\n", "exemplars are configured although past feedback is off"},
		"documents but off":        {"task: essay_score\ninputs: {class_docs: false}\ndocuments: {max_tokens: 3}\n", "documents are configured although class documents are off"},
		"documents and RAG":        {"task: essay_score\nrag: {}\ndocuments: {max_tokens: 3}\n", "although RAG chooses passages"},
		"RAG of nothing":           {"task: essay_score\nrag: {}\ninputs: {class_docs: false, past_feedback: false}\n", "RAG is on although"},
		"passages but off":         {"task: essay_score\nrag: {passages: 2}\ninputs: {class_docs: false}\n", "configures passages although"},
		"negative k":               {"task: essay_score\nexemplars: {k: -1}\n", "exemplars.k is -1"},
		"unknown selection":        {"task: essay_score\nexemplars: {select: best}\n", `exemplars.select is "best"`},
		"unknown similarity":       {"task: essay_score\nexemplars: {select: similar, similarity: dense}\n", `exemplars.similarity is "dense"`},
		"similarity of anchors":    {"task: essay_score\nexemplars: {similarity: bm25}\n", "compares nothing"},
		"seed of anchors":          {"task: essay_score\nexemplars: {seed: 3}\n", "draws nothing"},
		"temperature":              {"task: essay_score\ngeneration: {temperature: 3}\n", "generation.temperature is 3"},
		"max tokens":               {"task: essay_score\ngeneration: {max_tokens: -3}\n", "generation.max_tokens is -3"},
		"name with a slash":        {"task: essay_score\nname: a/b\n", "without a slash"},
		"step at no place":         {"task: essay_score\nsteps: [{at: 'after:lunch', name: x}]\n", "after:lunch"},
		"step without a name":      {"task: essay_score\nsteps: [{at: 'after:parse', name: ''}]\n", `name ""`},
		"two documents":            {"task: essay_score\n---\nname: x\n", "task spec: 2 YAML documents; want one"},
		"a name of a group (1)":    {"task: essay_score\nname: evaluation\n", `name "evaluation" is the name of a group of assets`},
		"a name of a group (2)":    {"task: essay_score\nname: shared\n", `name "shared" is the name of a group of assets`},
		"two steps in one place":   {"task: essay_score\nsteps: [{at: 'replace:parse', name: a}, {at: 'replace:parse', name: b}]\n", `steps[1]: "b" cannot replace "parse"`},
		"two problems at once (1)": {"task: essay_score\nexemplars: {k: -1}\ngeneration: {max_tokens: -3}\n", "exemplars.k is -1"},
		"two problems at once (2)": {"task: essay_score\nexemplars: {k: -1}\ngeneration: {max_tokens: -3}\n", "generation.max_tokens is -3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := task.ParseSpec([]byte(tc.text))
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestParseSpecOfOneDocument(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"---\ntask: essay_score\n", "%YAML 1.2\n---\ntask: essay_score\n...\n", "# a comment\ntask: essay_score\n---\n", "task: essay_score\r\nname: essay_score\r\n",
		`{"task": "essay_score"}`, ` {"task": "essay_score", "rag": null, "exemplars": null, "inputs": {}}`,
	} {
		s, err := task.ParseSpec([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, task.DefaultSpec(task.KindEssayScore), s, text)
	}
}

func TestIncompleteSpecs(t *testing.T) {
	t.Parallel()
	s := task.Spec{Task: task.KindEssayScore, Name: "x", Inputs: task.Inputs{ClassDocs: true, PastFeedback: true}}
	err := s.Validate()
	require.ErrorContains(t, err, "task x: exemplars are missing although past feedback is on")
	require.ErrorContains(t, err, "task x: documents are missing although class documents are on")
	tk, err := task.New(smallClass().using(&answers{}), s)
	require.NoError(t, err, "New names the defaults")
	require.NoError(t, tk.Spec().Validate())
	require.Nil(t, s.Exemplars, "the caller's spec is as it was")

	nan := math.NaN()
	s = task.DefaultSpec(task.KindEssayScore)
	s.Generation.Temperature = &nan
	require.ErrorContains(t, s.Validate(), "generation.temperature is NaN; want 0 to 2")
}

func TestOptionsThatContradict(t *testing.T) {
	t.Parallel()
	res := smallClass().using(&answers{})
	for name, tc := range map[string]struct {
		opts []task.Option
		want string
	}{
		"exemplars after without": {[]task.Option{task.WithoutPastFeedback(), task.WithExemplars(task.Exemplars{K: 3})}, "past feedback is off"},
		"documents after without": {[]task.Option{task.WithoutClassDocs(), task.WithDocuments(task.Documents{})}, "class documents are off"},
		"documents after RAG":     {[]task.Option{task.WithRAG(task.RAG{}), task.WithDocuments(task.Documents{})}, "RAG chooses passages"},
		"nil option":              {[]task.Option{nil}, "option 1 is nil"},
		"empty name":              {[]task.Option{task.WithName("a/b")}, "slash"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := task.EssayScore(res, tc.opts...)
			require.ErrorContains(t, err, tc.want)
		})
	}
	_, err := task.EssayScore(res, task.WithExemplars(task.Exemplars{K: 3}), task.WithoutPastFeedback())
	require.NoError(t, err, "turning an input off drops its settings")
}

func TestWithRAGChoosesSimilarExemplars(t *testing.T) {
	t.Parallel()
	res := smallClass().using(&answers{})
	tk, err := task.EssayScore(res, task.WithExemplars(task.Exemplars{K: 7, Select: task.SelectRandom, Seed: 4}), task.WithRAG(task.RAG{}))
	require.NoError(t, err)
	require.Equal(t, &task.Exemplars{K: 7, Select: task.SelectSimilar, Similarity: task.TFIDFCosine}, tk.Spec().Exemplars)
	tk, err = tk.With(task.WithExemplars(task.Exemplars{Select: task.SelectQuantileAnchors}))
	require.NoError(t, err)
	require.Equal(t, task.SelectQuantileAnchors, tk.Spec().Exemplars.Select)
}

func TestAblations(t *testing.T) {
	t.Parallel()
	names := func(s task.Spec) (out []string) {
		for _, v := range task.Ablations(s) {
			require.NoError(t, v.Spec.Validate(), v.Name)
			out = append(out, v.Name)
		}
		return out
	}
	full := task.DefaultSpec(task.KindRubricScore)
	require.Equal(t, []string{
		"full", "without_assignment_prompt", "without_rubric", "without_class_docs", "without_past_feedback",
		"without_prior_draft", "without_essay_context", "with_rag",
	}, names(full))
	bare, err := task.ParseSpec([]byte("task: essay_score\nrag: {}\ninputs: {class_docs: false, rubric: false}\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"full", "without_assignment_prompt", "without_prior_draft", "without_essay_context"}, names(bare),
		"what is off stays off, and RAG of nothing is not a variant")
	require.Equal(t, full, task.DefaultSpec(task.KindRubricScore), "ablations leave their spec alone")
}

func FuzzParseSpec(f *testing.F) {
	f.Add([]byte("task: essay_score\nexemplars: {k: 3}\n"))
	f.Add([]byte(`{"task":"rubric_score","rag":{},"steps":[{"at":"after:parse","name":"x","params":{"a":1}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := task.ParseSpec(data)
		if err != nil {
			return
		}
		raw, err := json.Marshal(s)
		require.NoError(t, err)
		again, err := task.ParseSpec(raw)
		require.NoError(t, err)
		rawAgain, err := json.Marshal(again)
		require.NoError(t, err)
		require.Equal(t, string(raw), string(rawAgain))
	})
}
