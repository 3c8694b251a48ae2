package record

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// appendQuoted appends the JSON of s as encoding/json writes it with nothing escaped for HTML.
func appendQuoted(b []byte, s string) []byte {
	b, _ = quote(b, s)
	return b
}

// quote is appendQuoted; valid reports whether s is UTF-8, so that nothing of it is lost.
func quote(b []byte, s string) (quoted []byte, valid bool) {
	valid = true
	b = append(b, '"')
	for len(s) > 0 {
		n := plainPrefix(s)
		b = append(b, s[:n]...)
		s = s[n:]
		if len(s) == 0 {
			break
		}
		if c := s[0]; c < utf8.RuneSelf {
			b = appendEscaped(b, c)
			s = s[1:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			b, valid = append(b, `\ufffd`...), false
		case r == '\u2028' || r == '\u2029': // they end lines in JavaScript
			b = append(b, `\u202`...)
			b = append(b, hexDigits[r&0xf])
		default:
			b = append(b, s[:size]...)
		}
		s = s[size:]
	}
	return append(b, '"'), valid
}

func appendEscaped(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	default:
		return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
	}
}

// plainPrefix returns how many bytes s begins with that stand for themselves in JSON. It looks at sixteen bytes at a time: an essay is
// mostly such bytes.
func plainPrefix(s string) int {
	i := 0
	for ; i+16 <= len(s); i += 16 {
		pair := []byte(s[i : i+16])
		if special(binary.LittleEndian.Uint64(pair))|special(binary.LittleEndian.Uint64(pair[8:])) != 0 {
			break
		}
	}
	for ; i+8 <= len(s); i += 8 {
		if found := special(binary.LittleEndian.Uint64([]byte(s[i : i+8]))); found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			break
		}
	}
	return i
}

// special sets the high bit of each byte of x that is not ASCII, below a space, a quote or a backslash. Behind the lowest such byte there
// may be others by mistake, so only the lowest counts.
func special(x uint64) uint64 {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	quote, slash := x^(ones*'"'), x^(ones*'\\')
	return (x | (x - ones*' ') | (quote - ones) | (slash - ones)) & highs
}
