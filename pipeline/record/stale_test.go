package record_test

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// described returns what a task would be made with now.
func described(t testing.TB, task pipeline.Handle[pipeline.Stage[essay, mark]], opts ...pipeline.RunOption) pipeline.Target {
	t.Helper()
	run, err := pipeline.NewRun(opts...)
	require.NoError(t, err)
	target, err := pipeline.Describe(t.Context(), run, task)
	require.NoError(t, err)
	return target
}

func stale(t testing.TB, run *record.Run, now ...pipeline.Target) []string {
	t.Helper()
	changes, err := run.Stale(now...)
	require.NoError(t, err)
	var lines []string
	for _, c := range changes {
		lines = append(lines, c.String())
		assert.Equal(t, []string{"marks"}, c.Targets)
	}
	return lines
}

func TestStaleNamesWhatChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		config := marking{K: 5, Traits: []string{"thesis"}}
		run := recordMarks(t, "run", config, marks(config, "rubric", "past", 1), []essay{{"a", "one"}})
		other := config
		other.K = 8
		for name, tc := range map[string]struct {
			now  pipeline.Handle[pipeline.Stage[essay, mark]]
			want []string
		}{
			"nothing":               {marks(config, "rubric", "past", 1), nil},
			"a root":                {marks(config, "rubric of June", "past", 1), []string{"asset rubric: its content changed"}},
			"a root behind another": {marks(config, "rubric", "other essays", 1), []string{"asset past: its content changed"}},
			"two roots": {marks(config, "rubric of June", "other essays", 1), []string{
				"asset rubric: its content changed", "asset past: its content changed"}},
			"a configuration": {marks(other, "rubric", "past", 1), []string{"target marks: k 5 -> 8"}},
			"a version":       {marks(config, "rubric", "past", 2), []string{"target marks: version 1 -> 2"}},
			"all of it": {pipeline.Tool("marks", stand{}.stage()), []string{
				"target marks: version 1 -> 0", `target marks: configuration removed: {"k":5,"traits":["thesis"]}`,
				`target marks: needs ["rubric","index"] -> null`, "asset rubric: removed", "asset past: removed", "asset index: removed"}},
		} {
			assert.Equal(t, tc.want, stale(t, run, described(t, tc.now)), name)
		}
	})
}

func TestStaleTellsFieldsOfAConfiguration(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		config := marking{K: 5, Traits: []string{"thesis"}}
		run := recordMarks(t, "run", config, marks(config, "rubric", "past", 1), []essay{{"a", "one"}})
		config.K = 8
		now := described(t, marks(config, "rubric of June", "past", 2))
		changes, err := run.Stale(now)
		require.NoError(t, err)
		targets := []string{"marks"}
		assert.Equal(t, []record.Change{
			{Asset: "rubric", What: record.ContentChanged, Targets: targets},
			{Asset: "marks", What: record.VersionChanged, Targets: targets, Fields: []record.Difference{{Path: "version", Old: []byte("1"), New: []byte("2")}}},
			{Asset: "marks", What: record.ConfigChanged, Targets: targets, Fields: []record.Difference{{Path: "k", Old: []byte("5"), New: []byte("8")}}},
		}, changes)
		assert.Equal(t, "target marks: k 5 -> 8", changes[2].String())

		now = described(t, marks(config, "rubric", "past", 1))
		now.Plan = nil // somebody who has fingerprints alone
		changes, err = run.Stale(now)
		require.NoError(t, err)
		assert.Equal(t, []record.Change{{Asset: "marks", What: record.DefinitionChanged, Targets: targets}}, changes)
	})
}

// stand is a stage that says what it is.
type stand struct{}

func (stand) Run(context.Context, essay) (mark, error) { return mark{}, nil }
func (stand) Identity() string                         { return "stand-in/v1" }
func (s stand) stage() pipeline.Stage[essay, mark]     { return s }

// anonymous is a stage that does not.
type anonymous struct{ Secret chan int }

func (anonymous) Run(context.Context, essay) (mark, error) { return mark{}, nil }
func (a anonymous) stage() pipeline.Stage[essay, mark]     { return a }

func TestStaleWhereNothingIdentifiesAnAsset(t *testing.T) {
	t.Parallel()
	task := pipeline.Tool("marks", anonymous{}.stage())
	run := recordMarks(t, "run", marking{}, task, []essay{{"a", "one"}})
	changes := stale(t, run, described(t, task))
	require.Len(t, changes, 1)
	assert.Contains(t, changes[0], "target marks: may have changed: record_test.anonymous has neither")
}

func TestStaleLooksAtTheTargetsThatAreAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		config := marking{K: 1}
		run := recordMarks(t, "run", config, marks(config, "rubric", "past", 1), []essay{{"a", "one"}})
		assert.Empty(t, stale(t, run))
		changes, err := run.Stale(pipeline.Target{Name: "another"})
		require.NoError(t, err)
		assert.Equal(t, []record.Change{{Asset: "another", What: record.AssetAdded, Targets: []string{"another"}}}, changes)
		assert.Equal(t, "target another: added", changes[0].String())
	})
}

// A change that concerns several targets is told once.
func TestStaleTellsASharedChangeOnce(t *testing.T) {
	t.Parallel()
	identified := func(name, fingerprint string) pipeline.Print {
		return pipeline.Print{Name: name, Fingerprint: fingerprint}
	}
	target := func(name, rubric string) pipeline.Target {
		return pipeline.Target{Name: name, Fingerprint: name + rubric, Assets: []pipeline.Print{identified("rubric", rubric), identified(name, name+rubric)}}
	}
	entries := func(name string) record.Plan {
		return record.Plan{Entries: []pipeline.Entry{
			{Name: "rubric", Origin: pipeline.OriginGiven}, {Name: name, Origin: pipeline.OriginDerived, Needs: []string{"rubric"}},
		}}
	}
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{Plans: map[string]record.Plan{"scores": entries("scores"), "notes": entries("notes")}})
	require.NoError(t, err)
	require.NoError(t, w.Begin(t.Context(), target("scores", "May")))
	require.NoError(t, w.Begin(t.Context(), target("notes", "May")))
	require.NoError(t, w.Close())
	run := open(t, dir)
	changes, err := run.Stale(target("notes", "June"), target("scores", "June"))
	require.NoError(t, err)
	assert.Equal(t, []record.Change{{Asset: "rubric", What: record.ContentChanged, Targets: []string{"notes", "scores"}}}, changes)
	changes, err = run.Stale(target("notes", "June"), target("scores", "May"))
	require.NoError(t, err)
	assert.Equal(t, []record.Change{{Asset: "rubric", What: record.ContentChanged, Targets: []string{"notes"}}}, changes)
}

// A run that was only observed has no fingerprints; then the plans say what they can.
func TestStaleOfARunWithoutFingerprints(t *testing.T) {
	t.Parallel()
	config := marking{K: 1}
	task := marks(config, "rubric", "past", 1)
	plan, err := pipeline.NewPlan(task)
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, record.Manifest{Plans: map[string]record.Plan{"marks": record.PlanOf(plan)}})
	require.NoError(t, err)
	require.NoError(t, w.Close())
	assert.Equal(t, []string{
		"asset rubric: may have changed: its fingerprint is not recorded", "asset past: may have changed: its fingerprint is not recorded",
	}, stale(t, open(t, dir), described(t, task)))
}

// Between two recorded runs configurations are compared too, key by key, with or without fingerprints.
func TestDiffOfAssets(t *testing.T) {
	t.Parallel()
	entry := func(version int, config string, needs ...string) pipeline.Entry {
		return pipeline.Entry{Name: "scores", Origin: pipeline.OriginDerived, Version: version, Config: []byte(config), Needs: needs}
	}
	rubric, past := pipeline.Entry{Name: "rubric", Origin: pipeline.OriginGiven}, pipeline.Entry{Name: "past", Origin: pipeline.OriginGiven}
	old := []pipeline.Entry{rubric, past, entry(1, `{"steps":{"retrieve":{"k":5}},"on":true}`, "rubric", "past")}
	for name, tc := range map[string]struct {
		now  []pipeline.Entry
		want []string
	}{
		"nothing":         {old, nil},
		"a configuration": {[]pipeline.Entry{rubric, past, entry(1, `{"steps":{"retrieve":{"k":8}},"on":true}`, "rubric", "past")}, []string{"target scores: steps.retrieve.k 5 -> 8"}},
		"a key": {[]pipeline.Entry{rubric, past, entry(1, `{"steps":{},"off":[1]}`, "rubric", "past")}, []string{
			`target scores: steps.retrieve removed: {"k":5}; on removed: true; off added: [1]`}},
		"a version": {[]pipeline.Entry{rubric, past, entry(2, `{"steps":{"retrieve":{"k":5}},"on":true}`, "rubric", "past")}, []string{"target scores: version 1 -> 2"}},
		"the needs": {[]pipeline.Entry{rubric, entry(1, `{"steps":{"retrieve":{"k":5}},"on":true}`, "rubric")}, []string{
			`target scores: needs ["rubric","past"] -> ["rubric"]`, "asset past: removed"}},
	} {
		planned := func(entries []pipeline.Entry) *record.Run {
			dir := filepath.Join(t.TempDir(), "run")
			w, err := record.Create(dir, record.Manifest{Plans: map[string]record.Plan{"scores": {Entries: entries}}})
			require.NoError(t, err)
			require.NoError(t, w.Close())
			return open(t, dir)
		}
		var got []string
		for _, c := range diff(t, planned(old), planned(tc.now)).Assets {
			got = append(got, c.String())
		}
		assert.Equal(t, tc.want, got, name)
	}
}

// What roots hold is compared by what was recorded of it.
func TestDiffOfRecordedValues(t *testing.T) {
	t.Parallel()
	built := func(rubric, index string) *record.Run {
		dir := filepath.Join(t.TempDir(), "run")
		w, err := record.Create(dir, record.Manifest{})
		require.NoError(t, err)
		for _, e := range []pipeline.Event{
			{Asset: &pipeline.Entry{Name: "rubric", Origin: pipeline.OriginGiven}, Out: rubric},
			{Asset: &pipeline.Entry{Name: "index", Origin: pipeline.OriginDerived, Needs: []string{"rubric"}}, Out: index},
		} {
			e.Kind = pipeline.KindAsset
			w.Observe(t.Context(), e)
		}
		require.NoError(t, w.Close())
		return open(t, dir)
	}
	changed := func(a, b *record.Run) (got []string) {
		for _, c := range diff(t, a, b).Assets {
			got = append(got, c.String())
		}
		return got
	}
	a := built("May", "index of May")
	assert.Empty(t, changed(a, built("May", "index of May")))
	assert.Equal(t, []string{"asset rubric: its content changed"}, changed(a, built("June", "index of June")))
	assert.Equal(t, []string{"asset index: its content changed"}, changed(a, built("May", "built otherwise")),
		"the code of a derived asset may change without its version")
}
