package openaillm

import (
	"slices"
	"strings"
	"unicode"

	"github.com/gloss-sdk/gloss/llm"
)

const (
	mostRead  = 1 << 16 // bytes of a server's message that are looked at
	mostShown = 300     // characters of it that are shown
	echo      = 20      // characters in a row that must stand in the prompt to be taken for a part of it
)

// shown returns text, which a server may have written, as one line that can stand in an error: of bounded length, without the client's credentials
// and without longer parts of the prompt. Servers do quote both.
func (m *Model) shown(req llm.Request, text string) string {
	text = line(text[:min(len(text), mostRead)])
	for _, c := range m.credentials {
		text = strings.ReplaceAll(text, c, "[secret]")
	}
	runes := []rune(text)
	if len(runes) > mostShown {
		runes = append(runes[:mostShown], '…')
	}
	var prompt []string
	for _, message := range req.Messages {
		prompt = append(prompt, line(message.Text))
	}
	return withoutEcho(runes, prompt)
}

// line puts s on one line: each run of white space and control characters becomes a space.
func line(s string) string {
	words := strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	return strings.Join(words, " ")
}

// withoutEcho returns text with a mark in the place of every part of at least echo characters that stands in one of the texts of the prompt.
func withoutEcho(text []rune, prompt []string) string {
	quoted := func(part []rune) bool {
		return slices.ContainsFunc(prompt, func(p string) bool { return strings.Contains(p, string(part)) })
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		end := i + echo
		if end > len(text) || !quoted(text[i:end]) {
			b.WriteRune(text[i])
			i++
			continue
		}
		for end < len(text) && quoted(text[i:end+1]) {
			end++
		}
		b.WriteString("[prompt]")
		i = end
	}
	return b.String()
}
