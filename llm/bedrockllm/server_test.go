package bedrockllm_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/bedrockllm"
)

const (
	haiku     = "anthropic.claude-3-haiku-20240307-v1:0"
	keyID     = "AKIDEXAMPLE"
	secretKey = "wJalrXUtnFEMI-secret"
	session   = "FwoGZXIvYXdz-session"
)

// The SDK reads an API key for Bedrock from the environment behind the back of its configuration.
func TestMain(m *testing.M) {
	os.Unsetenv("AWS_BEARER_TOKEN_BEDROCK")
	os.Exit(m.Run())
}

// configFor reaches a server with static credentials.
func configFor(endpoint string) aws.Config {
	return aws.Config{
		Region:       "eu-north-1",
		BaseEndpoint: aws.String(endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider(keyID, secretKey, session),
	}
}

// wire is what the server saw of one request.
type wire struct {
	path, authorization, token string
	body                       []byte
}

// server speaks Converse: it refuses what the service would refuse and answers by the schema that it is given.
type server struct {
	*httptest.Server
	t     *testing.T
	model string

	mu   sync.Mutex
	seen []wire
}

func newServer(t *testing.T, model string) *server {
	s := &server{t: t, model: model}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// requests returns what was seen so far.
func (s *server) requests() []wire {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// block is a content block of either direction.
type block struct {
	Text *string `json:"text"`
}

// converse is what this project sends; any other field is a mistake.
type converse struct {
	System   []block `json:"system"`
	Messages []struct {
		Role    string  `json:"role"`
		Content []block `json:"content"`
	} `json:"messages"`
	InferenceConfig *struct {
		MaxTokens   *int         `json:"maxTokens"`
		Temperature *json.Number `json:"temperature"`
	} `json:"inferenceConfig"`
	ToolConfig *struct {
		Tools []struct {
			ToolSpec struct {
				Name        string `json:"name"`
				Description string `json:"description"`
				InputSchema struct {
					JSON json.RawMessage `json:"json"`
				} `json:"inputSchema"`
			} `json:"toolSpec"`
		} `json:"tools"`
		ToolChoice struct {
			Tool struct {
				Name string `json:"name"`
			} `json:"tool"`
		} `json:"toolChoice"`
	} `json:"toolConfig"`
	OutputConfig *struct {
		TextFormat struct {
			Type      string `json:"type"`
			Structure struct {
				JSONSchema struct {
					Name   string `json:"name"`
					Schema string `json:"schema"`
				} `json:"jsonSchema"`
			} `json:"structure"`
		} `json:"textFormat"`
	} `json:"outputConfig"`
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	assert.NoError(s.t, err)
	s.mu.Lock()
	s.seen = append(s.seen, wire{r.URL.EscapedPath(), r.Header.Get("Authorization"), r.Header.Get("X-Amz-Security-Token"), body})
	s.mu.Unlock()
	if r.Method != http.MethodPost || r.URL.EscapedPath() != "/model/"+url.QueryEscape(s.model)+"/converse" {
		refuse(w, http.StatusNotFound, "ResourceNotFoundException", r.Method+" "+r.URL.EscapedPath())
		return
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential="+keyID+"/") {
		refuse(w, http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token")
		return
	}
	var in converse
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		refuse(w, http.StatusBadRequest, "ValidationException", "Malformed input request: "+err.Error())
		return
	}
	if problem := in.problem(); problem != "" {
		refuse(w, http.StatusBadRequest, "ValidationException", problem)
		return
	}
	content, stop := in.answer()
	reply(w, content, stop)
}

// problem is what the service would refuse.
func (in *converse) problem() string {
	next := "user"
	for _, m := range in.Messages {
		if m.Role != next {
			return "A conversation must alternate between user and assistant roles."
		}
		for _, b := range m.Content {
			if b.Text == nil || strings.TrimSpace(*b.Text) == "" {
				return "The text field in the ContentBlock object is blank."
			}
		}
		next = map[string]string{"user": "assistant", "assistant": "user"}[m.Role]
	}
	if next != "assistant" {
		return "The conversation must end with a user message."
	}
	if o := in.OutputConfig; o != nil {
		for _, refused := range []string{"minimum", "maximum", "multipleOf", "minLength", "maxLength", "maxItems"} {
			if regexp.MustCompile(`"` + refused + `":[^{]`).MatchString(o.TextFormat.Structure.JSONSchema.Schema) {
				return "output_config.format.schema: For 'integer' type, properties " + refused + " are not supported"
			}
		}
	}
	return ""
}

// answer is the content and the reason to stop.
func (in *converse) answer() (content, stop string) {
	switch {
	case in.ToolConfig != nil:
		spec := in.ToolConfig.Tools[0].ToolSpec
		if in.ToolConfig.ToolChoice.Tool.Name != spec.Name {
			return `{"text":"I would rather talk."}`, "end_turn"
		}
		return `{"toolUse":{"toolUseId":"t1","name":"` + spec.Name + `","input":` + fill(spec.InputSchema.JSON) + `}}`, "tool_use"
	case in.OutputConfig != nil:
		text, _ := json.Marshal(fill([]byte(in.OutputConfig.TextFormat.Structure.JSONSchema.Schema)))
		return `{"text":` + string(text) + `}`, "end_turn"
	default:
		return `{"text":"Red."}`, "end_turn"
	}
}

func reply(w http.ResponseWriter, content, stop string) {
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, `{"metrics":{"latencyMs":7},"output":{"message":{"role":"assistant","content":[`+content+
		`]}},"stopReason":"`+stop+`","usage":{"inputTokens":20,"outputTokens":5,"totalTokens":25}}`)
}

func refuse(w http.ResponseWriter, status int, exception, message string) {
	text, _ := json.Marshal(message)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-ErrorType", exception+":http://internal.amazon.com/coral/")
	w.WriteHeader(status)
	io.WriteString(w, `{"message":`+string(text)+`}`)
}

// fill writes a value that fits a schema, with the properties in the order of the schema.
func fill(schema json.RawMessage) string {
	var s struct {
		Type       string          `json:"type"`
		Properties json.RawMessage `json:"properties"`
		Enum       []string        `json:"enum"`
		Items      json.RawMessage `json:"items"`
	}
	if json.Unmarshal(schema, &s) != nil {
		return "null"
	}
	switch {
	case s.Type == "object":
		var fields []string
		dec := json.NewDecoder(bytes.NewReader(s.Properties))
		dec.Token()
		for dec.More() {
			var value json.RawMessage
			key, _ := dec.Token()
			dec.Decode(&value)
			fields = append(fields, `"`+key.(string)+`": `+fill(value))
		}
		return "{" + strings.Join(fields, ", ") + "}"
	case s.Type == "array":
		return "[" + fill(s.Items) + "]"
	case s.Type == "integer", s.Type == "number":
		return "2"
	case len(s.Enum) > 0:
		return `"` + s.Enum[0] + `"`
	default:
		return `"Clear & <short>."`
	}
}

// serve answers every request with handler and returns a model that asks it, with the number of requests that came.
func serve(t *testing.T, handler http.HandlerFunc) (*bedrockllm.Model, func() int) {
	var mu sync.Mutex
	calls := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		calls++
		mu.Unlock()
		io.Copy(io.Discard, r.Body) // an answer before the end of the request would break the connection
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	m, err := bedrockllm.FromConfig(configFor(s.URL), haiku)
	require.NoError(t, err)
	return m, func() int {
		mu.Lock()
		defer mu.Unlock()
		return calls
	}
}

func ask(text string) llm.Request {
	return llm.Request{Messages: []llm.Message{{Role: llm.User, Text: text}}}
}
