package exemplarllm

import (
	"bytes"
	"encoding/json"
)

// A filled value is an object, an array, a number, a string, a json.RawMessage or nil.
type (
	object []member
	array  []any
	member struct {
		name  string
		value any
	}
)

// appendValue appends a filled value as JSON.
func appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case object:
		dst = append(dst, '{')
		for i, m := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, m.name), ':')
			dst = appendValue(dst, m.value)
		}
		return append(dst, '}')
	case array:
		dst = append(dst, '[')
		for i, item := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, item)
		}
		return append(dst, ']')
	case number:
		return append(dst, v.literal...)
	case json.RawMessage:
		return append(dst, v...)
	case string:
		return appendString(dst, v)
	default:
		return append(dst, "null"...)
	}
}

// appendString appends a JSON string in which <, > and & stand as they are.
func appendString(dst []byte, s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // every string has a JSON form, and a buffer takes it
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}
