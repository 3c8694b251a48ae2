package stack_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"testing"
	"time"
)

// behavior is what a provider does with the n-th request about one essay, from 1. It reports whether the answer went out whole: then the
// call is completed, and paid for.
type behavior func(p *provider, w http.ResponseWriter, r *http.Request, n int) (completed bool)

// provider is a chat completions server that behaves as it is told, essay by essay, and counts.
type provider struct {
	*httptest.Server
	behaviors map[string]behavior // by the essay's marker

	mu        sync.Mutex
	requests  map[string]int // of an essay
	completed map[string]int // of a request, by the hash of its body
}

var marker = regexp.MustCompile(`essay-[a-z_]+-[0-9]+`)

func newProvider(tb testing.TB, behaviors map[string]behavior) *provider {
	tb.Helper()
	p := &provider{behaviors: behaviors, requests: map[string]int{}, completed: map[string]int{}}
	p.Server = httptest.NewServer(p)
	tb.Cleanup(p.Close)
	return p
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	id := marker.FindString(string(body))
	p.mu.Lock()
	p.requests[id]++
	n := p.requests[id]
	p.mu.Unlock()
	if p.behaviors[id](p, w, r, n) {
		p.mu.Lock()
		p.completed[fmt.Sprintf("%x", sha256.Sum256(body))]++
		p.mu.Unlock()
	}
}

// says answers with a text.
func says(text, finish string) behavior {
	return func(_ *provider, w http.ResponseWriter, _ *http.Request, _ int) bool {
		message := map[string]any{"role": "assistant", "content": text}
		w.Header().Set("Content-Type", "application/json")
		err := json.NewEncoder(w).Encode(map[string]any{
			"id": "1", "object": "chat.completion", "created": 1, "model": "unreliable-1",
			"choices": []any{map[string]any{"index": 0, "message": message, "finish_reason": finish}},
			"usage":   map[string]int{"prompt_tokens": 300, "completion_tokens": 20, "total_tokens": 320},
		})
		return err == nil
	}
}

// fails answers with a status and a body.
func fails(status int, body string, headers ...string) behavior {
	return func(_ *provider, w http.ResponseWriter, _ *http.Request, _ int) bool {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return false
	}
}

// resets closes the connection without a word.
func resets(_ *provider, w http.ResponseWriter, _ *http.Request, _ int) bool {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
	return false
}

// breaksOff promises more than it sends.
func breaksOff(_ *provider, w http.ResponseWriter, _ *http.Request, _ int) bool {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "4000")
	_, _ = io.WriteString(w, `{"id":"1","choices":[{"index":0,"mess`)
	return false
}

// stalls answers nothing until the client is gone.
func stalls(_ *provider, _ http.ResponseWriter, r *http.Request, _ int) bool {
	select {
	case <-r.Context().Done():
	case <-time.After(time.Minute): // so that a client without a deadline fails the test instead of hanging it
	}
	return false
}

// firstly behaves in one way a number of times and then in another.
func firstly(times int, first, then behavior) behavior {
	return func(p *provider, w http.ResponseWriter, r *http.Request, n int) bool {
		if n <= times {
			return first(p, w, r, n)
		}
		return then(p, w, r, n)
	}
}
