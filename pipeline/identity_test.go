package pipeline_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// settings is a configuration, of which only the exported part counts.
type settings struct {
	Size  int            `json:"size"`
	Words map[string]int `json:"words,omitempty"`
}

// sized derives an asset that notes that it was built.
func sized(built *int, m pipeline.Meta, cfg settings, needs ...pipeline.Asset[int]) pipeline.Asset[int] {
	return pipeline.Derive(m, cfg, func(n *pipeline.Needs, cfg settings) func(context.Context) (int, error) {
		for _, need := range needs {
			pipeline.Need(n, need)
		}
		return func(context.Context) (int, error) {
			*built++
			return cfg.Size, nil
		}
	})
}

func TestEqualAssetsAreBuiltOnce(t *testing.T) {
	t.Parallel()
	root, other := pipeline.Given("root", 1), pipeline.Given("root", 1)
	base := pipeline.Meta{Name: "index", Version: 1}
	size := settings{Size: 1}
	tests := map[string]struct {
		first, second func(built *int) pipeline.Asset[int]
		builds        int
	}{
		"equal": {
			func(b *int) pipeline.Asset[int] { return sized(b, base, size, root) },
			func(b *int) pipeline.Asset[int] { return sized(b, base, size, root) }, 1,
		},
		"steps do not count": {
			func(b *int) pipeline.Asset[int] { return sized(b, base, size) },
			func(b *int) pipeline.Asset[int] {
				return sized(b, pipeline.Meta{Name: "index", Version: 1, Steps: []string{"a"}, Off: []string{"b"}}, size)
			}, 1,
		},
		"order of keys does not count": {
			func(b *int) pipeline.Asset[int] { return sized(b, base, settings{1, map[string]int{"a": 1, "b": 2}}) },
			func(b *int) pipeline.Asset[int] { return sized(b, base, settings{1, map[string]int{"b": 2, "a": 1}}) }, 1,
		},
		"equal needs, derived twice": {
			func(b *int) pipeline.Asset[int] { return sized(b, base, size, inGroup("", "past", root)) },
			func(b *int) pipeline.Asset[int] { return sized(b, base, size, inGroup("", "past", root)) }, 1,
		},
		"name": {
			func(b *int) pipeline.Asset[int] { return sized(b, base, size) },
			func(b *int) pipeline.Asset[int] { return sized(b, pipeline.Meta{Name: "other", Version: 1}, size) }, 2,
		},
		"version": {
			func(b *int) pipeline.Asset[int] { return sized(b, base, size) },
			func(b *int) pipeline.Asset[int] { return sized(b, pipeline.Meta{Name: "index", Version: 2}, size) }, 2,
		},
		"group": {
			func(b *int) pipeline.Asset[int] { return sized(b, base, size) },
			func(b *int) pipeline.Asset[int] {
				return sized(b, pipeline.Meta{Name: "index", Version: 1, Group: "evaluation"}, size)
			}, 2,
		},
		"configuration": {
			func(b *int) pipeline.Asset[int] { return sized(b, base, size) },
			func(b *int) pipeline.Asset[int] { return sized(b, base, settings{Size: 2}) }, 2,
		},
		"needs": {
			func(b *int) pipeline.Asset[int] { return sized(b, base, size, root) },
			func(b *int) pipeline.Asset[int] { return sized(b, base, size) }, 2,
		},
		"roots go by address, not by name": {
			func(b *int) pipeline.Asset[int] { return sized(b, base, size, root) },
			func(b *int) pipeline.Asset[int] { return sized(b, base, size, other) }, 2,
		},
		"needs deep down": {
			func(b *int) pipeline.Asset[int] { return sized(b, base, size, inGroup("", "past", root)) },
			func(b *int) pipeline.Asset[int] { return sized(b, base, size, inGroup("", "past", other)) }, 2,
		},
		"order of needs": {
			func(b *int) pipeline.Asset[int] { return sized(b, base, size, root, other) },
			func(b *int) pipeline.Asset[int] { return sized(b, base, size, other, root) }, 2,
		},
		"parts do not run together": {
			func(b *int) pipeline.Asset[int] { return sized(b, pipeline.Meta{Name: "index1", Version: 2}, size) },
			func(b *int) pipeline.Asset[int] { return sized(b, pipeline.Meta{Name: "index", Version: 12}, size) }, 2,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var built int
			first, second := tt.first(&built), tt.second(&built)
			run, err := pipeline.NewRun()
			require.NoError(t, err)
			for _, asset := range []pipeline.Asset[int]{first, second} {
				_, err := pipeline.Value(t.Context(), run, asset)
				require.NoError(t, err)
			}
			assert.Equal(t, tt.builds, built)
			plan, err := pipeline.NewPlan(first, second)
			require.NoError(t, err)
			var selected int
			for _, e := range plan.Entries() {
				if e.Selected {
					selected++
				}
			}
			assert.Equal(t, tt.builds, selected, "the plan agrees with what was built")
		})
	}
}

func TestAssetsOfOtherTypesAreOtherAssets(t *testing.T) {
	t.Parallel()
	text := derive("length", 0, func(*pipeline.Needs) func() (string, error) {
		return func() (string, error) { return "three", nil }
	})
	number := derive("length", 0, func(*pipeline.Needs) func() (int, error) {
		return func() (int, error) { return 3, nil }
	})
	both := derive("both", 0, func(n *pipeline.Needs) func() (string, error) {
		s, i := pipeline.Need(n, text), pipeline.Need(n, number)
		return func() (string, error) { return s()[:i()], nil }
	})
	got, err := value(t, both)
	require.NoError(t, err)
	assert.Equal(t, "thr", got)
}

// A getter may be kept and read by the items of a batch, many at a time.
func TestGettersCanBeReadWhileItemsRun(t *testing.T) {
	t.Parallel()
	type adding = pipeline.Stage[int, int]
	add := pipeline.Derive(pipeline.Meta{Name: "add"}, 0, func(n *pipeline.Needs, _ int) func(context.Context) (adding, error) {
		var getters []func() int
		for i := range 8 { // derived here, so that each wiring has nodes whose keys nobody has asked for
			getters = append(getters, pipeline.Need(n, derive("offset", i, func(*pipeline.Needs) func() (int, error) {
				return func() (int, error) { return 10, nil }
			})))
		}
		return func(context.Context) (adding, error) {
			var together sync.WaitGroup
			together.Add(len(getters))
			return pipeline.Fn(func(_ context.Context, in int) (int, error) {
				together.Done()
				together.Wait() // nothing orders the reads that follow
				return in + getters[in](), nil
			}), nil
		}
	})
	run, err := pipeline.NewRun(pipeline.WithInFlight(8))
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, add)
	require.NoError(t, err)
	items := func(yield func(pipeline.Item[int]) bool) {
		for i := range 8 {
			if !yield(pipeline.Item[int]{In: i}) {
				return
			}
		}
	}
	for res := range runner.Stream(t.Context(), items) {
		require.NoError(t, res.Err)
		assert.Equal(t, res.Index+10, res.Out)
	}
}
