package record_test

import (
	"context"
	"errors"
	"fmt"
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

// callError is how a client reports that a service failed.
type callError struct {
	class string
	after time.Duration
	again bool
}

func (e *callError) Error() string { return "fake/v1: " + e.class }

func (e *callError) RetryDelay() (delay time.Duration, retryable bool) { return e.after, e.again }

// The ways in which a call can go.
const (
	answers = iota
	answersWrong
	throttles
	resets
	stalls
	breaks // it panics
	refuses
)

// scripts say how the attempts of a call go, the last one as often as there are more.
func scripts() [][]int {
	return [][]int{
		{answers},
		{throttles, throttles, throttles, answers},
		{resets, answers},
		{stalls, stalls, answers},
		{throttles, resets, stalls, resets, throttles, answers},
		{answersWrong},
		{resets, answersWrong},
		{breaks},
		{throttles, breaks},
		{refuses},
		{stalls, refuses},
		{resets},
		{throttles},
		{stalls},
	}
}

const (
	stormAttempts = 16
	// patience is how often the provider turns an item away because it is busy. The rest is enough for every script.
	patience = stormAttempts / 2
)

// provider is a service that fails in every way, and turns away whoever comes while capacity calls are under way.
type provider struct {
	capacity int

	mu        sync.Mutex
	underway  int
	overloads int
	sent      map[string]int // attempts by item
	scripted  map[string]int // those of them that it was not too busy for
	completed map[string]int
	late      int // what was sent though it had completed
}

func newProvider(capacity int) *provider {
	return &provider{capacity: capacity, sent: map[string]int{}, scripted: map[string]int{}, completed: map[string]int{}}
}

// admit counts an attempt and says how it goes; false means that the provider is too busy.
func (p *provider) admit(id string, script []int) (way int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent[id]++
	if p.completed[id] > 0 {
		p.late++
	}
	if p.underway >= p.capacity && p.sent[id] <= patience {
		p.overloads++
		return 0, false
	}
	p.underway++
	n := p.scripted[id]
	p.scripted[id]++
	return script[min(n, len(script)-1)], true
}

func (p *provider) complete(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.completed[id]++
}

func (p *provider) Run(ctx context.Context, e essay) (reply, error) {
	var n int
	if _, err := fmt.Sscanf(e.ID, "e%d", &n); err != nil {
		return reply{}, err
	}
	way, ok := p.admit(e.ID, scripts()[n%len(scripts())])
	if !ok {
		return reply{}, &callError{"throttled", 5 * time.Second, true}
	}
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.underway--
	}()
	<-time.After(time.Second)
	switch way {
	case throttles:
		return reply{}, &callError{"throttled", 20 * time.Second, true}
	case resets:
		return reply{}, &callError{"connection reset", 0, true}
	case stalls:
		<-ctx.Done()
		return reply{}, ctx.Err()
	case breaks:
		panic(&callError{"broken", 0, true})
	case refuses:
		return reply{}, &callError{"refused", time.Second, false}
	case answersWrong:
		p.complete(e.ID)
		return reply{Text: "I would rather not", Tokens: 3}, nil
	default:
		p.complete(e.ID)
		return reply{Text: "score: 4", Tokens: 2}, nil
	}
}

// scoring asks p for a score and reads it.
func scoring(p *provider) pipeline.Asset[pipeline.Stage[essay, string]] {
	read := pipeline.Fn(func(_ context.Context, r reply) (string, error) {
		score, ok := strings.CutPrefix(r.Text, "score: ")
		if !ok {
			return "", errNoScore
		}
		return score, nil
	})
	stage := pipeline.Then(
		pipeline.Named("ask", pipeline.Call[essay, reply]("model", p)), pipeline.Named("read", read))
	return pipeline.Tool("scoring", stage)
}

// outcomeOf returns what becomes of an item with that script, and how often the script lets it be sent.
func outcomeOf(script []int, attempts int) (out, failure string, sent int) {
	for n := range attempts {
		switch way := script[min(n, len(script)-1)]; way {
		case answers:
			return "4", "", n + 1
		case answersWrong:
			return "", "stage read: the reply has no <score>", n + 1
		case breaks:
			return "", "stage ask: panic: fake/v1: broken", n + 1
		case refuses:
			return "", "stage ask: fake/v1: refused", n + 1
		default:
			failure = map[int]string{
				throttles: "stage ask: fake/v1: throttled",
				resets:    "stage ask: fake/v1: connection reset",
				stalls:    "stage ask: call model: no answer within 2m0s: context deadline exceeded",
			}[way]
		}
	}
	return "", failure, attempts
}

// storm runs 200 items against p and returns the results and the closed record.
func storm(t *testing.T, p *provider, inFlight int) ([]pipeline.Result[string], string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	run, err := pipeline.NewRun(pipeline.WithObserver(w), pipeline.WithInFlight(inFlight), pipeline.WithCallTimeout(2*time.Minute),
		pipeline.WithRetry(pipeline.Retry{Attempts: stormAttempts}))
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, scoring(p))
	require.NoError(t, err)
	results := slices.Collect(runner.Stream(t.Context(), pipeline.Items(essays(200, 1)...)))
	require.NoError(t, w.Close())
	return results, dir
}

func TestEveryFailureOfAServiceCostsAtMostItsItem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newProvider(8)
		results, dir := storm(t, p, 32)
		require.Len(t, results, 200)
		assert.Greater(t, p.overloads, 20, "there was a storm")
		assert.Zero(t, p.late, "what has completed is not sent again")
		run := open(t, dir)
		returned := attemptsByItem(eventsOf(t, run, pipeline.KindCall))
		started := attemptsByItem(eventsOf(t, run, pipeline.KindCallStarted))
		total := 0
		for i, res := range results {
			id := fmt.Sprintf("e%d", i)
			require.Equal(t, id, res.ID, "one result an item, in order")
			out, failure, sent := outcomeOf(scripts()[i%len(scripts())], stormAttempts)
			if failure != "" {
				require.EqualError(t, res.Err, "item "+id+": "+failure)
			} else {
				require.NoError(t, res.Err, "what can succeed does")
				assert.Equal(t, out, res.Out)
			}
			assert.LessOrEqual(t, p.completed[id], 1)
			assert.LessOrEqual(t, p.scripted[id], sent)
			assert.Equal(t, p.sent[id], res.Usage.Calls)
			assertAttempts(t, started[id], p.sent[id])
			assertAttempts(t, returned[id], p.sent[id])
			for n, e := range returned[id] {
				assert.Equal(t, n < p.sent[id]-1 || p.completed[id] == 0, e.Error != "", "%s, attempt %d", id, n+1)
				assert.Equal(t, 1, e.Usage.Calls)
			}
			total += p.sent[id]
		}
		assert.Equal(t, total, run.Manifest().Counts.Usage.Calls)
		assert.Equal(t, 200, run.Manifest().Counts.Items)
		assert.Equal(t, record.StateFinished, run.Manifest().State)
	})
}

func attemptsByItem(events []record.Event) map[string][]record.Event {
	byItem := map[string][]record.Event{}
	for _, e := range events {
		byItem[e.Item] = append(byItem[e.Item], e)
	}
	return byItem
}

// assertAttempts checks that events tell of n attempts of one call.
func assertAttempts(t *testing.T, events []record.Event, n int) {
	t.Helper()
	require.Len(t, events, n)
	for i, e := range events {
		assert.Equal(t, []any{"ask", "model", 1, i + 1}, []any{e.Stage, e.Resource, e.Seq, e.Attempt})
	}
}

func TestResultsAreTheSameThroughAStorm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calm := newProvider(200)
		_, dir := storm(t, calm, 1)
		require.Zero(t, calm.overloads)
		want := string(read(t, dir, "results.jsonl"))
		for _, inFlight := range []int{8, 32, 64} {
			stormy := newProvider(inFlight / 4)
			_, dir := storm(t, stormy, inFlight)
			assert.Positive(t, stormy.overloads)
			require.Equal(t, want, string(read(t, dir, "results.jsonl")), "retries are for the log")
		}
	})
}

func TestAnInterruptedWaitIsRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "run")
		w, err := record.Create(dir, record.Manifest{})
		require.NoError(t, err)
		run, err := pipeline.NewRun(pipeline.WithObserver(w))
		require.NoError(t, err)
		runner, err := pipeline.Start(t.Context(), run, scoring(newProvider(9)))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err = runner.Run(ctx, essay{ID: "e1"})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		failure, ok := errors.AsType[*callError](err)
		require.True(t, ok)
		assert.Equal(t, "throttled", failure.class)
		require.NoError(t, w.Close())
		r := open(t, dir)
		assert.Equal(t, record.StateInterrupted, r.Manifest().State)
		assert.Len(t, eventsOf(t, r, pipeline.KindCall), 1)
		assert.Contains(t, show(t, r, "e1"), "call 1 of model (1s, 0 tokens in, 0 out)\n")
	})
}

func TestShowTellsEveryAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "run")
		w, err := record.Create(dir, record.Manifest{})
		require.NoError(t, err)
		run, err := pipeline.NewRun(pipeline.WithObserver(w), pipeline.WithRetry(pipeline.Retry{Initial: 1, Max: 1}))
		require.NoError(t, err)
		runner, err := pipeline.Start(t.Context(), run, scoring(newProvider(9)))
		require.NoError(t, err)
		_, err = runner.Run(t.Context(), essay{ID: "e1"})
		require.NoError(t, err)
		require.NoError(t, w.Close())
		_, story, _ := strings.Cut(show(t, open(t, dir), "e1"), "text: \"\"\n")
		story, _, _ = strings.Cut(story, "stage read")
		attempt := func(n int, wait string) string {
			return fmt.Sprintf(`  call 1 of model, attempt %d%s (1s, 0 tokens in, 0 out)
    received:
      id: "e1"
      text: ""
    failed: "fake/v1: throttled"
`, n, wait)
		}
		assert.Equal(t, `stage ask (1m4s)
  received:
    id: "e1"
    text: ""
`+attempt(1, "")+attempt(2, " after a wait of 20s")+attempt(3, " after a wait of 20s")+`  call 1 of model, attempt 4 after a wait of 20s (1s, 2 tokens in, 7 out)
    received:
      id: "e1"
      text: ""
    returned:
      text: "score: 4"
      tokens: 2
  returned:
    text: "score: 4"
    tokens: 2
`, story)
	})
}
