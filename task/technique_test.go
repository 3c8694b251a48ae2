package task_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// filler answers any schema with the same values: the first word that is allowed, the middle of a range, one element a list. It remembers
// every request.
type filler struct {
	mu       sync.Mutex
	requests []llm.Request
	// say changes the text of the answer to a request; nil says what was filled in.
	say func(n int, req llm.Request, filled string) string
}

func (f *filler) Generate(_ context.Context, req llm.Request) (llm.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, req)
	text, err := filled(req.Reply.JSON)
	if err != nil {
		return llm.Response{}, err
	}
	if f.say != nil {
		text = f.say(len(f.requests), req, text)
	}
	return llm.Response{Text: text, Finish: llm.FinishStop, Model: "filler-1", Usage: llm.Usage{Output: 1}}, nil
}

func (f *filler) calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.requests)
}

func filled(schema json.RawMessage) (string, error) {
	var s struct {
		Type             string
		Enum             []string
		Minimum, Maximum float64
		Items            json.RawMessage
		Properties       json.RawMessage
	}
	if err := json.Unmarshal(schema, &s); err != nil {
		return "", err
	}
	switch s.Type {
	case "object":
		return filledObject(s.Properties)
	case "array":
		item, err := filled(s.Items)
		return "[" + item + "]", err
	case "string":
		if len(s.Enum) > 0 {
			return fmt.Sprintf("%q", s.Enum[0]), nil
		}
		return `"Harbor Road"`, nil
	default:
		return fmt.Sprint(int(s.Minimum+s.Maximum) / 2), nil
	}
}

func filledObject(properties json.RawMessage) (string, error) {
	dec := json.NewDecoder(bytes.NewReader(properties))
	if _, err := dec.Token(); err != nil {
		return "", err
	}
	var fields []string
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return "", err
		}
		var inner json.RawMessage
		if err := dec.Decode(&inner); err != nil {
			return "", err
		}
		value, err := filled(inner)
		if err != nil {
			return "", err
		}
		fields = append(fields, fmt.Sprintf("%q:%s", name, value))
	}
	return "{" + strings.Join(fields, ",") + "}", nil
}

// TestTechniques compares every conversation of every technique, and what comes of it, with what people have read and approved.
func TestTechniques(t *testing.T) {
	t.Parallel()
	for _, kind := range task.Kinds() {
		base := mustBuild(t, classOf(graded(6)).using(&filler{}), kind, task.WithExemplars(task.Exemplars{K: 2})).Spec()
		variants := task.Techniques(base)
		for _, v := range variants {
			file := "technique." + string(kind) + "." + v.Name + ".golden"
			t.Run(file, func(t *testing.T) {
				t.Parallel()
				model := &filler{}
				tk, err := task.New(classOf(graded(6)).using(model), v.Spec)
				require.NoError(t, err)
				d, err := until(t, tk, task.PlaceVerify, revised())
				require.NoError(t, err)
				compareGolden(t, file, conversations(t, d, model))
			})
		}
	}
}

func compareGolden(tb testing.TB, file, got string) {
	tb.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		require.NoError(tb, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(tb, err)
	require.Equal(tb, string(want), got)
}

// conversations writes every question with its answer, and the prediction.
func conversations(tb testing.TB, d task.Draft, model *filler) string {
	tb.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%d calls\n\n", model.calls())
	for i, q := range d.Questions {
		fmt.Fprintf(&b, "##### question %d: about %q, sample %d\n\n%s\n=== answer\n%s\n\n",
			i+1, q.About, q.Sample, transcript(tb, q.Request), d.Responses[i].Text)
	}
	prediction, err := json.MarshalIndent(d.Prediction, "", "  ")
	require.NoError(tb, err)
	fmt.Fprintf(&b, "##### prediction\n%s\n", prediction)
	return b.String()
}

func TestTechniquesNamesThoseThatAKindHas(t *testing.T) {
	t.Parallel()
	for kind, want := range map[task.Kind][]string{
		task.KindEssayScore:    {"zero_shot", "few_shot", "quote_then_score", "chain_of_thought", "self_consistency", "draft_critique_revise", "pairwise"},
		task.KindRubricScore:   {"zero_shot", "few_shot", "quote_then_score", "per_criterion", "chain_of_thought", "self_consistency", "draft_critique_revise"},
		task.KindDraftFeedback: {"zero_shot", "few_shot", "chain_of_thought", "self_consistency", "draft_critique_revise"},
	} {
		var names []string
		for _, v := range task.Techniques(task.DefaultSpec(kind)) {
			require.NoError(t, v.Spec.Validate())
			require.Equal(t, string(kind), v.Spec.Name)
			names = append(names, v.Name)
		}
		require.Equal(t, want, names)
	}
	spec := mustBuild(t, smallClass().using(nil), task.KindEssayScore, task.WithoutPastFeedback()).Spec()
	for _, v := range task.Techniques(spec) {
		require.NotContains(t, []string{"few_shot", "pairwise"}, v.Name, "there is no past feedback")
	}
}

func TestBadTechniques(t *testing.T) {
	t.Parallel()
	zero := 0.0
	for _, tc := range []struct {
		kind task.Kind
		opts []task.Option
		want string
	}{
		{task.KindEssayScore, []task.Option{task.WithTechnique(task.Technique{Evidence: "guess"})}, `technique.evidence is "guess"; want "quotes" or "none"`},
		{task.KindDraftFeedback, []task.Option{task.WithTechnique(task.Technique{Evidence: task.EvidenceNone})}, `the comments of draft feedback quote`},
		{task.KindEssayScore, []task.Option{task.WithTechnique(task.Technique{PerCriterion: true})}, `only rubric_score has a score for each criterion`},
		{task.KindRubricScore, []task.Option{task.WithTechnique(task.Technique{Pairwise: true})}, `only essay_score is placed among graded work`},
		{task.KindEssayScore, []task.Option{task.WithTechnique(task.Technique{Pairwise: true}), task.WithoutPastFeedback()}, `past feedback, which it compares with, is off`},
		{task.KindEssayScore, []task.Option{task.WithTechnique(task.Technique{Pairwise: true, Samples: &task.Samples{}})}, `raise exemplars.k instead`},
		{task.KindEssayScore, []task.Option{task.WithTechnique(task.Technique{Pairwise: true, Evidence: task.EvidenceQuotes})}, `compares and quotes nothing`},
		{task.KindEssayScore, []task.Option{task.WithTechnique(task.Technique{Critiques: -1})}, `technique.critiques is -1; want 0 (none) to 100`},
		{task.KindEssayScore, []task.Option{task.WithTechnique(task.Technique{Samples: &task.Samples{N: 1}})}, `technique.samples.n is 1; want 2 to 100`},
		{task.KindEssayScore, []task.Option{task.WithTechnique(task.Technique{Samples: &task.Samples{N: 5000}})}, `technique.samples.n is 5000`},
		{task.KindEssayScore, []task.Option{task.WithTechnique(task.Technique{Samples: &task.Samples{Reduce: task.ReduceMedoid}})}, `want one of ["median" "mean" "majority"]`},
		{task.KindDraftFeedback, []task.Option{task.WithTechnique(task.Technique{Samples: &task.Samples{Reduce: task.ReduceMean}})}, `want one of ["medoid"]`},
		{task.KindEssayScore, []task.Option{
			task.WithTechnique(task.Technique{Samples: &task.Samples{}}), task.WithGeneration(task.Generation{Temperature: &zero}),
		}, `at generation.temperature 0 all samples are alike`},
		{task.KindEssayScore, []task.Option{task.WithReply(task.Reply{Reasks: -1})}, `reply.reasks is -1; want 0 (never ask again) to 100`},
		{task.KindEssayScore, []task.Option{task.WithBudget(task.Budget{})}, `budget.window is 0`},
		{task.KindEssayScore, []task.Option{task.WithBudget(task.Budget{Window: 1000})}, `budget.window is 1000, which 1 answers of 1024 tokens fill; want more than 1024`},
		{task.KindEssayScore, []task.Option{
			task.WithBudget(task.Budget{Window: 1000, Answer: 400}), task.WithTechnique(task.Technique{Critiques: 1}),
		}, `which 3 answers of 400 tokens fill; want more than 1200`},
	} {
		_, err := build(t, smallClass().using(nil), tc.kind, tc.opts...)
		require.ErrorContains(t, err, tc.want)
		require.ErrorContains(t, err, "task "+string(tc.kind)+": ")
	}
}

// TestOneSchemaOneOrder: evidence, then rationale, then score; thoughts before all of it.
func TestOneSchemaOneOrder(t *testing.T) {
	t.Parallel()
	thoughtful := task.WithTechnique(task.Technique{Evidence: task.EvidenceQuotes, Reasoning: true})
	req := request2(t, task.KindEssayScore, thoughtful)
	require.Equal(t, []string{"reasoning", "reply", "quotes", "rationale", "score"}, properties(t, req.Reply.JSON))
	for _, m := range req.Messages {
		if m.Role == llm.Assistant {
			requireOrder(t, m.Text, []string{"reasoning", "reply", "quotes", "rationale", "score"})
		}
	}
}

// request2 is what a task tells a model that answers any schema.
func request2(tb testing.TB, k task.Kind, opts ...task.Option) llm.Request {
	tb.Helper()
	model := &filler{}
	_, err := predict(tb, mustBuild(tb, smallClass().using(model), k, opts...), target())
	require.NoError(tb, err)
	return model.requests[0]
}

// TestThoughtsStayHidden: reasoning is part of no prediction.
func TestThoughtsStayHidden(t *testing.T) {
	t.Parallel()
	model := &filler{say: func(_ int, _ llm.Request, filled string) string {
		return strings.Replace(filled, `"reasoning":"Harbor Road"`, `"reasoning":"SECRET"`, 1)
	}}
	for _, kind := range task.Kinds() {
		d, err := until(t, mustBuild(t, smallClass().using(model), kind, task.WithTechnique(task.Technique{Reasoning: true})), task.PlaceVerify, target())
		require.NoError(t, err)
		require.Contains(t, d.Responses[0].Text, "SECRET", "the thoughts are in the response")
		require.NotContains(t, asJSON(t, d.Prediction), "SECRET")
	}
}

// TestEachCriterionIsAskedForOnItsOwn: no question shows what belongs to another criterion.
func TestEachCriterionIsAskedForOnItsOwn(t *testing.T) {
	t.Parallel()
	model := &filler{}
	tk := mustBuild(t, smallClass().using(model), task.KindRubricScore, task.WithTechnique(task.Technique{PerCriterion: true}))
	d, err := until(t, tk, task.PlaceVerify, target())
	require.NoError(t, err)
	require.Equal(t, 2, model.calls())
	require.Len(t, d.Questions, 2)
	for i, about := range []string{"thesis", "evidence"} {
		other := []string{"evidence", "thesis"}[i]
		q := d.Questions[i]
		require.Equal(t, about, q.About)
		raw := asJSON(t, q.Request)
		require.Contains(t, raw, about)
		require.NotContains(t, raw, other+" p0", "no rationale of %s", other)
		require.NotContains(t, string(q.Request.Reply.JSON), other)
		require.NotContains(t, raw, other+" (1 to 4)", "not in the rubric either")
	}
	require.Equal(t, []string{"thesis", "evidence"}, criteriaOf(d.Prediction.Feedback), "in the order of the rubric")
	require.Equal(t, &task.Total{Value: 4, Min: 2, Max: 8}, d.Prediction.Total)
}

// TestPartsAreReadable: the record shows what was asked about each criterion, what was answered, and how it was read.
func TestPartsAreReadable(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	outputs := map[string]string{}
	watch := pipeline.ObserverFunc(func(_ context.Context, e pipeline.Event) {
		if e.Kind != pipeline.KindStage {
			return
		}
		raw, err := json.Marshal(e.Out)
		mu.Lock()
		defer mu.Unlock()
		if outputs[e.Stage] = string(raw); err != nil {
			outputs[e.Stage] = err.Error()
		}
	})
	_, err := predict(t, mustBuild(t, smallClass().using(&filler{}), task.KindRubricScore, task.WithTechnique(task.Technique{PerCriterion: true})),
		target(), pipeline.WithObserver(watch))
	require.NoError(t, err)
	for _, criterion := range []string{"thesis", "evidence"} {
		asked := outputs["rubric_score/generate/"+criterion]
		require.Contains(t, asked, `"about":"`+criterion+`"`)
		require.Contains(t, asked, `"response":{"text":"{\"`+criterion)
		read := outputs["rubric_score/parse/"+criterion]
		require.Contains(t, read, `"answer":{"feedback":{`)
		require.Contains(t, read, `"criterion":"`+criterion+`","value":2`)
		require.Contains(t, read, `"attempts":1`)
	}
}

func criteriaOf(f userdata.Feedback) []string {
	var out []string
	for _, s := range f.Scores {
		out = append(out, s.Criterion)
	}
	return out
}

func TestTotalIsWeighted(t *testing.T) {
	t.Parallel()
	c := smallClass()
	r := rubrics()
	r[0].Criteria[0].Weight = 2.5
	c.Rubrics = userdata.Values("rubrics", r...)
	p, err := predict(t, mustBuild(t, c.using(&answers{}), task.KindRubricScore), target())
	require.NoError(t, err)
	require.Equal(t, &task.Total{Value: 2.5*3 + 1, Min: 3.5, Max: 14}, p.Total)
	p, err = predict(t, mustBuild(t, c.using(&answers{}), task.KindEssayScore), target())
	require.NoError(t, err)
	require.Nil(t, p.Total)
}

// TestCritique: what the critic finds is put right in the same conversation, and a critic without complaints ends it.
func TestCritique(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		critique string
		rounds   int
		calls    int
		score    float64
	}{
		{"a problem", `{"problems":["too low"]}`, 1, 3, 5},
		{"a problem each time", `{"problems":["too low"]}`, 2, 5, 5},
		{"no problem", `{"problems":[]}`, 3, 2, 3},
		{"a critique that cannot be read is shown as it is", `It is too low.`, 1, 3, 5},
		{"a critique without a word", ` `, 1, 2, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			model := &filler{say: func(n int, req llm.Request, filled string) string {
				switch {
				case req.Reply.Name == "critique":
					return tc.critique
				case n > 1:
					return `{"rationale":"better","score":5}`
				default:
					return filled
				}
			}}
			d, err := until(t, mustBuild(t, smallClass().using(model), task.KindEssayScore,
				task.WithTechnique(task.Technique{Critiques: tc.rounds})), task.PlaceVerify, target())
			require.NoError(t, err)
			require.Equal(t, tc.calls, model.calls())
			require.InDelta(t, tc.score, d.Prediction.Feedback.Scores[0].Value, 0)
			require.Empty(t, d.Prediction.Flags)
			last := model.requests[len(model.requests)-1]
			requireTurns(t, last)
			if tc.score == 5 {
				require.Equal(t, "essay_score", last.Reply.Name)
				require.Contains(t, asJSON(t, last.Messages), strings.Trim(asJSON(t, tc.critique), `"`))
			}
		})
	}
}

// requireTurns: user and assistant take turns, and the user has the last word.
func requireTurns(tb testing.TB, req llm.Request) {
	tb.Helper()
	messages := req.Messages
	if messages[0].Role == llm.System {
		messages = messages[1:]
	}
	for i, m := range messages {
		require.Equal(tb, []llm.Role{llm.User, llm.Assistant}[i%2], m.Role, "message %d", i)
		require.NotEmpty(tb, strings.TrimSpace(m.Text))
	}
	require.Equal(tb, llm.User, messages[len(messages)-1].Role)
}

// TestSeedsOfSamples: samples have seeds of their own if the task has one.
func TestSeedsOfSamples(t *testing.T) {
	t.Parallel()
	seed := int64(40)
	model := &filler{}
	d, err := until(t, mustBuild(t, smallClass().using(model), task.KindEssayScore, task.WithTechnique(task.Technique{Samples: &task.Samples{N: 3}}),
		task.WithGeneration(task.Generation{Seed: &seed})), task.PlaceGenerate, target())
	require.NoError(t, err)
	var seeds []int64
	for i, q := range d.Questions {
		require.Equal(t, i+1, q.Sample)
		seeds = append(seeds, *q.Request.Seed)
	}
	require.Equal(t, []int64{40, 41, 42}, seeds)
	require.Equal(t, int64(40), seed)
}

// TestTechniqueChangesNoInput: a technique does not change which inputs are shown.
func TestTechniqueChangesNoInput(t *testing.T) {
	t.Parallel()
	for _, kind := range task.Kinds() {
		for _, v := range task.Techniques(task.DefaultSpec(kind)) {
			if v.Name == "zero_shot" {
				continue
			}
			tk, err := task.New(smallClass().using(&filler{}), v.Spec)
			require.NoError(t, err)
			p, err := predict(t, tk, revised())
			require.NoError(t, err)
			require.Len(t, p.Provenance.Exemplars, 12, v.Name)
			require.Equal(t, []string{"article", "notes"}, p.Provenance.Documents, v.Name)
			require.True(t, slices.ContainsFunc(p.Feedback.Scores, func(userdata.Score) bool { return true }) || len(p.Feedback.Strengths) > 0)
		}
	}
}
