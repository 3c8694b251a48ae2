package integration_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/prompt"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// generation leaves a reply 1,024 of the 4,096 tokens of the window; the prompts of the class take about 1,500.
func generation(seed int64) task.Generation {
	temperature := 0.8
	return task.Generation{Temperature: &temperature, MaxTokens: 1024, Seed: &seed}
}

// witness is a model that remembers what it was asked and what it answered.
type witness struct {
	llm.Model
	mu    sync.Mutex
	calls []call
}

type call struct {
	req  llm.Request
	resp llm.Response
}

func (w *witness) Generate(ctx context.Context, req llm.Request) (llm.Response, error) {
	resp, err := w.Model.Generate(ctx, req)
	if err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.calls = append(w.calls, call{req, resp})
	}
	return resp, err
}

func TestEveryRubricReplyParses(t *testing.T) {
	results, scales := predict(t, task.RubricScore, 20, 1, task.Reply{})
	for _, r := range results {
		scores := r.Out.Feedback.Scores
		criteria := scales.Criteria[assignment]
		require.Len(t, scores, len(criteria), r.ID)
		for i, c := range criteria {
			assert.Equal(t, c.ID, scores[i].Criterion, r.ID)
			assert.True(t, c.Scale.Contains(scores[i].Value), "%s: %v is not on %s", r.ID, scores[i].Value, c.Scale)
		}
	}
}

func TestEveryEssayReplyParses(t *testing.T) {
	for _, step := range []float64{1, 0.5} {
		results, scales := predict(t, task.EssayScore, 10, step, task.Reply{})
		for _, r := range results {
			require.Len(t, r.Out.Feedback.Scores, 1, r.ID)
			assert.True(t, scales.Holistic[assignment].Contains(r.Out.Feedback.Scores[0].Value), r.ID)
		}
	}
}

// A task says itself how long the texts and lists of a reply may be: then a model that does not end on its own ends.
func TestBoundsOfATaskEndItsReplies(t *testing.T) {
	s := ownServer(t)
	known, submissions := class(t, 4, 1)
	for bounded, reply := range map[bool]task.Reply{true: {MaxLength: 100, MaxItems: 2}, false: {}} {
		for _, r := range stream(t, task.Using(known, s.open(t, endlessModel)), submissions, task.RubricScore,
			task.WithGeneration(generation(3)), task.WithReply(reply)) {
			assert.Equal(t, bounded, r.Err == nil, "%v", r.Err)
		}
	}
}

func TestEveryDraftFeedbackReplyParses(t *testing.T) {
	results, scales := predict(t, task.DraftFeedback, 5, 1, task.Reply{})
	for _, r := range results {
		f := r.Out.Feedback
		for _, p := range append(f.Strengths, f.Improvements...) {
			assert.True(t, known(scales, p.Criterion), r.ID)
		}
		for _, c := range f.Comments {
			assert.True(t, known(scales, c.Criterion), r.ID)
			assert.Contains(t, userdata.CommentKinds(), c.Kind, r.ID)
		}
	}
}

func known(scales userdata.Scales, criterion string) bool {
	for _, c := range scales.Criteria[assignment] {
		if c.ID == criterion {
			return true
		}
	}
	return false
}

type newTask func(task.Resources, ...task.Option) (*task.Task, error)

// predict runs a task once over n submissions, with one call for each, and requires of each result what holds whatever the model wrote.
// The holistic scale counts in steps of step. The only
// flag that is no failure is a quotation that the model made up.
func predict(
	t *testing.T, build newTask, n int, step float64, reply task.Reply,
) ([]pipeline.Result[task.Prediction], userdata.Scales) {
	t.Helper()
	s := server(t)
	known, submissions := class(t, n, step)
	scales, err := known.Scales(t.Context())
	require.NoError(t, err)
	m := &witness{Model: s.open(t, "")}
	results := stream(t, task.Using(known, m), submissions, build, task.WithGeneration(generation(3)), task.WithReply(reply))
	require.Len(t, results, n)
	for i, r := range results {
		require.NoError(t, r.Err)
		assert.Equal(t, submissions[i].ID, r.Out.Feedback.Submission)
		assert.NotEmpty(t, r.Out.Provenance.Model, r.ID)
		assert.Equal(t, 1, r.Usage.Calls, r.ID)
		assert.Positive(t, r.Usage.Input, r.ID)
		assert.Positive(t, r.Usage.Output, r.ID)
		for _, f := range r.Out.Flags {
			assert.Equal(t, task.FlagUngroundedQuote, f.Kind, r.ID)
		}
	}
	require.Len(t, m.calls, n)
	longest, prompts := 0, 0
	for _, c := range m.calls {
		assert.Equal(t, llm.FinishStop, c.resp.Finish)
		reason, cut := llm.PromptCut(c.req, c.resp, nil, s.window())
		assert.False(t, cut, reason)
		longest, prompts = max(longest, c.resp.Usage.Output), max(prompts, c.resp.Usage.Input)
	}
	t.Logf("%d of %d replies hold; the longest has %d tokens, the longest prompt %d", n, n, longest, prompts)
	return results, scales
}

// stream runs a task over submissions; no call is sent twice.
func stream(
	t *testing.T, r task.Resources, submissions []userdata.Submission, build newTask, opts ...task.Option,
) []pipeline.Result[task.Prediction] {
	t.Helper()
	tk, err := build(r, opts...)
	require.NoError(t, err)
	run, err := pipeline.NewRun(pipeline.WithoutRetries())
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, tk)
	require.NoError(t, err)
	var results []pipeline.Result[task.Prediction]
	for r := range runner.Stream(t.Context(), pipeline.Items(submissions...)) {
		results = append(results, r)
	}
	return results
}

// A reply that hits the limit of its tokens fails as what it is, with the tokens it cost.
func TestCutReplyFailsAsTruncated(t *testing.T) {
	s := server(t)
	known, submissions := class(t, 2, 1)
	g := generation(3)
	g.MaxTokens = 8
	for _, r := range stream(t, task.Using(known, s.open(t, "")), submissions, task.RubricScore, task.WithGeneration(g), task.WithReply(task.Reply{})) {
		failed, ok := errors.AsType[*prompt.ParseError](r.Err)
		require.True(t, ok, "%v", r.Err)
		assert.Equal(t, "truncated", failed.ErrorClass())
		assert.Equal(t, llm.FinishLength, failed.Finish)
		assert.Equal(t, 8, r.Usage.Output)
	}
}

// A model that does not end on its own fills its limit unless the schema bounds what it writes.
func TestBoundsEndAReplyThatWouldRunOn(t *testing.T) {
	s := ownServer(t)
	m := s.open(t, endlessModel)
	type verdict struct {
		Quotes    []string `json:"quotes"`
		Rationale string   `json:"rationale"`
		Score     int      `json:"score"`
	}
	open := prompt.ShapeOf[verdict]().With([]string{"score"}, prompt.Within(1, 4, 1))
	bounded := open.With([]string{"quotes"}, prompt.MaxItems(3)).With([]string{"quotes", "*"}, prompt.MaxLength(80)).
		With([]string{"rationale"}, prompt.MaxLength(160))
	for seed := range int64(5) {
		_, err := read[verdict](t, m, open, seed)
		failed, ok := errors.AsType[*prompt.ParseError](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, "truncated", failed.ErrorClass())
		v, err := read[verdict](t, m, bounded, seed)
		require.NoError(t, err)
		assert.LessOrEqual(t, len(v.Quotes), 3)
		assert.Contains(t, []int{1, 2, 3, 4}, v.Score)
	}
}

// The server's grammar knows whole bounds and lists of numbers, which is how scales are written; of a scale too long for a list it knows less
// than the schema says. What it lets pass is seen by the reader, and put on the scale where that is tolerated.
func TestScoreOffItsScaleIsSeen(t *testing.T) {
	s := server(t)
	m := s.open(t, "")
	type verdict struct {
		Rationale string  `json:"rationale"`
		Score     float64 `json:"score"`
	}
	for _, scale := range []userdata.Scale{{Min: 1, Max: 6, Step: 0.5}, {Min: 0, Max: 100, Step: 5}, {Min: 1, Max: 6, Step: 1}, {Min: 0, Max: 1000, Step: 5}} {
		shape := prompt.ShapeOf[verdict]().With([]string{"score"}, prompt.Within(scale.Min, scale.Max, scale.Step))
		off := 0
		for seed := range int64(10) {
			schema, resp := answer(t, m, shape, seed)
			reply, err := schema.Read(resp, prompt.Tolerance{OutOfRange: true})
			require.NoError(t, err)
			off += len(reply.Repairs)
			v, err := prompt.Decode[verdict](schema, reply)
			require.NoError(t, err)
			assert.True(t, scale.Contains(v.Score), "%v is not on %s", v.Score, scale)
			_, err = prompt.Parse[verdict](schema, resp)
			assert.Equal(t, len(reply.Repairs) == 0, err == nil, "strict reading sees what was repaired: %v", err)
		}
		t.Logf("scale %s: %d of 10 scores were off", scale, off)
		if scale.Max <= 100 {
			assert.Zero(t, off, "the grammar holds a model to %s", scale)
		}
	}
}

// The grammar of the server has a bound of its own: one character more, and it answers with status 500.
func TestBoundsUpToTheGrammars(t *testing.T) {
	s := server(t)
	shape := prompt.ShapeOf[string]().With(nil, prompt.MaxLength(2000))
	_, err := read[string](t, s.open(t, ""), shape, 1)
	require.NoError(t, err)
}

// read asks m for a value of a shape and reads the reply.
func read[T any](t *testing.T, m llm.Model, shape prompt.Shape, seed int64) (T, error) {
	t.Helper()
	schema, resp := answer(t, m, shape, seed)
	return prompt.Parse[T](schema, resp)
}

func answer(t *testing.T, m llm.Model, shape prompt.Shape, seed int64) (*prompt.Schema, llm.Response) {
	t.Helper()
	schema, err := shape.Schema("reply")
	require.NoError(t, err)
	req, err := prompt.Prompt{User: []prompt.Section{{Text: "Judge the text."}}, Reply: schema}.Request()
	require.NoError(t, err)
	g := generation(seed)
	req.Temperature, req.Seed, req.MaxTokens = g.Temperature, g.Seed, g.MaxTokens
	resp, err := m.Generate(t.Context(), req)
	require.NoError(t, err)
	return schema, resp
}

// A prompt that the server cut without a word is flagged in the prediction.
func TestCutPromptIsFlagged(t *testing.T) {
	s := ownServer(t)
	known, submissions := class(t, 2, 1)
	g := generation(3)
	g.MaxTokens = 200
	for model, want := range map[string]bool{narrowModel: true, wideModel: false} {
		m := s.open(t, model)
		r := task.Using(known, m).WithCounter(measured(t, m))
		for _, result := range stream(t, r, submissions, task.RubricScore, task.WithGeneration(g)) {
			require.NoError(t, result.Err)
			flagged := slices.ContainsFunc(result.Out.Flags, func(f task.Flag) bool { return f.Kind == task.FlagPromptCut })
			assert.Equal(t, want, flagged, "%s: usage %+v, flags %v", model, result.Usage, result.Out.Flags)
		}
	}
}
