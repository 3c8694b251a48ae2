package pipeline_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

var update = flag.Bool("update", false, "write what the tests got to testdata instead of comparing")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o750))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run the tests with -update to make it")
	assert.Equal(t, string(want), got)
}

// classroom is a graph with every kind of asset.
type classroom struct {
	essays, truth, model, past   pipeline.Asset[int]
	index, score, quoted, report pipeline.Asset[int]
}

func newClassroom() classroom {
	var c classroom
	c.essays = pipeline.Source("essays", func(context.Context) (int, error) { return 1, nil })
	c.past = pipeline.Given("past_feedback", 2)
	c.model = pipeline.Tool("model", 3)
	c.truth = pipeline.Given("truth", 4).InGroup(pipeline.GroupEvaluation)
	c.index = derived(pipeline.Meta{Name: "index", Version: 2}, map[string]any{"k": 5, "field": "<all>"}, c.past, c.past)
	c.score = derived(pipeline.Meta{
		Name: "essay_score", Version: 1, Group: "essay", Steps: []string{"retrieve", "prompt", "parse"}, Off: []string{"rubric", "documents"},
	}, map[string]any{"drafts": 3}, c.index, c.essays, c.model)
	c.quoted = derived(pipeline.Meta{Name: `comments "quoted" #1`, Group: "essay"}, nil, c.essays, c.model)
	c.report = derived(pipeline.Meta{Name: "report", Group: pipeline.GroupEvaluation}, nil, c.score, c.truth)
	return c
}

// derived makes an asset of any configuration that adds up its needs.
func derived(m pipeline.Meta, cfg any, needs ...pipeline.Asset[int]) pipeline.Asset[int] {
	return pipeline.Derive(m, cfg, func(n *pipeline.Needs, _ any) func(context.Context) (int, error) {
		var gets []func() int
		for _, need := range needs {
			gets = append(gets, pipeline.Need(n, need))
		}
		return func(context.Context) (int, error) {
			sum := 100
			for _, get := range gets {
				sum += get()
			}
			return sum, nil
		}
	})
}

func TestPlanGoldens(t *testing.T) {
	t.Parallel()
	c := newClassroom()
	run, err := pipeline.NewRun()
	require.NoError(t, err)
	replaced := run.With(pipeline.Replace(c.index, 7))
	tests := map[string]struct {
		run     *pipeline.Run
		targets []pipeline.Node
	}{
		"full":     {run, []pipeline.Node{c.report, c.quoted}},
		"one":      {run, []pipeline.Node{c.quoted}},
		"replaced": {replaced, []pipeline.Node{c.score, c.index}},
		"twins":    {run, []pipeline.Node{c.index, inGroup("", "index"), inGroup("essay", "index"), c.model}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, err := tt.run.Plan(tt.targets...)
			require.NoError(t, err)
			golden(t, "plan_"+name+".txt", plan.String())
			golden(t, "plan_"+name+".mermaid", plan.Mermaid())
			js, err := json.MarshalIndent(plan, "", "  ")
			require.NoError(t, err)
			golden(t, "plan_"+name+".json", string(js)+"\n")
		})
	}
}

func TestPlanIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	first, err := pipeline.NewPlan(newClassroom().report)
	require.NoError(t, err)
	for range 20 {
		again, err := pipeline.NewPlan(newClassroom().report)
		require.NoError(t, err)
		require.Equal(t, first.String(), again.String())
		require.Equal(t, first.Mermaid(), again.Mermaid())
	}
}

func TestPlanSaysWhy(t *testing.T) {
	t.Parallel()
	c := newClassroom()
	plan, err := pipeline.NewPlan(c.report, c.score, c.quoted)
	require.NoError(t, err)
	entries := map[string]pipeline.Entry{}
	for _, e := range plan.Entries() {
		entries[e.Name] = e
	}
	assert.Equal(t, []string{`comments "quoted" #1`, "essay_score"}, entries["essays"].NeededBy, "sorted, each once")
	assert.False(t, entries["essays"].Selected)
	assert.True(t, entries["essay_score"].Selected, "an asset may be selected and needed")
	assert.Equal(t, []string{"report"}, entries["essay_score"].NeededBy)
	assert.Equal(t, []string{"index", "essays", "model"}, entries["essay_score"].Needs)
	assert.Equal(t, []string{"past_feedback"}, entries["index"].Needs, "a need declared twice is one need")
}

func TestPlanHas(t *testing.T) {
	t.Parallel()
	c := newClassroom()
	plan, err := pipeline.NewPlan(c.quoted)
	require.NoError(t, err)
	assert.True(t, plan.Has("model"))
	assert.False(t, plan.Has("index"), "what no target needs is absent")
}

func TestPlanWarnsOfEqualNames(t *testing.T) {
	t.Parallel()
	root := pipeline.Given("root", 1)
	tests := map[string]struct {
		targets []pipeline.Node
		want    int
	}{
		"one asset":     {[]pipeline.Node{inGroup("", "a", root), inGroup("", "a", root)}, 0},
		"two assets":    {[]pipeline.Node{inGroup("", "a", root), inGroup("", "a")}, 1},
		"three":         {[]pipeline.Node{inGroup("", "a", root), inGroup("", "a"), inGroup("x", "a")}, 1},
		"two roots":     {[]pipeline.Node{root, pipeline.Given("root", 1)}, 1},
		"two such sets": {[]pipeline.Node{root, pipeline.Given("root", 1), inGroup("", "a", root), inGroup("", "a")}, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, err := pipeline.NewPlan(tt.targets...)
			require.NoError(t, err)
			assert.Len(t, plan.Warnings(), tt.want)
		})
	}
}

func TestPlanShowsWhatIsReplaced(t *testing.T) {
	t.Parallel()
	c := newClassroom()
	run, err := pipeline.NewRun()
	require.NoError(t, err)
	plan, err := run.With(pipeline.Replace(c.index, 1)).Plan(c.score)
	require.NoError(t, err)
	assert.False(t, plan.Has("past_feedback"), "what a replaced asset would have been built from is not planned")
	for _, e := range plan.Entries() {
		assert.Equal(t, e.Name == "index", e.Replaced, e.Name)
	}
	for name, override := range map[string]pipeline.Override{
		"zero asset": pipeline.Replace(pipeline.Asset[int]{}, 1), "nil": pipeline.Replace[int](nil, 1), "zero override": {},
	} {
		_, err = run.With(override).Plan(c.score)
		assert.EqualError(t, err, "plan: an override of the run replaces a zero asset", name)
	}
}

// graph is a random directed acyclic graph of assets a0, a1, ... together with the needs that it was made from.
type graph struct {
	assets []pipeline.Asset[int]
	needs  [][]int
	builds []int
}

func randomGraph(rng *rand.Rand) *graph {
	size := 1 + rng.IntN(25)
	g := &graph{needs: make([][]int, size), builds: make([]int, size)}
	for i := range size {
		name := fmt.Sprintf("a%d", i)
		if i == 0 || rng.IntN(4) == 0 {
			g.assets = append(g.assets, pipeline.Source(name, func(context.Context) (int, error) {
				g.builds[i]++
				return i, nil
			}))
			continue
		}
		for range rng.IntN(4) {
			g.needs[i] = append(g.needs[i], rng.IntN(i))
		}
		g.assets = append(g.assets, derive(name, i, func(n *pipeline.Needs) func() (int, error) {
			var gets []func() int
			for _, j := range g.needs[i] {
				gets = append(gets, pipeline.Need(n, g.assets[j]))
			}
			return func() (int, error) {
				g.builds[i]++
				sum := i
				for _, get := range gets {
					sum = (3*sum + get()) % 1_000_003
				}
				return sum, nil
			}
		}))
	}
	return g
}

// reach marks what asset i needs, itself included, where replaced assets need nothing.
func (g *graph) reach(i int, replaced map[int]int, seen map[int]bool) {
	if seen[i] {
		return
	}
	seen[i] = true
	if _, ok := replaced[i]; ok {
		return
	}
	for _, j := range g.needs[i] {
		g.reach(j, replaced, seen)
	}
}

func TestPlansOfRandomGraphs(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		g := randomGraph(rng)
		var targets []pipeline.Node
		needed := map[int]bool{}
		for range 1 + rng.IntN(3) {
			i := rng.IntN(len(g.assets))
			targets = append(targets, g.assets[i])
			g.reach(i, nil, needed)
		}
		plan, err := pipeline.NewPlan(targets...)
		require.NoError(t, err)

		place := map[string]int{}
		for i, e := range plan.Entries() {
			require.NotContains(t, place, e.Name, "seed %d: planned twice", seed)
			place[e.Name] = i
		}
		require.Len(t, place, len(needed), "seed %d: exactly what the targets need is planned", seed)
		for i := range needed {
			name := fmt.Sprintf("a%d", i)
			require.Contains(t, place, name, "seed %d", seed)
			for _, j := range g.needs[i] {
				require.Less(t, place[fmt.Sprintf("a%d", j)], place[name], "seed %d: a%d needs a%d", seed, i, j)
			}
		}
		for _, e := range plan.Entries() {
			require.True(t, e.Selected || len(e.NeededBy) > 0, "seed %d: %s is planned for no reason", seed, e.Name)
			require.True(t, slices.IsSorted(e.NeededBy))
		}
		require.Equal(t, make([]int, len(g.builds)), g.builds, "planning builds nothing")
	}
}
