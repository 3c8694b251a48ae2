package cassette

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/gloss-sdk/gloss/llm"
)

// describe names a request without its text.
func describe(k key, req llm.Request) string {
	sizes := make([]string, len(req.Messages))
	for i, m := range req.Messages {
		sizes[i] = fmt.Sprintf("%s %d", m.Role, len(m.Text))
	}
	schema := "no schema"
	if req.Reply != nil {
		schema = fmt.Sprintf("schema %q", req.Reply.Name)
	}
	return fmt.Sprintf("request %s (bytes of its messages: [%s]; %s)", hex.EncodeToString(k[:6]), strings.Join(sizes, ", "), schema)
}

// nearest says how the recorded request that differs in the fewest parts differs from req; the first of equals.
func (p *Player) nearest(req llm.Request) string {
	if len(p.requests) == 0 {
		return "the cassette holds no calls"
	}
	at, least := 0, differences(req, p.requests[0])
	for i, recorded := range p.requests[1:] {
		if d := differences(req, recorded); len(d) < len(least) {
			at, least = i+1, d
		}
	}
	const shown = 4
	more := ""
	if len(least) > shown {
		more = fmt.Sprintf(" and %d more", len(least)-shown)
		least = least[:shown]
	}
	return fmt.Sprintf("of the %d calls that are, the most similar, on line %d, differs in %s%s",
		len(p.requests), at+2, strings.Join(least, ", "), more)
}

// differences names the parts in which two requests differ.
func differences(req, recorded llm.Request) []string {
	var d []string
	if n, m := len(req.Messages), len(recorded.Messages); n != m {
		d = append(d, fmt.Sprintf("the number of messages (%d, recorded %d)", n, m))
	}
	for i := range min(len(req.Messages), len(recorded.Messages)) {
		a, b := req.Messages[i], recorded.Messages[i]
		if a.Role != b.Role {
			d = append(d, fmt.Sprintf("the role of message %d", i+1))
		}
		if a.Text != b.Text {
			d = append(d, fmt.Sprintf("the text of message %d (%d bytes, recorded %d)", i+1, len(a.Text), len(b.Text)))
		}
	}
	if !equal(req.Reply, recorded.Reply) {
		d = append(d, "the schema of the reply")
	}
	if !equal(req.Temperature, recorded.Temperature) {
		d = append(d, "the temperature")
	}
	if req.MaxTokens != recorded.MaxTokens {
		d = append(d, fmt.Sprintf("the bound of the answer (%d, recorded %d)", req.MaxTokens, recorded.MaxTokens))
	}
	if !equal(req.Seed, recorded.Seed) {
		d = append(d, "the seed")
	}
	return d
}

// equal compares as [keyOf] does. A value that cannot be encoded is in no request that came this far.
func equal(a, b any) bool {
	x, _ := encode(a)
	y, _ := encode(b)
	return bytes.Equal(x, y)
}
