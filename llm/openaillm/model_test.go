package openaillm_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/openai/openai-go/v3/azure"
	"github.com/openai/openai-go/v3/option"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
	"github.com/gloss-sdk/gloss/llm/openaillm"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, mode := range []openaillm.ReplyMode{openaillm.JSONSchema, openaillm.JSONObject, openaillm.Prompted} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			llmtest.RunConformance(t, func(t *testing.T) llm.Model {
				return newChatServer(t, testKey).model(t, openaillm.WithReplyMode(mode))
			})
		})
	}
}

func gradeSchema() *llm.Schema {
	return &llm.Schema{Name: "grade", JSON: json.RawMessage(`{"type":"object",
		"properties":{"rationale":{"type":"string"},"band":{"enum":["z<2","a"]},"score":{"type":"integer","minimum":1}},
		"required":["rationale","band","score"],"additionalProperties":false}`)}
}

func fullRequest() llm.Request {
	temperature, seed := 0.0, int64(7)
	return llm.Request{
		Messages: []llm.Message{
			{Role: llm.System, Text: "Grade."},
			{Role: llm.User, Text: "Dogs bark."}, {Role: llm.Assistant, Text: `{"score":1}`},
			{Role: llm.User, Text: "Whales sing."},
		},
		Reply: gradeSchema(), Temperature: &temperature, MaxTokens: 90, Seed: &seed,
	}
}

// What is sent is compared byte for byte: a constrained decoder writes properties in the order of these bytes.
func TestTheRequestOnTheWire(t *testing.T) {
	t.Parallel()
	const turns = `{"content":"Dogs bark.","role":"user"},{"content":"{\"score\":1}","role":"assistant"},{"content":"Whales sing.","role":"user"}`
	const settings = `"seed":7,"temperature":0`
	for mode, want := range map[openaillm.ReplyMode]string{
		openaillm.JSONSchema: `{"messages":[{"content":"Grade.","role":"system"},` + turns + `],"model":"test-model","max_tokens":90,` + settings +
			`,"response_format":{"json_schema":{"name":"grade","strict":true,"schema":` + string(gradeSchema().JSON) + `},"type":"json_schema"}}`,
		openaillm.JSONObject: `,` + turns + `],"model":"test-model","max_tokens":90,` + settings + `,"response_format":{"type":"json_object"}}`,
		openaillm.Prompted:   `,` + turns + `],"model":"test-model","max_tokens":90,` + settings + `}`,
	} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			s := newChatServer(t, testKey)
			resp, err := s.model(t, openaillm.WithReplyMode(mode)).Generate(t.Context(), fullRequest())
			require.NoError(t, err)
			assert.Equal(t, `{"rationale":"Clear.","band":"z<2","score":1}`, resp.Text, "the reply is in the order of the schema")

			sent := s.requests()
			require.Len(t, sent, 1)
			if mode == openaillm.JSONSchema {
				assert.Equal(t, want, sent[0].body)
				return
			}
			var got chatRequest
			require.NoError(t, json.Unmarshal([]byte(sent[0].body), &got))
			assert.Equal(t, "Grade.\n\nReply with one JSON object that fits the JSON Schema below, its properties in the order of the schema. "+
				"Write nothing before or after the object, and no code fence around it.\n\nJSON Schema:\n"+string(gradeSchema().JSON),
				got.Messages[0].Content)
			assert.Contains(t, sent[0].body, want)
		})
	}
}

func TestWhatTheRequestLeavesOutIsNotSent(t *testing.T) {
	t.Parallel()
	for _, mode := range []openaillm.ReplyMode{openaillm.JSONSchema, openaillm.JSONObject, openaillm.Prompted} {
		s := newChatServer(t, testKey)
		_, err := s.model(t, openaillm.WithReplyMode(mode)).Generate(t.Context(), ask("Hello."))
		require.NoError(t, err)
		assert.Equal(t, `{"messages":[{"content":"Hello.","role":"user"}],"model":"test-model"}`, s.requests()[0].body, mode)
	}
}

func TestTheInstructionIsASystemMessageOfItsOwnWhereThereIsNone(t *testing.T) {
	t.Parallel()
	s := newChatServer(t, testKey)
	req := ask("Whales sing.")
	req.Reply = gradeSchema()
	_, err := s.model(t, openaillm.WithReplyMode(openaillm.Prompted)).Generate(t.Context(), req)
	require.NoError(t, err)
	assert.Contains(t, s.requests()[0].body, `{"messages":[{"content":"Reply with one JSON object`)
}

func TestTheNameOfTheTokenLimit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		opts []openaillm.Option
		want string
	}{
		"OpenAI":              {[]openaillm.Option{openaillm.WithAPIKey(testKey)}, "max_completion_tokens"},
		"OpenAI in Europe":    {[]openaillm.Option{openaillm.WithBaseURL("https://EU.api.openai.com/v1")}, "max_completion_tokens"},
		"Azure's v1":          {[]openaillm.Option{openaillm.WithBaseURL("https://r.openai.azure.com/openai/v1")}, "max_completion_tokens"},
		"Azure's deployments": {[]openaillm.Option{azureAt("https://r.openai.azure.com")}, "max_completion_tokens"},
		"a look-alike":        {[]openaillm.Option{openaillm.WithBaseURL("https://notopenai.com/v1")}, "max_tokens"},
		"another server":      {[]openaillm.Option{openaillm.WithBaseURL("http://localhost:8000/v1")}, "max_tokens"},
		"another server, switched": {[]openaillm.Option{
			openaillm.WithMaxTokensField(openaillm.MaxCompletionTokens), openaillm.WithBaseURL("http://localhost:8000/v1"),
		}, "max_completion_tokens"},
		"OpenAI, switched": {[]openaillm.Option{openaillm.WithAPIKey(testKey), openaillm.WithMaxTokensField(openaillm.MaxTokens)}, "max_tokens"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := openaillm.New("m", test.opts...)
			require.NoError(t, err)
			assert.Regexp(t, ` limit=`+test.want+`( |$)`, m.Identity())
		})
	}
	s := newChatServer(t, testKey)
	req := ask("Hello.")
	req.MaxTokens = 12
	_, err := s.model(t, openaillm.WithMaxTokensField(openaillm.MaxCompletionTokens)).Generate(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, `{"messages":[{"content":"Hello.","role":"user"}],"model":"test-model","max_completion_tokens":12}`, s.requests()[0].body)
}

func azureAt(endpoint string) openaillm.Option {
	return openaillm.WithRequestOptions(azure.WithEndpoint(endpoint, "2024-10-21"), azure.WithAPIKey(testKey), azure.WithUnsafeAllowHTTP())
}

func TestAzureIsARequestOption(t *testing.T) {
	t.Parallel()
	s := newChatServer(t, testKey)
	s.path = "/openai/deployments/test-model/chat/completions"
	m, err := openaillm.New("test-model", azureAt(s.URL))
	require.NoError(t, err)
	resp, err := m.Generate(t.Context(), fullRequest())
	require.NoError(t, err)
	assert.Equal(t, `{"rationale":"Clear.","band":"z<2","score":1}`, resp.Text)

	sent := s.requests()[0]
	assert.Equal(t, "/openai/deployments/test-model/chat/completions?api-version=2024-10-21", sent.url)
	assert.Equal(t, testKey, sent.header.Get("Api-Key"))
	assert.Empty(t, sent.header.Get("Authorization"))
	assert.Contains(t, m.Identity(), "openai/test-model@"+s.Listener.Addr().String()+" ", "the identity names the endpoint, not OpenAI")
}

// This test cannot be parallel: it changes the environment.
func TestNothingIsReadFromTheEnvironment(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "sk-from-the-environment")
	t.Setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/from-the-environment")
	t.Setenv("OPENAI_ORG_ID", "org-from-the-environment")
	t.Setenv("OPENAI_PROJECT_ID", "project-from-the-environment")
	t.Setenv("OPENAI_CUSTOM_HEADERS", "X-Custom: from-the-environment")
	_, err := openaillm.New("m")
	require.ErrorContains(t, err, "there is no API key")

	s := newChatServer(t, "")
	_, err = s.model(t).Generate(t.Context(), ask("Hello."))
	require.NoError(t, err, "a server of one's own needs no key")
	for name, values := range s.requests()[0].header {
		assert.NotContains(t, values[0], "from-the-environment", name)
	}
	assert.Empty(t, s.requests()[0].header.Get("Authorization"))
}

func TestVendorRetriesAreOff(t *testing.T) {
	t.Parallel()
	for _, opts := range [][]openaillm.Option{nil, {openaillm.WithRequestOptions(option.WithMaxRetries(5))}} {
		for _, status := range []int{408, 409, 429, 500, 503} {
			m, count := serve(t, reply(status, "application/json", `{"error":{"message":"no"}}`, "X-Should-Retry", "true", "Retry-After-Ms", "1"), opts...)
			_, err := m.Generate(t.Context(), ask("Hello."))
			require.Error(t, err)
			assert.Equal(t, 1, count(), status)
		}
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	identity := func(opts ...openaillm.Option) string {
		m, err := openaillm.New("gpt-4o-mini", opts...)
		require.NoError(t, err)
		return m.Identity()
	}
	key := openaillm.WithAPIKey(testKey)
	plain := identity(key)
	assert.Equal(t, "openai/gpt-4o-mini@api.openai.com reply=json_schema limit=max_completion_tokens", plain)
	assert.Equal(t, "openai/gpt-4o-mini@localhost:8000 reply=prompted limit=max_tokens",
		identity(openaillm.WithBaseURL("http://localhost:8000/v1/"), openaillm.WithReplyMode(openaillm.Prompted)))
	assert.Equal(t, plain, identity(openaillm.WithAPIKey("another-key-of-another-project")), "credentials are no part of it")

	low := identity(key, openaillm.WithRequestOptions(option.WithJSONSet("reasoning_effort", "low")))
	high := identity(key, openaillm.WithRequestOptions(option.WithJSONSet("reasoning_effort", "high")))
	assert.Regexp(t, `^openai/gpt-4o-mini@api.openai.com reply=json_schema limit=max_completion_tokens options=[0-9a-f]{8}$`, low)
	assert.NotEqual(t, low, high, "what may change an answer changes the identity")
	assert.Equal(t, low, identity(openaillm.WithRequestOptions(option.WithJSONSet("reasoning_effort", "low"), option.WithAPIKey(testKey))))
	assert.NotContains(t, identity(azureAt("https://r.openai.azure.com")), testKey)
}

func TestRequestOptionsReachTheServer(t *testing.T) {
	t.Parallel()
	s := newChatServer(t, testKey)
	m := s.model(t, openaillm.WithRequestOptions(option.WithJSONSet("reasoning_effort", "low")),
		openaillm.WithRequestOptions(option.WithOrganization("org-1"), option.WithResponseBodyInto(new(string))))
	resp, err := m.Generate(t.Context(), ask("Hello."))
	require.NoError(t, err)
	assert.Equal(t, "Red.", resp.Text, "the reply comes here, whatever the options say")
	assert.Contains(t, s.requests()[0].body, `"reasoning_effort":"low"`)
	assert.Equal(t, "org-1", s.requests()[0].header.Get("OpenAI-Organization"))
}

func TestTheHTTPClientIsUsed(t *testing.T) {
	t.Parallel()
	s := newChatServer(t, testKey)
	calls := 0
	c := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		calls++
		return http.DefaultTransport.RoundTrip(r)
	})}
	_, err := s.model(t, openaillm.WithHTTPClient(c)).Generate(t.Context(), ask("Hello."))
	require.NoError(t, err)
	assert.Equal(t, 1, calls, "nothing is sent by New")
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestConcurrentCallsShareOneClient(t *testing.T) {
	t.Parallel()
	s := newChatServer(t, testKey)
	m := s.model(t)
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			resp, err := m.Generate(t.Context(), fullRequest())
			assert.NoError(t, err)
			assert.Equal(t, `{"rationale":"Clear.","band":"z<2","score":1}`, resp.Text)
		})
	}
	wg.Wait()
	assert.Len(t, s.requests(), 40)
}

// A batch sends its calls over connections that stay open. With the two idle ones of the standard library, almost every call would open its own.
func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	const atOnce = 20
	arrived, release := make(chan struct{}, atOnce), make(chan struct{})
	var opened atomic.Int64
	s := &chatServer{path: "/v1/chat/completions"}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-release
		s.ServeHTTP(w, r)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	m := s.model(t)
	for range 2 {
		var wg sync.WaitGroup
		for range atOnce {
			wg.Go(func() {
				_, err := m.Generate(t.Context(), ask("Hello."))
				assert.NoError(t, err)
			})
		}
		for range atOnce {
			<-arrived
		}
		for range atOnce {
			release <- struct{}{}
		}
		wg.Wait()
	}
	assert.Less(t, opened.Load(), int64(atOnce+atOnce/2), "the second round needs few new connections")
}

func TestNewReportsAllThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := openaillm.New("", nil, openaillm.WithReplyMode("xml"), openaillm.WithMaxTokensField("limit"), openaillm.WithHTTPClient(nil),
		openaillm.WithAPIKey("sk-top-secret\n"), openaillm.WithRequestOptions(nil), openaillm.WithBaseURL("localhost:8000"))
	require.Error(t, err)
	for _, want := range []string{
		"the model has no name", "option 1 is nil", `reply mode "xml": want json_schema, json_object or prompted`,
		`max tokens field "limit": want max_completion_tokens or max_tokens`, "WithHTTPClient(nil)", "WithAPIKey: the key has white space",
		"WithRequestOptions: option 1 is nil", "WithBaseURL: want an absolute URL such as http://localhost:8000/v1",
	} {
		assert.ErrorContains(t, err, want)
	}
	assert.NotContains(t, err.Error(), "sk-top-secret")
}

func TestBaseURLsThatHoldMoreThanAPlaceAreRefused(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"https://me:hunter2secret@host/v1":     "has a user in it",
		"https://host/v1?key=hunter2secret":    "has a query or a fragment",
		"https://host/v1#hunter2secret":        "has a query or a fragment",
		"https://me:hunter2secret@ho st/v1":    "this is no URL",
		"ftp://host/v1":                        "want an absolute URL",
		"http:///v1":                           "want an absolute URL",
		"http://:8000/v1":                      "want an absolute URL",
		"":                                     "want an absolute URL",
		"/v1":                                  "want an absolute URL",
		"https://me:hunter2secret@host:x/v1/%": "this is no URL",
	} {
		_, err := openaillm.New("m", openaillm.WithBaseURL(base))
		require.ErrorContains(t, err, want, base)
		assert.NotContains(t, err.Error(), "hunter2secret")
	}
}

func TestRequestOptionsThatDoNotFitAreFoundByNew(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]openaillm.Option{
		"two kinds of credentials": {openaillm.WithAPIKey(testKey), azureAt("https://r.openai.azure.com")},
		"Azure without credentials": {openaillm.WithRequestOptions(
			azure.WithEndpoint("https://r.openai.azure.com", "2024-10-21"))},
		"Azure without a version": {openaillm.WithRequestOptions(azure.WithEndpoint("https://r.openai.azure.com", ""), azure.WithAPIKey(testKey))},
	} {
		_, err := openaillm.New("m", opts...)
		require.ErrorContains(t, err, "the request options do not fit", name)
		assert.NotContains(t, err.Error(), testKey, name)
	}
}

func TestParams(t *testing.T) {
	t.Parallel()
	var p openaillm.Params
	require.NoError(t, json.Unmarshal([]byte(
		`{"model":"qwen3:8b","base_url":"http://localhost:11434/v1","reply_mode":"json_object","max_tokens_field":"max_completion_tokens"}`), &p))
	m, err := p.New()
	require.NoError(t, err)
	assert.Equal(t, "openai/qwen3:8b@localhost:11434 reply=json_object limit=max_completion_tokens", m.Identity())

	m, err = p.New(openaillm.WithReplyMode(openaillm.Prompted))
	require.NoError(t, err)
	assert.Contains(t, m.Identity(), "reply=prompted", "options win over parameters")

	m, err = openaillm.Params{Model: "gpt-4o"}.New(openaillm.WithAPIKey(testKey))
	require.NoError(t, err)
	assert.Equal(t, "openai/gpt-4o@api.openai.com reply=json_schema limit=max_completion_tokens", m.Identity())

	_, err = openaillm.Params{ReplyMode: "xml", BaseURL: "nowhere", MaxTokensField: "n"}.New()
	for _, want := range []string{"the model has no name", `"xml"`, "WithBaseURL", `max tokens field "n"`} {
		assert.ErrorContains(t, err, want)
	}
}

func TestModelInfo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		opt  openaillm.Option
		want string
	}{
		"OpenAI":              {openaillm.WithAPIKey(testKey), "openai"},
		"Azure's v1":          {openaillm.WithBaseURL("https://r.OpenAI.azure.com/openai/v1"), "azure.ai.openai"},
		"Azure's deployments": {azureAt("https://r.openai.azure.com"), "azure.ai.openai"},
		"another server":      {openaillm.WithBaseURL("http://localhost:8000/v1"), "openai"},
	} {
		m, err := openaillm.New("gpt-4o-mini", test.opt)
		require.NoError(t, err)
		provider, model := m.ModelInfo()
		assert.Equal(t, []string{test.want, "gpt-4o-mini"}, []string{provider, model}, name)
	}
}

// A rehearsal of a model whose server is not there.
func TestARehearsalSendsNothing(t *testing.T) {
	t.Parallel()
	m, err := openaillm.New("gpt-4o-mini", openaillm.WithBaseURL("http://127.0.0.1:1/v1"))
	require.NoError(t, err)
	resp, err := llm.Generation{Model: m}.Rehearse(t.Context(), fullRequest())
	require.NoError(t, err)
	assert.Equal(t, "gpt-4o-mini", resp.Model)
	assert.True(t, json.Valid([]byte(resp.Text)), resp.Text)
}
