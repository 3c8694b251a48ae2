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
	var it norm.Iter
	it.InitString(norm.NFC, s)
	for last := byte(0); !it.Done(); {
		at := it.Pos()
		character := it.Next()
		plain := plainForm(character)
		if plain != 0 && plain == last && plain != '\'' && plain != '"' {
			continue // a run of white space or of hyphens
		}
		last = plain
		if plain != 0 {
			character = []byte{plain}
		}
		f.add(character, at)
	}
	f.origin = append(f.origin, len(s))
	return f
}

func (f *folding) add(character []byte, at int) {
	for i, b := range character {
		f.text = append(f.text, b)
		if i > 0 {
			at = insideCharacter
		}
		f.origin = append(f.origin, at)
	}
}

// plainForm returns the character that stands for white space, a quotation mark, an apostrophe or a dash; 0 for any other.
func plainForm(character []byte) byte {
	r, size := utf8.DecodeRune(character)
	switch {
	case size != len(character):
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
