package openaillm_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/openaillm"
)

// fails returns the error of a model that must fail with an [*llm.Error].
func fails(t testing.TB, m llm.Model, req llm.Request) *llm.Error {
	t.Helper()
	resp, err := m.Generate(t.Context(), req)
	require.Error(t, err)
	assert.Zero(t, resp)
	failed, ok := errors.AsType[*llm.Error](err)
	require.True(t, ok, "%T: %v", err, err)
	assert.Equal(t, "test-model", failed.Model)
	return failed
}

func TestRejections(t *testing.T) {
	t.Parallel()
	const azureFilter = `{"error":{"message":"The response was filtered due to the prompt triggering the policy.","type":null,"param":"prompt","code":"content_filter","status":400,
		"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true}}}}}`
	for name, test := range map[string]struct {
		status int
		body   string
		code   llm.Code
		text   string // of the cause
	}{
		"rate limit": {429, `{"error":{"message":"Rate limit reached for m","type":"requests","param":null,"code":"rate_limit_exceeded"}}`,
			llm.CodeThrottled, "HTTP 429 rate_limit_exceeded requests: Rate limit reached for m"},
		"quota": {429, `{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`,
			llm.CodeBudget, "HTTP 429 insufficient_quota: You exceeded your current quota"},
		"quota as type only":    {429, `{"error":{"message":"No.","type":"insufficient_quota"}}`, llm.CodeBudget, "HTTP 429 insufficient_quota: No."},
		"hard limit":            {400, `{"error":{"message":"Billing hard limit","code":"billing_hard_limit_reached"}}`, llm.CodeBudget, "Billing hard limit"},
		"payment required":      {402, `{"error":{"message":"Insufficient Balance"}}`, llm.CodeBudget, "HTTP 402: Insufficient Balance"},
		"wrong key":             {401, `{"error":{"message":"Incorrect API key","code":"invalid_api_key"}}`, llm.CodeAuth, "HTTP 401 invalid_api_key: Incorrect API key"},
		"wrong country":         {403, `{"error":{"message":"Not supported","code":"unsupported_country_region_territory"}}`, llm.CodeAuth, "Not supported"},
		"gateway of Azure":      {401, `{"statusCode":401,"message":"Access denied due to invalid subscription key"}`, llm.CodeAuth, "HTTP 401: Access denied due to invalid subscription key"},
		"unknown model":         {404, `{"error":{"message":"model \"x\" not found","type":"api_error"}}`, llm.CodeInvalid, `HTTP 404 api_error: model "x" not found`},
		"wrong path":            {404, `404 page not found`, llm.CodeInvalid, "HTTP 404: 404 page not found; is the base URL right? Most servers want it to end with /v1"},
		"invalid value":         {400, `{"error":{"message":"Invalid value","type":"invalid_request_error","param":"temperature","code":null}}`, llm.CodeInvalid, "HTTP 400 invalid_request_error: Invalid value"},
		"conflict":              {409, `{"error":{"message":"busy"}}`, llm.CodeInvalid, "HTTP 409: busy"},
		"filter of Azure":       {400, azureFilter, llm.CodeRefused, "HTTP 400 content_filter ResponsibleAIPolicyViolation: The response was filtered"},
		"inner error alone":     {400, `{"error":{"message":"Filtered","innererror":{"code":"ResponsibleAIPolicyViolation"}}}`, llm.CodeRefused, "Filtered"},
		"flagged prompt":        {400, `{"error":{"message":"Your prompt was flagged","code":"invalid_prompt"}}`, llm.CodeRefused, "flagged"},
		"request timeout":       {408, ``, llm.CodeTimeout, "HTTP 408: the body is empty"},
		"gateway timeout":       {504, `<html><title>504 Gateway Time-out</title></html>`, llm.CodeTimeout, "HTTP 504: the body is an HTML page of 48 bytes; it may be a proxy's"},
		"server error":          {500, `{"error":{"message":"The server had an error","type":"server_error"}}`, llm.CodeUnavailable, "HTTP 500 server_error: The server had an error"},
		"overloaded":            {503, `{"error":{"message":"The engine is currently overloaded"}}`, llm.CodeUnavailable, "HTTP 503: The engine is currently overloaded"},
		"overloaded, by number": {529, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, llm.CodeUnavailable, "HTTP 529 overloaded_error error: Overloaded"},
		"page of a proxy":       {502, "\n <!DOCTYPE html><html>bad gateway</html>", llm.CodeUnavailable, "HTTP 502: the body is an HTML page of"},
		"empty":                 {503, ``, llm.CodeUnavailable, "HTTP 503: the body is empty"},
		"plain text":            {503, "upstream connect error\r\n or disconnect\x00", llm.CodeUnavailable, "HTTP 503: upstream connect error or disconnect"},
		"too large, a proxy":    {413, `<html>413 Request Entity Too Large</html>`, llm.CodeContextTooLong, "HTTP 413: the body is an HTML page of"},
		"an error as a text":    {400, `{"error":"invalid options"}`, llm.CodeInvalid, "HTTP 400: invalid options"},
		"an error as a number":  {400, `{"error":7}`, llm.CodeInvalid, "HTTP 400"},
		"an error in a list":    {400, `[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}]`, llm.CodeInvalid, "HTTP 400: API key not valid."},
		"faults of a framework": {422, `{"detail":[{"type":"missing","loc":["body","messages",0,"role"],"msg":"Field required","input":{"content":"x"}},{"loc":[],"msg":"and so on"}]}`,
			llm.CodeInvalid, "HTTP 422: body.messages.0.role: Field required; : and so on"},
		"detail of a framework": {401, `{"detail":"Unauthorized"}`, llm.CodeAuth, "HTTP 401: Unauthorized"},
		"detail without sense":  {400, `{"detail":{"a":1}}`, llm.CodeInvalid, `HTTP 400: {"detail":{"a":1}}`},
		"redirect to nowhere":   {304, ``, llm.CodeUnavailable, "HTTP 304 with a body that is no chat completion: the body is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contentType := "application/json"
			if !strings.HasPrefix(test.body, "{") && !strings.HasPrefix(test.body, "[") {
				contentType = "text/plain"
			}
			m, count := serve(t, reply(test.status, contentType, test.body))
			err := fails(t, m, ask("Hello."))
			assert.Equal(t, test.code, err.Code)
			assert.Equal(t, test.status, err.Status)
			assert.True(t, strings.HasPrefix(err.Err.Error(), test.text) || strings.Contains(err.Err.Error(), test.text), err.Err.Error())
			assert.Equal(t, 1, count())
			vendor, leaked := errors.AsType[*openai.Error](err)
			assert.False(t, leaked, "the vendor's error holds the request with its headers: %v", vendor)
		})
	}
}

// The wordings are those of the servers, as found in their sources and in the reports of their users.
func TestPromptsThatAreTooLong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
	}{
		"OpenAI":            {400, `{"error":{"message":"Too many.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`},
		"OpenAI, in words":  {400, `{"error":{"message":"Your input exceeds the context window of this model."}}`},
		"vLLM":              {400, `{"object":"error","message":"This model's maximum context length is 16384 tokens. However, you requested 122946 tokens.","type":"BadRequestError","param":null,"code":400}`},
		"vLLM, prompt":      {400, `{"error":{"message":"The decoder prompt (length 5951) is longer than the maximum model length of 4096.","code":400}}`},
		"llama.cpp":         {400, `{"error":{"code":400,"message":"request (9412 tokens) exceeds the available context size (8192 tokens), try increasing it","type":"exceed_context_size_error"}}`},
		"llama.cpp, before": {500, `{"error":{"code":500,"message":"the request exceeds the available context size. try increasing the context size","type":"server_error"}}`},
		"Ollama":            {400, `{"error":"prompt too long; exceeded max context length by 17 tokens"}`},
		"Ollama, error":     {400, `{"error":{"message":"the input length exceeds the context length","type":"invalid_request_error"}}`},
		"LM Studio":         {400, `{"error":"The number of tokens to keep from the initial prompt is greater than the context length."}`},
		"Gemini":            {400, `[{"error":{"code":400,"message":"The input token count (1196265) exceeds the maximum number of tokens allowed (1048575)."}}]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, _ := serve(t, reply(test.status, "application/json", test.body))
			assert.Equal(t, llm.CodeContextTooLong, fails(t, m, ask("Hello.")).Code)
		})
	}
	m, _ := serve(t, reply(429, "application/json", `{"error":{"message":"maximum context length per minute"}}`))
	assert.Equal(t, llm.CodeThrottled, fails(t, m, ask("Hello.")).Code, "a status that says more than the words wins")
}

func TestSuccessesThatAreNone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body string
		code llm.Code
		text string
	}{
		"an error of a gateway":  {`{"error":{"message":"Provider returned error","code":429},"user_id":"u"}`, llm.CodeThrottled, "HTTP 200: Provider returned error"},
		"an error without class": {`{"error":{"message":"Something broke","code":"oops"}}`, llm.CodeUnavailable, "HTTP 200 oops: Something broke"},
		"an error of the prompt": {`{"error":{"message":"too long","code":"context_length_exceeded"}}`, llm.CodeContextTooLong, "too long"},
		"no choices":             {`{"id":"c","choices":[],"usage":{"prompt_tokens":1}}`, llm.CodeUnavailable, "a chat completion without choices"},
		"an empty choice":        {`{"choices":[{}]}`, llm.CodeUnavailable, "without a message in the first; want one"},
		"a choice that is null":  {`{"choices":[null]}`, llm.CodeUnavailable, "without a message in the first; want one"},
		"a message of no sort":   {`{"choices":[{"message":"essay"}]}`, llm.CodeUnavailable, "without a message in the first; want one"},
		"choices of no sort":     {`{"choices":7}`, llm.CodeUnavailable, "chat completion"},
		"content of parts":       {completion(`{"content":[{"type":"text","text":"essay"}]}`, `"stop"`, `null`), llm.CodeUnavailable, "a message whose content is not a text"},
		"an empty object":        {`{}`, llm.CodeUnavailable, "without choices"},
		"an empty body":          {``, llm.CodeUnavailable, "the body is empty"},
		"half of it":             {completion(`{"content":"essay"}`, `"stop"`, `null`)[:60], llm.CodeUnavailable, "no chat completion: 60 bytes"},
		"another language":       {`essay`, llm.CodeUnavailable, `no chat completion: 5 bytes of "application/json"`},
		"a page":                 {`<html>essay</html>`, llm.CodeUnavailable, "an HTML page of 18 bytes"},
		"a list":                 {`["essay"]`, llm.CodeUnavailable, "chat completion"},
		"null":                   {`null`, llm.CodeUnavailable, "chat completion"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, _ := serve(t, reply(200, "application/json", test.body))
			err := fails(t, m, ask("Hello."))
			assert.Equal(t, test.code, err.Code)
			assert.ErrorContains(t, err, test.text)
			assert.NotContains(t, err.Error(), "essay", "an answer may quote the student")
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const busy = `{"error":{"message":"busy"}}`
	for name, test := range map[string]struct {
		status int
		header []string
		want   time.Duration
	}{
		"none":         {429, nil, 0},
		"seconds":      {429, []string{"Retry-After", "7"}, 7 * time.Second},
		"milliseconds": {429, []string{"Retry-After", "7", "Retry-After-Ms", "250"}, 250 * time.Millisecond},
		"unavailable":  {503, []string{"Retry-After", "2"}, 2 * time.Second},
		"nonsense":     {429, []string{"Retry-After", "soon"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, _ := serve(t, reply(test.status, "application/json", busy, test.header...))
			delay, again := fails(t, m, ask("Hello.")).RetryDelay()
			assert.True(t, again)
			assert.Equal(t, test.want, delay)
		})
	}
	at := time.Now().Add(2 * time.Hour)
	m, _ := serve(t, reply(429, "application/json", busy, "Retry-After", at.UTC().Format(http.TimeFormat)))
	assert.InDelta(t, 2*time.Hour, fails(t, m, ask("Hello.")).RetryAfter, float64(time.Minute), "a date is a wait from now")
}

func TestConnectionsThatBreak(t *testing.T) {
	t.Parallel()
	raw := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, text)
			if tcp, ok := conn.(*net.TCPConn); ok && text == "" {
				_ = tcp.SetLinger(0) // a reset instead of an orderly end
			}
			_ = conn.Close()
		}
	}
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	for name, test := range map[string]struct {
		handle http.HandlerFunc
		code   llm.Code
		status int
		text   string
		is     error
	}{
		"reset":                    {raw(""), llm.CodeUnavailable, 0, "no reply: ", syscall.ECONNRESET},
		"closed in the header":     {raw("HTTP/1.1 200"), llm.CodeUnavailable, 0, "no reply: ", io.ErrUnexpectedEOF},
		"not HTTP":                 {raw("SSH-2.0-OpenSSH\r\n\r\n"), llm.CodeUnavailable, 0, "no reply: ", nil},
		"less than promised":       {raw(head + "Content-Length: 500\r\n\r\n" + `{"choices":[`), llm.CodeUnavailable, 200, "the reply was cut: ", io.ErrUnexpectedEOF},
		"a chunk that is cut":      {raw(head + "Transfer-Encoding: chunked\r\n\r\n40\r\n" + `{"choices":[`), llm.CodeUnavailable, 200, "the reply was cut: ", io.ErrUnexpectedEOF},
		"no last chunk":            {raw(head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"), llm.CodeUnavailable, 200, "the reply was cut: ", io.ErrUnexpectedEOF},
		"an error that is cut":     {raw("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 500\r\n\r\n{"), llm.CodeThrottled, 429, "HTTP 429: the body was cut", nil},
		"a redirect that is empty": {raw("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"), llm.CodeUnavailable, 302, "no chat completion: the body is empty", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, count := serve(t, test.handle)
			err := fails(t, m, ask("Hello."))
			assert.Equal(t, test.code, err.Code)
			assert.Equal(t, test.status, err.Status)
			assert.ErrorContains(t, err.Err, test.text)
			assert.Equal(t, 1, count())
			if test.is != nil {
				assert.ErrorIs(t, err, test.is)
			}
		})
	}
}

func TestServersThatAreNotThere(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	server.Close()
	m, err := openaillm.New("test-model", openaillm.WithBaseURL(server.URL+"/path-with-a-token"))
	require.NoError(t, err)
	refused := fails(t, m, ask("Hello."))
	assert.Equal(t, llm.CodeUnavailable, refused.Code)
	require.ErrorIs(t, refused, syscall.ECONNREFUSED)
	assert.NotContains(t, refused.Error(), "path-with-a-token")

	secure := httptest.NewUnstartedServer(newChatServer(t, ""))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it would tell of the handshake
	secure.StartTLS()
	t.Cleanup(secure.Close)
	m, err = openaillm.New("test-model", openaillm.WithBaseURL(secure.URL+"/v1"))
	require.NoError(t, err)
	assert.Equal(t, llm.CodeInvalid, fails(t, m, ask("Hello.")).Code, "a certificate that is not trusted stays so")
	m, err = openaillm.New("test-model", openaillm.WithBaseURL(secure.URL+"/v1"), openaillm.WithHTTPClient(secure.Client()))
	require.NoError(t, err)
	_, err = m.Generate(t.Context(), ask("Hello."))
	require.NoError(t, err)
}

func TestRequestsThatAreNotSent(t *testing.T) {
	t.Parallel()
	broken := errors.New("no token for " + testKey)
	m, count := serve(t, reply(200, "application/json", "{}"), openaillm.WithRequestOptions(
		option.WithMiddleware(func(*http.Request, option.MiddlewareNext) (*http.Response, error) { return nil, broken })))
	err := fails(t, m, ask("Hello."))
	assert.Equal(t, llm.CodeUnknown, err.Code)
	assert.EqualError(t, err.Err, "the request was not sent: no token for [secret]")
	assert.NotErrorIs(t, err, broken, "its text holds the key")
	assert.Zero(t, count())
}

// expiring is a context whose deadline comes when the test says so.
type expiring struct {
	context.Context
	done chan struct{}
}

func (e expiring) Done() <-chan struct{} { return e.done }

func (e expiring) Err() error {
	select {
	case <-e.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func TestCallsEndWithTheirContext(t *testing.T) {
	t.Parallel()
	for _, sent := range []string{"nothing", "half of the body"} {
		for _, code := range []llm.Code{llm.CodeCanceled, llm.CodeTimeout} {
			t.Run(fmt.Sprint(code, " after ", sent), func(t *testing.T) {
				t.Parallel()
				started, gone := make(chan struct{}), make(chan struct{})
				m, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
					if sent != "nothing" {
						w.Header().Set("Content-Type", "application/json")
						_, _ = io.WriteString(w, `{"choices":[`)
						_ = http.NewResponseController(w).Flush()
					}
					close(started)
					<-r.Context().Done()
					close(gone)
				})
				ctx, end := context.WithCancel(t.Context())
				want := context.Canceled
				if code == llm.CodeTimeout {
					e := expiring{t.Context(), make(chan struct{})}
					ctx, end, want = e, func() { close(e.done) }, context.DeadlineExceeded
				}
				failed := make(chan error, 1)
				go func() {
					_, err := m.Generate(ctx, ask("Hello."))
					failed <- err
				}()
				<-started
				end()
				err := <-failed
				<-gone // the server saw the client leave
				assert.Equal(t, code, llm.CodeOf(err), err)
				assert.ErrorIs(t, err, want)
			})
		}
	}
}

func TestTimeoutsOfTheHTTPClientAreTimeouts(t *testing.T) {
	t.Parallel()
	m, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		openaillm.WithHTTPClient(&http.Client{Timeout: 30 * time.Millisecond}))
	assert.Equal(t, llm.CodeTimeout, fails(t, m, ask("Hello.")).Code)
	m, _ = serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		openaillm.WithRequestOptions(option.WithRequestTimeout(30*time.Millisecond)))
	assert.Equal(t, llm.CodeTimeout, fails(t, m, ask("Hello.")).Code)
}

func TestErrorsShowNeitherKeyNorPrompt(t *testing.T) {
	t.Parallel()
	const essay = "My brother Timo says that the harbor\nsmells of fish, and I think he is right about that."
	quoted := `My brother Timo says that the harbor\nsmells of fish, and I think he is right about that.`
	for name, body := range map[string]string{
		"an error":     `{"error":{"message":"Bad key ` + testKey + `: Bearer ` + testKey + ` said: ` + quoted + `","code":"` + testKey + `"}}`,
		"a text":       `{"error":"key ` + testKey + ` said: ` + quoted + `"}`,
		"a detail":     `{"detail":[{"loc":["body","` + quoted + `"],"msg":"said: ` + quoted + ` ` + testKey + `","input":"` + quoted + `"}]}`,
		"plain text":   "said: " + essay + testKey,
		"plain, long":  strings.Repeat("key "+testKey+" said: "+essay, 100),
		"the long end": strings.Repeat("x", 280) + testKey + essay,
	} {
		for _, status := range []int{200, 400, 401, 500} {
			t.Run(fmt.Sprint(name, status), func(t *testing.T) {
				t.Parallel()
				m, _ := serve(t, reply(status, "text/plain", body))
				err := fails(t, m, ask("Grade this. "+essay))
				for _, secret := range []string{testKey, testKey[3:15], "brother", "smells of fish", "he is right"} {
					assert.NotContains(t, err.Error(), secret)
				}
				assert.Less(t, len(err.Err.Error()), 400)
				assert.NotContains(t, err.Error(), "\n")
			})
		}
	}
}
