package openaillm_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gloss-sdk/gloss/llm"
)

func TestRequestsThatBreakTheRulesAreNotSent(t *testing.T) {
	t.Parallel()
	m, count := serve(t, reply(200, "application/json", "{}"))
	message := func(roles ...llm.Role) llm.Request {
		var req llm.Request
		for _, r := range roles {
			req.Messages = append(req.Messages, llm.Message{Role: r, Text: "private"})
		}
		return req
	}
	for name, test := range map[string]struct {
		req  llm.Request
		want []string
	}{
		"no messages":        {message(), []string{"there is no user message"}},
		"system alone":       {message(llm.System), []string{"there is no user message"}},
		"assistant last":     {message(llm.User, llm.Assistant), []string{"the last message is not the user's"}},
		"two system":         {message(llm.System, llm.System, llm.User), []string{`message 2 has the role "system"; want "user"`}},
		"system in between":  {message(llm.User, llm.System, llm.User), []string{`message 2 has the role "system"; want "assistant"`}},
		"two users":          {message(llm.System, llm.User, llm.User), []string{`message 3 has the role "user"; want "assistant"`}},
		"a role of no sort":  {message("critic"), []string{`message 1 has the role "critic"`}},
		"assistant first":    {message(llm.Assistant, llm.User), []string{`message 1 has the role "assistant"`, `message 2 has the role "user"`}},
		"a schema of no use": {llm.Request{Messages: message(llm.User).Messages, Reply: &llm.Schema{JSON: []byte(`[1]`)}}, []string{"has no name", "is not a JSON object"}},
		"a schema that is null": {llm.Request{Messages: message(llm.User).Messages, Reply: &llm.Schema{Name: "n", JSON: []byte(`null`)}},
			[]string{`the reply schema "n" is not a JSON object`}},
		"all at once": {llm.Request{Temperature: new(-1.0), MaxTokens: -2}, []string{"there is no user message", "the temperature is -1", "the limit is -2 tokens"}},
	} {
		err := fails(t, m, test.req)
		assert.Equal(t, llm.CodeInvalid, err.Code, name)
		for _, want := range test.want {
			assert.ErrorContains(t, err, want, name)
		}
		assert.NotContains(t, err.Error(), "private", name)
	}
	assert.Zero(t, count())
}
