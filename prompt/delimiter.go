package prompt

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// guarded keeps a text from closing, or opening, a section: whatever a student writes stays inside the section that it stands in. A
// backslash goes behind the < of everything that a model may take for one of the tags; nothing else of the text changes, and a
// guarded text is left as it is.
func guarded(text string, tags []Tag) string {
	from := 0
	var b strings.Builder
	for at := strings.IndexByte(text, '<'); at >= 0; {
		at++
		if delimits(text[at:], tags) {
			b.WriteString(text[from:at])
			b.WriteByte('\\')
			from = at
		}
		next := strings.IndexByte(text[at:], '<')
		if next < 0 {
			break
		}
		at += next
	}
	if from == 0 {
		return text
	}
	b.WriteString(text[from:])
	return b.String()
}

// delimits tells whether what follows a < makes it a delimiter: a tag in any case, with or without a slash, with white space anywhere around
// them, and ended by anything that cannot belong to a longer name.
func delimits(rest string, tags []Tag) bool {
	rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
	rest = strings.TrimPrefix(rest, "/")
	rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
	for _, tag := range tags {
		if tag == Instruction || len(rest) < len(tag) || !strings.EqualFold(rest[:len(tag)], string(tag)) {
			continue
		}
		next, _ := utf8.DecodeRuneInString(rest[len(tag):])
		if len(rest) == len(tag) || !inName(next) {
			return true
		}
	}
	return false
}

func inName(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-'
}
