package bedrockllm_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/bedrockllm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, mode := range []bedrockllm.ReplyMode{bedrockllm.ForcedTool, bedrockllm.NativeSchema} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			llmtest.RunConformance(t, func(t *testing.T) llm.Model {
				m, err := bedrockllm.FromConfig(configFor(newServer(t, haiku).URL), haiku, bedrockllm.WithReplyMode(mode))
				require.NoError(t, err)
				return m
			})
		})
	}
}

// The bytes of a whole request, so that nothing is sent that nobody asked for.
func TestRequestOnTheWire(t *testing.T) {
	t.Parallel()
	s := newServer(t, haiku)
	m, err := bedrockllm.FromConfig(configFor(s.URL), haiku)
	require.NoError(t, err)
	_, err = m.Generate(t.Context(), llm.Request{
		Messages: []llm.Message{
			{Role: llm.System, Text: "Grade."},
			{Role: llm.User, Text: "One <essay> & \"more\""},
			{Role: llm.Assistant, Text: `{"score":3}`},
			{Role: llm.User, Text: "Another"},
		},
		Temperature: aws.Float64(0.7), MaxTokens: 800, Seed: aws.Int64(9),
	})
	require.NoError(t, err)
	require.Len(t, s.requests(), 1)
	sent := s.requests()[0]
	assert.JSONEq(t, `{
		"system": [{"text": "Grade."}],
		"messages": [
			{"role": "user", "content": [{"text": "One <essay> & \"more\""}]},
			{"role": "assistant", "content": [{"text": "{\"score\":3}"}]},
			{"role": "user", "content": [{"text": "Another"}]}
		],
		"inferenceConfig": {"maxTokens": 800, "temperature": 0.7}
	}`, string(sent.body))
	assert.Contains(t, string(sent.body), `"temperature":0.7}`, "a number of 32 bits shows no digits of its own")
	assert.Equal(t, "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse", sent.path)
	assert.Regexp(t, `^AWS4-HMAC-SHA256 Credential=`+keyID+`/\d{8}/eu-north-1/bedrock/aws4_request, SignedHeaders=\S+, Signature=[0-9a-f]{64}$`,
		sent.authorization)
	assert.Equal(t, session, sent.token)
}

func TestDefaultsAreTheModels(t *testing.T) {
	t.Parallel()
	s := newServer(t, haiku)
	m, err := bedrockllm.FromConfig(configFor(s.URL), haiku)
	require.NoError(t, err)
	_, err = m.Generate(t.Context(), ask("Name one color."))
	require.NoError(t, err)
	assert.Equal(t, `{"messages":[{"content":[{"text":"Name one color."}],"role":"user"}]}`, string(s.requests()[0].body))

	cold := ask("Name one color.")
	cold.Temperature = aws.Float64(0)
	_, err = m.Generate(t.Context(), cold)
	require.NoError(t, err)
	assert.Contains(t, string(s.requests()[1].body), `"inferenceConfig":{"temperature":0}`, "zero is a temperature")
}

func TestModelIsEscapedInThePath(t *testing.T) {
	t.Parallel()
	for model, path := range map[string]string{
		haiku:                       "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse",
		"eu.amazon.nova-lite-v1:0":  "/model/eu.amazon.nova-lite-v1%3A0/converse",
		"openai.gpt-oss-120b-1:0":   "/model/openai.gpt-oss-120b-1%3A0/converse",
		"amazon.nova-lite-v1:0:24k": "/model/amazon.nova-lite-v1%3A0%3A24k/converse",
		"arn:aws:bedrock:eu-north-1:123456789012:application-inference-profile/abc123": "/model/" +
			"arn%3Aaws%3Abedrock%3Aeu-north-1%3A123456789012%3Aapplication-inference-profile%2Fabc123/converse",
	} {
		t.Run(model, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, model)
			m, err := bedrockllm.FromConfig(configFor(s.URL), model)
			require.NoError(t, err)
			resp, err := m.Generate(t.Context(), ask("Name one color."))
			require.NoError(t, err)
			assert.Equal(t, path, s.requests()[0].path)
			assert.Equal(t, model, resp.Model)
		})
	}
}

// rationale has keys that no encoder of maps would leave in this order, and a property that is named like a bound.
const rationale = `{"type":"object","properties":{"quote":{"type":"string","maxLength":80},` +
	`"rationale":{"type":"string","description":"Why"},"maximum":{"type":"integer","minimum":1,"maximum":6},` +
	`"a":{"type":"array","minItems":1,"maxItems":3,"items":{"type":"number","multipleOf":0.5,"description":"Half"}}},` +
	`"required":["quote","rationale","maximum","a"],"additionalProperties":false}`

func rationaleRequest() llm.Request {
	req := ask("Grade this.")
	req.Reply = &llm.Schema{Name: "essay_score", JSON: json.RawMessage(rationale)}
	return req
}

func TestForcedToolSendsTheSchemaAsItIs(t *testing.T) {
	t.Parallel()
	s := newServer(t, haiku)
	m, err := bedrockllm.FromConfig(configFor(s.URL), haiku)
	require.NoError(t, err)
	resp, err := m.Generate(t.Context(), rationaleRequest())
	require.NoError(t, err)
	body := string(s.requests()[0].body)
	assert.Contains(t, body, `"inputSchema":{"json":`+rationale+`}`, "byte for byte")
	assert.Contains(t, body, `"toolChoice":{"tool":{"name":"essay_score"}}`)
	assert.NotContains(t, body, "outputConfig")
	assert.Equal(t, `{"quote": "Clear & <short>.", "rationale": "Clear & <short>.", "maximum": 2, "a": [2]}`, resp.Text,
		"the reply is as the service wrote it, order and spaces included")
	assert.Equal(t, llm.FinishStop, resp.Finish)
}

func TestNativeSchemaSendsAStringWithoutBounds(t *testing.T) {
	t.Parallel()
	s := newServer(t, haiku)
	m, err := bedrockllm.FromConfig(configFor(s.URL), haiku, bedrockllm.WithReplyMode(bedrockllm.NativeSchema))
	require.NoError(t, err)
	resp, err := m.Generate(t.Context(), rationaleRequest())
	require.NoError(t, err, "a property that is named maximum is no bound")
	var sent converse
	require.NoError(t, json.Unmarshal(s.requests()[0].body, &sent))
	require.NotNil(t, sent.OutputConfig)
	format := sent.OutputConfig.TextFormat
	assert.Equal(t, "json_schema", format.Type)
	assert.Equal(t, "essay_score", format.Structure.JSONSchema.Name)
	assert.Equal(t, `{"type":"object","properties":{"quote":{"type":"string","description":"maxLength 80"},`+
		`"rationale":{"type":"string","description":"Why"},"maximum":{"type":"integer","description":"minimum 1, maximum 6"},`+
		`"a":{"type":"array","minItems":1,"items":{"type":"number","description":"Half (multipleOf 0.5)"},"description":"maxItems 3"}},`+
		`"required":["quote","rationale","maximum","a"],"additionalProperties":false}`, format.Structure.JSONSchema.Schema)
	assert.Nil(t, sent.ToolConfig)
	assert.Equal(t, `{"quote": "Clear & <short>.", "rationale": "Clear & <short>.", "maximum": 2, "a": [2]}`, resp.Text)
}

func TestRequestsThatBreakTheRulesAreNotSent(t *testing.T) {
	t.Parallel()
	s := newServer(t, haiku)
	user := llm.Message{Role: llm.User, Text: "secret essay"}
	withReply := func(name, schema string) llm.Request {
		req := ask("u")
		req.Reply = &llm.Schema{Name: name, JSON: json.RawMessage(schema)}
		return req
	}
	for name, test := range map[string]struct {
		req  llm.Request
		want []string
	}{
		"nothing":            {llm.Request{}, []string{"there is no user message"}},
		"blank":              {ask(" \n"), []string{"message 1 has no text"}},
		"limit of 33 bits":   {llm.Request{Messages: []llm.Message{user}, MaxTokens: math.MaxInt32 + 1}, []string{"2147483648 tokens; want at most 2147483647"}},
		"hot beyond 32 bits": {llm.Request{Messages: []llm.Message{user}, Temperature: aws.Float64(1e39)}, []string{"the temperature is 1e+39; want at most 3.4"}},
		"infinitely hot":     {llm.Request{Messages: []llm.Message{user}, Temperature: aws.Float64(math.Inf(1))}, []string{"the temperature is +Inf; want a number"}},
		"a number too large": {withReply("grade", `{"minimum":1e999}`), []string{`the reply schema "grade" cannot be read`}},
		"everything at once": {
			llm.Request{Messages: []llm.Message{user, {Role: llm.User}}, MaxTokens: math.MaxInt32 + 1},
			[]string{`message 2 has the role "user"`, "message 2 has no text", "2147483648 tokens"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := bedrockllm.FromConfig(configFor(s.URL), haiku)
			require.NoError(t, err)
			_, err = m.Generate(t.Context(), test.req)
			assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err))
			for _, want := range test.want {
				assert.ErrorContains(t, err, want)
			}
			assert.NotContains(t, err.Error(), "secret essay", "a text is not shown")
			assert.True(t, strings.HasPrefix(err.Error(), "bedrock/"+haiku+": invalid_request: "), err.Error())
		})
	}
	t.Cleanup(func() { assert.Empty(t, s.requests()) })
}
