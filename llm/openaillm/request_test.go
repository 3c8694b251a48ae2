package openaillm_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gloss-sdk/gloss/llm"
)

func TestRequestsThatBreakTheRulesAreNotSent(t *testing.T) {
	t.Parallel()
	m, count := serve(t, reply(200, "application/json", "{}"))
	user := []llm.Message{{Role: llm.User, Text: "private"}}
	for name, test := range map[string]struct {
		req  llm.Request
		want []string
	}{
		"nothing":       {llm.Request{}, []string{"there is no user message"}},
		"only a schema": {llm.Request{Reply: gradeSchema()}, []string{"there is no user message"}},
		"all at once": {
			llm.Request{Messages: append(user, user...), MaxTokens: -2, Reply: &llm.Schema{}},
			[]string{`message 2 has the role "user"`, "-2 tokens", "the reply schema has no name", "is not a JSON object"},
		},
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
