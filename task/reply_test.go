package task_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/prompt"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

func TestReplies(t *testing.T) {
	t.Parallel()
	quoted := func(quote string) *userdata.Span {
		span, _ := userdata.Locate(target().Text, quote)
		return &span
	}
	for kind, want := range map[task.Kind]userdata.Feedback{
		task.KindEssayScore: {Scores: []userdata.Score{{Value: 4, Rationale: "clear"}}},
		task.KindRubricScore: {Scores: []userdata.Score{
			{Criterion: "thesis", Value: 3, Rationale: "a position", Evidence: []userdata.Span{*quoted("Harbor Road should be closed.")}},
			{Criterion: "evidence", Value: 1, Rationale: "no facts"},
		}},
		task.KindDraftFeedback: {
			Strengths:    []userdata.Point{{Criterion: "thesis", Text: "You take a side."}},
			Improvements: []userdata.Point{{Criterion: "evidence", Text: "Add a fact."}},
			NextSteps:    []string{"Find a number."},
			Comments: []userdata.Comment{{
				Kind: userdata.Question, Criterion: "evidence", Anchor: quoted("The market was full"), Text: "How full?",
			}},
		},
	} {
		want.Submission, want.Author = "t1", "mine"
		p, err := predict(t, mustBuild(t, smallClass().using(&answers{}), kind, task.WithName("mine")), target())
		require.NoError(t, err)
		require.Equal(t, want, p.Feedback)
		require.Empty(t, p.Flags)
		require.Equal(t, "mine", p.Provenance.Task)
		require.Equal(t, "answers-1", p.Provenance.Model)
		require.Equal(t, []string{"article", "notes"}, p.Provenance.Documents)
		require.Len(t, p.Provenance.Exemplars, 12)
	}
}

func TestBadReplies(t *testing.T) {
	t.Parallel()
	good := replyTo(task.KindRubricScore)
	change := func(from, to string) string { return strings.Replace(good, from, to, 1) }
	for name, tc := range map[string]struct{ reply, problem string }{
		"empty":               {"", "not JSON: EOF"},
		"prose":               {"The thesis is clear.", "not JSON: "},
		"fenced":              {"```json\n" + good + "\n```", "not JSON: "},
		"cut":                 {good[:40], "not JSON: unexpected EOF"},
		"two values":          {good + good, "not JSON: "},
		"a list":              {"[" + good + "]", "/: got array, want object"},
		"above the scale":     {change(`"score":3`, `"score":5`), "/thesis/score: maximum: got 5, want 4"},
		"below the scale":     {change(`"score":1`, `"score":0`), "/evidence/score: minimum: got 0, want 1"},
		"between two scores":  {change(`"score":3`, `"score":3.5`), "/thesis/score: got number, want integer"},
		"a score in words":    {change(`"score":3`, `"score":"3"`), "/thesis/score: got string, want integer"},
		"unknown criterion":   {change(`"thesis"`, `"tone":{},"thesis"`), "/: additional properties 'tone' not allowed"},
		"missing criterion":   {change(`"thesis"`, `"Thesis"`), "/: missing property 'thesis'"},
		"missing rationale":   {change(`"rationale":"a position",`, ""), "/thesis: missing property 'rationale'"},
		"a criterion twice":   {change(`"evidence"`, `"thesis":{"quotes":[],"rationale":"","score":1},"evidence"`), "thesis"},
		"quotes are no list":  {change(`["Harbor Road should be closed."]`, `"Harbor"`), "/thesis/quotes: got string, want array"},
		"quote is not a text": {change(`["Harbor Road should be closed."]`, `[1]`), "/thesis/quotes/0: got number, want string"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			model := llmtest.Scripted(llm.Response{Text: tc.reply, Finish: llm.FinishLength})
			_, err := predict(t, mustBuild(t, smallClass().using(model), task.KindRubricScore, task.WithReply(task.Reply{})), target())
			parse := requireParseError(t, err, "rubric_score/parse")
			require.Equal(t, 1, parse.Attempt)
			require.Equal(t, tc.reply, parse.Text)
			require.Equal(t, llm.FinishLength, parse.Finish)
			require.Equal(t, "rubric_score", parse.Schema)
			require.Contains(t, strings.Join(parse.Problems, "\n"), tc.problem)
		})
	}
}

// requireParseError finds the error of a reply under the error of its stage.
func requireParseError(tb testing.TB, err error, path string) *prompt.ParseError {
	tb.Helper()
	var stage *pipeline.StageError
	require.ErrorAs(tb, err, &stage)
	require.Equal(tb, path, stage.Stage)
	require.Equal(tb, "t1", stage.Item)
	var parse *prompt.ParseError
	require.ErrorAs(tb, err, &parse)
	return parse
}

func TestBadRepliesOfTheOtherKinds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kind                    task.Kind
		from, to, path, problem string
	}{
		{task.KindEssayScore, `"score":4`, `"score":7`, "essay_score/parse", "/score: maximum: got 7, want 6"},
		{task.KindEssayScore, `"score":4`, `"points":4`, "essay_score/parse", "missing property 'score'"},
		{task.KindDraftFeedback, `"criterion":"thesis"`, `"criterion":"tone"`, "draft_feedback/parse", "/strengths/0/criterion: value must be one of"},
		{task.KindDraftFeedback, `"kind":"question"`, `"kind":"joke"`, "draft_feedback/parse", "/comments/0/kind: value must be one of"},
		{task.KindDraftFeedback, `"next_steps":["Find a number."],`, "", "draft_feedback/parse", "/: missing property 'next_steps'"},
	} {
		model := &answers{text: strings.Replace(replyTo(tc.kind), tc.from, tc.to, 1)}
		_, err := predict(t, mustBuild(t, smallClass().using(model), tc.kind), target())
		require.Contains(t, strings.Join(requireParseError(t, err, tc.path).Problems, "\n"), tc.problem)
	}
}

// TestScalesOfTheirOwn: steps of two, of a half, and a scale that is too long to be written into a schema, which the task itself holds
// replies to.
func TestScalesOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		scale     userdata.Scale
		good, bad string
		problem   string
	}{
		{userdata.Scale{Min: 1, Max: 5, Step: 2}, "3", "4", "want one of 1, 3, 5"},
		{userdata.Scale{Min: 1, Max: 5, Step: 2}, "5.0", "2", "want one of 1, 3, 5"},
		{userdata.Scale{Min: 0, Max: 2, Step: 0.5}, "1.5", "1.2", "want one of 0, 0.5, 1, 1.5, 2"},
		{userdata.Scale{Min: 0.5, Max: 3.5}, "2.5", "3", "want one of 0.5, 1.5, 2.5, 3.5"},
		{userdata.Scale{Min: 1, Max: 1001, Step: 2}, "501", "500", "/score: 500 is not on the scale 1 to 1001 by 2"},
	} {
		c := smallClass()
		asg := assignments()
		asg[0].Scale = tc.scale
		c.Assignments = userdata.Values("assignments", asg...)
		c.Submissions, c.Feedback = nil, nil
		score := func(value string) (task.Prediction, error) {
			model := &answers{text: `{"rationale":"clear","score":` + value + `}`}
			return predict(t, mustBuild(t, c.using(model), task.KindEssayScore), target())
		}
		p, err := score(tc.good)
		require.NoError(t, err)
		require.True(t, tc.scale.Contains(p.Feedback.Scores[0].Value))
		_, err = score(tc.bad)
		require.Contains(t, strings.Join(requireParseError(t, err, "essay_score/parse").Problems, "\n"), tc.problem)
	}
}

func TestModelErrors(t *testing.T) {
	t.Parallel()
	for _, code := range []llm.Code{llm.CodeThrottled, llm.CodeContextTooLong, llm.CodeRefused} {
		_, err := predict(t, mustBuild(t, smallClass().using(llmtest.Failing(1, code, nil)), task.KindRubricScore), target(), pipeline.WithoutRetries())
		var stage *pipeline.StageError
		require.ErrorAs(t, err, &stage)
		require.Equal(t, "rubric_score/generate", stage.Stage)
		require.Equal(t, "t1", stage.Item)
		require.Equal(t, code, llm.CodeOf(err))
	}
}

// TestNoResponse: a step in the place of the model must leave a response.
func TestNoResponse(t *testing.T) {
	t.Parallel()
	tk := mustBuild(t, smallClass().using(nil), task.KindEssayScore, task.WithStep(task.Replace(task.PlaceGenerate), nothing("mute")))
	_, err := predict(t, tk, target())
	require.EqualError(t, err, `item t1: stage essay_score/parse: there is no response to read; `+
		`did a step replace "generate" without filling Draft.Responses?`)
}

// TestTheLastResponseCounts: a step may ask again.
func TestTheLastResponseCounts(t *testing.T) {
	t.Parallel()
	again := task.Inline("again", func(_ context.Context, d task.Draft) (task.Draft, error) {
		d.Responses = append(append([]llm.Response(nil), d.Responses...), llm.Response{Text: `{"rationale":"on second thought","score":2}`})
		return d, nil
	})
	tk := mustBuild(t, smallClass().using(&answers{}), task.KindEssayScore, task.WithStep(task.After(task.PlaceGenerate), again))
	p, err := predict(t, tk, target())
	require.NoError(t, err)
	require.Equal(t, []userdata.Score{{Value: 2, Rationale: "on second thought"}}, p.Feedback.Scores)
}

// TestCallsAreCounted: the call of the model is one that a run can limit and account for.
func TestCallsAreCounted(t *testing.T) {
	t.Parallel()
	run, err := pipeline.NewRun(pipeline.WithInputChecks())
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, mustBuild(t, smallClass().using(&answers{}), task.KindEssayScore))
	require.NoError(t, err)
	for res := range runner.Stream(t.Context(), pipeline.Items(target())) {
		require.Equal(t, pipeline.Usage{Calls: 1, Input: 5000, Output: 2}, res.Usage)
	}
}
