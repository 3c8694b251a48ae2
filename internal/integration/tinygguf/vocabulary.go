package tinygguf

import (
	"fmt"
	"slices"
	"strings"
)

// The markers that [Template] puts before a message; each is one token.
const (
	systemMarker    = "<|system|>"
	userMarker      = "<|user|>"
	assistantMarker = "<|assistant|>"
)

// The tokens with a fixed number.
const (
	unknownID = iota
	beginID
	endID
	firstByteID
)

// kind is the number that the format gives to a kind of token.
type kind int32

const (
	kindNormal  kind = 1
	kindUnknown kind = 2
	kindControl kind = 3
	kindByte    kind = 6
)

// token is one entry of the vocabulary. Its score decides what the tokenizer merges first, its prior is what the model adds to the
// token's logit whatever came before.
type token struct {
	text  string
	kind  kind
	score float32
	prior float64
}

// The priors that are not 0. A random logit deviates by about 1, so that likely is what the model writes most of the time, and never is
// what it never writes.
const (
	likely = 4.5
	never  = -25
)

// space is how the tokenizer writes a space.
const space = "▁"

// pairs are frequent in English; they make a prompt about a quarter shorter than its characters.
const pairs = "▁t he in er an re on at en nd ti es or te of ed is it al ar st nt to ng se ha ▁a"

// vocabulary returns the tokens in the order of their numbers: those with a fixed one, a token for each byte so that any text can be
// written, the printable characters of ASCII, the pairs and the markers. closing is the prior of what closes something.
func vocabulary(closing float64) []token {
	tokens := []token{
		unknownID: {text: "<unk>", kind: kindUnknown, prior: never},
		beginID:   {text: "<s>", kind: kindControl, prior: never},
		endID:     {text: "</s>", kind: kindControl, prior: closing},
	}
	for b := range 256 {
		tokens = append(tokens, token{text: fmt.Sprintf("<0x%02X>", b), kind: kindByte, prior: never})
	}
	tokens = append(tokens, token{text: space, kind: kindNormal, score: -200})
	for c := '!'; c <= '~'; c++ {
		tokens = append(tokens, token{text: string(c), kind: kindNormal, score: -200 - float32(c), prior: priorOf(c, closing)})
	}
	for i, pair := range strings.Fields(pairs) {
		tokens = append(tokens, token{text: pair, kind: kindNormal, score: -float32(i + 1)})
	}
	for _, marker := range []string{systemMarker, userMarker, assistantMarker} {
		tokens = append(tokens, token{text: marker, kind: kindControl, prior: never})
	}
	return tokens
}

func priorOf(c rune, closing float64) float64 {
	switch {
	case closes(string(c)):
		return closing
	case c == '\\':
		return never // an escape may ask for bytes that are no text
	default:
		return 0
	}
}

// closes reports whether a token ends a string, a list or an object.
func closes(text string) bool { return slices.Contains([]string{`"`, "]", "}"}, text) }
