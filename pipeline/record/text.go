package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// minText is the length, in bytes of JSON between the quotes, from which a string is stored as a text of its own: shorter ones cost less than
// the reference.
const minText = 64

const (
	textKey = "$text"
	refHead = `{"` + textKey + `":"`
	refTail = `"}`
)

// split replaces the long strings of src by references and marks keys that look like one. src is valid compact JSON; text stores the JSON of
// a string and returns its hash. It works on bytes, so that joining restores src to the byte, numbers and key order included.
func split(src []byte, text func(token []byte) Hash) []byte {
	out := make([]byte, 0, min(len(src), bufferSize))
	for len(src) > 0 {
		start := bytes.IndexByte(src, '"')
		if start < 0 {
			return append(out, src...)
		}
		out = append(out, src[:start]...)
		src = src[start:]
		token := src[:tokenLen(src)]
		src = src[len(token):]
		isKey := len(src) > 0 && src[0] == ':'
		switch {
		case isKey && dollars(token) > 0:
			out = append(out, `"$`...)
			out = append(out, token[1:]...)
		case !isKey && len(token)-2 >= minText:
			out = append(out, refHead...)
			out = append(out, text(token)...)
			out = append(out, refTail...)
		default:
			out = append(out, token...)
		}
	}
	return out
}

// join undoes split: text returns the JSON of the string that a hash names.
func join(stored []byte, text func(Hash) ([]byte, error)) ([]byte, error) {
	var out []byte
	for len(stored) > 0 {
		start := bytes.IndexByte(stored, '"')
		if start < 0 {
			break
		}
		if start > 0 && bytes.HasPrefix(stored[start-1:], []byte(refHead)) {
			hash, rest, ok := bytes.Cut(stored[start-1+len(refHead):], []byte(refTail))
			if !ok {
				return nil, fmt.Errorf("record: a %s reference is not closed", textKey)
			}
			token, err := text(Hash(hash))
			if err != nil {
				return nil, err
			}
			out = append(append(out, stored[:start-1]...), token...)
			stored = rest
			continue
		}
		out = append(out, stored[:start]...)
		stored = stored[start:]
		token := stored[:tokenLen(stored)]
		stored = stored[len(token):]
		if len(stored) > 0 && stored[0] == ':' && dollars(token) > 1 && token[1] == '$' {
			out = append(out, '"')
			token = token[2:]
		}
		out = append(out, token...)
	}
	return append(out, stored...), nil
}

// tokenLen returns the length of the JSON string that src begins with, quotes included.
func tokenLen(src []byte) int {
	for i := 1; i < len(src); i++ {
		switch src[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(src)
}

// dollars counts the dollar signs of a key that is "$text" with any number of them, at least one; for any other key it is 0.
func dollars(token []byte) int {
	if len(token) < len(`"`+textKey+`"`) || token[1] != '$' && token[1] != '\\' {
		return 0
	}
	key := string(token[1 : len(token)-1])
	if strings.ContainsRune(key, '\\') {
		if err := json.Unmarshal(token, &key); err != nil {
			return 0
		}
	}
	rest := strings.TrimLeft(key, "$")
	if rest != textKey[1:] {
		return 0
	}
	return len(key) - len(rest)
}
