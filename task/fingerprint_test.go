package task_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/exemplarllm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// described builds a task in a run of its own and returns what identifies it.
func described(tb testing.TB, tk *task.Task) pipeline.Target {
	tb.Helper()
	run, err := pipeline.NewRun()
	require.NoError(tb, err)
	return describedIn(tb, run, tk)
}

func describedIn(tb testing.TB, run *pipeline.Run, tk *task.Task) pipeline.Target {
	tb.Helper()
	target, err := pipeline.Describe(tb.Context(), run, tk)
	require.NoError(tb, err)
	return target
}

// setup is everything that a task is made of.
type setup struct {
	Assignments []userdata.Assignment
	Rubrics     []userdata.Rubric
	Documents   []userdata.Document
	Submissions []userdata.Submission
	Feedback    []userdata.Feedback
	model       llm.Model
	templates   fstest.MapFS
	counter     llm.Counter
	opts        []task.Option
}

// newSetup returns a setup of its own: nothing in it is shared with another.
func newSetup(opts ...task.Option) *setup {
	subs, feedback := graded(6)
	return &setup{
		Assignments: assignments(), Rubrics: rubrics(), Documents: documents(), Submissions: subs, Feedback: feedback,
		model: newNamed(), templates: fstest.MapFS{}, opts: opts,
	}
}

func (s *setup) fingerprint(tb testing.TB, kind task.Kind) string {
	tb.Helper()
	templates, err := task.ReadTemplates(s.templates)
	require.NoError(tb, err)
	class := userdata.NewClass("9b", "okafor", userdata.Sources{
		Assignments: userdata.Values("assignments", s.Assignments...), Rubrics: userdata.Values("rubrics", s.Rubrics...),
		Documents: userdata.Values("documents", s.Documents...), Submissions: userdata.Values("submissions", s.Submissions...),
		Feedback: userdata.Values("feedback", s.Feedback...),
	})
	r := task.Using(class, s.model).WithTemplates(templates).WithCounter(s.counter)
	t := described(tb, mustBuild(tb, r, kind, s.opts...))
	require.NotEmpty(tb, t.Fingerprint, "%+v", t.Assets)
	return t.Fingerprint
}

func (s *setup) with(opts ...task.Option) { s.opts = append(s.opts, opts...) }

// edits are changes of a setup.
func edits() map[string]func(*setup) {
	zero, seed := 0.0, int64(7)
	return map[string]func(*setup){
		"assignment prompt": func(s *setup) { s.Assignments[0].Prompt += " Why?" },
		"rubric text":       func(s *setup) { s.Rubrics[0].Criteria[0].Levels[0].Descriptor = "None." },
		"scale":             func(s *setup) { s.Assignments[0].Scale.Max, s.Rubrics[0].Criteria[1].Scale.Max = 7, 5 },
		"document":          func(s *setup) { s.Documents[0].Text += " And so quiet." },
		"exemplar text":     func(s *setup) { s.Submissions[3].Text += " Amen." },
		"exemplar feedback": func(s *setup) { s.Feedback[3].Scores[0].Rationale += "!" },
		"exemplar more": func(s *setup) {
			subs, feedback := graded(7)
			s.Submissions, s.Feedback = append(s.Submissions, subs[6]), append(s.Feedback, feedback[6])
		},
		"model":          func(s *setup) { s.model = named{&filler{}, "filler-2"} },
		"model defaults": func(s *setup) { s.model = llm.Wrap(s.model, llm.Defaults(llm.Settings{MaxTokens: 900})) },
		"template": func(s *setup) {
			s.templates["reask.tmpl"] = &fstest.MapFile{Data: []byte("Again, please.")}
		},
		"technique":   func(s *setup) { s.with(task.WithTechnique(task.Technique{Reasoning: true})) },
		"samples":     func(s *setup) { s.with(task.WithTechnique(task.Technique{Samples: &task.Samples{N: 3}})) },
		"exemplars.k": func(s *setup) { s.with(task.WithExemplars(task.Exemplars{K: 3})) },
		"rag":         func(s *setup) { s.with(task.WithRAG(task.RAG{})) },
		"rag.k":       func(s *setup) { s.with(task.WithRAG(task.RAG{Passages: 2})) },
		"temperature": func(s *setup) { s.with(task.WithGeneration(task.Generation{Temperature: &zero})) },
		"seed":        func(s *setup) { s.with(task.WithGeneration(task.Generation{Seed: &seed})) },
		"max tokens":  func(s *setup) { s.with(task.WithGeneration(task.Generation{MaxTokens: 100})) },
		"reasks":      func(s *setup) { s.with(task.WithReply(task.Reply{Repair: true})) },
		"input off":   func(s *setup) { s.with(task.WithoutPriorDraft()) },
		"name":        func(s *setup) { s.with(task.WithName("mine")) },
	}
}

// TestFingerprintsChangeWithWhatATaskIsMadeOf: each of the edits makes another target, and nothing but an edit does.
func TestFingerprintsChangeWithWhatATaskIsMadeOf(t *testing.T) {
	t.Parallel()
	for _, kind := range task.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			same := newSetup().fingerprint(t, kind)
			require.Equal(t, same, newSetup().fingerprint(t, kind))
			seen := map[string]string{same: "nothing"}
			for name, edit := range edits() {
				s := newSetup()
				edit(s)
				other := s.fingerprint(t, kind)
				require.Empty(t, seen[other], "%s and %s make the same target", name, seen[other])
				seen[other] = name
			}
		})
	}
}

// TestWhatATaskDoesNotUseDoesNotChangeIt: an input that is off can change, and what was kept still holds.
func TestWhatATaskDoesNotUseDoesNotChangeIt(t *testing.T) {
	t.Parallel()
	past := []string{"exemplar text", "exemplar feedback", "exemplar more"}
	for name, test := range map[string]struct {
		off    task.Option
		unused []string
	}{
		"assignment prompt": {off: task.WithoutAssignmentPrompt(), unused: []string{"assignment prompt"}},
		"rubric":            {off: task.WithoutRubric(), unused: []string{"rubric text"}},
		"class documents":   {off: task.WithoutClassDocs(), unused: []string{"document"}},
		"past feedback":     {off: task.WithoutPastFeedback(), unused: past},
	} {
		for _, kind := range task.Kinds() {
			for _, unused := range test.unused {
				s := newSetup(test.off)
				edits()[unused](s)
				require.Equal(t, newSetup(test.off).fingerprint(t, kind), s.fingerprint(t, kind), "%s: %s off, %s changed", kind, name, unused)
			}
		}
	}
	for _, kind := range task.Kinds() {
		s := newSetup()
		s.Submissions = append(s.Submissions, target())
		require.Equal(t, newSetup().fingerprint(t, kind), s.fingerprint(t, kind), "%s: a submission to predict for is no part of the task", kind)
	}
}

// quickstartPrints returns the fingerprints of every kind and technique over the class of the quickstart, read from its files.
func quickstartPrints(tb testing.TB) map[string]string {
	tb.Helper()
	class, err := userdata.Dir(os.DirFS("../examples/quickstart/class"))
	require.NoError(tb, err)
	model, err := exemplarllm.New()
	require.NoError(tb, err)
	resources := task.Using(class, model)
	run, err := pipeline.NewRun()
	require.NoError(tb, err)
	prints := map[string]string{}
	for _, kind := range task.Kinds() {
		for _, v := range task.Techniques(mustBuild(tb, resources, kind, task.WithRAG(task.RAG{})).Spec()) {
			tk, err := task.New(resources, v.Spec)
			require.NoError(tb, err)
			for _, asset := range describedIn(tb, run, tk).Assets {
				require.NotEmpty(tb, asset.Fingerprint, "%s: %s", asset.Name, asset.Unidentified)
				prints[fmt.Sprintf("%s/%s/%s", kind, v.Name, asset.Name)] = asset.Fingerprint
			}
		}
	}
	return prints
}

const childProcess = "GLOSS_TEST_PRINTS"

// TestFingerprintsAreTheSameInEveryProcess has a process of its own read the class again.
func TestFingerprintsAreTheSameInEveryProcess(t *testing.T) {
	t.Parallel()
	prints := quickstartPrints(t)
	if os.Getenv(childProcess) != "" {
		text, err := json.Marshal(prints)
		require.NoError(t, err)
		fmt.Printf("\n%s %s\n", childProcess, text)
		return
	}
	require.Equal(t, prints, quickstartPrints(t), "in this process, from files that are read again")

	program, err := os.Executable()
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), program, "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), childProcess+"=1")
	output, err := child.Output()
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(output), "\n"+childProcess+" ")
	require.True(t, found, "%s", output)
	var others map[string]string
	require.NoError(t, json.NewDecoder(strings.NewReader(rest)).Decode(&others))
	require.Equal(t, prints, others)
}

// TestAModelThatDoesNotSayWhatItIs cannot be told from another: nothing of the task is kept.
func TestAModelThatDoesNotSayWhatItIs(t *testing.T) {
	t.Parallel()
	anonymous := llm.Func(func(context.Context, llm.Request) (llm.Response, error) { return llm.Response{}, nil })
	s := smallClass()
	require.Empty(t, described(t, mustBuild(t, s.using(anonymous), task.KindEssayScore)).Fingerprint)
	wrapped := llm.Wrap(anonymous, llm.Defaults(llm.Settings{MaxTokens: 9}))
	require.Empty(t, llm.Generation{Model: wrapped}.Identity())
}
