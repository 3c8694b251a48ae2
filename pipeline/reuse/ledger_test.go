package reuse_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/reuse"
	"github.com/gloss-sdk/gloss/pipeline/store"
)

func TestLedgerByItem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		_, err := s.Put(t.Context(), "other/object", []byte("not of a journal"), "")
		require.NoError(t, err)
		j := journal(t, s, reuse.Use)
		at := func(w pipeline.Work, target, item string) pipeline.Work {
			w.Target, w.Item = target, item
			return w
		}
		for _, w := range []pipeline.Work{
			at(item("f1"), "rating", "ben"), at(call("f2"), "rating", "ben"), at(item("f3"), "rating", "ana"), at(item("f4"), "feedback", "cem"),
		} {
			out := any("kept")
			if w.Call != nil {
				out = answer{"kept"}
			}
			_, _, err := j.Do(t.Context(), w, returning(out))
			require.NoError(t, err)
		}
		_, _, err = j.Do(t.Context(), at(call("f5"), "rating", "ana"), func(context.Context) (any, error) { return nil, errors.New("no") })
		require.Error(t, err)
		finish, done := held(t.Context(), j, at(call("f6"), "rating", "ana"), answer{"late"})
		l := ledger(t, s)
		assert.Equal(t, `kept: items 3, calls 1; leased: 1; failed: 1; paid: calls 1, tokens 10 in, 3 out
feedback cem: kept: items 1, calls 0; paid: calls 0, tokens 0 in, 0 out
rating ana: kept: items 1, calls 0; leased: 1; failed: 1; paid: calls 0, tokens 0 in, 0 out
rating ben: kept: items 1, calls 1; paid: calls 1, tokens 10 in, 3 out
`, l.String())
		assert.Equal(t, reuse.Tally{Items: 1, Open: 1, Failed: 1}, l.Items[1].Tally)
		close(finish)
		<-done
		assert.Equal(t, reuse.Report{Kept: 5, Failed: 1}, j.Report())
		assert.Equal(t, "5 kept, 1 failed", j.Report().String())
	})
}

// unlisted is a store that cannot be listed.
type unlisted struct{ store.Store }

func (unlisted) List(context.Context, string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { yield("", errDown) }
}

func TestLedgerOfAStoreThatFails(t *testing.T) {
	t.Parallel()
	s := store.NewMemory()
	_, _, err := journal(t, s, reuse.Use).Do(t.Context(), item("f"), returning("kept"))
	require.NoError(t, err)
	_, err = reuse.ReadLedger(t.Context(), unlisted{s})
	require.ErrorIs(t, err, errDown)
	_, err = reuse.ReadLedger(t.Context(), failing(s, yes, no))
	require.EqualError(t, err, "reuse: ledger: object work/f cannot be read: 503")
	_, err = reuse.ReadLedger(t.Context(), nil)
	require.EqualError(t, err, "reuse: ReadLedger: the store is nil")
}

func TestReportOfNothing(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "nothing was asked for", journal(t, store.NewMemory(), reuse.Use).Report().String())
}
