package bedrockllm_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm/bedrockllm"
)

func TestIdentity(t *testing.T) {
	t.Parallel()
	plain := aws.Config{Region: "us-east-1"}
	for _, test := range []struct {
		params bedrockllm.Params
		want   string
	}{
		{bedrockllm.Params{Model: "amazon.nova-lite-v1:0"}, "bedrock/us-east-1/amazon.nova-lite-v1:0 reply=forced_tool"},
		{
			bedrockllm.Params{Model: "m", Region: "eu-north-1", ReplyMode: bedrockllm.NativeSchema},
			"bedrock/eu-north-1/m reply=native_schema",
		},
		{
			bedrockllm.Params{Model: "m", BaseEndpoint: "https://gateway.example:8443/bedrock"},
			"bedrock/us-east-1/m endpoint=gateway.example:8443 reply=forced_tool",
		},
	} {
		m, err := bedrockllm.FromParams(plain, test.params)
		require.NoError(t, err)
		assert.Equal(t, test.want, m.Identity())
	}
	assert.Nil(t, plain.BaseEndpoint, "the configuration is not changed")

	named := plain
	named.BaseEndpoint = aws.String("https://user:password@gateway.example/")
	m, err := bedrockllm.FromConfig(named, "m")
	require.NoError(t, err)
	assert.Equal(t, "bedrock/us-east-1/m endpoint=gateway.example reply=forced_tool", m.Identity())

	m, err = bedrockllm.New(client(nil), "m", bedrockllm.WithReplyMode(bedrockllm.NativeSchema), bedrockllm.WithReplyMode(bedrockllm.ForcedTool))
	require.NoError(t, err)
	assert.Equal(t, "bedrock/m reply=forced_tool", m.Identity(), "another client says no region, and the last option wins")
}

func TestWrongArgumentsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	_, err := bedrockllm.New(nil, "", nil, bedrockllm.WithReplyMode("freely"))
	for _, want := range []string{"the client is nil", "the model is empty", "an option is nil", `"freely"; want forced_tool or native_schema`} {
		assert.ErrorContains(t, err, want)
	}

	_, err = bedrockllm.FromParams(aws.Config{}, bedrockllm.Params{ReplyMode: "x", BaseEndpoint: "https://user:hunter2@host"})
	for _, want := range []string{"the region is empty", "the model is empty", `"x"`, "the base endpoint must be"} {
		assert.ErrorContains(t, err, want)
	}
	assert.NotContains(t, err.Error(), "hunter2")
	for _, endpoint := range []string{"host:80", "/path", "ftp://host", "http://", "http://a b", "https://u@host"} {
		_, err := bedrockllm.FromParams(aws.Config{Region: "r"}, bedrockllm.Params{Model: "m", BaseEndpoint: endpoint})
		assert.ErrorContains(t, err, "the base endpoint must be", endpoint)
	}
}

func TestParamsAreJSON(t *testing.T) {
	t.Parallel()
	var p bedrockllm.Params
	require.NoError(t, json.Unmarshal([]byte(`{"model":"m","region":"r","reply_mode":"native_schema","base_endpoint":"http://h"}`), &p))
	assert.Equal(t, bedrockllm.Params{Model: "m", Region: "r", ReplyMode: bedrockllm.NativeSchema, BaseEndpoint: "http://h"}, p)
}

// An API key for Bedrock takes the place of a signature, and then nobody asks for credentials.
func TestAPIKeyOfTheEnvironment(t *testing.T) {
	t.Setenv("AWS_BEARER_TOKEN_BEDROCK", "bedrock-api-key")
	var authorization string
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		authorization = r.Header.Get("Authorization")
		io.Copy(io.Discard, r.Body)
		reply(w, `{"text":"Red."}`, "end_turn")
	}))
	defer s.Close()
	m, err := bedrockllm.FromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(s.URL), HTTPClient: s.Client()}, haiku)
	require.NoError(t, err)
	resp, err := m.Generate(t.Context(), ask("Name one color."))
	require.NoError(t, err)
	assert.Equal(t, "Red.", resp.Text)
	assert.Equal(t, "Bearer bedrock-api-key", authorization)
	assert.NotContains(t, m.Identity(), "bedrock-api-key")
}

func TestModelInfo(t *testing.T) {
	t.Parallel()
	m, err := bedrockllm.FromConfig(aws.Config{Region: "us-east-1"}, "amazon.nova-lite-v1:0")
	require.NoError(t, err)
	provider, model := m.ModelInfo()
	assert.Equal(t, []string{"aws.bedrock", "amazon.nova-lite-v1:0"}, []string{provider, model})
}
