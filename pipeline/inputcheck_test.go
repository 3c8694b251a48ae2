package pipeline_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// folder is an input that refers to memory in every way.
type folder struct {
	Notes []string
	Marks map[string]int
	Next  *folder
	Any   any
}

func newFolder() folder {
	return folder{Notes: []string{"a", "b"}, Marks: map[string]int{"x": 1}, Next: &folder{Notes: []string{"c"}}, Any: []int{1}}
}

// modifying is a stage that does something with its input, between two that do nothing.
func modifying(do func(f folder) folder) pipeline.Stage[folder, folder] {
	pass := pipeline.Fn(func(_ context.Context, f folder) (folder, error) { return f, nil })
	change := pipeline.Fn(func(_ context.Context, f folder) (folder, error) { return do(f), nil })
	return pipeline.Named("review", pipeline.Chain(pipeline.Named("first", pass), pipeline.Named("change", change), pipeline.Named("last", pass)))
}

func TestAStageThatModifiesItsInputIsFound(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(f folder) folder{
		"an element": func(f folder) folder { f.Notes[1] = "z"; return f },
		"a map":      func(f folder) folder { f.Marks["y"] = 2; return f },
		"a pointee":  func(f folder) folder { f.Next.Notes[0] = "z"; return f },
		"inside any": func(f folder) folder { f.Any.([]int)[0]++; return f }, //nolint:forcetypeassert // it is one
		"and failed": func(f folder) folder { f.Marks["y"] = 2; panic("broken") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := start(t, modifying(do), pipeline.WithInputChecks()).Run(t.Context(), newFolder())
			if name == "and failed" {
				require.ErrorContains(t, err, "panic: broken", "that is what there is to know first")
				return
			}
			require.ErrorContains(t, err, "stage review/change: the stage has modified its input: copy what is to be changed")
			_, err = start(t, modifying(do)).Run(t.Context(), newFolder())
			require.NoError(t, err, "it is asked for")
		})
	}
}

func TestAStageThatCopiesIsLeftInPeace(t *testing.T) {
	t.Parallel()
	copies := func(f folder) folder {
		f.Notes = append(f.Notes[:1:1], "z")
		f.Marks = map[string]int{"y": 2}
		f.Next = &folder{Notes: []string{"d"}}
		return f
	}
	for _, opts := range [][]pipeline.RunOption{nil, {pipeline.WithObserver(&recorder{})}} {
		out, err := start(t, modifying(copies), append(opts, pipeline.WithInputChecks())...).Run(t.Context(), newFolder())
		require.NoError(t, err)
		assert.Equal(t, []string{"a", "z"}, out.Notes)
	}
	_, err := start(t, pipeline.Named("f", pipeline.Fn(func(_ context.Context, f func()) (int, error) { f(); return 1, nil })),
		pipeline.WithInputChecks()).Run(t.Context(), func() {})
	require.NoError(t, err, "what cannot be told is not checked")
}

func ExampleWithInputChecks() {
	sorted := pipeline.Named("sort", pipeline.Fn(func(_ context.Context, scores []int) (int, error) {
		scores[0], scores[1] = scores[1], scores[0] // it belongs to the caller
		return scores[0], nil
	}))
	run, err := pipeline.NewRun(pipeline.WithInputChecks())
	if err != nil {
		fmt.Println(err)
		return
	}
	target := pipeline.Tool[pipeline.Stage[[]int, int]]("least", sorted)
	runner, err := pipeline.Start(context.Background(), run, target)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = runner.Run(context.Background(), []int{4, 2})
	fmt.Println(err)
	// Output:
	// stage sort: the stage has modified its input: copy what is to be changed, slices, maps and what pointers refer to included
}
