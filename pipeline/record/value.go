package record

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"
	"unicode/utf8"

	"github.com/gloss-sdk/gloss/internal/plainjson"
	"github.com/gloss-sdk/gloss/pipeline"
)

// Hash names a recorded value by its content: 64 lower-case hexadecimal digits. Empty means that there is no value.
type Hash string

// Holder is implemented by values without a JSON form of their own, such as an index, that can say what they hold. Holds returns a value
// that has one; it must not contain a secret.
//
// What implements neither Holder nor JSON is recorded as {"type": "…"}: stages, functions, the values of tools, structs without an
// exported field, anything that encoding/json refuses. What a method Identity without parameters returns is recorded with it, and so is
// the error that stood in the way.
type Holder interface {
	Holds() any
}

// contentKind says how the content of a line of values.jsonl is to be read.
type contentKind string

const (
	kindValue  contentKind = "value"
	kindText   contentKind = "text"
	kindOpaque contentKind = "opaque"
)

// sumOf returns what a content is known by; the zero sum if it is no content of that kind. It separates the kinds: the text of a reply may
// well be the JSON of the value that is parsed from it.
func sumOf(kind contentKind, content []byte) (s sum) {
	if kind == kindText {
		if n := len(content); n < 2 || content[0] != '"' || content[n-1] != '"' {
			return sum{}
		}
		text, ok := textOf(content)
		if !ok {
			return sum{}
		}
		return pipeline.TextSum(context.Background(), text)
	}
	h := sha256.New()
	h.Write(append([]byte(kind), 0))
	h.Write(content)
	h.Sum(s[:0])
	return s
}

type contentLine struct {
	Kind    contentKind     `json:"kind"`
	Hash    Hash            `json:"hash"`
	Content json.RawMessage `json:"content"`
}

// encoded is a value as JSON, or what is known of a value that has none.
type encoded struct {
	json   []byte
	opaque bool
}

func encode(v any) encoded {
	if _, ok := v.(Holder); ok {
		return opaque(v, nil)
	}
	b, err := marshal(v)
	if err != nil || string(b) == "{}" && plainjson.HidesAll(reflect.TypeOf(v)) {
		return opaque(v, err)
	}
	return encoded{json: b}
}

// opaque records what is known of v; reason says why its JSON is not.
func opaque(v any, reason error) encoded {
	var known struct {
		Type     string          `json:"type"`
		Identity json.RawMessage `json:"identity,omitempty"`
		Holds    json.RawMessage `json:"holds,omitempty"`
		Error    string          `json:"error,omitempty"`
	}
	known.Type = fmt.Sprintf("%T", v)
	ask := func(method func() any) json.RawMessage {
		answer, err := marshalResult(method)
		if err != nil && reason == nil {
			reason = err
		}
		return answer
	}
	if m := plainjson.Identity(v); m != nil {
		known.Identity = ask(m)
	}
	if h, ok := v.(Holder); ok {
		known.Holds = ask(h.Holds)
	}
	if reason != nil {
		known.Error = reason.Error()
	}
	b, _ := marshal(known) // strings and valid JSON
	return encoded{b, true}
}

// marshal returns v as compact JSON in valid UTF-8, nothing escaped for HTML. A panic of a method of v is an error.
func marshal(v any) ([]byte, error) {
	return marshalResult(func() any { return v })
}

func marshalResult(f func() any) (b []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			b, err = nil, fmt.Errorf("panic: %v", p)
		}
	}()
	if b, err = plainjson.Marshal(f()); err != nil {
		return nil, err //nolint:wrapcheck // the caller says what was encoded
	}
	if !utf8.Valid(b) {
		b = bytes.ToValidUTF8(b, []byte("\uFFFD"))
	}
	return b, nil
}

// isStage reports whether v is a [pipeline.Stage] of any types.
func isStage(v any) bool {
	if v == nil {
		return false
	}
	m, ok := reflect.TypeOf(v).MethodByName("Run")
	if !ok {
		return false
	}
	t := m.Type // the receiver is its first parameter
	return t.NumIn() == 3 && t.In(1) == reflect.TypeFor[context.Context]() &&
		t.NumOut() == 2 && t.Out(1) == reflect.TypeFor[error]()
}
