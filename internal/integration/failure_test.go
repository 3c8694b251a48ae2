package integration_test

import (
	"context"
	"net"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/openaillm"
)

// longReply takes the model of the tests thousands of tokens: the grammar keeps the list from ending.
func longReply() llm.Request {
	return asking("Count.", `{"type":"array","items":{"type":"integer","minimum":100000,"maximum":999999},"minItems":400}`)
}

// sampling is a time after which the model is in the middle of longReply, which takes it seconds: nothing in its log tells.
const sampling = 300 * time.Millisecond

func TestUnknownModelIsInvalid(t *testing.T) {
	s := server(t)
	_, err := s.open(t, "there-is-no-such-model").Generate(t.Context(), ask("Name a color."))
	var failed *llm.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, llm.CodeInvalid, failed.Code)
	assert.Equal(t, http.StatusNotFound, failed.Status)
	assert.Equal(t, "there-is-no-such-model", failed.Model)
}

func TestTokenLimitCutsTheReply(t *testing.T) {
	s := server(t)
	req := asking("Count to fifty.", `{"type":"array","items":{"type":"integer"},"minItems":50}`)
	req.MaxTokens = 8
	resp, err := s.open(t, "").Generate(t.Context(), req)
	require.NoError(t, err, "a cut reply was paid for: it is a response")
	assert.Equal(t, llm.FinishLength, resp.Finish)
	assert.Equal(t, 8, resp.Usage.Output)
}

// Ollama gives up on a model that repeats itself: it answers with what there is, without a reason and without usage.
func TestRepetitionEndsWithoutAReason(t *testing.T) {
	s := ownServer(t)
	resp, err := s.open(t, "").Generate(t.Context(), asking("Go on.", `{"type":"string","pattern":"^a{200}$"}`))
	require.NoError(t, err)
	assert.Equal(t, llm.FinishUnknown, resp.Finish)
	assert.Zero(t, resp.Usage)
	assert.NotContains(t, resp.Text[1:], `"`, "the string is open")
}

func TestCancelingFreesTheServer(t *testing.T) {
	s := ownServer(t)
	m := s.open(t, "")
	warm(t, m)
	mark := s.own.log.mark()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		_, err := m.Generate(ctx, longReply())
		failed <- err
	}()
	logged(t, s, mark, `loading cache slot`) // the prompt is being read
	time.AfterFunc(sampling, cancel)
	err := <-failed
	assert.Equal(t, llm.CodeCanceled, llm.CodeOf(err))
	assert.ErrorIs(t, err, context.Canceled)
	logged(t, s, mark, `\| (499|500) \|`) // the request ended before its reply was whole
	warm(t, m)
}

func TestDeadlineIsATimeout(t *testing.T) {
	s := ownServer(t)
	m := s.open(t, "")
	warm(t, m)
	ctx, cancel := context.WithTimeout(t.Context(), sampling)
	defer cancel()
	_, err := m.Generate(ctx, longReply())
	assert.Equal(t, llm.CodeTimeout, llm.CodeOf(err))
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	warm(t, m)
}

func TestNoServerIsUnavailable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	m, err := openaillm.New("any", openaillm.WithBaseURL("http://"+listener.Addr().String()+"/v1"))
	require.NoError(t, err)
	_, err = m.Generate(t.Context(), ask("Name a color."))
	assert.Equal(t, llm.CodeUnavailable, llm.CodeOf(err))
}

// warm requires the server to answer: afterwards the model is loaded, and nothing else is being generated.
func warm(t *testing.T, m llm.Model) {
	t.Helper()
	_, err := m.Generate(t.Context(), ask("Name a color."))
	require.NoError(t, err)
}

// logged waits for a line of the server's log that matches a pattern.
func logged(t *testing.T, s *target, mark int, pattern string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := s.own.log.await(ctx, mark, regexp.MustCompile("("+pattern+")"))
	require.NoError(t, err)
}
