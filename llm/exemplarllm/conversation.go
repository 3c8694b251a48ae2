package exemplarllm

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/llm"
)

// example is a worked example: a student's text and the reply to it.
type example struct {
	text  string
	reply string
}

// conversation is what a request shows: worked examples and the text to answer.
type conversation struct {
	examples []example
	target   string
}

// readConversation reads the turns of a valid request. The examples are sorted, so that their order in the request cannot change a
// sum in its last bit, nor a tie.
func readConversation(messages []llm.Message) conversation {
	turns := messages
	if turns[0].Role == llm.System {
		turns = turns[1:]
	}
	c := conversation{target: submission(turns[len(turns)-1].Text)}
	for i := 0; i+1 < len(turns); i += 2 {
		c.examples = append(c.examples, example{submission(turns[i].Text), turns[i+1].Text})
	}
	slices.SortFunc(c.examples, func(a, b example) int {
		return cmp.Or(strings.Compare(a.text, b.text), strings.Compare(a.reply, b.reply))
	})
	return c
}

const (
	openTag  = "<submission>"
	closeTag = "</submission>"
)

// submission returns the student's text in a user message; see the package documentation.
func submission(message string) string {
	if end := strings.LastIndex(message, closeTag); end >= 0 {
		if start := strings.LastIndex(message[:end], openTag); start >= 0 {
			message = message[start+len(openTag) : end]
		}
	}
	return strings.TrimSpace(message)
}
