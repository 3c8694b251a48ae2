package openaillm_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
)

// completion is a reply with one choice.
func completion(message, finish, usage string) string {
	return fmt.Sprintf(`{"id":"c","object":"chat.completion","created":1,"model":"m-2","choices":[{"index":0,"finish_reason":%s,"message":%s}],"usage":%s}`,
		finish, message, usage)
}

func TestResponses(t *testing.T) {
	t.Parallel()
	const hello, usage = `{"role":"assistant","content":"Hello."}`, `{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}`
	counted := llm.Usage{Input: 9, Output: 4}
	for name, test := range map[string]struct {
		body string
		want llm.Response
	}{
		"stop":           {completion(hello, `"stop"`, usage), llm.Response{Text: "Hello.", Finish: llm.FinishStop, Usage: counted}},
		"length":         {completion(hello, `"length"`, usage), llm.Response{Text: "Hello.", Finish: llm.FinishLength, Usage: counted}},
		"content filter": {completion(hello, `"content_filter"`, usage), llm.Response{Text: "Hello.", Finish: llm.FinishRefused, Usage: counted}},
		"tool calls":     {completion(hello, `"tool_calls"`, usage), llm.Response{Text: "Hello.", Finish: llm.FinishUnknown, Usage: counted}},
		"no reason":      {completion(hello, `null`, usage), llm.Response{Text: "Hello.", Finish: llm.FinishUnknown, Usage: counted}},
		"untouched": {
			completion(`{"content":" \n<think>x</think>`+"```json\\n{}\\n```"+`\u2028 "}`, `"stop"`, usage),
			llm.Response{Text: " \n<think>x</think>```json\n{}\n```\u2028 ", Finish: llm.FinishStop, Usage: counted},
		},
		"refusal": {
			completion(`{"content":null,"refusal":"I cannot."}`, `"stop"`, usage),
			llm.Response{Text: "I cannot.", Finish: llm.FinishRefused, Usage: counted},
		},
		"refusal after some text": {
			completion(`{"content":"Well,","refusal":"I cannot."}`, `"stop"`, usage),
			llm.Response{Text: "Well,", Finish: llm.FinishRefused, Usage: counted},
		},
		"empty, cut": {completion(`{"content":""}`, `"length"`, usage), llm.Response{Finish: llm.FinishLength, Usage: counted}},
		"no usage":   {completion(hello, `"stop"`, `null`), llm.Response{Text: "Hello.", Finish: llm.FinishStop}},
		"all counts": {
			completion(hello, `"stop"`, `{"prompt_tokens":9,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":8},"completion_tokens_details":{"reasoning_tokens":3}}`),
			llm.Response{Text: "Hello.", Finish: llm.FinishStop, Usage: llm.Usage{Input: 9, Output: 4, Cached: 8, Reasoning: 3}},
		},
		"parts above their wholes": {
			completion(hello, `"stop"`, `{"prompt_tokens":9,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":500}}`),
			llm.Response{Text: "Hello.", Finish: llm.FinishStop, Usage: llm.Usage{Input: 9, Output: 4, Cached: 9, Reasoning: 4}},
		},
		"counts that are none": {
			completion(hello, `"stop"`, `{"prompt_tokens":-9,"completion_tokens":9000000000000,"prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":-1}}`),
			llm.Response{Text: "Hello.", Finish: llm.FinishStop, Usage: llm.Usage{Output: math.MaxInt32}},
		},
		"an error that is null": {strings.Replace(completion(hello, `"stop"`, usage), `{`, `{"error":null,`, 1), llm.Response{Text: "Hello.", Finish: llm.FinishStop, Usage: counted}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, _ := serve(t, reply(200, "application/json", test.body))
			got, err := m.Generate(t.Context(), ask("Hello."))
			require.NoError(t, err)
			test.want.Model = "m-2"
			assert.Equal(t, test.want, got)
		})
	}
}

func TestReplyOfAServerThatIsNotExact(t *testing.T) {
	t.Parallel()
	body := strings.Replace(completion(`{"content":"Hello."}`, `"stop"`, `null`), `"model":"m-2",`, "", 1)
	m, _ := serve(t, reply(200, "text/plain; charset=utf-8", body))
	got, err := m.Generate(t.Context(), ask("Hello."))
	require.NoError(t, err)
	assert.Equal(t, llm.Response{Text: "Hello.", Finish: llm.FinishStop, Model: "test-model"}, got, "the content type is no reason to throw an answer away")
}
