package einoflow_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/cloudwego/eino/components/prompt"
	"github.com/cloudwego/eino/components/retriever"
	"github.com/cloudwego/eino/compose"
	"github.com/cloudwego/eino/schema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/einollm"
	"github.com/gloss-sdk/gloss/llm/exemplarllm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/einoflow"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// petClass is a class with one assignment, a rubric of one criterion and two pieces of graded work.
func petClass() *userdata.Class {
	graded := func(id string, score float64, rationale, quote string) userdata.Feedback {
		return userdata.Feedback{Submission: id, Author: "okafor", Scores: []userdata.Score{
			{Value: score, Rationale: rationale},
			{Criterion: "reasons", Value: score, Rationale: rationale, Evidence: []userdata.Span{{Quote: quote}}},
		}}
	}
	return userdata.NewClass("5c", "okafor", userdata.Sources{
		Assignments: userdata.Values("assignments", userdata.Assignment{
			ID: "pets", Prompt: "Which pet is better?", Rubric: "reasons", Scale: userdata.Scale{Min: 1, Max: 4},
		}),
		Rubrics: userdata.Values("rubrics", userdata.Rubric{ID: "reasons", Criteria: []userdata.Criterion{
			{ID: "reasons", Description: "Are there reasons?", Scale: userdata.Scale{Min: 1, Max: 4}},
		}}),
		Submissions: userdata.Values("submissions",
			userdata.Submission{ID: "a", Assignment: "pets", Student: "s1", Text: "Cats are nice."},
			userdata.Submission{ID: "b", Assignment: "pets", Student: "s2", Text: "Dogs are better because they guard the house. A dog barks when a stranger comes."},
		),
		Feedback: userdata.Values("feedback",
			graded("a", 1, "An opinion without a reason.", "Cats are nice."),
			graded("b", 3, "A reason with an example.", "they guard the house"),
		),
	})
}

func essay() userdata.Submission {
	return userdata.Submission{ID: "new", Assignment: "pets", Text: "Dogs are fun because they play with you all day. My dog brings the ball."}
}

// started returns a task as the stage that predicts.
func started(t testing.TB, tk *task.Task, err error) *pipeline.Runner[userdata.Submission, task.Prediction] {
	t.Helper()
	require.NoError(t, err)
	run, err := pipeline.NewRun()
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, tk)
	require.NoError(t, err)
	return runner
}

// exercises is a retriever of eino.
type exercises struct{ asked chan string }

func (e exercises) Retrieve(_ context.Context, query string, _ ...retriever.Option) ([]*schema.Document, error) {
	e.asked <- query
	return []*schema.Document{{ID: "ex-1", Content: "Find two more reasons."}}, nil
}

// gradeAndAssign is a host's graph: a task grades, and a retriever looks up an exercise for the rationale.
func gradeAndAssign(t *testing.T, m llm.Model, r retriever.Retriever) compose.Runnable[userdata.Submission, []*schema.Document] {
	t.Helper()
	scorer, err := task.RubricScore(task.Using(petClass(), m))
	grade := started(t, scorer, err)
	graph := compose.NewGraph[userdata.Submission, []*schema.Document]()
	require.NoError(t, graph.AddLambdaNode("grade", einoflow.Lambda(grade), compose.WithNodeName("grade")))
	rationale := func(_ context.Context, p task.Prediction) (string, error) { return p.Feedback.Scores[0].Rationale, nil }
	require.NoError(t, graph.AddLambdaNode("rationale", compose.InvokableLambda(rationale), compose.WithNodeName("rationale")))
	require.NoError(t, graph.AddRetrieverNode("exercises", r, compose.WithNodeName("exercises")))
	for from, to := range map[string]string{compose.START: "grade", "grade": "rationale", "rationale": "exercises", "exercises": compose.END} {
		require.NoError(t, graph.AddEdge(from, to))
	}
	runnable, err := graph.Compile(t.Context(), compose.WithGraphName("host"))
	require.NoError(t, err)
	return runnable
}

func TestATaskInAGraph(t *testing.T) {
	t.Parallel()
	model, err := exemplarllm.New()
	require.NoError(t, err)
	lookup := exercises{make(chan string, 1)}
	graph := gradeAndAssign(t, llm.Wrap(model, einollm.Callbacks()), lookup)

	var w witness
	docs, err := graph.Invoke(t.Context(), essay(), compose.WithCallbacks(w.handler()))
	require.NoError(t, err)
	assert.Equal(t, "ex-1", docs[0].ID)
	assert.Equal(t, "A reason with an example.", <-lookup.asked)
	assert.Equal(t, []string{
		"start Graph host",
		"start Lambda grade",
		"start ChatModel exemplarllm/1",
		"end ChatModel exemplarllm/1",
		"end Lambda grade",
		"start Lambda rationale",
		"end Lambda rationale",
		"start Retriever exercises",
		"end Retriever exercises",
		"end Graph host",
	}, w.events)
	assert.Positive(t, w.tokens)
}

func TestATaskThatFailsInAGraph(t *testing.T) {
	t.Parallel()
	graph := gradeAndAssign(t, llm.Wrap(llmtest.Failing(1, llm.CodeAuth, nil), einollm.Callbacks()), exercises{})
	var w witness
	_, err := graph.Invoke(t.Context(), essay(), compose.WithCallbacks(w.handler()))
	requireChain(t, err, "rubric_score/generate")
	assert.ErrorContains(t, err, "item new: stage rubric_score/generate: llmtest/failing: auth: failure 1 of 1")
	assert.Equal(t, []string{
		"start Graph host",
		"start Lambda grade",
		"start ChatModel llmtest/failing",
		"error ChatModel llmtest/failing",
		"error Lambda grade",
		"error Graph host",
	}, w.events)
}

// throughEino is a step that asks the model by a chain of eino: a prompt template, then a chat model. The call is a call of the run.
func throughEino(t testing.TB, m llm.Model) task.StepUse {
	t.Helper()
	chain, err := compose.NewChain[map[string]any, *schema.Message]().AppendChatTemplate(prompt.FromMessages(schema.FString,
		schema.SystemMessage("You grade for the class of {teacher}."),
		schema.MessagesPlaceholder("conversation", false))).
		AppendChatModel(einollm.AsChatModel(m)).Compile(t.Context())
	require.NoError(t, err)
	invoke := einoflow.FromRunnable(chain)
	call := pipeline.Call("model", pipeline.Fn(func(ctx context.Context, req llm.Request) (llm.Response, error) {
		turns := req.Messages[1:] // the system message is the template's
		msg, err := invoke.Run(ctx, map[string]any{"teacher": "okafor", "conversation": einollm.ToMessages(turns)})
		return einollm.ToResponse("chain", msg), err
	}))
	return task.Inline("eino", func(ctx context.Context, d task.Draft) (task.Draft, error) {
		req, err := d.Prompt.Request()
		if err != nil {
			return task.Draft{}, err
		}
		resp, err := call.Run(ctx, req)
		if err != nil {
			return task.Draft{}, err
		}
		d.Responses = append(slices.Clip(d.Responses), resp)
		d.Prediction.Provenance.Model = resp.Model
		return d, nil
	})
}

func TestAChainInATask(t *testing.T) {
	t.Parallel()
	model := llmtest.ByPrompt(llmtest.Containing("class of okafor", `{"rationale":"A reason.","score":3}`))
	scorer, err := task.EssayScore(task.Using(petClass(), nil), task.WithStep(task.Replace(task.PlaceGenerate), throughEino(t, model)))
	require.NoError(t, err)
	run, err := pipeline.NewRun()
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, scorer)
	require.NoError(t, err)

	for result := range runner.Stream(t.Context(), pipeline.Items(essay())) {
		require.NoError(t, result.Err)
		assert.Equal(t, []userdata.Score{{Value: 3, Rationale: "A reason."}}, result.Out.Feedback.Scores)
		assert.Equal(t, "llmtest/by_prompt", result.Out.Provenance.Model)
		assert.Equal(t, 1, result.Usage.Calls)
		assert.Positive(t, result.Usage.Input)
	}
	asked := model.Requests()[0].Messages
	assert.Equal(t, llm.Message{Role: llm.System, Text: "You grade for the class of okafor."}, asked[0])
	assert.Contains(t, asked[len(asked)-1].Text, "My dog brings the ball.")
}

// A chain in a task in a graph: the host's handlers see it all, in order, and an error keeps all of its parts.
func TestAChainInATaskInAGraph(t *testing.T) {
	t.Parallel()
	model := llmtest.Failing(1, llm.CodeAuth, llmtest.ByPrompt(llmtest.Rule{Reply: `{"rationale":"A reason.","score":3}`}))
	scorer, err := task.EssayScore(task.Using(petClass(), nil), task.WithStep(task.Replace(task.PlaceGenerate), throughEino(t, model)))
	graph, err := einoflow.Runnable(t.Context(), started(t, scorer, err), compose.WithGraphName("host"))
	require.NoError(t, err)

	var failed witness
	_, err = graph.Invoke(t.Context(), essay(), compose.WithCallbacks(failed.handler()))
	requireChain(t, err, "essay_score/eino")

	var w witness
	p, err := graph.Invoke(t.Context(), essay(), compose.WithCallbacks(w.handler()))
	require.NoError(t, err)
	assert.Equal(t, []userdata.Score{{Value: 3, Rationale: "A reason."}}, p.Feedback.Scores)
	assert.Equal(t, []string{
		"start Chain host",
		"start Lambda ",
		"start Chain ",
		"start ChatTemplate ",
		"end ChatTemplate ",
		"start ChatModel ",
		"end ChatModel ",
		"end Chain ",
		"end Lambda ",
		"end Chain host",
	}, w.events)
}

// Several nodes of a graph share one started task.
func TestTasksInParallelNodes(t *testing.T) {
	t.Parallel()
	model, err := exemplarllm.New()
	require.NoError(t, err)
	scorer, err := task.RubricScore(task.Using(petClass(), llm.Wrap(model, einollm.Callbacks())))
	runner := started(t, scorer, err)
	nodes := compose.NewParallel()
	names := []string{"first", "second", "third", "fourth"}
	for _, name := range names {
		nodes.AddLambda(name, einoflow.Lambda(runner))
	}
	graph, err := compose.NewChain[userdata.Submission, map[string]any]().AppendParallel(nodes).Compile(t.Context())
	require.NoError(t, err)

	want, err := runner.Run(t.Context(), essay())
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			var w witness
			out, err := graph.Invoke(t.Context(), essay(), compose.WithCallbacks(w.handler()))
			assert.NoError(t, err)
			for _, name := range names {
				assert.Equal(t, want, out[name])
			}
			assert.Len(t, w.events, 2+4*4)
		})
	}
	wg.Wait()
}
