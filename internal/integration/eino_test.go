package integration_test

import (
	"cmp"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/cloudwego/eino-ext/components/model/openai"
	"github.com/cloudwego/eino/components/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/einollm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
)

// openEino returns a model of eino's own family over the server. Its schema mode is the vendor's, so it is passed in as the vendor wants it.
func (s *target) openEino(t *testing.T, name string) llm.Model {
	t.Helper()
	chat, err := openai.NewChatModel(t.Context(), &openai.ChatModelConfig{
		BaseURL: s.baseURL, APIKey: cmp.Or(s.apiKey, "none"), Model: name, HTTPClient: &http.Client{},
	})
	require.NoError(t, err)
	m, err := einollm.New(name, chat, einollm.WithReplyOptions(func(schema *llm.Schema) []model.Option {
		return []model.Option{openai.WithExtraFields(map[string]any{"response_format": map[string]any{
			"type": "json_schema", "json_schema": map[string]any{"name": schema.Name, "strict": true, "schema": schema.JSON},
		}})}
	}), einollm.WithErrorCode(codeOfAPIError))
	require.NoError(t, err)
	return m
}

// codeOfAPIError classifies the vendor's error by its status; eino has no form for it that all vendors share.
func codeOfAPIError(err error) (llm.Code, time.Duration) {
	failed, ok := errors.AsType[*openai.APIError](err)
	switch {
	case !ok:
		return "", 0
	case failed.HTTPStatusCode == http.StatusTooManyRequests:
		return llm.CodeThrottled, 0
	case failed.HTTPStatusCode >= 500:
		return llm.CodeUnavailable, 0
	default:
		return llm.CodeInvalid, 0
	}
}

// A model of eino's family keeps the contract of a gloss model.
func TestEinoModelConforms(t *testing.T) {
	s := server(t)
	llmtest.RunConformance(t, func(t *testing.T) llm.Model { return s.openEino(t, s.model) })
}

func TestEinoModelFails(t *testing.T) {
	s := server(t)
	_, err := s.openEino(t, "no-such-model").Generate(t.Context(), ask("Name a color."))
	assert.Equal(t, llm.CodeInvalid, llm.CodeOf(err), "%v", err)
}
