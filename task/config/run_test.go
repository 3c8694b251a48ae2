package config

import (
	"context"
	"errors"
	"testing"
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
