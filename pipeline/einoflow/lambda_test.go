package einoflow_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/cloudwego/eino/compose"
	"github.com/cloudwego/eino/schema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/einollm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/einoflow"
)

func count(_ context.Context, text string) (int, error) { return len(strings.Fields(text)), nil }

func compiled[I, O any](t *testing.T, s pipeline.Stage[I, O]) compose.Runnable[I, O] {
	t.Helper()
	r, err := einoflow.Runnable(t.Context(), s)
	require.NoError(t, err)
	return r
}

func TestAStageIsANode(t *testing.T) {
	t.Parallel()
	chain, err := compose.NewChain[string, string]().
		AppendLambda(einoflow.Lambda(pipeline.Fn(count))).
		AppendLambda(einoflow.Lambda(pipeline.Fn(func(_ context.Context, n int) (string, error) { return strconv.Itoa(n), nil }))).
		Compile(t.Context())
	require.NoError(t, err)
	var w witness
	out, err := chain.Invoke(t.Context(), "one two three", compose.WithCallbacks(w.handler()))
	require.NoError(t, err)
	assert.Equal(t, "3", out)
	assert.Equal(t, []string{"start Chain ", "start Lambda ", "end Lambda ", "start Lambda ", "end Lambda ", "end Chain "}, w.events)
}

func TestAStageReadsAStreamToItsEnd(t *testing.T) {
	t.Parallel()
	r := compiled(t, pipeline.Fn(count))
	input := schema.StreamReaderFromArray([]string{"one ", "two ", "three"})
	output, err := r.Transform(t.Context(), input)
	require.NoError(t, err)
	defer output.Close()
	n, err := output.Recv()
	require.NoError(t, err)
	assert.Equal(t, 3, n)

	stream, err := compose.NewChain[[]*schema.Message, int]().
		AppendChatModel(einollm.AsChatModel(llmtest.Echo())).
		AppendLambda(einoflow.Lambda(pipeline.Fn(func(ctx context.Context, m *schema.Message) (int, error) { return count(ctx, m.Content) }))).
		Compile(t.Context())
	require.NoError(t, err)
	counts, err := stream.Stream(t.Context(), []*schema.Message{schema.UserMessage("one two")})
	require.NoError(t, err)
	defer counts.Close()
	n, err = counts.Recv()
	require.NoError(t, err)
	assert.Equal(t, 2, n)
}

// fail is a stage that fails as one with a model in it does, in a way that no run tries again.
func fail(context.Context, string) (int, error) {
	return 0, &llm.Error{Code: llm.CodeAuth, Model: "m", Err: errors.New("no key")}
}

func requireChain(t *testing.T, err error, stage string) {
	t.Helper()
	require.Error(t, err)
	staged, ok := errors.AsType[*pipeline.StageError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, stage, staged.Stage)
	assert.Equal(t, llm.CodeAuth, llm.CodeOf(err))
}

func TestErrorsKeepTheirChainThroughAGraph(t *testing.T) {
	t.Parallel()
	var w witness
	_, err := compiled(t, pipeline.Named("grade", pipeline.Fn(fail))).Invoke(t.Context(), "x", compose.WithCallbacks(w.handler()))
	requireChain(t, err, "grade")
	assert.ErrorContains(t, err, "stage grade: m: auth: no key")
	assert.Equal(t, []string{"start Chain ", "start Lambda ", "error Lambda ", "error Chain "}, w.events)
	for _, seen := range w.errs {
		requireChain(t, seen, "grade")
	}

	known := errors.New("known")
	_, err = compiled(t, pipeline.Fn(func(context.Context, string) (int, error) { return 0, known })).Invoke(t.Context(), "x")
	assert.ErrorIs(t, err, known)
	assert.NotErrorIs(t, err, context.Canceled)
}

// eino returns the error of an inner graph in place of what a node made of it.
func TestErrorsKeepTheirChainThroughAGraphInAStageInAGraph(t *testing.T) {
	t.Parallel()
	inner := einoflow.FromRunnable(compiled(t, pipeline.Named("model", pipeline.Fn(fail))))
	graph := compiled(t, pipeline.Named("grade", inner))
	first := func() string {
		_, err := graph.Invoke(t.Context(), "x")
		requireChain(t, err, "grade")
		return err.Error()
	}
	text := first()
	assert.Contains(t, text, "stage grade: ")
	assert.Contains(t, text, "stage model: m: auth: no key")
	assert.Equal(t, text, first())
}

func TestASharedErrorOfAnInnerGraphIsNotChanged(t *testing.T) {
	t.Parallel()
	_, shared := compiled(t, pipeline.Fn(fail)).Invoke(t.Context(), "x")
	require.Error(t, shared)
	before := shared.Error()
	graph := compiled(t, pipeline.Fn(func(context.Context, string) (int, error) { return 0, shared }))
	for range 3 {
		_, err := graph.Invoke(t.Context(), "x")
		assert.ErrorIs(t, err, shared)
	}
	assert.Equal(t, before, shared.Error())
}

func TestAPanicIsAnError(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]pipeline.Stage[string, int]{
		"plain": pipeline.Fn(func(context.Context, string) (int, error) { panic("out of cheese") }),
		"named": pipeline.Named("grade", pipeline.Fn(func(context.Context, string) (int, error) { panic("out of cheese") })),
	} {
		var w witness
		_, err := compiled(t, s).Invoke(t.Context(), "x", compose.WithCallbacks(w.handler()))
		p, ok := errors.AsType[*pipeline.PanicError](err)
		require.True(t, ok, "%s: %v", name, err)
		assert.Equal(t, "out of cheese", p.Value)
		assert.Contains(t, string(p.Stack), "TestAPanicIsAnError")
		assert.Contains(t, w.events, "error Lambda ", name)
	}
}

func TestNothingToRunIsAnError(t *testing.T) {
	t.Parallel()
	_, err := compiled[string, int](t, nil).Invoke(t.Context(), "x")
	assert.ErrorContains(t, err, "einoflow: the stage is nil")
	_, err = einoflow.FromRunnable[string, int](nil).Run(t.Context(), "x")
	assert.EqualError(t, err, "einoflow: the runnable is nil")
}

func TestRunnableTakesCompileOptions(t *testing.T) {
	t.Parallel()
	r, err := einoflow.Runnable(t.Context(), pipeline.Fn(count), compose.WithGraphName("counting"))
	require.NoError(t, err)
	var w witness
	_, err = r.Invoke(t.Context(), "x", compose.WithCallbacks(w.handler()))
	require.NoError(t, err)
	assert.Equal(t, "start Chain counting", w.events[0])

	_, err = einoflow.Runnable(t.Context(), pipeline.Fn(count), compose.WithNodeTriggerMode(compose.AllPredecessor))
	assert.ErrorContains(t, err, "einoflow: compile the stage: ")
}
