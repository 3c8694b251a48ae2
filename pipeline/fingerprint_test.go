package pipeline_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

type library struct {
	Books []string `json:"books"`
}

// shelf has no JSON of its own, and says what it holds.
type shelf struct{ books []string }

func (s *shelf) Holds() any { return s.books }

// lamp has no JSON, and says what it is by a method of its own type.
type lamp struct{ watts int }

func (l lamp) Identity() struct {
	Watts int `json:"watts"`
} {
	return struct {
		Watts int `json:"watts"`
	}{l.watts}
}

type silent struct{ secret int }

type nameless struct{}

func (nameless) Identity() string { return "unidentified" }

type wrapped struct{}

func (wrapped) Identity() string { return "defaults(t=0) unidentified" }

type broken struct{}

func (broken) Identity() string { panic("no") }

// reading is a target that needs a root of any type.
func reading[T any](root pipeline.Asset[T], cfg any) pipeline.Asset[string] {
	return pipeline.Derive(pipeline.Meta{Name: "reading", Version: 2}, cfg, func(n *pipeline.Needs, _ any) func(context.Context) (string, error) {
		pipeline.Need(n, root)
		return func(context.Context) (string, error) { return "read", nil }
	})
}

func describe[T any](t *testing.T, h pipeline.Handle[T], overrides ...pipeline.Override) pipeline.Target {
	t.Helper()
	target, err := pipeline.Describe(t.Context(), newRun(t).With(overrides...), h)
	require.NoError(t, err)
	require.Len(t, target.Plan.Entries(), len(target.Assets))
	target.Plan = nil
	return target
}

func TestATargetIsIdentifiedByWhatItsRootsHold(t *testing.T) {
	t.Parallel()
	books := func(names ...string) pipeline.Asset[library] { return pipeline.Given("books", library{names}) }
	base := describe(t, reading(books("a", "b"), 1))
	assert.Equal(t, "reading", base.Name)
	require.Len(t, base.Assets, 2)
	assert.Equal(t, "books", base.Assets[0].Name)
	assert.Equal(t, pipeline.GroupShared, base.Assets[0].Group)
	assert.Equal(t, base.Fingerprint, base.Assets[1].Fingerprint)

	assert.Equal(t, base, describe(t, reading(books("a", "b"), 1)), "other addresses, the same content")
	assert.NotEqual(t, base.Fingerprint, describe(t, reading(books("a", "c"), 1)).Fingerprint)
	assert.NotEqual(t, base.Fingerprint, describe(t, reading(books("ab"), 1)).Fingerprint)
	assert.NotEqual(t, base.Fingerprint, describe(t, reading(books("a", "b"), 2)).Fingerprint)
	assert.NotEqual(t, base.Fingerprint, describe(t, reading(pipeline.Given("tomes", library{[]string{"a", "b"}}), 1)).Fingerprint)

	mine := books("a")
	target := reading(mine, 1)
	assert.Equal(t, base.Fingerprint, describe(t, target, pipeline.Replace(mine, library{[]string{"a", "b"}})).Fingerprint,
		"an override is what it holds")
	assert.NotEqual(t, base.Fingerprint, describe(t, target, pipeline.Replace(target, "read")).Fingerprint,
		"and not what would have been built")
}

func TestWhatARootIsIdentifiedBy(t *testing.T) {
	t.Parallel()
	type pair struct{ a, b pipeline.Target }
	same := map[string]pair{
		"holds":    {describe(t, reading(pipeline.Given("r", &shelf{[]string{"x"}}), 0)), describe(t, reading(pipeline.Given("r", &shelf{[]string{"x"}}), 0))},
		"identity": {describe(t, reading(pipeline.Tool("r", lamp{40}), 0)), describe(t, reading(pipeline.Tool("r", lamp{40}), 0))},
		"nothing":  {describe(t, reading(pipeline.Given("r", struct{}{}), 0)), describe(t, reading(pipeline.Given("r", struct{}{}), 0))},
		"nil":      {describe(t, reading(pipeline.Given[*library]("r", nil), 0)), describe(t, reading(pipeline.Given[*library]("r", nil), 0))},
	}
	for name, p := range same {
		assert.NotEmpty(t, p.a.Fingerprint, name)
		assert.Equal(t, p.a, p.b, name)
	}
	assert.NotEqual(t, same["holds"].a.Fingerprint, describe(t, reading(pipeline.Given("r", &shelf{[]string{"y"}}), 0)).Fingerprint)
	assert.NotEqual(t, same["identity"].a.Fingerprint, describe(t, reading(pipeline.Tool("r", lamp{60}), 0)).Fingerprint)
}

func TestWhatCannotBeIdentifiedIsNamed(t *testing.T) {
	t.Parallel()
	for want, target := range map[string]pipeline.Target{
		"pipeline_test.silent has neither a method Identity nor fields with JSON":       describe(t, reading(pipeline.Given("r", silent{1}), 0)),
		"pipeline_test.nameless does not say what it is by its method Identity":         describe(t, reading(pipeline.Tool("r", nameless{}), 0)),
		"pipeline_test.wrapped does not say what it is by its method Identity":          describe(t, reading(pipeline.Tool("r", wrapped{}), 0)),
		"pipeline_test.broken: panic: no":                                               describe(t, reading(pipeline.Tool("r", broken{}), 0)),
		"func() has neither a method Identity nor JSON: json: unsupported type: func()": describe(t, reading(pipeline.Tool("r", func() {}), 0)),
	} {
		assert.Empty(t, target.Fingerprint)
		assert.Equal(t, want, target.Assets[0].Unidentified)
		assert.Equal(t, `it needs "r": `+want, target.Assets[1].Unidentified)
	}
}

// What has no identity is not looked up, and not kept.
func TestWorkWithoutFingerprintIsNotAskedFor(t *testing.T) {
	t.Parallel()
	book := newNotebook("")
	events := &recorder{}
	stage := pipeline.Fn(func(_ context.Context, in func() int) (int, error) { return in(), nil })
	runner, err := pipeline.Start(t.Context(), newRun(t, pipeline.WithJournal(book), pipeline.WithObserver(events)), identified(stage))
	require.NoError(t, err)
	got, err := runner.Run(t.Context(), func() int { return 3 })
	require.NoError(t, err)
	assert.Equal(t, 3, got)
	assert.Empty(t, book.work)

	plain := start(t, pipeline.Named("s", pipeline.Call("m", pipeline.Fn(double))), pipeline.WithJournal(book))
	_, err = plain.Run(t.Context(), 1)
	require.NoError(t, err)
	assert.Empty(t, book.work, "a stage that is a root has no identity")
	assert.True(t, strings.HasPrefix(book.targets[1].Assets[0].Unidentified, "pipeline.named"))
}
