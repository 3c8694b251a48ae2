// Package hashembed is a deterministic embedder that needs no model: hashed character n-grams.
//
// It is a stand-in, for tests, examples and the wiring of a pipeline before a model is chosen. Its vectors hold the same evidence
// as shared words, with losses, and no meaning: on the Cranfield collection it reaches an nDCG@10 of about .29 where plain lexical
// retrieval (BM25) has .375. Where no real embedder is configured, use a lexical index instead.
package hashembed

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/gloss-sdk/gloss/embed"
)

const (
	defaultDim = 1024
	maxDim     = 1 << 20
)

var _ embed.Embedder = (*Embedder)(nil)

// Embedder embeds texts by their character n-grams.
//
// A text is lower-cased and cut into words (runs of letters, marks and digits); each word, with a space on both sides, gives all
// its n-grams of 3 to 5 characters. An n-gram adds 1 + ln(count) with a sign to one component, both given by a 64-bit hash (the
// signed hashing trick of Weinberger et al. 2009), and the sum is scaled to length 1. No corpus is involved: a vector depends on
// its text alone, not even on the text's role. A text without words is the zero vector, which is similar to nothing.
//
// The zero value is an embedder with the defaults. An embedder is immutable and safe for concurrent use.
type Embedder struct{ dim int } // 0 is defaultDim

// Option configures an [Embedder].
type Option interface{ apply(*Embedder) error }

type optionFunc func(*Embedder) error

func (f optionFunc) apply(e *Embedder) error { return f(e) }

// WithDim sets the number of components, 1024 by default. Fewer make more n-grams collide.
func WithDim(dim int) Option {
	return optionFunc(func(e *Embedder) error {
		if dim < 1 || dim > maxDim {
			return fmt.Errorf("hashembed: dim is %d; it must be from 1 to %d", dim, maxDim)
		}
		e.dim = dim
		return nil
	})
}

// New returns an embedder, or every error of its options.
func New(opts ...Option) (*Embedder, error) {
	e := &Embedder{}
	var errs []error
	for _, opt := range opts {
		errs = append(errs, opt.apply(e))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return e, nil
}

// Identity names the algorithm; equal dimensions give interchangeable vectors.
func (e *Embedder) Identity() embed.Identity {
	return embed.Identity{Model: "hashed-char-3-5-grams/1", Dim: cmp.Or(e.dim, defaultDim)}
}

// Embed returns the vectors of texts, which are the same in both roles.
func (e *Embedder) Embed(ctx context.Context, role embed.Role, texts []string) ([][]float32, error) {
	if err := role.Validate(); err != nil {
		return nil, err
	}
	dim := e.Identity().Dim
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("hashembed: embed text %d of %d: %w", i+1, len(texts), err)
		}
		vectors[i] = vector(text, dim)
	}
	return vectors, nil
}
