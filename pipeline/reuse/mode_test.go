package reuse_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/reuse"
	"github.com/gloss-sdk/gloss/pipeline/store"
)

func TestReadOnlyWritesNothing(t *testing.T) {
	t.Parallel()
	s := store.NewMemory()
	m := &model{name: "m1"}
	results(t, start(t, journal(t, s, reuse.Use), m), essays(2))
	before := ledger(t, s)
	refusing := &hooked{Store: s, put: func(context.Context, string, []byte, store.Tag) (store.Tag, error) {
		t.Error("a read-only journal wrote")
		return "", errDown
	}}
	j := journal(t, refusing, reuse.ReadOnly)
	got := results(t, start(t, j, m), essays(4))
	for i, r := range got {
		require.NoError(t, r.Err)
		assert.Equal(t, rated(r.ID), r.Out)
		assert.Equal(t, i < 2, r.Origin != "")
	}
	assert.Equal(t, 8, m.made())
	assert.Equal(t, before, ledger(t, s))
	assert.Equal(t, reuse.Report{Reused: 2}, j.Report())
	_, _, err := j.Do(t.Context(), item("f"), func(context.Context) (any, error) { return nil, errors.New("overloaded") })
	require.EqualError(t, err, "overloaded")
}

func TestReadOnlyDoesNotWaitForOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		finish, done := held(t.Context(), journal(t, s, reuse.Use), item("f"), "kept")
		out, origin, err := journal(t, s, reuse.ReadOnly).Do(t.Context(), item("f"), returning("own"))
		require.NoError(t, err)
		assert.Equal(t, "own", out)
		assert.Empty(t, origin)
		close(finish)
		<-done
	})
}

func TestRefreshReplaces(t *testing.T) {
	t.Parallel()
	s := store.NewMemory()
	m := &model{name: "m1"}
	results(t, start(t, journal(t, s, reuse.Use), m), essays(3))
	for _, r := range results(t, start(t, journal(t, s, reuse.Refresh, reuse.WithOwner("refresh")), m), essays(3)) {
		require.NoError(t, r.Err)
		assert.Empty(t, r.Origin)
	}
	assert.Equal(t, 12, m.made(), "items and calls are done again")
	for _, r := range results(t, start(t, journal(t, s, reuse.Use), m), essays(3)) {
		assert.Regexp(t, "^refresh/", r.Origin)
	}
	l := ledger(t, s).Total
	assert.Equal(t, 12, l.Usage.Calls, "what was paid before is not forgotten")
	assert.Equal(t, 3, l.Items)
}

func TestRefreshThatFailsLeavesWhatIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		_, _, err := journal(t, s, reuse.Use).Do(t.Context(), item("f"), returning("old"))
		require.NoError(t, err)
		begun, finish := make(chan struct{}), make(chan struct{})
		done := doing(t.Context(), journal(t, s, reuse.Refresh), item("f"), func(context.Context) (any, error) {
			close(begun)
			<-finish
			return nil, errors.New("overloaded")
		})
		<-begun
		meanwhile, _, err := journal(t, s, reuse.Use).Do(t.Context(), item("f"), never(t))
		require.NoError(t, err)
		assert.Equal(t, "old", meanwhile, "the others do not wait for it")
		close(finish)
		require.EqualError(t, (<-done).err, "overloaded")
		after, _, err := journal(t, s, reuse.Use).Do(t.Context(), item("f"), never(t))
		require.NoError(t, err)
		assert.Equal(t, "old", after)
	})
}

func TestTwoRefreshesAtOnceDoTheWorkOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		_, _, err := journal(t, s, reuse.Use).Do(t.Context(), item("f"), returning("old"))
		require.NoError(t, err)
		finish, first := held(t.Context(), journal(t, s, reuse.Refresh), item("f"), "new")
		// What the second one waits for was begun before it was asked, so it is not what it waits for.
		second := doing(t.Context(), journal(t, s, reuse.Refresh), item("f"), returning("newer"))
		synctest.Wait()
		third := doing(t.Context(), journal(t, s, reuse.Refresh), item("f"), returning("newer"))
		synctest.Wait()
		close(finish)
		assert.Equal(t, outcome{"new", "", nil}, <-first)
		a, b := <-second, <-third
		assert.Equal(t, "newer", a.out)
		assert.Equal(t, "newer", b.out)
		assert.NotEqual(t, a.origin == "", b.origin == "", "one did it, the other one took it: %q, %q", a.origin, b.origin)
	})
}

func TestOutcomeOfAnotherTypeIsReplaced(t *testing.T) {
	t.Parallel()
	s := store.NewMemory()
	_, _, err := journal(t, s, reuse.Use).Do(t.Context(), item("f"), returning("text"))
	require.NoError(t, err)
	number := item("f")
	number.Decode = decode[int]
	j := journal(t, s, reuse.Use)
	out, origin, err := j.Do(t.Context(), number, returning(7))
	require.NoError(t, err)
	assert.Equal(t, 7, out)
	assert.Empty(t, origin)
	assert.Equal(t, reuse.Report{Kept: 1, Unreadable: 1}, j.Report())
	out, _, err = journal(t, s, reuse.Use).Do(t.Context(), number, never(t))
	require.NoError(t, err)
	assert.Equal(t, 7, out)
	panicking := item("f")
	panicking.Decode = func([]byte) (any, error) { panic("no") }
	out, _, err = journal(t, s, reuse.ReadOnly).Do(t.Context(), panicking, returning(8))
	require.NoError(t, err)
	assert.Equal(t, 8, out)
}

type hidden struct{ Shown, secret string }

// panicky breaks whoever marshals it.
type panicky struct{}

func (panicky) MarshalJSON() ([]byte, error) { panic("no JSON") }

func TestOnlyWhatSurvivesJSONIsKept(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		out    any
		decode func([]byte) (any, error)
		kept   bool
	}{
		"text":             {"<b>&\u2028", decode[string], true},
		"number":           {1e21, decode[float64], true},
		"nothing":          {nil, decode[any], true},
		"raw":              {json.RawMessage(`{"a":[1]}`), decode[json.RawMessage], true},
		"invalid text":     {"\xff", decode[string], false},
		"function":         {func() {}, decode[any], false},
		"another type":     {1, decode[string], false},
		"panics":           {panicky{}, decode[panicky], false},
		"no way to decode": {1, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := store.NewMemory()
			j := journal(t, s, reuse.Use)
			w := item("f")
			w.Decode = tc.decode
			first, _, err := j.Do(t.Context(), w, returning(tc.out))
			require.NoError(t, err)
			if !tc.kept {
				assert.Equal(t, reuse.Report{Unkept: 1}, j.Report())
				assert.Equal(t, 1, ledger(t, s).Total.Unkept)
				assert.NotContains(t, object(t, s, "f"), `"kept":`)
				return
			}
			again, origin, err := j.Do(t.Context(), w, never(t))
			require.NoError(t, err)
			assert.Equal(t, first, again)
			assert.NotEmpty(t, origin)
		})
	}
}

func TestWorkWithoutFingerprintIsDone(t *testing.T) {
	t.Parallel()
	s := store.NewMemory()
	j := journal(t, s, reuse.Use)
	for range 2 {
		out, origin, err := j.Do(t.Context(), pipeline.Work{}, returning(hidden{"a", "b"}))
		require.NoError(t, err)
		assert.Equal(t, hidden{"a", "b"}, out)
		assert.Empty(t, origin)
	}
	assert.Equal(t, reuse.Ledger{}, ledger(t, s))
}
