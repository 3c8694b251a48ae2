package retrieval

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode"

	"github.com/clipperhouse/uax29/v2/sentences"
)

const (
	defaultTokens = 200
	bytesPerToken = 4 // English prose under byte-pair vocabularies; also the longest rune, so any limit holds at least one rune
)

// Splitter cuts documents into passages that are small enough to be retrieved and shown one by one.
//
// A passage holds as many whole paragraphs of one section as its size admits; a paragraph that is too long is cut between
// sentences (Unicode Standard Annex 29), a sentence between words, a word between characters. A markdown heading ("#" to
// "######", outside fenced code) starts a new section and stays with its first paragraph where both fit; headings without text
// between them stay together. White space around a passage belongs to none; every other byte of the document belongs to exactly
// one passage.
//
// The zero value is a splitter with the defaults. A splitter is immutable and safe for concurrent use.
type Splitter struct {
	tokens int // 0 is defaultTokens
}

// SplitterOption configures a [Splitter].
type SplitterOption interface{ apply(*Splitter) error }

type splitterOption func(*Splitter) error

func (f splitterOption) apply(s *Splitter) error { return f(s) }

// WithTokens sets the largest size of a passage, 200 by default, which must be positive. A token is estimated as four bytes of
// UTF-8, about three quarters of an English word, so the default is about 150 words.
func WithTokens(n int) SplitterOption {
	return splitterOption(func(s *Splitter) error {
		if n <= 0 || n > math.MaxInt/bytesPerToken {
			return fmt.Errorf("retrieval: a passage of %d tokens; the size must be from 1 to %d", n, math.MaxInt/bytesPerToken)
		}
		s.tokens = n
		return nil
	})
}

// NewSplitter returns a splitter, or every error of its options.
func NewSplitter(opts ...SplitterOption) (*Splitter, error) {
	var (
		s    Splitter
		errs []error
	)
	for _, opt := range opts {
		errs = append(errs, opt.apply(&s))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &s, nil
}

// Split cuts text into passages in the order of the text. Equal arguments give equal passages; a text of white space gives none.
// Text that is not valid UTF-8 is cut by the same rules, each invalid byte being a character.
func (s *Splitter) Split(document, text string) []Passage {
	var passages []Passage
	for _, sec := range sections(text) {
		levels := []boundaries{paragraphs, sentenceEnds, words, characters}
		for _, at := range pack(cut(text, sec.span, levels, s.limit()), s.limit()) {
			passages = append(passages, Passage{
				ID:       passageID(document, len(passages)+1),
				Document: document,
				Headings: sec.headings,
				Start:    at.start,
				End:      at.end,
				Text:     text[at.start:at.end],
			})
		}
	}
	return passages
}

// limit is the largest size of a passage in bytes.
func (s *Splitter) limit() int {
	if s.tokens == 0 {
		return defaultTokens * bytesPerToken
	}
	return s.tokens * bytesPerToken
}

// span is the bytes from start up to, not including, end.
type span struct{ start, end int }

func (s span) size() int { return s.end - s.start }

// trim moves both ends of s over white space.
func (s span) trim(text string) span {
	part := text[s.start:s.end]
	start := s.start + len(part) - len(strings.TrimLeftFunc(part, unicode.IsSpace))
	return span{start, start + len(strings.TrimSpace(part))}
}

// cut divides s into spans of at most limit bytes without white space around them, at the boundaries of the first level that
// makes them small enough.
func cut(text string, s span, levels []boundaries, limit int) []span {
	s = s.trim(text)
	switch {
	case s.size() == 0:
		return nil
	case s.size() <= limit:
		return []span{s}
	}
	var parts []span
	start := s.start
	for _, end := range levels[0](text[s.start:s.end]) {
		parts = append(parts, cut(text, span{start, s.start + end}, levels[1:], limit)...)
		start = s.start + end
	}
	return parts
}

// pack joins neighbours while they fit in limit bytes together with what lies between them.
func pack(parts []span, limit int) []span {
	var packed []span
	for _, p := range parts {
		if last := len(packed) - 1; last >= 0 && p.end-packed[last].start <= limit {
			packed[last].end = p.end
			continue
		}
		packed = append(packed, p)
	}
	return packed
}

// boundaries lists the ends of the parts of a text, ascending, the end of the text last.
type boundaries func(text string) []int

// paragraphs ends a part after every blank line, but not between a heading and the paragraph below it.
func paragraphs(text string) []int {
	var ends []int
	at := 0
	hasBody := false
	for line := range strings.Lines(text) {
		at += len(line)
		level, _ := heading(line)
		switch blank := strings.TrimSpace(line) == ""; {
		case blank && hasBody:
			ends = append(ends, at)
			hasBody = false
		case !blank && level == 0:
			hasBody = true
		}
	}
	return append(ends, len(text))
}

func sentenceEnds(text string) []int {
	var ends []int
	for it := sentences.FromString(text); it.Next(); {
		ends = append(ends, it.End())
	}
	return append(ends, len(text))
}

// words ends a part before every white space.
func words(text string) []int {
	var ends []int
	for i, r := range text {
		if unicode.IsSpace(r) {
			ends = append(ends, i)
		}
	}
	return append(ends, len(text))
}

func characters(text string) []int {
	var ends []int
	for i := range text {
		ends = append(ends, i)
	}
	return append(ends, len(text))
}
