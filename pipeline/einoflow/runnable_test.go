package einoflow_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/cloudwego/eino/compose"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/einollm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/einoflow"
)

func TestAStageComesBackFromAGraphAsItWas(t *testing.T) {
	t.Parallel()
	direct := pipeline.Fn(count)
	back := einoflow.FromRunnable(compiled(t, direct))
	for _, text := range []string{"", "one", "one two", strings.Repeat("word ", 1000)} {
		want, err := direct.Run(t.Context(), text)
		require.NoError(t, err)
		got, err := back.Run(t.Context(), text)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

func TestHandlersOfTheOptionsAreCalledBesidesThoseOfTheHost(t *testing.T) {
	t.Parallel()
	var own, host witness
	opts := []compose.Option{compose.WithCallbacks(own.handler())}
	inner := einoflow.FromRunnable(compiled(t, pipeline.Fn(count)), opts...)
	opts[0] = compose.Option{} // the stage has its own
	_, err := compiled(t, inner).Invoke(t.Context(), "x", compose.WithCallbacks(host.handler()))
	require.NoError(t, err)
	chain := []string{"start Chain ", "start Lambda ", "end Lambda ", "end Chain "}
	assert.Equal(t, chain, own.events)
	assert.Equal(t, append(append([]string{"start Chain ", "start Lambda "}, chain...), "end Lambda ", "end Chain "), host.events)
}

func TestAGraphThatEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	stage := einoflow.FromRunnable(compiled(t, pipeline.Fn(func(ctx context.Context, _ string) (int, error) {
		cancel()
		return 0, ctx.Err()
	})))
	_, err := stage.Run(ctx, "x")
	assert.ErrorIs(t, err, context.Canceled)
}

func TestCallsInAGraphArePartOfTheRun(t *testing.T) {
	t.Parallel()
	model := llmtest.Scripted(llm.Response{Text: "a", Usage: llm.Usage{Input: 7, Output: 2}})
	graph := compiled[llm.Request, llm.Response](t, pipeline.Named("ask", pipeline.Call("model", llm.Generation{Model: model})))
	run, err := pipeline.NewRun(pipeline.WithInterceptor(pipeline.InterceptorFunc(
		func(ctx context.Context, call pipeline.CallInfo, _ any, next func(context.Context) (any, error)) (any, error) {
			assert.Equal(t, "model", call.Resource)
			assert.Equal(t, "ask", call.Stage)
			return next(ctx)
		})))
	require.NoError(t, err)
	results := results(t, run, einoflow.FromRunnable(graph), llm.Request{Messages: []llm.Message{{Role: llm.User, Text: "x"}}})
	require.NoError(t, results[0].Err)
	assert.Equal(t, pipeline.Usage{Calls: 1, Input: 7, Output: 2}, results[0].Usage)
}

// Whether a call can be sent again is told through the errors of graphs, also of a graph in a stage in a graph.
func TestACallOfAGraphIsSentAgain(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(*testing.T, pipeline.Stage[string, string]) pipeline.Stage[string, string]{
		"in a graph": func(t *testing.T, s pipeline.Stage[string, string]) pipeline.Stage[string, string] {
			return einoflow.FromRunnable(compiled(t, s))
		},
		"in a graph in a stage in a graph": func(t *testing.T, s pipeline.Stage[string, string]) pipeline.Stage[string, string] {
			return einoflow.FromRunnable(compiled(t, pipeline.Named("inner", einoflow.FromRunnable(compiled(t, s)))))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			model := llmtest.Failing(1, llm.CodeThrottled, nil)
			ask := pipeline.Fn(func(ctx context.Context, text string) (string, error) {
				resp, err := model.Generate(ctx, llm.Request{Messages: []llm.Message{{Role: llm.User, Text: text}}})
				return resp.Text, err
			})
			run, err := pipeline.NewRun(pipeline.WithRetry(pipeline.Retry{Attempts: 2, Initial: 1, Max: 1}))
			require.NoError(t, err)
			results := results(t, run, pipeline.Call("model", wrap(t, ask)), "x")
			require.NoError(t, results[0].Err)
			assert.Equal(t, "x", results[0].Out)
			assert.Equal(t, 2, results[0].Usage.Calls)
		})
	}
}

// results runs a stage over inputs.
func results[I, O any](t *testing.T, run *pipeline.Run, s pipeline.Stage[I, O], inputs ...I) []pipeline.Result[O] {
	t.Helper()
	runner, err := pipeline.Start(t.Context(), run, pipeline.Tool("stage", s))
	require.NoError(t, err)
	var out []pipeline.Result[O]
	for r := range runner.Stream(t.Context(), func(yield func(pipeline.Item[I]) bool) {
		for i, in := range inputs {
			if !yield(pipeline.Item[I]{ID: fmt.Sprint(i), In: in}) {
				return
			}
		}
	}) {
		out = append(out, r)
	}
	require.Len(t, out, len(inputs))
	return out
}

// parallel compiles a graph of n nodes that run at once, each with a call of m.
func parallel(t *testing.T, n int, m llm.Model) compose.Runnable[llm.Request, map[string]any] {
	t.Helper()
	g := compose.NewGraph[llm.Request, map[string]any]()
	for i := range n {
		key := fmt.Sprintf("n%d", i)
		require.NoError(t, g.AddLambdaNode(key, einoflow.Lambda[llm.Request, llm.Response](llm.Generation{Model: m}), compose.WithOutputKey(key)))
		require.NoError(t, g.AddEdge(compose.START, key))
		require.NoError(t, g.AddEdge(key, compose.END))
	}
	r, err := g.Compile(t.Context(), compose.WithNodeTriggerMode(compose.AllPredecessor))
	require.NoError(t, err)
	return r
}

// With the global handler of TestMain, several options of handlers and nodes that run at once, eino writes to one slice from
// several goroutines: under the race detector this test fails where the graph is invoked plainly.
func TestParallelNodesAndSeveralHandlers(t *testing.T) {
	t.Parallel()
	var witnesses [3]witness
	stage := einoflow.FromRunnable(parallel(t, 4, llm.Wrap(llmtest.Echo(), einollm.Callbacks())),
		compose.WithCallbacks(witnesses[0].handler(), witnesses[1].handler()), compose.WithCallbacks(witnesses[2].handler()))
	const runs = 20
	var wg sync.WaitGroup
	for i := range runs {
		wg.Go(func() {
			text := fmt.Sprint("x", i)
			out, err := stage.Run(t.Context(), llm.Request{Messages: []llm.Message{{Role: llm.User, Text: text}}})
			assert.NoError(t, err)
			for node, answer := range out {
				assert.Equal(t, text, answer.(llm.Response).Text, node)
			}
			assert.Len(t, out, 4)
		})
	}
	wg.Wait()
	for i := range witnesses {
		calls := 0
		for _, e := range witnesses[i].events {
			if e == "end ChatModel llmtest/echo" {
				calls++
			}
		}
		assert.Equal(t, 4*runs, calls, "handler %d sees every call", i)
	}
}
