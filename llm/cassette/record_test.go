package cassette_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/cassette"
	"github.com/gloss-sdk/gloss/llm/llmtest"
)

func ask(text string) llm.Request {
	return llm.Request{Messages: []llm.Message{{Role: llm.User, Text: text}}}
}

// recording returns the path of a cassette, its recorder and a model around fake that is recorded.
func recording(t *testing.T, fake llm.Model) (string, *cassette.Recorder, llm.Model) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "calls.jsonl")
	rec, err := cassette.Record(path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, rec.Close()) })
	return path, rec, llm.Wrap(fake, rec.Middleware())
}

func replay(t *testing.T, path string) *cassette.Player {
	t.Helper()
	player, err := cassette.Replay(path)
	require.NoError(t, err)
	return player
}

type answer struct {
	resp llm.Response
	err  error
}

func TestReplayGivesWhatWasRecorded(t *testing.T) {
	t.Parallel()
	busy := &llm.Error{Code: llm.CodeThrottled, Model: "acme/one", Status: 429, RetryAfter: 3 * time.Second, Err: errors.New("slow down")}
	calls := 0
	fake := llm.Func(func(ctx context.Context, req llm.Request) (llm.Response, error) {
		if calls++; calls%3 == 1 {
			return llm.Response{}, busy
		}
		return llmtest.Echo().Generate(ctx, req)
	})
	path, rec, model := recording(t, fake)
	script := []llm.Request{ask("a"), ask("a"), ask("b"), ask("b"), {Messages: ask("a").Messages, MaxTokens: 9}, ask("a")}
	var recorded []answer
	for _, req := range script {
		resp, err := model.Generate(t.Context(), req)
		recorded = append(recorded, answer{resp, err})
	}
	require.NoError(t, rec.Close())

	player := replay(t, path)
	for i, req := range script {
		resp, err := player.Generate(t.Context(), req)
		assert.Equal(t, recorded[i].resp, resp, i)
		assert.Equal(t, recorded[i].err, err, i)
	}
	var failed *llm.Error
	_, err := replay(t, path).Generate(t.Context(), ask("a"))
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, 3*time.Second, failed.RetryAfter)
	assert.Equal(t, 429, failed.Status)
	assert.EqualError(t, err, busy.Error())
}

func TestARecordedConformanceSessionConforms(t *testing.T) {
	t.Parallel()
	path, rec, model := recording(t, llmtest.ByPrompt(
		llmtest.Containing("<submission>", `{"label":"revise","score":2,"reason":"It is short."}`),
		llmtest.Rule{Reply: "red"},
	))
	require.True(t, t.Run("record", func(t *testing.T) {
		llmtest.RunConformance(t, func(*testing.T) llm.Model { return model })
	}))
	require.NoError(t, rec.Close())
	player := replay(t, path)
	t.Run("replay", func(t *testing.T) {
		llmtest.RunConformance(t, func(*testing.T) llm.Model { return player })
	})
}

func TestThePlaceOfTheCassetteDecidesWhatItHolds(t *testing.T) {
	t.Parallel()
	defaults := llm.Defaults(llm.Settings{MaxTokens: 90})
	for name, test := range map[string]struct {
		chain  func(rec llm.Middleware) []llm.Middleware
		replay func(m llm.Model) llm.Model
	}{
		"innermost": {
			func(rec llm.Middleware) []llm.Middleware { return []llm.Middleware{defaults, rec} },
			func(m llm.Model) llm.Model { return llm.Wrap(m, defaults) },
		},
		"outermost": {
			func(rec llm.Middleware) []llm.Middleware { return []llm.Middleware{rec, defaults} },
			func(m llm.Model) llm.Model { return m },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, rec, _ := recording(t, nil)
			model := llm.Wrap(llmtest.Echo(), test.chain(rec.Middleware())...)
			want, err := model.Generate(t.Context(), ask("a"))
			require.NoError(t, err)
			require.NoError(t, rec.Close())

			got, err := test.replay(replay(t, path)).Generate(t.Context(), ask("a"))
			require.NoError(t, err)
			assert.Equal(t, want, got)
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, name == "innermost", strings.Contains(string(data), `"max_tokens":90`))
		})
	}
}

func TestConcurrentCallsAreAllRecorded(t *testing.T) {
	t.Parallel()
	const n = 40
	path, rec, model := recording(t, llmtest.Echo())
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			_, err := model.Generate(t.Context(), ask(fmt.Sprintf("call %d", i/2)))
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	require.NoError(t, rec.Close())

	player := replay(t, path)
	for i := range n {
		wg.Go(func() {
			resp, err := player.Generate(t.Context(), ask(fmt.Sprintf("call %d", i/2)))
			assert.NoError(t, err)
			assert.Equal(t, fmt.Sprintf("call %d", i/2), resp.Text)
		})
	}
	wg.Wait()
	_, err := player.Generate(t.Context(), ask("call 0"))
	assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err), "each recorded answer is given once")
}

func TestACanceledCallIsNotRecorded(t *testing.T) {
	t.Parallel()
	path, rec, model := recording(t, llmtest.Echo())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := model.Generate(ctx, ask("a"))
	assert.Equal(t, llm.CodeCanceled, llm.CodeOf(err))
	require.NoError(t, rec.Close())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(string(data), "\n"), "only the header")
}

func TestTheFileAppearsWithClose(t *testing.T) {
	t.Parallel()
	path, rec, model := recording(t, llmtest.Echo())
	require.NoError(t, os.WriteFile(path, []byte("what was there"), 0o600))
	_, err := model.Generate(t.Context(), ask("a"))
	require.NoError(t, err)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "what was there", string(data))

	require.NoError(t, rec.Close())
	require.NoError(t, rec.Close(), "later calls do nothing")
	replay(t, path)
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, left, 1, "no temporary file is left")
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o644), info.Mode().Perm())
}

func TestACallAfterCloseIsNotMade(t *testing.T) {
	t.Parallel()
	fake := llmtest.Echo()
	_, rec, model := recording(t, fake)
	require.NoError(t, rec.Close())
	_, err := model.Generate(t.Context(), ask("a"))
	assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err))
	assert.ErrorContains(t, err, "the cassette is closed")
	assert.Empty(t, fake.Requests())
}

func TestACallThatOutlivesTheRecorderFails(t *testing.T) {
	t.Parallel()
	var rec *cassette.Recorder
	_, rec, model := recording(t, llm.Func(func(context.Context, llm.Request) (llm.Response, error) {
		return llm.Response{Text: "late"}, rec.Close()
	}))
	_, err := model.Generate(t.Context(), ask("a"))
	assert.Equal(t, llm.CodeUnknown, llm.CodeOf(err))
	assert.ErrorContains(t, err, "not recorded: the cassette is closed")
}

func TestARequestThatIsNoJSONIsNotSent(t *testing.T) {
	t.Parallel()
	fake := llmtest.Echo()
	_, _, model := recording(t, fake)
	req, nan := ask("a"), math.NaN()
	req.Temperature = &nan
	_, err := model.Generate(t.Context(), req)
	assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err))
	assert.Empty(t, fake.Requests())
}

func TestRecordNeedsItsFolder(t *testing.T) {
	t.Parallel()
	_, err := cassette.Record(filepath.Join(t.TempDir(), "missing", "calls.jsonl"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestCloseSaysWhereItFailed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "calls.jsonl")
	rec, err := cassette.Record(path)
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(path, 0o755)) // a file cannot take the place of a folder
	err = rec.Close()
	assert.ErrorContains(t, err, "record cassette "+path)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 1, "the temporary file is removed")
}

func TestRecordingKeepsTheIdentity(t *testing.T) {
	t.Parallel()
	_, rec, model := recording(t, llmtest.Echo())
	assert.Equal(t, "llmtest/echo", llm.IdentityOf(model))
	assert.Equal(t, "unidentified", llm.IdentityOf(llm.Wrap(llm.Func(nil), rec.Middleware())))
}

func TestARehearsalIsNotRecorded(t *testing.T) {
	t.Parallel()
	path, rec, model := recording(t, llmtest.Echo())
	provider, name := llm.ModelInfoOf(model)
	assert.Equal(t, []string{"llmtest", "llmtest/echo"}, []string{provider, name})
	resp, err := llm.Rehearse(t.Context(), model, ask("hello"))
	require.NoError(t, err)
	assert.Equal(t, "llmtest/echo", resp.Model)
	require.NoError(t, rec.Close())

	player, err := cassette.Replay(path)
	require.NoError(t, err)
	_, err = player.Generate(t.Context(), ask("hello"))
	require.ErrorContains(t, err, "is not recorded")
	provider, name = player.ModelInfo()
	assert.Equal(t, []string{"cassette", player.Identity()}, []string{provider, name})
}
