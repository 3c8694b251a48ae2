package integration_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestServerLogAwaitsALine(t *testing.T) {
	t.Parallel()
	l := newServerLog()
	_, err := l.Write([]byte("port 1\n"))
	require.NoError(t, err)
	mark := l.mark()
	found := make(chan string)
	go func() {
		port, err := l.await(t.Context(), mark, regexp.MustCompile(`port (\d+)\n`))
		assert.NoError(t, err)
		found <- port
	}()
	for _, part := range []string{"por", "t ", "23", "\n"} {
		_, err := l.Write([]byte(part))
		require.NoError(t, err)
	}
	assert.Equal(t, "23", <-found, "what was there before the mark does not count")
	assert.Equal(t, "port 23\n", l.since(mark))
}

func TestServerLogGivesUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("it is gone"))
	_, err := newServerLog().await(ctx, 0, regexp.MustCompile("never"))
	assert.ErrorContains(t, err, `"never": it is gone`)
}

func TestTail(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "b\nc", tail("a\nb\nc\n", 2))
	assert.Equal(t, "a", tail("a\n", 2))
	assert.Empty(t, tail("", 2))
}

func TestTargetComesFromTheEnvironment(t *testing.T) {
	for name, test := range map[string]struct {
		env  map[string]string
		want *target
		err  string
	}{
		"nothing":         {},
		"a service":       {env: map[string]string{"OPENAI_BASE_URL": "http://x/v1", "OPENAI_MODEL": "m"}, want: &target{baseURL: "http://x/v1", model: "m"}},
		"with a key":      {env: map[string]string{"OPENAI_BASE_URL": "u", "OPENAI_MODEL": "m", "OPENAI_API_KEY": "k"}, want: &target{"u", "k", "m", nil}},
		"without a model": {env: map[string]string{"OPENAI_BASE_URL": "u"}, err: "OPENAI_MODEL"},
		"no program":      {env: map[string]string{"OLLAMA_BIN": "/there/is/none"}, err: "OLLAMA_BIN=/there/is/none"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, key := range []string{"OLLAMA_BIN", "OPENAI_BASE_URL", "OPENAI_MODEL", "OPENAI_API_KEY"} {
				t.Setenv(key, test.env[key])
			}
			got, err := findTarget(t.Context())
			if test.err != "" {
				assert.ErrorContains(t, err, test.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

// A program that is no server is reported at once, with what it said.
func TestProgramThatEndsIsReported(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "broken")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\necho no models today\nexit 3\n"), 0o755))
	_, err := startOllama(t.Context(), path)
	assert.ErrorContains(t, err, "the program has ended: exit status 3")
	assert.ErrorContains(t, err, "no models today")
}
