package record

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

const (
	// minText is the length, in bytes of JSON between the quotes, from which a string is stored as a text of its own: shorter ones cost
	// less than the reference.
	minText = 64
	// minValue is the length, in bytes of JSON with references in place, from which an object or array is stored as a value of its own. A
	// reference and the line it refers to take some 190 bytes more than the JSON alone, so what is not met again should not be much
	// smaller.
	minValue = 256
)

// A reference is an object whose only key is a dollar sign and the kind of what is referred to.
const (
	refStart  = `{"$`
	refMiddle = `":"`
	refTail   = `"}`
)

func refHead(kind contentKind) string { return refStart + string(kind) + refMiddle }

// refKinds are the kinds of what a value may refer to.
func refKinds() [2]contentKind { return [...]contentKind{kindText, kindValue} }

// parts stores what is taken out of a value, and returns what it is known by. It does not keep json.
type parts interface {
	text(s string) sum
	put(kind contentKind, json []byte) sum
}

// split replaces the long strings, objects and arrays in src by references, what is inside before what it is inside of, and marks keys that
// look like a reference. src is valid compact JSON, which itself is not replaced unless it is a string. It works on bytes, so that joining
// restores src to the byte, numbers and key order included.
func split(src []byte, p parts) []byte {
	out := make([]byte, 0, min(len(src), bufferSize))
	var open []int // where in out the objects and arrays begin that are not closed yet
	for len(src) > 0 {
		n := 1
		switch src[0] {
		case '"':
			n = tokenLen(src)
			isKey := n < len(src) && src[n] == ':'
			out = appendString(out, src[:n], isKey, p)
		case '{', '[':
			open = append(open, len(out))
			out = append(out, src[0])
		case '}', ']':
			out = append(out, src[0])
			last := len(open) - 1
			begin := open[last]
			open = open[:last]
			if last > 0 && len(out)-begin >= minValue {
				out = appendReference(out[:begin], kindValue, p.put(kindValue, out[begin:]))
			}
		default:
			out = append(out, src[0])
		}
		src = src[n:]
	}
	return out
}

// appendString appends what is stored for a string of split.
func appendString(out, token []byte, isKey bool, p parts) []byte {
	switch {
	case isKey && dollars(token) > 0:
		return append(append(out, `"$`...), token[1:]...)
	case isKey || len(token)-2 < minText:
		return append(out, token...)
	}
	if s, ok := textOf(token); ok {
		return appendReference(out, kindText, p.text(s))
	}
	return appendReference(out, kindValue, p.put(kindValue, token))
}

// textOf returns the text that a JSON string stands for. ok is false if that text has other JSON as a rule: then the string is stored to
// the byte, as any other value.
func textOf(token []byte) (s string, ok bool) {
	inner := string(token[1 : len(token)-1])
	if plainPrefix(inner) == len(inner) {
		return inner, true
	}
	if err := json.Unmarshal(token, &s); err != nil {
		return "", false
	}
	return s, bytes.Equal(appendQuoted(make([]byte, 0, len(token)), s), token)
}

func appendReference(out []byte, kind contentKind, s sum) []byte {
	out = append(out, refStart...)
	out = append(out, kind...)
	out = append(out, refMiddle...)
	out = hex.AppendEncode(out, s[:])
	return append(out, refTail...)
}

// valueReference returns what stored refers to, if it is nothing but a reference to a value: no object has that key otherwise.
func valueReference(stored []byte) (s sum, ok bool) {
	rest, ok := bytes.CutPrefix(stored, []byte(refHead(kindValue)))
	if !ok || len(rest) != hex.EncodedLen(len(s))+len(refTail) {
		return sum{}, false
	}
	_, err := hex.Decode(s[:], rest[:hex.EncodedLen(len(s))])
	return s, err == nil
}

// join undoes split: it appends to out the JSON that stored stands for. get returns what was stored under a hash.
func join(out, stored []byte, get func(kind contentKind, h Hash) ([]byte, error)) ([]byte, error) {
	for len(stored) > 0 {
		start := bytes.IndexByte(stored, '"')
		if start < 0 {
			break
		}
		if start > 0 {
			kind, h, rest, err := cutReference(stored[start-1:])
			if err != nil {
				return nil, err
			}
			if kind != "" {
				if out, err = joinReference(append(out, stored[:start-1]...), kind, h, get); err != nil {
					return nil, err
				}
				stored = rest
				continue
			}
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

// joinReference appends what a reference refers to. Contents are checked against their hashes, so none can be inside of itself.
func joinReference(out []byte, kind contentKind, h Hash, get func(kind contentKind, h Hash) ([]byte, error)) ([]byte, error) {
	content, err := get(kind, h)
	if err != nil {
		return nil, err
	}
	if kind == kindText {
		return append(out, content...), nil
	}
	return join(out, content, get)
}

// cutReference takes the reference off that src begins with; kind is empty if it begins with something else.
func cutReference(src []byte) (kind contentKind, h Hash, rest []byte, err error) {
	if !bytes.HasPrefix(src, []byte(refStart)) {
		return "", "", src, nil
	}
	for _, kind := range refKinds() {
		tail, ok := bytes.CutPrefix(src, []byte(refHead(kind)))
		if !ok {
			continue
		}
		hash, rest, ok := bytes.Cut(tail, []byte(refTail))
		if !ok {
			return "", "", nil, fmt.Errorf("record: a $%s reference is not closed", kind)
		}
		return kind, Hash(hash), rest, nil
	}
	return "", "", src, nil
}

// tokenLen returns the length of the JSON string that src begins with, quotes included.
func tokenLen(src []byte) int {
	for end := 1; ; {
		i := bytes.IndexByte(src[end:], '"')
		if i < 0 {
			return len(src)
		}
		end += i + 1
		slashes := 0
		for end-2-slashes > 0 && src[end-2-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return end
		}
	}
}

// dollars counts the dollar signs of a key, given as JSON, that is the key of a reference with any number of them, at least one; for any
// other key it is 0.
func dollars(token []byte) int {
	if len(token) < len(`"$text"`) || token[1] != '$' && token[1] != '\\' {
		return 0
	}
	key := string(token[1 : len(token)-1])
	if strings.ContainsRune(key, '\\') {
		if err := json.Unmarshal(token, &key); err != nil {
			return 0
		}
	}
	rest := strings.TrimLeft(key, "$")
	if !isRefKind(rest) {
		return 0
	}
	return len(key) - len(rest)
}

func isRefKind(s string) bool {
	for _, kind := range refKinds() {
		if s == string(kind) {
			return true
		}
	}
	return false
}
