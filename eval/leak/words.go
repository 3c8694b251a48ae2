package leak

import (
	"unicode"
	"unicode/utf8"
)

// eachWord calls f with every word of text, without regard to case, until f returns false. The bytes are valid until f returns.
func eachWord(text string, f func(word []byte) (more bool)) {
	var word []byte
	more := true
	whole := false // the word is a letter of a script without spaces: marks may follow, letters may not
	end := func() {
		if len(word) > 0 && more {
			more = f(word)
		}
		word, whole = word[:0], false
	}
	for i := 0; i < len(text) && more; {
		if c := text[i]; c < utf8.RuneSelf { // nearly all of it, and quicker than by runes
			i++
			switch {
			case 'A' <= c && c <= 'Z':
				c += 'a' - 'A'
			case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
			default:
				end()
				continue
			}
			if whole {
				end()
			}
			word = append(word, c)
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		r = fold(r)
		if whole && !unicode.IsMark(r) {
			end()
		}
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			word = append(word, byte(r))
		case r < utf8.RuneSelf:
			end()
		case unicode.IsMark(r) && len(word) > 0:
			word = utf8.AppendRune(word, r)
		case unspaced(r):
			end()
			word, whole = utf8.AppendRune(word, r), true
		case unicode.IsLetter(r), unicode.IsNumber(r):
			word = utf8.AppendRune(word, r)
		case unicode.Is(unicode.Cf, r): // soft hyphens, joiners, direction marks: nobody sees them
		default:
			end()
		}
	}
	end()
}

// unspaced reports whether r is a letter of a script that puts no spaces between words.
func unspaced(r rune) bool {
	return unicode.IsLetter(r) && unicode.In(r,
		unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// fold maps letters that are one letter in upper case, such as the Greek sigmas, to one letter. It comes before anything else is asked of
// a rune: the mark U+0345 is a letter in upper case.
func fold(r rune) rune {
	switch {
	case 'A' <= r && r <= 'Z':
		return r + 'a' - 'A'
	case r < utf8.RuneSelf:
		return r
	default:
		return unicode.ToLower(unicode.ToUpper(r))
	}
}

// Words counts the words of text as [Check] does, up to a number of them that is enough.
func Words(text string, enough int) int {
	n := 0
	eachWord(text, func([]byte) bool { n++; return n < enough })
	return n
}
