package embedtest_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/embed"
	"github.com/gloss-sdk/gloss/embed/embedtest"
)

// fixed embeds the texts of the suite by small vectors that differ in every component.
func fixed(t *testing.T) *embedtest.Fixed {
	t.Helper()
	vectors := map[string][]float32{}
	for i, text := range embedtest.Texts() {
		vectors[text] = []float32{float32(i + 1), float32(-i - 1)}
	}
	f, err := embedtest.NewFixed(vectors)
	require.NoError(t, err)
	return f
}

func TestFixedConforms(t *testing.T) {
	t.Parallel()
	embedtest.RunConformance(t, func(t *testing.T) embed.Embedder { return fixed(t) })
}

// broken changes one thing about an embedder that keeps the contract.
type broken struct {
	embed.Embedder
	embed    func(ctx context.Context, role embed.Role, texts []string) ([][]float32, error)
	identity func() embed.Identity
}

func (b broken) Embed(ctx context.Context, role embed.Role, texts []string) ([][]float32, error) {
	if b.embed == nil {
		return b.Embedder.Embed(ctx, role, texts)
	}
	return b.embed(ctx, role, texts)
}

func (b broken) Identity() embed.Identity {
	if b.identity == nil {
		return b.Embedder.Identity()
	}
	return b.identity()
}

// mutants break the contract in one way each; every one of them must fail the suite.
func mutants(f *embedtest.Fixed) map[string]broken {
	after := func(change func(texts []string, vectors [][]float32) [][]float32) broken {
		return broken{Embedder: f, embed: func(ctx context.Context, role embed.Role, texts []string) ([][]float32, error) {
			vectors, err := f.Embed(ctx, role, texts)
			if err != nil {
				return nil, err
			}
			return change(texts, vectors), nil
		}}
	}
	var calls atomic.Int64
	shared := map[string][]float32{}
	for _, text := range embedtest.Texts() {
		v, _ := f.Embed(context.Background(), embed.Document, []string{text})
		shared[text] = v[0]
	}
	return map[string]broken{
		"no model":  {Embedder: f, identity: func() embed.Identity { return embed.Identity{Dim: 2} }},
		"wrong dim": {Embedder: f, identity: func() embed.Identity { return embed.Identity{Model: "m", Dim: 3} }},
		"unstable identity": {Embedder: f, identity: func() embed.Identity {
			return embed.Identity{Model: fmt.Sprint("m", calls.Add(1)), Dim: 2}
		}},
		"a vector for nothing": after(func(_ []string, vectors [][]float32) [][]float32 {
			if len(vectors) == 0 {
				return [][]float32{{1, 2}}
			}
			return vectors
		}),
		"a vector too few": after(func(_ []string, vectors [][]float32) [][]float32 { return vectors[:max(0, len(vectors)-1)] }),
		"sorted": after(func(_ []string, vectors [][]float32) [][]float32 {
			slices.SortFunc(vectors, slices.Compare[[]float32])
			return vectors
		}),
		"batch dependent": after(func(_ []string, vectors [][]float32) [][]float32 {
			for i := range vectors {
				vectors[i][0] += float32(len(vectors)) / 8
			}
			return vectors
		}),
		"one vector for all": after(func(_ []string, vectors [][]float32) [][]float32 {
			for i := range vectors {
				copy(vectors[i], vectors[0])
			}
			return vectors
		}),
		"random": after(func(_ []string, vectors [][]float32) [][]float32 {
			for i := range vectors {
				vectors[i][0] = rand.Float32()
			}
			return vectors
		}),
		"zero vectors": after(func(_ []string, vectors [][]float32) [][]float32 {
			for i := range vectors {
				clear(vectors[i])
			}
			return vectors
		}),
		"changes its texts": after(func(texts []string, vectors [][]float32) [][]float32 {
			if len(texts) > 1 {
				texts[0] = "gone"
			}
			return vectors
		}),
		"lends its own vectors": after(func(texts []string, vectors [][]float32) [][]float32 {
			for i := range vectors {
				vectors[i] = shared[texts[i]]
			}
			return vectors
		}),
		"any role": {Embedder: f, embed: func(ctx context.Context, _ embed.Role, texts []string) ([][]float32, error) {
			return f.Embed(ctx, embed.Document, texts)
		}},
		"never stops": {Embedder: f, embed: func(ctx context.Context, role embed.Role, texts []string) ([][]float32, error) {
			return f.Embed(context.WithoutCancel(ctx), role, texts)
		}},
	}
}

// TestSuiteFailsBrokenEmbedders runs the suite over each mutant in a process of its own, since a test cannot expect another to fail.
func TestSuiteFailsBrokenEmbedders(t *testing.T) {
	const variable = "EMBEDTEST_MUTANT"
	if name := os.Getenv(variable); name != "" {
		embedtest.RunConformance(t, func(t *testing.T) embed.Embedder { return mutants(fixed(t))[name] })
		return
	}
	t.Parallel()
	for name := range mutants(fixed(t)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSuiteFailsBrokenEmbedders$")
			cmd.Env = append(os.Environ(), variable+"="+name)
			out, err := cmd.CombinedOutput()
			require.Error(t, err, "the suite accepts it")
			assert.Contains(t, string(out), "--- FAIL", "it must fail by a test, not by a crash")
			assert.NotContains(t, string(out), "panic:")
		})
	}
}

func TestNewFixedRefuses(t *testing.T) {
	t.Parallel()
	_, err := embedtest.NewFixed(nil)
	require.ErrorContains(t, err, "no vectors")
	_, err = embedtest.NewFixed(map[string][]float32{"a": {1, 2}, "b": {1}, "c": {}})
	require.ErrorContains(t, err, `"b" has 1 components`)
	require.ErrorContains(t, err, `"c" has 0 components`)
	_, err = embedtest.NewFixed(map[string][]float32{"a": {}})
	require.ErrorContains(t, err, `"a" has 0 components`)
}

func TestFixedNamesUnknownTexts(t *testing.T) {
	t.Parallel()
	f := fixed(t)
	_, err := f.Embed(t.Context(), embed.Query, []string{"sugar", "salt", "pepper"})
	require.ErrorContains(t, err, `text 1, "salt"`)
	require.ErrorContains(t, err, `text 2, "pepper"`)
	assert.Equal(t, []embed.Request{{Role: embed.Query, Texts: []string{"sugar", "salt", "pepper"}}}, f.Requests(), "refused requests are recorded too")
}

func TestFixedCopiesWhatItIsGiven(t *testing.T) {
	t.Parallel()
	vectors := map[string][]float32{"a": {1, 2}}
	f, err := embedtest.NewFixed(vectors)
	require.NoError(t, err)
	vectors["a"][0] = 9
	texts := []string{"a"}
	got, err := f.Embed(t.Context(), embed.Document, texts)
	require.NoError(t, err)
	assert.Equal(t, [][]float32{{1, 2}}, got)
	texts[0] = "b"
	assert.Equal(t, []string{"a"}, f.Requests()[0].Texts)
}

func ExampleNewFixed() {
	embedder, err := embedtest.NewFixed(map[string][]float32{"leaf": {1, 0}, "light": {0, 1}})
	if err != nil {
		log.Fatal(err)
	}
	vectors, err := embedder.Embed(context.Background(), embed.Query, []string{"light"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(vectors, embedder.Requests())
	// Output:
	// [[0 1]] [{query [light]}]
}
