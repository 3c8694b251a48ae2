package cassette_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/cassette"
)

const sample = "testdata/version1.jsonl"

func sampleRequest() llm.Request {
	temperature, seed := 0.0, int64(7)
	return llm.Request{
		Messages: []llm.Message{{Role: llm.System, Text: "Grade the <essay>."}, {Role: llm.User, Text: "Whales sing."}},
		Reply: &llm.Schema{
			Name: "grade", JSON: json.RawMessage(`{"type": "object", "properties": {"score": {"type": "integer"}}}`),
		},
		Temperature: &temperature, MaxTokens: 300, Seed: &seed,
	}
}

func TestReplayFindsARequestByItsContent(t *testing.T) {
	t.Parallel()
	player := replay(t, sample)
	resp, err := player.Generate(t.Context(), sampleRequest())
	require.NoError(t, err)
	assert.Equal(t, llm.Response{
		Text: `{"score":3}`, Finish: llm.FinishStop, Model: "acme/one-2025",
		Usage: llm.Usage{Input: 41, Output: 5, Cached: 12, Reasoning: 1},
	}, resp)
}

func TestEqualRequestsAnswerInTheOrderOfTheFile(t *testing.T) {
	t.Parallel()
	player := replay(t, sample)
	_, err := player.Generate(t.Context(), ask("Whales sing."))
	var failed *llm.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, llm.CodeThrottled, failed.Code)
	assert.Equal(t, 1500*time.Millisecond, failed.RetryAfter)

	resp, err := player.Generate(t.Context(), ask("Whales sing."))
	require.NoError(t, err)
	assert.Equal(t, "They do.", resp.Text)

	_, err = player.Generate(t.Context(), ask("Whales sing."))
	assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err))
	assert.Regexp(t, `request [0-9a-f]{12} \(bytes of its messages: \[user 12\]; no schema\) is recorded with 2 answers; this asks for answer 3$`, err.Error())
}

func TestAnUnknownRequestIsDescribedWithoutItsText(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		edit func(*llm.Request)
		want string
	}{
		"text":        {func(r *llm.Request) { r.Messages[1].Text = "secret" }, "line 2, differs in the text of message 2 (6 bytes, recorded 12)"},
		"role":        {func(r *llm.Request) { r.Messages[0].Role = llm.User }, "line 2, differs in the role of message 1"},
		"schema":      {func(r *llm.Request) { r.Reply.JSON = json.RawMessage(`{}`) }, "line 2, differs in the schema of the reply"},
		"schema name": {func(r *llm.Request) { r.Reply.Name = "other" }, "line 2, differs in the schema of the reply"},
		"temperature": {func(r *llm.Request) { r.Temperature = nil }, "line 2, differs in the temperature"},
		"bound":       {func(r *llm.Request) { r.MaxTokens = 0 }, "line 2, differs in the bound of the answer (0, recorded 300)"},
		"seed":        {func(r *llm.Request) { *r.Seed = 8 }, "line 2, differs in the seed"},
		"two parts":   {func(r *llm.Request) { r.MaxTokens, r.Seed = 1, nil }, "the bound of the answer (1, recorded 300), the seed"},
		"another": {
			func(r *llm.Request) { *r = llm.Request{Messages: r.Messages[1:], MaxTokens: 5} },
			"line 3, differs in the bound of the answer (5, recorded 0)",
		},
		"far": {
			func(r *llm.Request) {
				*r = llm.Request{Messages: append(r.Messages[1:], r.Messages...), MaxTokens: 5, Seed: r.Seed, Reply: r.Reply}
				r.Messages[0].Text = "secret"
			},
			"the number of messages (3, recorded 1), the text of message 1 (6 bytes, recorded 12), the schema of the reply, the bound of the answer (5, recorded 0) and 1 more",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := sampleRequest()
			test.edit(&req)
			_, err := replay(t, sample).Generate(t.Context(), req)
			assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err))
			assert.ErrorContains(t, err, "is not recorded; of the 3 calls that are, the most similar, on ")
			assert.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), "secret")
			assert.NotContains(t, err.Error(), "Whales")
		})
	}
}

func TestAnEmptyCassetteAnswersNothing(t *testing.T) {
	t.Parallel()
	path, rec, _ := recording(t, nil)
	require.NoError(t, rec.Close())
	_, err := replay(t, path).Generate(t.Context(), sampleRequest())
	assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err))
	assert.ErrorContains(t, err, `(bytes of its messages: [system 18, user 12]; schema "grade") is not recorded; the cassette holds no calls`)
}

func TestReplayGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	player := replay(t, sample)
	expired, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	_, err := player.Generate(expired, sampleRequest())
	assert.Equal(t, llm.CodeTimeout, llm.CodeOf(err))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = player.Generate(t.Context(), sampleRequest())
	assert.NoError(t, err, "no answer was used up")
}

func TestIdentityIsTheContentOfTheCassette(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(sample)
	require.NoError(t, err)
	copied, changed := filepath.Join(t.TempDir(), "a.jsonl"), filepath.Join(t.TempDir(), "b.jsonl")
	require.NoError(t, os.WriteFile(copied, data, 0o600))
	require.NoError(t, os.WriteFile(changed, data[:len(data)-1], 0o600))
	id := replay(t, sample).Identity()
	assert.Regexp(t, `^cassette/[0-9a-f]{16}$`, id)
	assert.Equal(t, id, replay(t, copied).Identity(), "wherever it is")
	_, err = cassette.Replay(changed)
	assert.ErrorContains(t, err, "replay cassette "+changed+": line 4: the line is not complete")

	require.NoError(t, os.WriteFile(changed, bytes.Replace(data, []byte("They do."), []byte("They did."), 1), 0o600))
	assert.NotEqual(t, id, replay(t, changed).Identity())
}

func TestReplayNeedsAFile(t *testing.T) {
	t.Parallel()
	_, err := cassette.Replay(filepath.Join(t.TempDir(), "missing.jsonl"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func BenchmarkReplay(b *testing.B) {
	req := ask("Whales sing.")
	player, err := cassette.Replay(sample)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = player.Generate(b.Context(), req)
	}
}
