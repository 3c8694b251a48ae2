package prompt

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// A number is looked at exactly, which costs the more the longer it is: a reply that is hostile or gone astray must not make that dear.
const (
	maxNumber   = 64
	maxExponent = 1000
)

// scanner reads the tokens of a JSON text (RFC 8259) without copying them.
type scanner struct {
	text string
	at   int
}

// space skips white space and returns the next byte, 0 at the end.
func (s *scanner) space() byte {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case ' ', '\n', '\r', '\t':
		default:
			return c
		}
	}
	return 0
}

// accept skips white space and then c, if c is next.
func (s *scanner) accept(c byte) bool {
	if s.space() != c {
		return false
	}
	s.at++
	return true
}

// word skips w, if w is next.
func (s *scanner) word(w string) bool {
	if !strings.HasPrefix(s.text[s.at:], w) {
		for i := 0; i < len(w) && s.at < len(s.text) && s.text[s.at] == w[i]; i++ {
			s.at++ // to the byte at fault
		}
		return false
	}
	s.at += len(w)
	return true
}

// str reads a string and returns what stands between its quotation marks, and whether that has escapes.
func (s *scanner) str() (raw string, escaped, ok bool) {
	if !s.accept('"') {
		return "", false, false
	}
	start := s.at
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return s.text[start : s.at-1], escaped, true
		case c < ' ':
			return "", false, false
		case c == '\\':
			escaped = true
			s.at++
			if !s.escape() {
				return "", false, false
			}
		default:
			s.at++
		}
	}
	return "", false, false
}

// escape reads what follows a backslash.
func (s *scanner) escape() bool {
	if s.at == len(s.text) {
		return false
	}
	switch s.text[s.at] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at++
		return true
	case 'u':
		s.at++
	default:
		return false
	}
	for range 4 {
		if s.at == len(s.text) || !strings.ContainsRune("0123456789abcdefABCDEF", rune(s.text[s.at])) {
			return false
		}
		s.at++
	}
	return true
}

// number reads a number.
func (s *scanner) number() (raw string, ok bool) {
	start := s.at
	if s.at < len(s.text) && s.text[s.at] == '-' {
		s.at++
	}
	if s.at < len(s.text) && s.text[s.at] == '0' {
		s.at++ // a digit after a leading zero belongs to nothing
	} else if s.digits() == 0 {
		return "", false
	}
	if s.at < len(s.text) && s.text[s.at] == '.' {
		s.at++
		if s.digits() == 0 {
			return "", false
		}
	}
	if s.at < len(s.text) && (s.text[s.at] == 'e' || s.text[s.at] == 'E') {
		s.at++
		if s.at < len(s.text) && (s.text[s.at] == '+' || s.text[s.at] == '-') {
			s.at++
		}
		if s.digits() == 0 {
			return "", false
		}
	}
	return s.text[start:s.at], true
}

func (s *scanner) digits() int {
	start := s.at
	for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at - start
}

// unquote returns the string that raw, the inside of a JSON string, stands for.
func unquote(raw string, escaped bool) (string, error) {
	if !escaped {
		return raw, nil
	}
	var out string
	if err := json.Unmarshal([]byte(`"`+raw+`"`), &out); err != nil {
		return "", fmt.Errorf("a string that cannot be read: %w", err)
	}
	return out, nil
}

// usable tells whether a number can be held in a float64, and looked at exactly without much work.
func usable(raw string) bool {
	if len(raw) > maxNumber {
		return false
	}
	if e := strings.IndexAny(raw, "eE"); e >= 0 {
		exponent, err := strconv.Atoi(raw[e+1:])
		if err != nil || exponent > maxExponent || exponent < -maxExponent {
			return false
		}
	}
	_, err := strconv.ParseFloat(raw, 64)
	return err == nil
}
