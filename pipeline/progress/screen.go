package progress

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// screen is where the line is shown. It has one user at a time.
type screen struct {
	w     io.Writer
	width func() int // of the terminal; nil if it is none
	shown string     // what stands on the terminal
}

// unknownWidth is taken for that of a terminal that does not tell.
const unknownWidth = 80

// show writes parts as a line; the last one is followed by the end of the line on a terminal, too.
func (s *screen) show(parts []string, last bool) error {
	if s.width == nil {
		return s.put(join(parts) + "\n")
	}
	columns := s.width()
	if columns <= 0 {
		columns = unknownWidth
	}
	text := fit(parts, columns-1) // a line that fills the last column may wrap
	if text == s.shown && !last {
		return nil
	}
	rest := min(cells(s.shown), columns-1) - cells(text)
	out := "\r" + text + strings.Repeat(" ", max(0, rest)) // blanks instead of a control sequence, which not every terminal knows
	if last {
		out += "\n"
	}
	s.shown = text
	if last {
		s.shown = ""
	}
	return s.put(out)
}

// above writes lines in the place of what is shown, which moves below them.
func (s *screen) above(lines []byte) (int, error) {
	if s.shown == "" || len(lines) == 0 {
		return s.w.Write(lines)
	}
	if err := s.put("\r" + strings.Repeat(" ", cells(s.shown)) + "\r"); err != nil {
		return 0, err
	}
	n, err := s.w.Write(lines)
	if err != nil {
		return n, err
	}
	end := ""
	if lines[len(lines)-1] != '\n' {
		end = "\n"
	}
	return n, s.put(end + s.shown)
}

func (s *screen) put(text string) error {
	n, err := io.WriteString(s.w, text)
	switch {
	case err != nil:
		return fmt.Errorf("write: %w", err)
	case n < len(text):
		return fmt.Errorf("write: %w", io.ErrShortWrite)
	default:
		return nil
	}
}

func join(parts []string) string {
	var b strings.Builder
	for _, p := range parts {
		if p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p)
	}
	return b.String()
}

// fit returns as many of the parts as there is room for, at least the begin of the first.
func fit(parts []string, columns int) string {
	for n := len(parts); n > 0; n-- {
		if text := join(parts[:n]); cells(text) <= columns || n == 1 {
			return cut(text, columns)
		}
	}
	return ""
}

// cut returns the begin of text that takes at most so many columns.
func cut(text string, columns int) string {
	for i, r := range text {
		columns -= runeCells(r)
		if columns < 0 {
			return text[:i]
		}
	}
	return text
}

// cells returns how many columns text takes.
func cells(text string) int {
	n := 0
	for _, r := range text {
		n += runeCells(r)
	}
	return n
}

// runeCells follows Unicode Standard Annex #11: what is wide takes two columns, what combines none.
func runeCells(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}
