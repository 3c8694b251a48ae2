package llm_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
)

func ask(text string) llm.Request {
	return llm.Request{Messages: []llm.Message{{Role: llm.User, Text: text}}}
}

// named is a model with an identity that answers with it.
type named string

func (n named) Generate(context.Context, llm.Request) (llm.Response, error) {
	return llm.Response{Text: "from " + string(n), Model: string(n), Finish: llm.FinishStop}, nil
}

func (n named) Identity() string { return string(n) }

// tracer notes when a call enters and leaves it.
func tracer(name string, trace *[]string) llm.Middleware {
	return func(m llm.Model) llm.Model {
		return llm.Func(func(ctx context.Context, req llm.Request) (llm.Response, error) {
			*trace = append(*trace, "into "+name)
			resp, err := m.Generate(ctx, req)
			*trace = append(*trace, "out of "+name)
			return resp, err
		})
	}
}

func TestWrapPutsTheFirstMiddlewareOutermost(t *testing.T) {
	t.Parallel()
	var trace []string
	model := llm.Wrap(llmtest.Echo(), tracer("A", &trace), nil, tracer("B", &trace))
	resp, err := model.Generate(t.Context(), ask("hello"))
	require.NoError(t, err)
	assert.Equal(t, "hello", resp.Text)
	assert.Equal(t, []string{"into A", "into B", "out of B", "out of A"}, trace)
}

func TestWrapWithoutMiddlewareIsTheModel(t *testing.T) {
	t.Parallel()
	m := llmtest.Echo()
	assert.Same(t, m, llm.Wrap(m))
	assert.Same(t, m, llm.Wrap(m, nil, nil))
}

func TestWrapNothingFails(t *testing.T) {
	t.Parallel()
	temperature := 0.5
	for _, model := range []llm.Model{llm.Wrap(nil), llm.Wrap(nil, llm.Defaults(llm.Settings{Temperature: &temperature}))} {
		_, err := model.Generate(t.Context(), ask("hello"))
		assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err))
		assert.ErrorContains(t, err, "there is no model to ask")
	}
}

func TestIdentityOf(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "acme/one", llm.IdentityOf(named("acme/one")))
	assert.Equal(t, "unidentified", llm.IdentityOf(llm.Func(upper)))
	assert.Equal(t, "unidentified", llm.IdentityOf(nil))
}

// What the package says about orders.
func TestTheOrderDecidesWhoGetsTheDefaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		wrap func(m llm.Model, defaults, fallback llm.Middleware) llm.Model
		want int
	}{
		"fallback outside": {func(m llm.Model, d, f llm.Middleware) llm.Model { return llm.Wrap(m, f, d) }, 0},
		"defaults outside": {func(m llm.Model, d, f llm.Middleware) llm.Model { return llm.Wrap(m, d, f) }, 90},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := llmtest.Failing(1, llm.CodeUnavailable, nil), llmtest.Echo()
			model := test.wrap(first, llm.Defaults(llm.Settings{MaxTokens: 90}), llm.Fallback(second))
			resp, err := model.Generate(t.Context(), ask("hello"))
			require.NoError(t, err)
			assert.Equal(t, "llmtest/echo", resp.Model)
			require.Len(t, first.Requests(), 1)
			assert.Equal(t, 90, first.Requests()[0].MaxTokens, "the first model gets the defaults in any order")
			require.Len(t, second.Requests(), 1)
			assert.Equal(t, test.want, second.Requests()[0].MaxTokens)
		})
	}
}

// conforming answers what the conformance suite asks.
func conforming() llm.Model {
	return llmtest.ByPrompt(
		llmtest.Containing("<submission>", `{"label":"revise","score":2,"reason":"It is short."}`),
		llmtest.Rule{Reply: "red"},
	)
}

func TestMiddlewaresKeepTheContractInAnyOrder(t *testing.T) {
	t.Parallel()
	temperature, seed := 0.3, int64(7)
	defaults := llm.Defaults(llm.Settings{Temperature: &temperature, MaxTokens: 300, Seed: &seed})
	fallback := llm.Fallback(conforming())
	down := llm.Fallback(conforming(), llm.CodeThrottled)
	for name, newModel := range map[string]func() llm.Model{
		"defaults":           func() llm.Model { return llm.Wrap(conforming(), defaults) },
		"fallback":           func() llm.Model { return llm.Wrap(conforming(), fallback) },
		"defaults, fallback": func() llm.Model { return llm.Wrap(conforming(), defaults, fallback) },
		"fallback, defaults": func() llm.Model { return llm.Wrap(conforming(), fallback, defaults) },
		"twice":              func() llm.Model { return llm.Wrap(conforming(), fallback, defaults, fallback, defaults) },
		"the second answers": func() llm.Model { return llm.Wrap(llmtest.Failing(1000, llm.CodeThrottled, nil), down, defaults) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			llmtest.RunConformance(t, func(*testing.T) llm.Model { return newModel() })
		})
	}
}

func TestOneMiddlewareWrapsSeveralModelsAtOnce(t *testing.T) {
	t.Parallel()
	temperature := 0.3
	chain := []llm.Middleware{llm.Fallback(named("acme/spare")), llm.Defaults(llm.Settings{Temperature: &temperature})}
	healthy, broken := llm.Wrap(named("acme/one"), chain...), llm.Wrap(llmtest.Failing(1000, llm.CodeUnavailable, nil), chain...)
	req := ask("hello")
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for model, want := range map[llm.Model]string{healthy: "acme/one", broken: "acme/spare"} {
				resp, err := model.Generate(t.Context(), req)
				assert.NoError(t, err)
				assert.Equal(t, want, resp.Model)
			}
		})
	}
	wg.Wait()
	assert.Equal(t, ask("hello"), req)
}

// Two configurations that can answer differently never share an identity.
func TestIdentitiesOfConfigurationsDiffer(t *testing.T) {
	t.Parallel()
	cold, warm := 0.0, 1.0
	zero, seven := int64(0), int64(7)
	defaults := llm.Defaults
	one, two := named("acme/one"), named("acme/two")
	seen := map[string]int{}
	for i, m := range []llm.Model{
		one, two,
		llm.Wrap(one, defaults(llm.Settings{Temperature: &cold})),
		llm.Wrap(one, defaults(llm.Settings{Temperature: &warm})),
		llm.Wrap(two, defaults(llm.Settings{Temperature: &warm})),
		llm.Wrap(one, defaults(llm.Settings{Seed: &zero})),
		llm.Wrap(one, defaults(llm.Settings{Seed: &seven})),
		llm.Wrap(one, defaults(llm.Settings{MaxTokens: 7})),
		llm.Wrap(one, defaults(llm.Settings{MaxTokens: 7, Seed: &seven})),
		llm.Wrap(one, defaults(llm.Settings{MaxTokens: 7}), defaults(llm.Settings{Seed: &seven})),
		llm.Wrap(one, llm.Fallback(two)),
		llm.Wrap(two, llm.Fallback(one)),
		llm.Wrap(one, llm.Fallback(two, llm.CodeThrottled)),
		llm.Wrap(one, llm.Fallback(two, llm.CodeThrottled, llm.CodeTimeout)),
		llm.Wrap(one, llm.Fallback(two), defaults(llm.Settings{MaxTokens: 7})),
		llm.Wrap(one, defaults(llm.Settings{MaxTokens: 7}), llm.Fallback(two)),
		llm.Wrap(one, llm.Fallback(llm.Wrap(two, defaults(llm.Settings{MaxTokens: 7})))),
		llm.Wrap(named(`a" "b`), llm.Fallback(named("c"))),
		llm.Wrap(named("a"), llm.Fallback(named(`b" "c`))),
		llm.Wrap(llm.Func(upper), llm.Fallback(one)),
	} {
		id := llm.IdentityOf(m)
		assert.NotEmpty(t, id)
		before, taken := seen[id]
		assert.False(t, taken, "%s names configurations %d and %d", id, before, i)
		seen[id] = i
	}
}

func TestIdentityIsReadable(t *testing.T) {
	t.Parallel()
	temperature, seed := 0.2, int64(-3)
	model := llm.Wrap(named("acme/one"),
		llm.Fallback(llm.Func(upper), llm.CodeTimeout, llm.CodeRefused, llm.CodeTimeout),
		llm.Defaults(llm.Settings{Temperature: &temperature, MaxTokens: 800, Seed: &seed}))
	assert.Equal(t,
		`fallback(refused,timeout) "defaults(temperature=0.2,max_tokens=800,seed=-3) acme/one" "unidentified"`,
		llm.IdentityOf(model))
}

func BenchmarkWrap(b *testing.B) {
	temperature, seed := 0.3, int64(7)
	settings := llm.Settings{Temperature: &temperature, MaxTokens: 300, Seed: &seed}
	model := named("acme/one")
	for name, m := range map[string]llm.Model{
		"none":                  model,
		"defaults and fallback": llm.Wrap(model, llm.Defaults(settings), llm.Fallback(model)),
	} {
		b.Run(name, func(b *testing.B) {
			ctx, req := b.Context(), ask("hello")
			b.ReportAllocs()
			for b.Loop() {
				_, _ = m.Generate(ctx, req)
			}
		})
	}
}
