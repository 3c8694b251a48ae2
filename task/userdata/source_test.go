package userdata_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task/userdata"
)

// collect reads a source to its end.
func collect[T any](t *testing.T, src userdata.Source[T]) (records []userdata.Record[T], errs []error) {
	t.Helper()
	for r, err := range src.Read(t.Context()) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		records = append(records, r)
	}
	return records, errs
}

// messages returns what errors say.
func messages(errs []error) []string {
	out := make([]string, len(errs))
	for i, err := range errs {
		out[i] = err.Error()
	}
	return out
}

// allValues returns the values of a source that has no problems.
func allValues[T any](t *testing.T, src userdata.Source[T]) []T {
	t.Helper()
	records, errs := collect(t, src)
	require.Empty(t, errs)
	var out []T
	for _, r := range records {
		out = append(out, r.Value)
	}
	return out
}

func TestValues(t *testing.T) {
	t.Parallel()
	src := userdata.Values("survey", "a", "b")
	records, errs := collect(t, src)
	require.Empty(t, errs)
	require.Len(t, records, 2)
	assert.Equal(t, "b", records[1].Value)
	assert.Equal(t, "survey:2", records[1].Place.String())
	checkSource(t, src)
}

// checkSource checks the contract of a source that has several records or problems: it can be read again with the same result, it ends when
// the reader leaves, and it ends with its context.
func checkSource[T any](t *testing.T, src userdata.Source[T]) {
	t.Helper()
	records, errs := collect(t, src)
	again, errsAgain := collect(t, src)
	require.Greater(t, len(records)+len(errs), 1)
	require.Equal(t, messages(errs), messages(errsAgain))
	require.Len(t, again, len(records))
	for i, r := range records {
		require.Equal(t, r.Value, again[i].Value)
		require.Equal(t, r.Place, again[i].Place)
	}
	stopsEarly(t, src)
	honoursContext(t, src)
	endsWithContext(t, src)
}

// stopsEarly reads one record of a source and leaves.
func stopsEarly[T any](t *testing.T, src userdata.Source[T]) {
	t.Helper()
	for range src.Read(t.Context()) {
		return
	}
	t.Error("the source yields nothing")
}

// honoursContext reads a source whose context has ended.
func honoursContext[T any](t *testing.T, src userdata.Source[T]) {
	t.Helper()
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	n := 0
	for _, err := range src.Read(ctx) {
		n++
		require.ErrorIs(t, err, why)
	}
	assert.Equal(t, 1, n)
}

// endsWithContext reads one record of a source before its context ends.
func endsWithContext[T any](t *testing.T, src userdata.Source[T]) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := 0
	for _, err := range src.Read(ctx) {
		require.Zero(t, ended, "the source goes on after its context")
		cancel()
		if errors.Is(err, context.Canceled) {
			ended++
		}
	}
	require.Equal(t, 1, ended)
}
