package userdata

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Locate finds the first place where text reads as quote does. Start and End of the span count bytes of text as given, and Quote is
// text[Start:End], which may differ from the argument.
//
// People and models seldom quote byte for byte, so both strings are compared after Unicode normalisation (NFC) with every run of white space
// as one space, typographic quotation marks and apostrophes as the plain ones, and dashes and runs of hyphens as one hyphen. White space at
// either end of quote does not count. Letters, their case and all other characters must agree. A quote without anything but white space is
// not found.
func Locate(text, quote string) (Span, bool) {
	sought := bytes.Trim(fold(quote).text, " ")
	if len(sought) == 0 {
		return Span{}, false
	}
	folded := fold(text)
	for from := 0; ; {
		i := bytes.Index(folded.text[from:], sought)
		if i < 0 {
			return Span{}, false
		}
		start, end := folded.origin[from+i], folded.origin[from+i+len(sought)]
		if start >= 0 && end >= 0 {
			return Span{Start: start, End: end, Quote: text[start:end]}, true
		}
		from += i + 1
	}
}

// folding is a text in the form that quotations are compared in. Byte i of it stems from the original text at origin[i]; origin is
// negative inside a character and has one more element for the end.
type folding struct {
	text   []byte
	origin []int
}

const insideCharacter = -1

func fold(s string) folding {
	f := folding{text: make([]byte, 0, len(s)), origin: make([]int, 0, len(s)+1)}
	last := rune(0)
	for rest := s; rest != ""; {
		at := len(s) - len(rest)
		character := rest[:characterSize(rest)]
		rest = rest[len(character):]
		if len(character) > 1 {
			character = norm.NFC.String(character)
		}
		plain := plainForm(character)
		if plain == last && (plain == ' ' || plain == '-') {
			continue // a run
		}
		last = plain
		f.add(character, plain, at)
	}
	f.origin = append(f.origin, len(s))
	return f
}

// characterSize returns the length of the first character of s, with the marks that combine with it. No mark is ASCII.
func characterSize(s string) int {
	if s[0] < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf) {
		return 1
	}
	return norm.NFC.NextBoundaryInString(s, true)
}

// add appends a character, or the plain one that stands for it.
func (f *folding) add(character string, plain rune, origin int) {
	if plain != 0 {
		f.text = append(f.text, byte(plain))
		f.origin = append(f.origin, origin)
		return
	}
	f.text = append(f.text, character...)
	f.origin = append(f.origin, origin)
	for range len(character) - 1 {
		f.origin = append(f.origin, insideCharacter)
	}
}

// plainForm returns the ASCII character that stands for white space, a quotation mark, an apostrophe or a dash; 0 for any other.
func plainForm(character string) rune {
	r, size := utf8.DecodeRuneInString(character)
	switch {
	case size != len(character):
		return 0
	case 'a' <= r|' ' && r|' ' <= 'z': // most characters of a text
		return 0
	case unicode.IsSpace(r):
		return ' '
	case strings.ContainsRune("'`´‘’‚‛′ʼ‹›", r):
		return '\''
	case strings.ContainsRune("\"“”„‟″«»", r):
		return '"'
	case strings.ContainsRune("-‐‑‒–—―−", r):
		return '-'
	}
	return 0
}

// runeBoundaries reports whether both ends of a span within text lie between characters.
func runeBoundaries(text string, s Span) bool {
	return utf8.RuneStart(text[s.Start]) && (s.End == len(text) || utf8.RuneStart(text[s.End]))
}
