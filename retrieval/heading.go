package retrieval

import (
	"slices"
	"strings"
)

// section is a part of a document under one path of headings, its own heading lines included.
type section struct {
	span
	headings []string
}

// sections cuts a text before every heading that follows other text. A text without headings is one section.
func sections(text string) []section {
	var (
		out     []section
		open    section
		above   outline
		at      int
		hasBody bool
		fenced  bool
	)
	for line := range strings.Lines(text) {
		level, title := heading(line)
		switch {
		case isFence(line):
			fenced, hasBody = !fenced, true
		case level > 0 && !fenced:
			if hasBody {
				open.end = at
				out = append(out, open)
				open, hasBody = section{span: span{start: at}}, false
			}
			above.enter(level, title)
			open.headings = above.path()
		case strings.TrimSpace(line) != "":
			hasBody = true
		}
		at += len(line)
	}
	open.end = at
	return append(out, open)
}

// outline is the headings in force at a place, by level.
type outline [6]string

func (o *outline) enter(level int, title string) {
	o[level-1] = title
	clear(o[level:])
}

// path lists the headings in force, outermost first; levels that a document skips and headings without text are left out.
func (o *outline) path() []string {
	return slices.DeleteFunc(slices.Clone(o[:]), func(title string) bool { return title == "" })
}

// heading reads a line as an ATX heading of CommonMark (0.31.2, section 4.2): up to three spaces, one to six "#", white space or
// the end of the line, the title, and perhaps closing "#". Its level is 0 when the line is something else.
func heading(line string) (level int, title string) {
	marks := unindent(line)
	rest := strings.TrimLeft(marks, "#")
	level = len(marks) - len(rest)
	if level < 1 || level > len(outline{}) || (rest != "" && !strings.ContainsAny(rest[:1], " \t\r\n")) {
		return 0, ""
	}
	title = strings.TrimSpace(rest)
	if open := strings.TrimRight(title, "#"); open != strings.TrimRight(open, " \t") || open == "" {
		title = strings.TrimSpace(open)
	}
	return level, title
}

// isFence reports whether a line opens or closes fenced code.
func isFence(line string) bool {
	line = unindent(line)
	return strings.HasPrefix(line, "```") || strings.HasPrefix(line, "~~~")
}

// unindent removes the up to three spaces that markdown ignores before a mark.
func unindent(line string) string {
	trimmed := strings.TrimLeft(line, " ")
	if len(line)-len(trimmed) > 3 {
		return line
	}
	return trimmed
}
