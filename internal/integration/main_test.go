package integration_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/openaillm"
)

// target is the server that the tests talk to.
type target struct {
	baseURL, apiKey, model string
	own                    *ollama // nil for a server that was running before
}

// The target of this test program, nil if none was named, and how many tests there were for it. Tests that use it do not run in parallel:
// the server answers one request at a time, and each test attaches its part of the log.
var (
	current      *target
	ran, skipped atomic.Int32
	counted      sync.Map // the names of tests that ran
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	t, err := findTarget(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "integration:", err)
		return 1
	}
	current = t
	code = m.Run()
	where := "no server"
	if t != nil {
		where = t.baseURL
	}
	if t != nil && t.own != nil {
		if err := t.own.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "integration: stopping the server:", err)
			code = 1
		}
	}
	fmt.Printf("integration: %d tests ran against %s, %d were skipped\n", ran.Load(), where, skipped.Load())
	return code
}

// findTarget reads which server to use from the environment. None is not an error.
func findTarget(ctx context.Context) (*target, error) {
	if path := os.Getenv("OLLAMA_BIN"); path != "" {
		own, err := startOllama(ctx, path)
		if err != nil {
			return nil, fmt.Errorf("OLLAMA_BIN=%s: %w", path, err)
		}
		return &target{baseURL: own.root + "/v1", model: wideModel, own: own}, nil
	}
	base := os.Getenv("OPENAI_BASE_URL")
	if base == "" {
		return nil, nil
	}
	model := os.Getenv("OPENAI_MODEL")
	if model == "" {
		return nil, errors.New("OPENAI_BASE_URL is set, but OPENAI_MODEL is not; want the name of a model of that server")
	}
	return &target{baseURL: base, apiKey: os.Getenv("OPENAI_API_KEY"), model: model}, nil
}

// server returns the target, or skips the test if there is none.
func server(t *testing.T) *target {
	t.Helper()
	if current == nil {
		skip(t, "no model server: set OLLAMA_BIN to an ollama program, or OPENAI_BASE_URL and OPENAI_MODEL (see README.md)")
	}
	if _, again := counted.LoadOrStore(t.Name(), true); !again { // a test may ask for the server more than once
		ran.Add(1)
	}
	if own := current.own; own != nil {
		mark := own.log.mark()
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("the server's log during this test, its last lines:\n%s", tail(own.log.since(mark), 60))
			}
		})
	}
	return current
}

// ownServer returns the server that the tests have started, or skips the test: it depends on the model, on the window or on the log.
func ownServer(t *testing.T) *target {
	t.Helper()
	if current != nil && current.own == nil {
		skip(t, "this test depends on the tests' own model: set OLLAMA_BIN to an ollama program (see README.md)")
	}
	return server(t)
}

func skip(t *testing.T, why string) {
	t.Helper()
	skipped.Add(1)
	t.Skip(why)
}

// open returns the adapter for a model of the server; the empty name is the server's default.
func (s *target) open(t *testing.T, model string) llm.Model {
	t.Helper()
	m, err := openaillm.New(cmp.Or(model, s.model), openaillm.WithBaseURL(s.baseURL), openaillm.WithAPIKey(s.apiKey))
	require.NoError(t, err)
	return m
}

// window is the context of the server's default model in tokens, 0 if it is not known.
func (s *target) window() int {
	if s.own == nil {
		return 0
	}
	return wideWindow
}
