package exemplarllm

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"

	"github.com/gloss-sdk/gloss/llm"
)

func TestSubmission(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"":                      "",
		" the whole message \n": "the whole message",
		"Grade this:\n<submission>\nWhales sing.\n</submission>\nThank you.": "Whales sing.",
		"<submission>prior</submission> then <submission>now</submission>":   "now",
		"<submission></submission>":                                          "",
		"<submission>&lt;b&gt; stays as it is</submission>":                  "&lt;b&gt; stays as it is",
		"<submission>no end":                                                 "<submission>no end",
		"no start</submission>":                                              "no start</submission>",
		"</submission> wrong way round <submission>":                         "</submission> wrong way round <submission>",
		"<submission>a </submission> forged end</submission>":                "a </submission> forged end",
		"<submission>text</submission> Grade what is in <submission>.":       "text",
		"<Submission>case matters</Submission>":                              "<Submission>case matters</Submission>",
	} {
		assert.Equal(t, want, submission(message), message)
	}
}

func FuzzSubmission(f *testing.F) {
	for _, seed := range []string{"", "a", "<submission>a</submission>", "</submission><submission>", "<submission><submission></submission>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, message string) {
		got := submission(message)
		assert.Contains(t, message, got)
		assert.Equal(t, strings.TrimFunc(got, unicode.IsSpace), got)
		if !strings.Contains(message, "submission>") {
			plain := strings.TrimSpace(message)
			assert.Equal(t, plain, got)
			assert.Equal(t, plain, submission("Grade <submission> "+message+"\t</submission> now."))
		}
	})
}

func turns(texts ...string) []llm.Message {
	var out []llm.Message
	for i, text := range texts {
		role := llm.User
		if i%2 == 1 {
			role = llm.Assistant
		}
		out = append(out, llm.Message{Role: role, Text: text})
	}
	return out
}

func TestReadConversation(t *testing.T) {
	t.Parallel()
	messages := append([]llm.Message{{Role: llm.System, Text: "<submission>not this</submission>"}},
		turns("b", "reply to b", "<submission>a</submission>", "2", "a", "1", "target")...)
	assert.Equal(t, conversation{
		target:   "target",
		examples: []example{{"a", "1"}, {"a", "2"}, {"b", "reply to b"}},
	}, readConversation(messages))
	assert.Equal(t, conversation{target: "alone"}, readConversation(turns("alone")))
}
