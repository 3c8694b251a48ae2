package crash_test

import (
	"encoding/json"
	"hash/fnv"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// provider is a chat completions server that outlives its clients and counts what it is asked. What it answers depends on the request
// alone.
type provider struct {
	*httptest.Server

	mu    sync.Mutex
	asked map[string]int // by essay and criterion
	total int
	at    int    // the request at which to act, 0 for none
	act   func() // called once, before that request is answered
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{asked: map[string]int{}}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

// when has act called before the n-th request from now is answered.
func (p *provider) when(n int, act func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at, p.act = p.total+n, act
}

// counts returns how often each call was sent.
func (p *provider) counts() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.asked)
}

// forget begins a new count.
func (p *provider) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked, p.total, p.at = map[string]int{}, 0, 0
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client was killed while it spoke
	}
	var request struct {
		ResponseFormat struct {
			JSONSchema struct {
				Schema json.RawMessage `json:"schema"`
			} `json:"json_schema"`
		} `json:"response_format"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	call := callOf(string(body), string(request.ResponseFormat.JSONSchema.Schema))
	p.count(call)
	hash := fnv.New64a()
	_, _ = hash.Write(body)
	text, err := json.Marshal(reply(request.ResponseFormat.JSONSchema.Schema, hash.Sum64()))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{ // nobody may be listening any more
		"id": "1", "object": "chat.completion", "created": 1, "model": "survivor-1",
		"choices": []any{map[string]any{
			"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": string(text)},
		}},
		"usage": map[string]int{"prompt_tokens": len(body) / 4, "completion_tokens": len(text) / 4, "total_tokens": len(body)/4 + len(text)/4},
	})
}

func (p *provider) count(call string) {
	p.mu.Lock()
	p.asked[call]++
	p.total++
	var act func()
	if p.total == p.at {
		act = p.act
	}
	p.mu.Unlock()
	if act != nil {
		act()
	}
}

var essay = regexp.MustCompile(`essay-[0-9]+`)

// callOf names a call by the essay that it is about and the criterion that it asks for.
func callOf(body, schema string) string {
	for _, c := range criteria() {
		if strings.Contains(schema, `"`+c+`"`) {
			return essay.FindString(body) + " " + c
		}
	}
	return essay.FindString(body)
}

// reply returns a value that fits a schema, drawn by seed.
func reply(schema json.RawMessage, seed uint64) any {
	var s struct {
		Type       string                     `json:"type"`
		Properties map[string]json.RawMessage `json:"properties"`
		Minimum    int                        `json:"minimum"`
		Maximum    int                        `json:"maximum"`
		Enum       []any                      `json:"enum"`
	}
	if err := json.Unmarshal(schema, &s); err != nil {
		return nil
	}
	switch {
	case len(s.Enum) > 0:
		return s.Enum[seed%uint64(len(s.Enum))]
	case s.Type == "object":
		object := map[string]any{}
		for i, key := range slices.Sorted(maps.Keys(s.Properties)) {
			object[key] = reply(s.Properties[key], seed>>(i+1))
		}
		return object
	case s.Type == "integer" || s.Type == "number":
		return s.Minimum + int(seed%uint64(s.Maximum-s.Minimum+1))
	case s.Type == "array":
		return []any{}
	default:
		return "because " + strings.Repeat("so ", int(seed%40))
	}
}
