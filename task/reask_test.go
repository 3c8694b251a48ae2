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
)

// said is a response that is read.
func said(text string) llm.Response {
	return llm.Response{Text: text, Finish: llm.FinishStop, Model: "m", Usage: llm.Usage{Input: 5000, Output: 7}}
}

func TestRepairedRepliesAreFlagged(t *testing.T) {
	t.Parallel()
	good := replyTo(task.KindEssayScore)
	for text, kind := range map[string]string{
		"```json\n" + good + "\n```":         "fenced",
		"Here it is:\n" + good + "\nRegards": "surrounded: 11 bytes before and 7 after",
	} {
		p, err := predict(t, mustBuild(t, smallClass().using(llmtest.Scripted(said(text))), task.KindEssayScore), target())
		require.NoError(t, err)
		require.Len(t, p.Flags, 1)
		require.Equal(t, task.FlagRepaired, p.Flags[0].Kind)
		require.Equal(t, kind, p.Flags[0].Detail)
		require.InDelta(t, 4, p.Feedback.Scores[0].Value, 0)

		model := llmtest.Scripted(said(text))
		_, err = predict(t, mustBuild(t, smallClass().using(model), task.KindEssayScore, task.WithReply(task.Reply{})), target())
		requireParseError(t, err, "essay_score/parse")
		require.Len(t, model.Requests(), 1)
	}
}

// TestAskingAgain: the model is told what was wrong, and each time is a call that counts.
func TestAskingAgain(t *testing.T) {
	t.Parallel()
	model := llmtest.Scripted(said(`{"rationale":"no","score":9}`), said(`never mind`), said(replyTo(task.KindEssayScore)))
	tk := mustBuild(t, smallClass().using(model), task.KindEssayScore, task.WithReply(task.Reply{Reasks: 2}))
	run, err := pipeline.NewRun(pipeline.WithInputChecks())
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, tk)
	require.NoError(t, err)
	for res := range runner.Stream(t.Context(), pipeline.Items(target())) {
		require.NoError(t, res.Err)
		require.Equal(t, 3, res.Usage.Calls)
		require.Equal(t, 21, res.Usage.Output)
		require.Equal(t, []task.Flag{{Kind: task.FlagReasked, Detail: "3 attempts"}}, res.Out.Flags)
	}
	requests := model.Requests()
	require.Len(t, requests, 3)
	for i, req := range requests {
		requireTurns(t, req)
		require.Equal(t, requests[0].Reply, req.Reply)
		require.Len(t, req.Messages, len(requests[0].Messages)+2*i)
	}
	last := requests[2].Messages
	require.Equal(t, `{"rationale":"no","score":9}`, last[len(last)-4].Text)
	require.Contains(t, last[len(last)-3].Text, "/score")
	require.Equal(t, "never mind", last[len(last)-2].Text)
	require.Contains(t, last[len(last)-1].Text, "not JSON")
}

func TestWhatIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	bad := said("I would rather not.")
	for name, tc := range map[string]struct {
		reply   llm.Response
		opts    []task.Option
		calls   int
		attempt int
		class   string
	}{
		"once by default":       {bad, nil, 2, 2, "parse"},
		"off":                   {bad, []task.Option{task.WithReply(task.Reply{Repair: true})}, 1, 1, "parse"},
		"as often as asked for": {bad, []task.Option{task.WithReply(task.Reply{Reasks: 4})}, 5, 5, "parse"},
		"a refusal":             {llm.Response{Text: "No.", Finish: llm.FinishRefused, Usage: llm.Usage{Input: 5000}}, nil, 1, 1, "refused"},
		"a cut reply":           {llm.Response{Text: `{"rationale":"on`, Finish: llm.FinishLength, Usage: llm.Usage{Input: 5000}}, nil, 2, 2, "truncated"},
		"an empty reply":        {llm.Response{Text: "\n", Finish: llm.FinishStop, Usage: llm.Usage{Input: 5000}}, nil, 2, 2, "parse"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			model := llmtest.Scripted(tc.reply, tc.reply, tc.reply, tc.reply, tc.reply, tc.reply)
			_, err := predict(t, mustBuild(t, smallClass().using(model), task.KindEssayScore, tc.opts...), target())
			parse := requireParseError(t, err, "essay_score/parse")
			require.Equal(t, tc.attempt, parse.Attempt)
			require.Equal(t, tc.reply.Text, parse.Text)
			require.Equal(t, tc.reply.Finish, parse.Finish)
			require.Equal(t, tc.class, parse.ErrorClass())
			require.Len(t, model.Requests(), tc.calls)
			for _, req := range model.Requests() {
				requireTurns(t, req)
			}
			if tc.class == "truncated" {
				again := model.Requests()[1].Messages
				require.Contains(t, again[len(again)-1].Text, "cut off")
			}
		})
	}
}

// TestAskingAgainFails: what was wrong at first is not lost.
func TestAskingAgainFails(t *testing.T) {
	t.Parallel()
	calls := 0
	model := llm.Func(func(context.Context, llm.Request) (llm.Response, error) {
		if calls++; calls == 1 {
			return said("nothing of use"), nil
		}
		return llm.Response{}, &llm.Error{Code: llm.CodeBudget, Model: "m"}
	})
	_, err := predict(t, mustBuild(t, smallClass().using(model), task.KindEssayScore), target())
	require.Equal(t, 1, requireParseError(t, err, "essay_score/parse").Attempt)
	require.Equal(t, llm.CodeBudget, llm.CodeOf(err))
	require.ErrorContains(t, err, "asking again failed: m: budget")
}

// TestNoAskingInThePlaceOfACustomStep: what does not call the task's model cannot ask it again, and needs none.
func TestNoAskingInThePlaceOfACustomStep(t *testing.T) {
	t.Parallel()
	own := task.Inline("own", func(_ context.Context, d task.Draft) (task.Draft, error) {
		d.Responses = []llm.Response{{Text: "no JSON", Finish: llm.FinishStop}}
		return d, nil
	})
	tk := mustBuild(t, smallClass().using(nil), task.KindEssayScore, task.WithStep(task.Replace(task.PlaceGenerate), own))
	require.False(t, planned(t, tk).Has("model"))
	_, err := predict(t, tk, target())
	require.Equal(t, 1, requireParseError(t, err, "essay_score/parse").Attempt)
}

func TestClamping(t *testing.T) {
	t.Parallel()
	clamp := task.WithReply(task.Reply{Clamp: true})
	for _, tc := range []struct {
		kind     task.Kind
		from, to string
		want     task.Flag
		score    float64
	}{
		{task.KindEssayScore, `"score":4`, `"score":9`, task.Flag{Kind: task.FlagClamped, Detail: "/score: 9 to 6"}, 6},
		{task.KindEssayScore, `"score":4`, `"score":-3`, task.Flag{Kind: task.FlagClamped, Detail: "/score: -3 to 1"}, 1},
		{task.KindEssayScore, `"score":4`, `"score":2.5`, task.Flag{Kind: task.FlagClamped, Detail: "/score: 2.5 to 3"}, 3},
		{task.KindRubricScore, `"score":3`, `"score":7`, task.Flag{Kind: task.FlagClamped, Detail: "/thesis/score: 7 to 4"}, 4},
	} {
		model := llmtest.Scripted(said(strings.Replace(replyTo(tc.kind), tc.from, tc.to, 1)))
		p, err := predict(t, mustBuild(t, smallClass().using(model), tc.kind, clamp), target())
		require.NoError(t, err)
		require.Equal(t, []task.Flag{tc.want}, p.Flags)
		require.InDelta(t, tc.score, p.Feedback.Scores[0].Value, 0)
	}
	model := llmtest.Scripted(said(`{"rationale":"no","score":"high"}`))
	_, err := predict(t, mustBuild(t, smallClass().using(model), task.KindEssayScore, clamp), target())
	require.ErrorContains(t, err, "/score", "what is no number is not clamped")
	var parse *prompt.ParseError
	require.ErrorAs(t, err, &parse)
}

// TestSilentTruncationIsFlagged: the server answers as if it had read everything.
func TestSilentTruncationIsFlagged(t *testing.T) {
	t.Parallel()
	cut := said(replyTo(task.KindEssayScore))
	cut.Usage.Input = 64
	p, err := predict(t, mustBuild(t, smallClass().using(llmtest.Scripted(cut)), task.KindEssayScore), target())
	require.NoError(t, err)
	require.Len(t, p.Flags, 1)
	require.Equal(t, task.FlagPromptCut, p.Flags[0].Kind)
	require.Contains(t, p.Flags[0].Detail, "64")
}

// TestSilentTruncationIsSeenInEveryCall: also of a call that was not the last one; and one that is seen in all samples is said once.
func TestSilentTruncationIsSeenInEveryCall(t *testing.T) {
	t.Parallel()
	whole, cut := said("no JSON"), said("no JSON")
	cut.Usage.Input = 64
	good := said(replyTo(task.KindEssayScore))
	p, err := predict(t, mustBuild(t, smallClass().using(llmtest.Scripted(whole, cut, good)), task.KindEssayScore, task.WithReply(task.Reply{Reasks: 2})), target())
	require.NoError(t, err)
	require.Equal(t, []task.FlagKind{task.FlagPromptCut, task.FlagReasked}, kindsOf(p))

	found := said(`{"problems":["vague"]}`)
	found.Usage.Input = 64
	p, err = predict(t, mustBuild(t, smallClass().using(llmtest.Scripted(good, found, good)), task.KindEssayScore,
		task.WithTechnique(task.Technique{Critiques: 1})), target())
	require.NoError(t, err)
	require.Equal(t, []task.FlagKind{task.FlagPromptCut}, kindsOf(p))

	good.Usage.Input = 64
	p, err = predict(t, mustBuild(t, smallClass().using(llmtest.Scripted(good, good, good)), task.KindEssayScore,
		task.WithTechnique(task.Technique{Samples: &task.Samples{N: 3}})), target())
	require.NoError(t, err)
	require.Equal(t, []task.FlagKind{task.FlagPromptCut}, kindsOf(p))
}

func kindsOf(p task.Prediction) []task.FlagKind {
	var out []task.FlagKind
	for _, f := range p.Flags {
		out = append(out, f.Kind)
	}
	return out
}

// TestAFullWindowIsFlagged: a prompt that just fits and one that was cut to fit look alike, but for the tokens that the server reports.
func TestAFullWindowIsFlagged(t *testing.T) {
	t.Parallel()
	counted := llm.CountRequest(nil, request(t, smallClass(), task.KindEssayScore, target()))
	full := said(replyTo(task.KindEssayScore))
	full.Usage.Input = counted + 40
	for window, want := range map[int]int{counted + 40: 1, 4 * counted: 0} {
		p, err := predict(t, mustBuild(t, smallClass().using(llmtest.Scripted(full)), task.KindEssayScore,
			task.WithBudget(task.Budget{Window: window, Answer: 1})), target())
		require.NoError(t, err)
		require.Len(t, p.Flags, want, "window %d, prompt %d", window, counted)
	}
}

// TestResponsesWithoutQuestions: a step that loses a response of several is told so.
func TestResponsesWithoutQuestions(t *testing.T) {
	t.Parallel()
	lossy := task.Inline("lossy", func(_ context.Context, d task.Draft) (task.Draft, error) {
		d.Responses = d.Responses[:1]
		return d, nil
	})
	_, err := predict(t, mustBuild(t, smallClass().using(&filler{}), task.KindRubricScore,
		task.WithTechnique(task.Technique{PerCriterion: true}), task.WithStep(task.After(task.PlaceGenerate), lossy)), target())
	require.ErrorContains(t, err, "rubric_score/parse: there are 1 responses to 2 questions; want one for each, in their order")
}

// TestBoundsOfReplies: every text and every list of a reply is bounded, thoughts included, and a reply that exceeds them is told so.
func TestBoundsOfReplies(t *testing.T) {
	t.Parallel()
	for _, kind := range task.Kinds() {
		opts := []task.Option{
			task.WithReply(task.Reply{MaxLength: 40, MaxItems: 2}), task.WithTechnique(task.Technique{Reasoning: true}),
		}
		schema := string(request2(t, kind, opts...).Reply.JSON)
		require.Equal(t, strings.Count(schema, `"type":"string"`)-strings.Count(schema, `"enum"`), strings.Count(schema, `"maxLength":40`), schema)
		require.Equal(t, strings.Count(schema, `"type":"array"`), strings.Count(schema, `"maxItems":2`))
	}
	model := llmtest.Scripted(said(`{"rationale":"` + strings.Repeat("long ", 20) + `","score":4}`))
	_, err := predict(t, mustBuild(t, smallClass().using(model), task.KindEssayScore, task.WithReply(task.Reply{MaxLength: 40})), target())
	require.Contains(t, strings.Join(requireParseError(t, err, "essay_score/parse").Problems, " "), "/rationale")
	_, err = build(t, smallClass().using(nil), task.KindEssayScore, task.WithReply(task.Reply{MaxLength: -1}))
	require.ErrorContains(t, err, "reply.max_length is -1 and reply.max_items 0; want 0 (no bound) or more")
}

// FuzzReplies: whatever a model writes, the item ends with a prediction that holds or with an error that tells why.
func FuzzReplies(f *testing.F) {
	for _, k := range task.Kinds() {
		f.Add(replyTo(k), uint8(0))
		f.Add("```json\n"+replyTo(k)+"\n```", uint8(1))
	}
	f.Add(`{"rationale":"x","score":1e999}`, uint8(2))
	f.Add(`{"thesis":{}}`, uint8(3))
	scripted := map[task.Kind]*task.Task{}
	var text string
	model := llm.Func(func(context.Context, llm.Request) (llm.Response, error) { return said(text), nil })
	for _, k := range task.Kinds() {
		scripted[k] = mustBuild(f, smallClass().using(model), k)
	}
	f.Fuzz(func(t *testing.T, reply string, how uint8) {
		text = reply
		kind := task.Kinds()[int(how)%3]
		tk, err := scripted[kind].With(task.WithReply(task.Reply{Repair: how&4 != 0, Clamp: how&8 != 0}))
		require.NoError(t, err)
		p, err := predict(t, tk, target())
		if err != nil {
			var parse *prompt.ParseError
			require.ErrorAs(t, err, &parse)
			require.NotEmpty(t, parse.Problems)
			return
		}
		for _, s := range p.Feedback.Scores {
			require.True(t, s.Value >= 1 && s.Value <= 6, "%v is on no scale", s.Value)
		}
	})
}
