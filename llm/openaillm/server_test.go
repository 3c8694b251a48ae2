package openaillm_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/openaillm"
)

const testKey = "sk-test-0123456789abcdef"

// chatServer speaks the chat completions API: it refuses what OpenAI's reference does not allow, and answers by the schema of the request.
type chatServer struct {
	*httptest.Server
	key  string // empty takes any request
	path string

	mu   sync.Mutex
	sent []received
}

// received is a request as it came.
type received struct {
	header http.Header
	url    string
	body   string
}

func newChatServer(t testing.TB, key string) *chatServer {
	t.Helper()
	s := &chatServer{key: key, path: "/v1/chat/completions"}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// requests returns what came so far.
func (s *chatServer) requests() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// model returns a model that asks s.
func (s *chatServer) model(t testing.TB, opts ...openaillm.Option) *openaillm.Model {
	t.Helper()
	opts = append([]openaillm.Option{openaillm.WithBaseURL(s.URL + "/v1"), openaillm.WithAPIKey(s.key)}, opts...)
	m, err := openaillm.New("test-model", opts...)
	require.NoError(t, err)
	return m
}

// chatRequest is the part of the API that is in use here.
type chatRequest struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	} `json:"messages"`
	ResponseFormat *struct {
		Type       string `json:"type"`
		JSONSchema *struct {
			Name   string          `json:"name"`
			Strict bool            `json:"strict"`
			Schema json.RawMessage `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
	Temperature         *float64 `json:"temperature"`
	MaxTokens           *int     `json:"max_tokens"`
	MaxCompletionTokens *int     `json:"max_completion_tokens"`
	Seed                *int64   `json:"seed"`
	ReasoningEffort     string   `json:"reasoning_effort"`
}

func (s *chatServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.sent = append(s.sent, received{r.Header.Clone(), r.URL.String(), string(body)})
	s.mu.Unlock()
	if s.key != "" && r.Header.Get("Authorization") != "Bearer "+s.key && r.Header.Get("Api-Key") != s.key {
		refuse(w, http.StatusUnauthorized, "invalid_api_key", "Incorrect API key provided")
		return
	}
	if r.Method != http.MethodPost || r.URL.Path != s.path {
		refuse(w, http.StatusNotFound, "unknown_url", "Invalid URL ("+r.Method+" "+r.URL.Path+")")
		return
	}
	var req chatRequest
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&req); err != nil {
		refuse(w, http.StatusBadRequest, "invalid_json", err.Error())
		return
	}
	if fault := req.fault(r.Header); fault != "" {
		refuse(w, http.StatusBadRequest, "invalid_value", fault)
		return
	}
	complete(w, req.answer(), len(body)/4)
}

// fault says what the API does not allow in a request.
func (r chatRequest) fault(h http.Header) string {
	if h.Get("Content-Type") != "application/json" {
		return "want application/json"
	}
	if r.Model != "test-model" || len(r.Messages) == 0 {
		return "model and messages are required"
	}
	for i, m := range r.Messages {
		first := i == 0 && m.Role == "system"
		if !first && m.Role != "user" && m.Role != "assistant" || m.Content == "" {
			return fmt.Sprintf("messages.%d has role %q and %d characters", i, m.Role, len(m.Content))
		}
	}
	if r.MaxTokens != nil && r.MaxCompletionTokens != nil {
		return "max_tokens and max_completion_tokens"
	}
	if f := r.ResponseFormat; f != nil {
		native := f.Type == "json_schema" && f.JSONSchema != nil && f.JSONSchema.Strict && f.JSONSchema.Name != "" && json.Valid(f.JSONSchema.Schema)
		loose := f.Type == "json_object" && f.JSONSchema == nil && strings.Contains(r.Messages[0].Content, "JSON")
		if !native && !loose {
			return "response_format"
		}
	}
	return ""
}

// answer fills the schema, which stands in the response format or, for want of one, in the system message.
func (r chatRequest) answer() string {
	if r.ResponseFormat != nil && r.ResponseFormat.JSONSchema != nil {
		return fill(r.ResponseFormat.JSONSchema.Schema)
	}
	if _, schema, ok := strings.Cut(r.Messages[0].Content, "JSON Schema:\n"); ok {
		return fill(json.RawMessage(schema))
	}
	return "Red."
}

// fill writes the smallest value that fits a schema, its properties in the order in which they stand there, as constrained decoding does.
func fill(raw json.RawMessage) string {
	var s struct {
		Type       string
		Enum       []json.RawMessage
		Minimum    int
		Items      json.RawMessage
		Properties json.RawMessage
	}
	if json.Unmarshal(raw, &s) != nil {
		return "null"
	}
	switch {
	case len(s.Enum) > 0:
		return string(s.Enum[0])
	case s.Type == "object":
		var members []string
		dec := json.NewDecoder(bytes.NewReader(s.Properties))
		_, _ = dec.Token() // the brace
		for dec.More() {
			name, _ := dec.Token()
			var property json.RawMessage
			if dec.Decode(&property) != nil {
				break
			}
			members = append(members, fmt.Sprintf("%q:%s", name, fill(property)))
		}
		return "{" + strings.Join(members, ",") + "}"
	case s.Type == "array":
		return "[" + fill(s.Items) + "]"
	case s.Type == "integer", s.Type == "number":
		return fmt.Sprint(s.Minimum)
	case s.Type == "boolean":
		return "true"
	default:
		return `"Clear."`
	}
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{
		"message": message, "type": "invalid_request_error", "param": nil, "code": code,
	}})
}

func complete(w http.ResponseWriter, text string, promptTokens int) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000, "model": "test-model-2026-01-01",
		"choices": []any{map[string]any{
			"index": 0, "finish_reason": "stop", "logprobs": nil,
			"message": map[string]any{"role": "assistant", "content": text, "refusal": nil},
		}},
		"usage": map[string]any{
			"prompt_tokens": promptTokens, "completion_tokens": 5, "total_tokens": promptTokens + 5,
			"prompt_tokens_details": map[string]any{"cached_tokens": 2}, "completion_tokens_details": map[string]any{"reasoning_tokens": 1},
		},
	})
}

// serve returns a model whose server answers as handle does, and the number of requests that came.
func serve(t testing.TB, handle http.HandlerFunc, opts ...openaillm.Option) (m *openaillm.Model, count func() int) {
	t.Helper()
	var mu sync.Mutex
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		n++
		mu.Unlock()
		_, _ = io.Copy(io.Discard, r.Body)
		handle(w, r)
	}))
	t.Cleanup(server.Close)
	opts = append([]openaillm.Option{openaillm.WithBaseURL(server.URL), openaillm.WithAPIKey(testKey)}, opts...)
	m, err := openaillm.New("test-model", opts...)
	require.NoError(t, err)
	return m, func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}

// reply writes a body of a content type.
func reply(status int, contentType, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func ask(text string) llm.Request {
	return llm.Request{Messages: []llm.Message{{Role: llm.User, Text: text}}}
}
