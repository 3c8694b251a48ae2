// Package tiktokens counts tokens exactly as OpenAI's models do, for prompts that must use a context window to its end. The
// vocabularies are part of the program (some 9 MB), so nothing is read from the network or the disk. Where an estimate is enough,
// [llm.Estimate] needs none of this.
//
// It is a module of its own, so that programs that do not count exactly do not carry it.
package tiktokens

import (
	"fmt"
	"strings"

	"github.com/tiktoken-go/tokenizer/codec"

	"github.com/gloss-sdk/gloss/llm"
)

// Encodings returns the names that [New] knows: "o200k_base" (GPT-4o and everything since) and "cl100k_base" (GPT-4, GPT-3.5 and the
// embedding models).
func Encodings() []string { return []string{"o200k_base", "cl100k_base"} }

// Counter counts the tokens of one encoding. It is made by [New] and safe for concurrent use.
type Counter struct{ codec *codec.Codec }

var _ llm.Counter = (*Counter)(nil)

// New returns the counter of an encoding; the error for an unknown one names those that are known. The first counter of an
// encoding builds its vocabulary in memory, which later ones share.
func New(encoding string) (*Counter, error) {
	switch encoding {
	case "o200k_base":
		return &Counter{codec.NewO200kBase()}, nil
	case "cl100k_base":
		return &Counter{codec.NewCl100kBase()}, nil
	default:
		return nil, fmt.Errorf("tiktokens: unknown encoding %q; want one of %s", encoding, strings.Join(Encodings(), ", "))
	}
}

// Identity returns "tiktokens/" and the encoding: what a run that is resumed knows the counter by.
func (c *Counter) Identity() string { return "tiktokens/" + c.codec.GetName() }

// CountTokens returns the number of tokens of text; 0 for the empty text. Special tokens such as <|endoftext|> are counted as the
// characters that they are, which is how a provider reads them in a message. The time grows with the square of the longest stretch
// without a break between words: usual texts take one or two microseconds per word, 40,000 equal letters in a row a second.
func (c *Counter) CountTokens(text string) int {
	n, err := c.codec.Count(text)
	if err != nil { // only a match that takes longer than a set limit, and none is set
		return llm.Estimate{}.CountTokens(text)
	}
	return n
}
