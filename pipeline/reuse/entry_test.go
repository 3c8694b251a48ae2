package reuse_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/reuse"
	"github.com/gloss-sdk/gloss/pipeline/store"
)

// TestFormat pins version 1: what a release has written, the next one reads.
func TestFormat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // where the clock shows 2000-01-01
		s := store.NewMemory()
		j := journal(t, s, reuse.Use, reuse.WithOwner("monday"))
		_, _, err := j.Do(t.Context(), call("f"), func(context.Context) (any, error) { return nil, errors.New("overloaded") })
		require.Error(t, err)
		finish, done := held(t.Context(), j, call("f"), answer{"<kept>"})
		owner := strings.Split(strings.SplitN(object(t, s, "f"), `"owner":"`, 2)[1], `"`)[0]
		const (
			head = `{"version":1,"fingerprint":"f","subject":{"target":"rating","item":"e-f","call":` +
				`{"resource":"model","item":"e-f","stage":"","seq":1,"attempt":0}},"fence":2,`
			lease  = `"lease":{"owner":"OWNER","fence":2,"expires":"2000-01-01T00:01:00Z","lasts_ns":60000000000},`
			failed = `"attempts":[{"fence":1,"owner":"OWNER","begun":"2000-01-01T00:00:00Z","end":"failed","class":"unknown"},`
			second = `{"fence":2,"owner":"OWNER","begun":"2000-01-01T00:00:00Z"`
			usage  = `"usage":{"calls":1,"input_tokens":10,"output_tokens":3,"cached_tokens":2,"reasoning_tokens":1}`
			kept   = `"kept":{"fence":2,"owner":"OWNER","time":"2000-01-01T00:00:00Z","value":{"text":"<kept>"}}}`
		)
		stored := func() string { return strings.ReplaceAll(object(t, s, "f"), owner, "OWNER") }
		assert.Equal(t, head+lease+failed+second+`}]}`, stored())
		close(finish)
		<-done
		assert.Equal(t, head+failed+second+`,"end":"kept",`+usage+`}],`+kept, stored())
	})
}

// TestManyAttempts has an object stay small, however often its work fails.
func TestManyAttempts(t *testing.T) {
	t.Parallel()
	s := store.NewMemory()
	j := journal(t, s, reuse.Use)
	size := 0
	for n := range 100 {
		_, _, err := j.Do(t.Context(), call("f"), func(context.Context) (any, error) { return nil, context.DeadlineExceeded })
		require.Error(t, err)
		if n == 30 {
			size = len(object(t, s, "f"))
		}
	}
	assert.InDelta(t, size, len(object(t, s, "f")), 100)
	refresh := journal(t, s, reuse.Refresh)
	for range 50 {
		_, _, err := refresh.Do(t.Context(), call("f"), returning(answer{"kept"}))
		require.NoError(t, err)
	}
	for range 20 {
		_, _, err := refresh.Do(t.Context(), call("f"), returning(func() {}))
		require.NoError(t, err)
	}
	l := ledger(t, s).Total
	assert.Equal(t, 100, l.Failed)
	assert.Equal(t, 20, l.Unkept)
	assert.Equal(t, 70, l.Usage.Calls)
	assert.Equal(t, 500, l.Usage.Input)
	assert.Equal(t, 1, l.Calls)
}

// TestManyOrphans takes a lease over again and again.
func TestManyOrphans(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := store.NewMemory()
		for range 20 {
			stuck := journal(t, failing(s, no, func(n int) bool { return n > 1 }), reuse.Use)
			_, _, err := stuck.Do(t.Context(), item("f"), returning("paid"))
			require.NoError(t, err)
			time.Sleep(2 * reuse.DefaultLease)
		}
		l := ledger(t, s).Total
		assert.Equal(t, 19, l.Orphaned)
		assert.Equal(t, 1, l.Open)
		assert.Equal(t, 1, l.Lapsed)
	})
}

func FuzzObject(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"version":1}`, `{"version":1e9}`, `null`, `{"version":2}`,
		`{"version":1,"fingerprint":"f","fence":1,"attempts":[{"fence":1}],"lease":{"owner":"a","fence":1,"lasts_ns":1}}`,
		`{"version":1,"fingerprint":"f","fence":1,"attempts":[{"fence":1,"end":"kept"}],"kept":{"fence":1,"value":null}}`,
		`{"version":1,"fingerprint":"f","fence":9223372036854775807,"attempts":[{"fence":9223372036854775807}]}`,
		`{"version":1,"fingerprint":"f","fence":2,"attempts":[{"fence":2,"usage":{"cost":"1.50"}}],"earlier":{"failed":-1}}`,
		`{"version":1,"fingerprint":"f","subject":{"call":{"seq":1}},"fence":1,"attempts":[{"fence":1,"begun":"9999-12-31T23:59:59Z"}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		same, next, err := reuse.Recode("work/f", data)
		if err != nil {
			require.Contains(t, err.Error(), "work/f", "the error names the object")
			return
		}
		again, _, err := reuse.Recode("work/f", same)
		require.NoError(t, err)
		require.JSONEq(t, string(same), string(again))
		_, _, err = reuse.Recode("work/f", next)
		require.NoError(t, err, "every transition leads to an object that can be read")
	})
}
