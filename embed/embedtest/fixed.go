package embedtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/gloss-sdk/gloss/embed"
)

var _ embed.Embedder = (*Fixed)(nil)

// Fixed is an embedder for tests of what uses one: it knows a few texts, gives each the vector it was told, in both roles, and
// remembers what it was asked. Make one with [NewFixed]. It is safe for concurrent use.
type Fixed struct {
	dim     int
	vectors map[string][]float32

	mu       sync.Mutex
	requests []embed.Request
}

// NewFixed returns an embedder of the texts that are the keys of vectors. It is an error to give no vector, an empty one, or
// vectors of different lengths. The vectors are copied.
func NewFixed(vectors map[string][]float32) (*Fixed, error) {
	if len(vectors) == 0 {
		return nil, errors.New("embedtest: no vectors; give the vector of at least one text")
	}
	texts := slices.Sorted(maps.Keys(vectors))
	f := &Fixed{dim: len(vectors[texts[0]]), vectors: make(map[string][]float32, len(vectors))}
	var errs []error
	for _, text := range texts {
		if n := len(vectors[text]); n == 0 || n != f.dim {
			errs = append(errs, fmt.Errorf("embedtest: the vector of %q has %d components and that of %q %d; "+
				"all need the same number, at least one", text, n, texts[0], f.dim))
		}
		f.vectors[text] = slices.Clone(vectors[text])
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return f, nil
}

// Identity is the model "fixed" with the length of the vectors.
func (f *Fixed) Identity() embed.Identity { return embed.Identity{Model: "fixed", Dim: f.dim} }

// Embed returns copies of the vectors of texts. Texts that it was not told are an error that names each of them. Requests that it
// refuses are recorded too.
func (f *Fixed) Embed(ctx context.Context, role embed.Role, texts []string) ([][]float32, error) {
	f.mu.Lock()
	f.requests = append(f.requests, embed.Request{Role: role, Texts: slices.Clone(texts)})
	f.mu.Unlock()
	if err := errors.Join(ctx.Err(), role.Validate()); err != nil {
		return nil, err
	}
	var errs []error
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		v, known := f.vectors[text]
		if !known {
			errs = append(errs, fmt.Errorf("embedtest: text %d, %q, has no vector", i, text))
		}
		vectors[i] = slices.Clone(v)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return vectors, nil
}

// Requests returns the requests received so far, in the order in which they arrived.
func (f *Fixed) Requests() []embed.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}
