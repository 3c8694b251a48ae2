package config

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// busy is a failure that may pass.
type busy struct{}

func (busy) Error() string                     { return "busy" }
func (busy) RetryDelay() (time.Duration, bool) { return 0, true }

// attemptsOf runs a call that always fails and returns how often it was sent, and how long the first attempt of one that stalls took.
func attemptsOf(t *testing.T, c *Config) (sent int, stalled time.Duration) {
	t.Helper()
	run, err := pipeline.NewRun(c.RunOptions()...)
	require.NoError(t, err)
	start := func(f pipeline.Func[int, int]) *pipeline.Runner[int, int] {
		runner, err := pipeline.Start(t.Context(), run, pipeline.Tool("stage", pipeline.Call[int, int]("model", f)))
		require.NoError(t, err)
		return runner
	}
	_, err = start(func(context.Context, int) (int, error) { sent++; return 0, busy{} }).Run(t.Context(), 1)
	require.ErrorIs(t, err, busy{})
	begin := time.Now()
	_, err = start(func(ctx context.Context, _ int) (int, error) {
		select {
		case <-ctx.Done():
			return 0, errors.New("gave up")
		case <-time.After(time.Hour):
			return 0, errors.New("done")
		}
	}).Run(t.Context(), 1)
	require.Error(t, err)
	return sent, time.Since(begin)
}

func TestRunOptions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		sent    int
		stalled time.Duration
	}{
		"":                     {5, 10 * time.Minute},
		"run: {attempts: 1}\n": {1, 10 * time.Minute},
		"run: {attempts: 2, call_timeout: 90s}\n": {2, 90 * time.Second},
		"run: {call_timeout: 0s, attempts: 1}\n":  {1, time.Hour},
	} {
		c := mustParse(t, "version: 1\ntasks: {essay_score: {}}\n"+text)
		synctest.Test(t, func(t *testing.T) {
			sent, stalled := attemptsOf(t, c)
			assert.Equal(t, want.sent, sent, text)
			assert.Equal(t, want.stalled, stalled, text)
		})
	}
}

func TestBadRun(t *testing.T) {
	t.Parallel()
	_, err := Parse("gloss.yaml", []byte("version: 1\ntasks: {essay_score: {}}\nrun: {in_flight: 0, attempts: -1, call_timeout: fast}\n"), nil)
	assert.Equal(t, []string{
		`gloss.yaml:3: run.in_flight: got "0"; want 1 or more`,
		`gloss.yaml:3: run.attempts: got "-1"; want 1 or more`,
		`gloss.yaml:3: run.call_timeout: got "fast"; want a duration such as 90s or 10m, or 0s for none`,
	}, messages(t, err))
	_, err = Parse("gloss.yaml", []byte("version: 1\ntasks: {essay_score: {}}\nrun: {call_timeout: -1s}\n"), nil)
	require.Error(t, err)
}

// answered is an answer that has its price by its model.
type answered struct{ model string }

func (answered) TokenUsage() (input, output, cached, reasoning int) { return 1_000_000, 0, 0, 0 }
func (a answered) ModelName() string                                { return a.model }

// seller is a model that answers with a million tokens, and fails for odd numbers.
type seller struct{}

func (seller) ModelInfo() (provider, model string) { return "p", "m-large" }

func (seller) Run(_ context.Context, n int) (answered, error) {
	if n%2 == 1 {
		return answered{}, errors.New("odd")
	}
	return answered{"m-large"}, nil
}

// numbers runs n items under the options of c, and returns the run and how many results there were.
func numbers(t *testing.T, c *Config, n int) (*pipeline.Run, int) {
	t.Helper()
	run, err := pipeline.NewRun(c.RunOptions()...)
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, pipeline.Tool("stage", pipeline.Call[int, answered]("model", seller{})))
	require.NoError(t, err)
	results := 0
	for range runner.Stream(t.Context(), func(yield func(pipeline.Item[int]) bool) {
		for i := range n {
			if !yield(pipeline.Item[int]{In: i}) {
				return
			}
		}
	}) {
		results++
	}
	return run, results
}

const priceTable = `{"currency": "USD", "as_of": "2026-09-01", "source": "a contract",
	"models": [{"provider": "p", "model": "m-large", "input": "2.50", "output": "10"}]}`

func TestBoundsOfARun(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		run, stopped string
		results      int
	}{
		"none":        {"in_flight: 1", "", 10},
		"items":       {"max_items: 9", "there are more than 9 items, and no more may run; see WithMaxItems", 1},
		"budget":      {"in_flight: 1, budget: {calls: 4}", "the budget of 4 calls is spent: 4 were made and 0 are in flight", 5},
		"tokens":      {"in_flight: 1, budget: {tokens: 9000000}", "", 10},
		"failures":    {"in_flight: 1, failures: {count: 2}", "2 items failed, and 2 are as many as may", 4},
		"share":       {"in_flight: 1, failures: {share: .4, after: 4}", "2 of 4 items failed, and no more than 40 % may", 4},
		"item budget": {"in_flight: 1, item_attempts: 3, item_timeout: 1h", "", 10},
		"cost": {
			"prices: prices.json, max_cost: 1", `the cost of 10 items is not known, and no more than 1.00 may be spent: ` +
				`calls of "model" cannot be rehearsed: their tokens, and what follows them, are not counted`, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := "version: 1\ntasks: {essay_score: {}}\nrun: {" + tt.run + "}\n"
			c, err := Parse("c.yaml", []byte(text), fstest.MapFS{"prices.json": {Data: []byte(priceTable)}})
			require.NoError(t, err)
			run, results := numbers(t, c, 10)
			assert.Equal(t, tt.results, results)
			if tt.stopped == "" {
				require.NoError(t, run.Stopped())
				return
			}
			require.EqualError(t, run.Stopped(), "the run stopped: "+tt.stopped)
		})
	}
}

func TestPricesOfARun(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"prices/ours.json": {Data: []byte(priceTable)}, "bad.json": {Data: []byte(`{"currency": "USD"}`)}}
	c, err := Parse("c.yaml", []byte("version: 1\ntasks: {essay_score: {}}\nrun: {prices: prices/ours.json}\n"), files)
	require.NoError(t, err)
	run, _ := numbers(t, c, 4)
	assert.Equal(t, "5.00", run.Usage().Cost.String(), "two answers of a million tokens")

	c = mustParse(t, "version: 1\ntasks: {essay_score: {}}\nrun: {prices: default}\n")
	run, _ = numbers(t, c, 4)
	assert.Equal(t, 2, run.Usage().Unpriced, "nobody lists that model")

	for text, want := range map[string]string{
		"prices: nowhere.json": `c.yaml:3: run.prices: price table: open nowhere.json: file does not exist; ` +
			`want a file, relative to this one, or "default" for the list prices that come with gloss`,
		"max_cost: 3":                     `c.yaml:3: run.max_cost: got "3"; want 0, or run.prices beside it: a bound in money needs prices`,
		"budget: {cost: 3}":               `c.yaml:3: run.budget.cost: got "3"; want 0, or run.prices beside it: a bound in money needs prices`,
		"max_cost: -3, prices: default":   `c.yaml:3: run.max_cost: got "-3"; want a value that fits: an amount of money, a number such as 12.50`,
		"max_cost: 1e3, prices: default":  `c.yaml:3: run.max_cost: got "1e3"; want a value that fits: an amount of money, a number such as 12.50`,
		"failures: {share: 1}":            `c.yaml:3: run.failures.share: got "1"; want a share of at least 0 and below 1; 0 sets no bound`,
		"failures: {after: 3}":            `c.yaml:3: run.failures.after: got "3"; want 0 or more, beside a share of failures`,
		"limits: {tokens_per_minute: -1}": `c.yaml:3: run.limits.tokens_per_minute: got "-1"; want 0 or more; 0 sets no bound`,
		"item_timeout: soon":              `c.yaml:3: run.item_timeout: got "soon"; want a duration such as 90s or 10m, or 0s for none`,
	} {
		_, err := Parse("c.yaml", []byte("version: 1\ntasks: {essay_score: {}}\nrun: {"+text+"}\n"), files)
		require.Error(t, err, text)
		assert.Equal(t, []string{want}, messages(t, err))
	}
	_, err = Parse("c.yaml", []byte("version: 1\ntasks: {essay_score: {}}\nrun: {prices: bad.json}\n"), files)
	require.ErrorContains(t, err, "c.yaml:3: run.prices: ")
}

// The runs of a configuration share the quota of its account.
func TestLimitsOfARun(t *testing.T) {
	t.Parallel()
	assert.Nil(t, mustParse(t, "version: 1\ntasks: {essay_score: {}}\n").Limiter())
	adaptive := mustParse(t, "version: 1\ntasks: {essay_score: {}}\nrun: {limits: {adaptive: true}}\n")
	assert.NotNil(t, adaptive.Limiter())
	synctest.Test(t, func(t *testing.T) {
		c := mustParse(t, "version: 1\ntasks: {essay_score: {}}\nrun: {limits: {requests_per_minute: 60}}\n")
		begin := time.Now()
		for range 2 {
			run, results := numbers(t, c, 60)
			require.NoError(t, run.Close())
			assert.Equal(t, 60, results)
		}
		assert.InDelta(t, 120, time.Since(begin).Seconds(), 3)
	})
}
