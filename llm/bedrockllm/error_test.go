package bedrockllm_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/bedrockllm"
)

func TestExceptions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status    int
		exception string
		message   string
		code      llm.Code
	}{
		"throttled":           {429, "ThrottlingException", "Too many requests, please wait before trying again.", llm.CodeThrottled},
		"throttled by tokens": {429, "ThrottlingException", "Too many tokens, please wait before trying again.", llm.CodeThrottled},
		"throttled for today": {429, "ThrottlingException", "Too many tokens per day, please wait before trying again.", llm.CodeBudget},
		"quota":               {400, "ServiceQuotaExceededException", "Your request exceeds the service quota.", llm.CodeBudget},
		"model timeout":       {408, "ModelTimeoutException", "Model has timed out in processing the request.", llm.CodeTimeout},
		"model not ready":     {429, "ModelNotReadyException", "The model is not ready.", llm.CodeUnavailable},
		"model error":         {424, "ModelErrorException", "The system encountered an unexpected error.", llm.CodeUnavailable},
		"stream error":        {424, "ModelStreamErrorException", "stream", llm.CodeUnavailable},
		"internal":            {500, "InternalServerException", "internal", llm.CodeUnavailable},
		"unavailable":         {503, "ServiceUnavailableException", "Bedrock is unable to process your request.", llm.CodeUnavailable},
		"denied":              {403, "AccessDeniedException", "You don't have access to the model with the specified model ID.", llm.CodeAuth},
		"unknown token":       {403, "UnrecognizedClientException", "The security token included in the request is invalid.", llm.CodeAuth},
		"expired":             {403, "ExpiredTokenException", "The security token included in the request is expired", llm.CodeAuth},
		"expired as 400":      {400, "ExpiredTokenException", "expired", llm.CodeAuth},
		"signature":           {403, "InvalidSignatureException", "The request signature we calculated does not match", llm.CodeAuth},
		"incomplete":          {400, "IncompleteSignatureException", "Authorization header requires 'Signature'", llm.CodeAuth},
		"another 403":         {403, "SomethingNew", "no", llm.CodeAuth},
		"another 401":         {401, "SomethingNew", "no", llm.CodeAuth},
		"no such model":       {404, "ResourceNotFoundException", "Could not resolve the foundation model", llm.CodeInvalid},
		"invalid model":       {400, "ValidationException", "The provided model identifier is invalid.", llm.CodeInvalid},
		"answer bound": {
			400, "ValidationException", "The maximum tokens you requested exceeds the model limit of 4096.", llm.CodeInvalid,
		},
		"too long": {400, "ValidationException", "Input is too long for requested model.", llm.CodeContextTooLong},
		"too long for the model": {
			400, "ValidationException",
			"The model returned the following errors: prompt is too long: 213432 tokens > 200000 maximum", llm.CodeContextTooLong,
		},
		"too long with the answer": {
			400, "ValidationException",
			"input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000", llm.CodeContextTooLong,
		},
		"too many tokens": {
			400, "ValidationException", "Too many input tokens. Max input tokens: 8192, request input token count: 9000", llm.CodeContextTooLong,
		},
		"maximum context length": {
			400, "ValidationException",
			"This model's maximum context length is 8192 tokens. Please reduce the length of the prompt", llm.CodeContextTooLong,
		},
		"filter": {
			400, "ValidationException",
			"The model returned the following errors: Output blocked by content filtering policy", llm.CodeRefused,
		},
		"another 400": {400, "SomethingNew", "no", llm.CodeInvalid},
		"another 429": {429, "SomethingNew", "no", llm.CodeThrottled},
		"another 502": {502, "SomethingNew", "no", llm.CodeUnavailable},
		"another 504": {504, "SomethingNew", "no", llm.CodeTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, calls := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "7")
				refuse(w, test.status, test.exception, test.message)
			})
			_, err := m.Generate(t.Context(), ask("Name one color."))
			e, ok := errors.AsType[*llm.Error](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, test.code, e.Code)
			assert.Equal(t, test.status, e.Status)
			assert.Equal(t, 7*time.Second, e.RetryAfter)
			assert.Equal(t, "bedrock/"+haiku, e.Model)
			assert.ErrorContains(t, err, test.exception, "the exception can be looked up")
			api, ok := errors.AsType[smithy.APIError](err)
			require.True(t, ok)
			assert.Equal(t, test.exception, api.ErrorCode())
			assert.Equal(t, 1, calls(), "one request is sent once")
			if e.Code != llm.CodeAuth || test.exception == "AccessDeniedException" {
				assert.ErrorContains(t, err, test.message)
			}
		})
	}
}

// A client that is set to retry does not: its attempts would multiply with those of the run.
func TestARetryingClientSendsOnce(t *testing.T) {
	t.Parallel()
	calls := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		io.Copy(io.Discard, r.Body)
		refuse(w, 429, "ThrottlingException", "slow down")
	}))
	defer s.Close()
	cfg := configFor(s.URL)
	cfg.RetryMaxAttempts = 5
	cfg.RetryMode = aws.RetryModeAdaptive
	m, err := bedrockllm.FromConfig(cfg, haiku)
	require.NoError(t, err)
	_, err = m.Generate(t.Context(), ask("Name one color."))
	assert.Equal(t, llm.CodeThrottled, llm.CodeOf(err))
	assert.Equal(t, 1, calls)
}

func TestBodiesThatAreNotTheProtocol(t *testing.T) {
	t.Parallel()
	const whole = `{"output":{"message":{"role":"assistant","content":[{"text":"Red."}]}},"stopReason":"end_turn"}`
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		code    llm.Code
		status  int
	}{
		"HTML": {func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "<html>Sign in to the guest network</html>")
		}, llm.CodeUnavailable, 200},
		"HTML of a gateway": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			io.WriteString(w, "<html>Bad Gateway</html>")
		}, llm.CodeUnavailable, 502},
		"HTML of a firewall": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, "<html>Forbidden</html>")
		}, llm.CodeAuth, 403},
		"empty":       {func(http.ResponseWriter, *http.Request) {}, llm.CodeUnavailable, 0},
		"other JSON":  {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"choices":[]}`) }, llm.CodeUnavailable, 0},
		"wrong types": {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"output":"Red."}`) }, llm.CodeUnavailable, 200},
		"half a body": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "500")
			io.WriteString(w, whole[:40])
		}, llm.CodeUnavailable, 200},
		"reset": {func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if assert.NoError(t, err) {
				conn.Close()
			}
		}, llm.CodeUnavailable, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, calls := serve(t, test.handler)
			_, err := m.Generate(t.Context(), ask("Name one color."))
			e, ok := errors.AsType[*llm.Error](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, test.code, e.Code, "%v", err)
			assert.Equal(t, test.status, e.Status)
			assert.Equal(t, 1, calls())
		})
	}
}

func TestConnectionRefused(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	m, err := bedrockllm.FromConfig(configFor(s.URL), haiku)
	require.NoError(t, err)
	_, err = m.Generate(t.Context(), ask("Name one color."))
	assert.Equal(t, llm.CodeUnavailable, llm.CodeOf(err), "%v", err)
}

// hang answers when the client is gone, and tells that a request came.
func hang(t *testing.T) (m *bedrockllm.Model, came chan struct{}) {
	came = make(chan struct{}, 1)
	m, _ = serve(t, func(_ http.ResponseWriter, r *http.Request) {
		came <- struct{}{}
		<-r.Context().Done()
	})
	return m, came
}

func TestCancelInFlight(t *testing.T) {
	t.Parallel()
	m, came := hang(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-came
		cancel()
	}()
	_, err := m.Generate(ctx, ask("Name one color."))
	assert.Equal(t, llm.CodeCanceled, llm.CodeOf(err))
	assert.ErrorIs(t, err, context.Canceled)
}

func TestDeadlineInFlight(t *testing.T) {
	t.Parallel()
	m, came := hang(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := m.Generate(ctx, ask("Name one color."))
	assert.Equal(t, llm.CodeTimeout, llm.CodeOf(err))
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Len(t, came, 1, "the request was under way")
}

// The body is what takes long here: the header has come. It comes when the client is done with the request, for the SDK closes the
// request's body on the header, and net/http gives up a connection whose request it is still writing.
func TestDeadlineInTheBody(t *testing.T) {
	t.Parallel()
	sent := make(chan struct{})
	m, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		<-sent
		io.WriteString(w, `{"output":`)
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := m.Generate(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) },
	}), ask("Name one color."))
	assert.Equal(t, llm.CodeTimeout, llm.CodeOf(err), "%v", err)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestTimeoutOfTheHTTPClient(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer s.Close()
	cfg := configFor(s.URL)
	cfg.HTTPClient = &http.Client{Timeout: 50 * time.Millisecond}
	m, err := bedrockllm.FromConfig(cfg, haiku)
	require.NoError(t, err)
	_, err = m.Generate(t.Context(), ask("Name one color."))
	assert.Equal(t, llm.CodeTimeout, llm.CodeOf(err), "%v", err)
}

func TestMissingCredentials(t *testing.T) {
	t.Parallel()
	reason := errors.New("the single sign-on session has ended")
	for name, provider := range map[string]aws.CredentialsProvider{
		"none":      nil,
		"anonymous": aws.AnonymousCredentials{},
		"empty":     credentials.NewStaticCredentialsProvider("", "", ""),
		"fails":     aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, reason }),
		"cached":    aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, reason })),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, haiku)
			cfg := configFor(s.URL)
			cfg.Credentials = provider
			m, err := bedrockllm.FromConfig(cfg, haiku)
			require.NoError(t, err)
			_, err = m.Generate(t.Context(), ask("Name one color."))
			assert.Equal(t, llm.CodeAuth, llm.CodeOf(err), "%v", err)
			assert.ErrorContains(t, err, "no credentials: ")
			assert.Empty(t, s.requests(), "nothing is sent")
		})
	}
}

// The service answers a wrong signature with the headers that it should have been made of.
func TestErrorsRepeatNoCredential(t *testing.T) {
	t.Parallel()
	for _, exception := range []string{"InvalidSignatureException", "IncompleteSignature", "SomethingNew"} {
		t.Run(exception, func(t *testing.T) {
			t.Parallel()
			m, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				refuse(w, 403, exception, "The Canonical String for this request should have been 'POST\nx-amz-security-token:"+
					r.Header.Get("X-Amz-Security-Token")+"' Authorization="+r.Header.Get("Authorization"))
			})
			_, err := m.Generate(t.Context(), ask("Name one color."))
			require.Error(t, err)
			for e := err; e != nil; e = errors.Unwrap(e) {
				for _, secret := range []string{keyID, secretKey, session, "Signature="} {
					assert.NotContains(t, e.Error(), secret)
				}
			}
			assert.NotContains(t, m.Identity(), keyID)
		})
	}
}
