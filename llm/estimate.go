package llm

import "unicode"

// Estimate is the [Counter] that needs no vocabulary: it adds up what the pieces of a text cost on average. The zero value is ready
// for use, and a count takes one pass without allocations. The costs, in tokens:
//
//   - a word of up to 7 letters: 1; from the 8th letter on 0.08 more for each, from the 15th on 0.3
//   - in a word: a capital after a capital 0.2, after a small letter 1; a Latin letter beyond ASCII 0.6, one of another alphabet
//     0.25; an apostrophe 0.8
//   - a Chinese character, a kana or a Korean syllable: 0.85
//   - digits: 1 for up to three
//   - a run of symbols: 1, and 0.25 for each after the first, or 0.1 where one repeats; beyond ASCII 1 each; an emoji 2, a styled
//     letter such as U+1D400 3
//   - a run of newlines: 1, or 0.15 after a symbol
//   - a blank: nothing, a run of blanks 1
//
// They were fitted to the tokenizers o200k_base and cl100k_base, and the error was measured against these two. On student writing in
// English the total of a corpus is off by 0.6 % (2,112 short answers of SAF), 1.7 % (84 essays of the quickstart) and 3.3 % (171 essays of
// ArgRewrite) at most; of single texts of 100 words and more, 718 of 719 are within 15 %, the mean error is between 1 % and 3.4 %, and the
// worst 15.1 %. A JSON Schema is within 5 %, a compact one within 15 %. Other languages are rough, because the two encodings differ among
// themselves: German is 9 % and 31 % too low, Spanish 2 % too high and 19 % too low, Russian 33 % too high and 27 % too low, Chinese 15 %
// too high and 26 % too low. The command that prints these figures:
//
//	go test -C llm/tiktokens -run TestEstimate -v
//
// The tokenizers of other providers were not measured.
type Estimate struct{}

var _ Counter = Estimate{}

// CountTokens returns the estimate for text, rounded up; 0 for the empty text.
func (Estimate) CountTokens(text string) int {
	var s pieces
	for _, r := range text {
		small := 'a' <= r && r <= 'z'
		switch { // what nearly all of a text is; add says the same
		case small && s.run < 7 && s.last.inWord():
			s.run, s.last, s.rune = s.run+1, lower, r
		case small && !s.last.inWord():
			s.cost, s.run, s.last, s.rune = s.cost+perToken, 1, lower, r
		case r == ' ' && s.last != blank:
			s.run, s.last, s.rune = 1, blank, r
		default:
			s.add(r)
		}
	}
	return (s.cost + perToken - 1) / perToken
}

// perToken is the unit of costs: they are hundredths of a token, so that sums are exact.
const perToken = 100

// piece is a kind of rune that a tokenizer's vocabulary treats alike.
type piece uint8

const (
	none piece = iota
	lower
	upper
	foreign // a letter beyond ASCII, or an apostrophe inside of a word
	ideograph
	digit
	blank
	newline
	symbol
)

func (p piece) inWord() bool { return lower <= p && p <= foreign }

// pieces adds up costs rune by rune. A rune never costs less than nothing, so a longer text never counts less than its beginning.
type pieces struct {
	cost int
	run  int // the length of the piece so far
	last piece
	rune rune
}

func (s *pieces) add(r rune) {
	p := pieceOf(r)
	if apostrophe(r) && s.last.inWord() {
		p = foreign
	}
	if p == s.last || p.inWord() && s.last.inWord() {
		s.run++
	} else {
		s.run = 1
	}
	switch p {
	case lower, upper, foreign:
		s.cost += s.letter(r, p)
	case ideograph:
		s.cost += 85
	case digit:
		s.cost += when(s.run%3 == 1, perToken, 0)
	case blank: // one blank belongs to the word after it
		s.cost += when(s.run == 2, perToken, 0)
	case newline:
		s.cost += s.newline()
	default:
		s.cost += s.symbol(r)
	}
	s.last, s.rune = p, r
}

// letter: common words are one token, long and rare ones are several.
func (s *pieces) letter(r rune, p piece) int {
	switch {
	case r > 0xFFFF: // styled letters, which no vocabulary holds
		return 3 * perToken
	case s.run == 1:
		return perToken
	case apostrophe(r):
		return 80
	case p == foreign && r < 0x250: // Latin
		return 60
	case p == foreign:
		return 25
	case p == upper && s.last == upper:
		return 20
	case p == upper: // camelCase
		return perToken
	case s.run <= 7:
		return 0
	case s.run <= 14:
		return 8
	default:
		return 30
	}
}

// newline: it joins the symbols before it, and other newlines.
func (s *pieces) newline() int {
	switch {
	case s.last == symbol:
		return 15
	case s.run == 1:
		return perToken
	default:
		return 0
	}
}

// symbol: runs of ASCII punctuation are common tokens, emoji are two tokens and more.
func (s *pieces) symbol(r rune) int {
	switch {
	case s.run > 1 && r == s.rune:
		return 10
	case r > 0xFFFF:
		return 2 * perToken
	case r >= 0x80:
		return perToken
	case s.run > 1:
		return 25
	default:
		return perToken
	}
}

func pieceOf(r rune) piece {
	switch {
	case 'a' <= r && r <= 'z':
		return lower
	case 'A' <= r && r <= 'Z':
		return upper
	case '0' <= r && r <= '9':
		return digit
	case r == ' ' || r == '\t':
		return blank
	case r == '\n' || r == '\r':
		return newline
	case r < 0x80:
		return symbol
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
		return ideograph
	case unicode.IsLetter(r) || unicode.IsMark(r):
		return foreign
	case unicode.IsDigit(r):
		return digit
	default:
		return symbol
	}
}

func apostrophe(r rune) bool { return r == '\'' || r == '’' }

func when(ok bool, then, otherwise int) int {
	if ok {
		return then
	}
	return otherwise
}
