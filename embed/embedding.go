package embed

import (
	"context"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
)

// Embedding is the operation of an embedder as a pipeline stage: it maps a [Request] to one vector per text. It satisfies
// pipeline.Stage[Request, [][]float32]; wrap it in pipeline.Call where the embedder is paid for.
type Embedding struct{ Embedder Embedder }

// Run embeds the texts of req.
func (e Embedding) Run(ctx context.Context, req Request) ([][]float32, error) {
	return e.Embedder.Embed(ctx, req.Role, req.Texts) //nolint:wrapcheck // an embedder's own error is the error of this port
}

// Identity returns that of the embedder: vectors that were kept are this embedder's where it is equal.
func (e Embedding) Identity() Identity { return e.Embedder.Identity() }

// ModelInfo returns what a method ModelInfo of the embedder says (the provider, under the name that the semantic conventions of OpenTelemetry
// have for it, and the model), and without one the model of its identity.
func (e Embedding) ModelInfo() (provider, model string) {
	d, ok := e.Embedder.(interface {
		ModelInfo() (provider, model string)
	})
	if !ok {
		return "", e.Embedder.Identity().Model
	}
	return d.ModelInfo()
}

// Rehearse returns vectors of length 1 that are made up, so that what a run would take can be estimated before anything is sent: equal texts
// have equal vectors, and different ones a similarity that is small and by chance.
func (e Embedding) Rehearse(_ context.Context, req Request) ([][]float32, error) {
	if err := req.Role.Validate(); err != nil {
		return nil, err
	}
	dim := e.Embedder.Identity().Dim
	vectors := make([][]float32, len(req.Texts))
	for i, text := range req.Texts {
		vectors[i] = madeUp(text, dim)
	}
	return vectors, nil
}

func madeUp(text string, dim int) []float32 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, text)               // a hash takes everything
	signs := rand.New(rand.NewPCG(h.Sum64(), 0)) //nolint:gosec // a reproducible draw, not a secret
	v := make([]float32, dim)
	for i := range v {
		v[i] = float32(1-2*signs.IntN(2)) / float32(math.Sqrt(float64(dim)))
	}
	return v
}
