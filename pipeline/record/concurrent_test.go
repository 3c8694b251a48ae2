package record_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

type traitScore struct {
	Trait string `json:"trait"`
	Score int    `json:"score"`
}

// rating rates traits of an essay at once, each in a stage of its name that calls twice, and now and then fails, or is throttled first.
func rating(pause func(context.Context)) pipeline.Asset[pipeline.Stage[essay, []traitScore]] {
	type question struct {
		essay essay
		trait string
	}
	ask := func(what string) pipeline.Stage[question, question] {
		var mu sync.Mutex
		throttled := map[string]bool{}
		return pipeline.Call("model", pipeline.Fn(func(ctx context.Context, q question) (question, error) {
			pause(ctx)
			key := what + q.essay.ID + q.trait
			mu.Lock()
			defer mu.Unlock()
			switch n := len(q.essay.Text) + len(q.trait) + len(what); {
			case n%5 == 0 && !throttled[key]:
				throttled[key] = true
				return q, &callError{"throttled", time.Second, true}
			case n%11 == 0:
				return q, fmt.Errorf("no answer about %s of %s", q.trait, q.essay.ID)
			default:
				return q, nil
			}
		}))
	}
	draft, score := ask("draft"), ask("score")
	trait := pipeline.Fn(func(ctx context.Context, q question) (traitScore, error) {
		q, err := pipeline.Named(q.trait, pipeline.Chain(draft, score)).Run(ctx, q)
		return traitScore{q.trait, len(q.essay.Text)}, err
	})
	spread := pipeline.Fn(func(_ context.Context, e essay) ([]question, error) {
		return []question{{e, "content"}, {e, "organization"}, {e, "style"}, {e, "grammar"}}, nil
	})
	stage := pipeline.Named("rate", pipeline.Then(spread, pipeline.Each(trait, 3)))
	return pipeline.Tool("rating", stage)
}

// rated returns the closed record of a run of the rating.
func rated(t *testing.T, inFlight int, inputs []essay, pause func(context.Context)) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	run, err := pipeline.NewRun(pipeline.WithInFlight(inFlight), pipeline.WithObserver(w))
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, rating(pause))
	require.NoError(t, err)
	for range runner.Stream(t.Context(), pipeline.Items(inputs...)) { // the results are in the record
	}
	require.NoError(t, w.Close())
	return dir
}

// callsOf returns the identities of the calls of the items that succeeded, sorted: how far an item that fails gets is a matter of timing.
func callsOf(t *testing.T, dir string) []string {
	t.Helper()
	run := open(t, dir)
	succeeded := map[string]bool{}
	for _, it := range collect(t, run.Items()) {
		succeeded[it.ID] = it.Error == ""
	}
	var calls []string
	for _, e := range eventsOf(t, run, pipeline.KindCall) {
		if succeeded[e.Item] {
			calls = append(calls, fmt.Sprintf("%s %s %d %d: %s %s %s", e.Item, e.Stage, e.Seq, e.Attempt, e.In, e.Out, e.Error))
		}
	}
	slices.Sort(calls)
	return calls
}

func TestConcurrentCallsOfAnItemLeaveNoTraceInTheResults(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				inputs := essays(60, seed)
				calm := rated(t, 1, inputs, noPause)
				want, calls := string(read(t, calm, "results.jsonl")), callsOf(t, calm)
				require.Equal(t, 60, strings.Count(want, "\n"))
				require.Contains(t, want, `"error":"item `)
				require.Contains(t, want, `[{"trait":"content","score":`)
				require.True(t, slices.ContainsFunc(calls, func(c string) bool { return strings.Contains(c, "throttled") }))
				for _, inFlight := range []int{1, 8, 64} {
					dir := rated(t, inFlight, inputs, jitter(seed+uint64(inFlight)))
					require.Equal(t, want, string(read(t, dir, "results.jsonl")), "%d in flight", inFlight)
					require.Equal(t, calls, callsOf(t, dir), "%d in flight: a call has the same identity in every run", inFlight)
				}
			})
		})
	}
}

func TestShowTellsConcurrentElementsApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		var mu sync.Mutex
		model := pipeline.Call("model", pipeline.Fn(func(_ context.Context, n int) (int, error) {
			mu.Lock()
			wait := time.Duration(random.IntN(1000)) * time.Millisecond
			mu.Unlock()
			<-time.After(wait)
			return 100 * n, nil
		}))
		spread := pipeline.Fn(func(context.Context, essay) ([]int, error) { return []int{1, 2, 3, 4}, nil })
		stage := pipeline.Named("vote", pipeline.Then(spread,
			pipeline.Each(pipeline.Named("draft", pipeline.Chain(model, model)), 0)))
		dir := filepath.Join(t.TempDir(), "run")
		w, err := record.Create(dir, record.Manifest{})
		require.NoError(t, err)
		run, err := pipeline.NewRun(pipeline.WithObserver(w))
		require.NoError(t, err)
		runner, err := pipeline.Start(t.Context(), run, pipeline.Tool("voting", stage))
		require.NoError(t, err)
		_, err = runner.Run(t.Context(), essay{ID: "a"})
		require.NoError(t, err)
		require.NoError(t, w.Close())

		story := show(t, open(t, dir), "a")
		assert.NotContains(t, story, "did not return")
		_, inside, _ := strings.Cut(story, "stage vote (")
		parts := strings.Split(inside, "  stage vote/draft, element ")
		require.Len(t, parts, 5)
		var seen []string
		for _, part := range parts[1:] {
			element := part[:1]
			seen = append(seen, element)
			n := int(element[0]-'0') + 1
			assert.Equal(t, 2, strings.Count(part, "    call "), "an element holds its own calls")
			assert.Equal(t, 2, strings.Count(part, " of model, element "+element+" ("))
			assert.Contains(t, part, fmt.Sprintf("received: %d\n", n))
			assert.Contains(t, part, fmt.Sprintf("returned: %d\n", n*100*100))
		}
		slices.Sort(seen)
		assert.Equal(t, []string{"0", "1", "2", "3"}, seen)
	})
}

func TestShowKeepsCallsOfNamelessGoroutinesApart(t *testing.T) {
	t.Parallel()
	call := func(kind pipeline.Kind, seq, attempt int) pipeline.Event {
		return pipeline.Event{Kind: kind, Stage: "a", Call: &pipeline.CallInfo{Resource: "m", Seq: seq, Attempt: attempt}, In: "x", Out: "y"}
	}
	run := open(t, observed(t,
		call(pipeline.KindCallStarted, 1, 1), call(pipeline.KindCallStarted, 2, 1),
		call(pipeline.KindCall, 2, 1), pipeline.Event{Kind: pipeline.KindStage, Stage: "a"}, call(pipeline.KindCall, 1, 1),
		call(pipeline.KindCallStarted, 1, 2),
		pipeline.Event{Kind: pipeline.KindCallStarted, Stage: "b", Call: &pipeline.CallInfo{Resource: "m", Seq: 2, Attempt: 1}},
	))
	var heads []string
	for line := range strings.Lines(show(t, run, "a")) {
		if s := strings.TrimSpace(line); strings.HasPrefix(s, "stage ") || strings.HasPrefix(s, "call ") {
			heads = append(heads, strings.TrimRight(line, "\n"))
		}
	}
	assert.Equal(t, []string{
		"stage a (0s)",
		"  call 2 of m (0s, 0 tokens in, 0 out)",
		"call 1 of m, attempt 1 (0s, 0 tokens in, 0 out)",
		"call 1 of m, attempt 2 after a wait of 0s, which did not return",
		"call 2 of m, which did not return",
	}, heads)
}
