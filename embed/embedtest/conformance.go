package embedtest

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/gloss-sdk/gloss/embed"
)

// Texts returns the texts that [RunConformance] embeds, for embedders that answer from a recording.
func Texts() []string {
	return []string{
		"Plants turn light into sugar.",
		"The leaf is green because it sends green light back.",
		"sugar",
		"Le glucose est un sucre; η = 0.5; 光合作用",
		"Plants turn light into sugar.",
	}
}

// RunConformance checks that the embedders made by newEmbedder keep the contract of [embed.Embedder], with [Texts] as the texts.
//
// newEmbedder calls t.Fatal when it cannot make one, and registers with t.Cleanup what must be released. The suite asks for
// non-empty texts alone, since services differ in what they make of an empty one. Sub-tests run in parallel.
func RunConformance(t *testing.T, newEmbedder func(t *testing.T) embed.Embedder) {
	t.Helper()
	for _, c := range []struct {
		name  string
		check func(t *testing.T, e embed.Embedder)
	}{
		{"identity", identity},
		{"no texts give no vectors", emptyBatch},
		{"a vector per text, of the dimension", shape},
		{"vectors follow the order of the texts", order},
		{"a batch gives what its texts give alone", batching},
		{"the same call gives the same vectors", repetition},
		{"an unknown role is refused", roles},
		{"texts and vectors are not shared", ownership},
		{"a done context", cancellation},
		{"concurrent calls", concurrency},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.check(t, newEmbedder(t))
		})
	}
}

func bothRoles() []embed.Role { return []embed.Role{embed.Document, embed.Query} }

func identity(t *testing.T, e embed.Embedder) {
	id := e.Identity()
	if id.Model == "" || id.Dim < 1 {
		t.Errorf("identity %+v: it must name a model and a positive dimension", id)
	}
	if again := e.Identity(); again != id {
		t.Errorf("identity changed from %+v to %+v", id, again)
	}
}

func emptyBatch(t *testing.T, e embed.Embedder) {
	for _, role := range bothRoles() {
		for _, texts := range [][]string{nil, {}} {
			if vectors := vectorsOf(t, e, role, texts); len(vectors) != 0 {
				t.Errorf("%s: no texts give %d vectors", role, len(vectors))
			}
		}
	}
}

func shape(t *testing.T, e embed.Embedder) {
	dim := e.Identity().Dim
	for _, role := range bothRoles() {
		vectors := vectorsOf(t, e, role, Texts())
		if len(vectors) != len(Texts()) {
			t.Fatalf("%s: %d texts give %d vectors", role, len(Texts()), len(vectors))
		}
		for i, v := range vectors {
			if len(v) != dim {
				t.Errorf("%s %d has %d components; the identity says %d", role, i, len(v), dim)
			}
			var square float64
			for _, x := range v {
				square += float64(x) * float64(x)
			}
			if math.IsNaN(square) || math.IsInf(square, 0) || square == 0 {
				t.Errorf("%s %d has the squared length %v; it must be finite and positive", role, i, square)
			}
		}
	}
}

func order(t *testing.T, e embed.Embedder) {
	for _, role := range bothRoles() {
		forward := vectorsOf(t, e, role, Texts())
		reversed := Texts()
		slices.Reverse(reversed)
		backward := vectorsOf(t, e, role, reversed)
		slices.Reverse(backward)
		same(t, forward, backward, string(role)+": texts and texts reversed")
		if slices.Equal(forward[0], forward[1]) {
			t.Errorf("%s: %q and %q have the same vector", role, Texts()[0], Texts()[1])
		}
	}
}

func batching(t *testing.T, e embed.Embedder) {
	for _, role := range bothRoles() {
		var alone [][]float32
		for _, text := range Texts() {
			alone = append(alone, vectorsOf(t, e, role, []string{text})...)
		}
		same(t, vectorsOf(t, e, role, Texts()), alone, string(role)+": batch and single")
	}
}

func repetition(t *testing.T, e embed.Embedder) {
	for _, role := range bothRoles() {
		first := vectorsOf(t, e, role, Texts())
		same(t, first, vectorsOf(t, e, role, Texts()), string(role)+": first and second call")
		last := len(first) - 1
		if !slices.Equal(first[0], first[last]) {
			t.Errorf("%s: text 0 and text %d are equal, their vectors are not", role, last)
		}
	}
}

func roles(t *testing.T, e embed.Embedder) {
	for _, role := range []embed.Role{"", "passage"} {
		for _, texts := range [][]string{nil, {"sugar"}} {
			if _, err := e.Embed(t.Context(), role, texts); err == nil {
				t.Errorf("role %q with %d texts: want an error", role, len(texts))
			}
		}
	}
}

func ownership(t *testing.T, e embed.Embedder) {
	texts := Texts()
	first := vectorsOf(t, e, embed.Document, texts)
	if !slices.Equal(texts, Texts()) {
		t.Errorf("Embed changed its texts to %q", texts)
	}
	for _, v := range first {
		clear(v)
	}
	for i, v := range vectorsOf(t, e, embed.Document, Texts()) {
		if slices.Equal(v, first[i]) {
			t.Errorf("document %d: a vector that the caller cleared is still zero in the next call", i)
		}
	}
}

func cancellation(t *testing.T, e embed.Embedder) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Embed(ctx, embed.Document, Texts()); !errors.Is(err, context.Canceled) {
		t.Errorf("Embed with a done context returns the error %v, want context.Canceled", err)
	}
}

func concurrency(t *testing.T, e embed.Embedder) {
	const calls = 16
	together := make([][][]float32, calls)
	failures := make([]error, calls)
	var wg sync.WaitGroup
	for i := range calls {
		wg.Go(func() { together[i], failures[i] = e.Embed(t.Context(), bothRoles()[i%2], Texts()) })
	}
	wg.Wait()
	if err := errors.Join(failures...); err != nil {
		t.Fatalf("Embed: %v", err)
	}
	for i, vectors := range together {
		same(t, vectorsOf(t, e, bothRoles()[i%2], Texts()), vectors, "alone and concurrent")
	}
}

func vectorsOf(t *testing.T, e embed.Embedder, role embed.Role, texts []string) [][]float32 {
	t.Helper()
	vectors, err := e.Embed(t.Context(), role, texts)
	if err != nil {
		t.Fatalf("Embed(%q, %d texts): %v", role, len(texts), err)
	}
	return vectors
}

// same requires two answers to be equal, bit by bit.
func same(t *testing.T, a, b [][]float32, what string) {
	t.Helper()
	if !slices.EqualFunc(a, b, slices.Equal[[]float32]) {
		t.Errorf("%s: the vectors differ", what)
	}
}
