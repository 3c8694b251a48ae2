package s3store_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/store"
)

// The answers to attempts of a Put that go wrong.
func lost() fault { return fault{method: http.MethodPut, applied: true} }
func cut() fault  { return fault{method: http.MethodPut} }
func overrun() fault {
	return fault{method: http.MethodPut, status: http.StatusServiceUnavailable, code: "SlowDown"}
}

func doneButFailed() fault {
	return fault{method: http.MethodPut, applied: true, status: http.StatusInternalServerError, code: "InternalError"}
}

func contended() fault {
	return fault{method: http.MethodPut, status: http.StatusConflict, code: "ConditionalRequestConflict"}
}

func TestRetriesOfPut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		before string // what the object holds, "" for no object; then the Put is over it
		faults []fault
		sent   string
		err    error // nil means that the Put succeeds
	}{
		{"nothing goes wrong", "", nil, "PUT", nil},
		{"cut before it was done", "", []fault{cut()}, "PUT PUT", nil},
		{"busy", "", []fault{overrun(), overrun()}, "PUT PUT PUT", nil},
		{"created, and the answer is lost", "", []fault{lost()}, "PUT PUT GET", nil},
		{"created, and the answer is an error", "", []fault{doneButFailed()}, "PUT PUT GET", nil},
		{"created by the second attempt", "", []fault{overrun(), lost()}, "PUT PUT PUT GET", nil},
		{"replaced, and the answer is lost", "old", []fault{lost()}, "PUT PUT GET", nil},
		{"replaced, and the answer is an error", "old", []fault{doneButFailed()}, "PUT PUT GET", nil},
		{"contended", "", []fault{contended(), contended()}, "PUT PUT PUT", nil},
		{"contended over an object", "old", []fault{contended()}, "PUT PUT", nil},
		{"contended too often", "", []fault{contended(), contended(), contended()}, "PUT PUT PUT", store.ErrConflict},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t)
			s := server.store(t, "")
			over := store.Tag("")
			if test.before != "" {
				tag, err := s.Put(t.Context(), "key", []byte(test.before), "")
				require.NoError(t, err)
				over, server.requests = tag, nil
			}
			server.faults = test.faults
			tag, err := s.Put(t.Context(), "key", []byte("mine"), over)
			assert.Equal(t, test.sent, server.sent())
			if test.err != nil {
				require.ErrorIs(t, err, test.err)
				assert.Equal(t, test.before, server.content("key"))
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "mine", server.content("key"))
			o, err := s.Get(t.Context(), "key")
			require.NoError(t, err)
			assert.Equal(t, store.Object{Data: []byte("mine"), Tag: tag}, o)
			_, err = s.Put(t.Context(), "key", []byte("next"), tag)
			require.NoError(t, err, "the tag is good for the next Put")
		})
	}
}

func TestARetryThatSomeoneElseOvertakes(t *testing.T) {
	t.Parallel()
	server := serve(t)
	busy := overrun()
	busy.before = func() { server.set("key", "theirs") }
	server.faults = []fault{busy}
	_, err := server.store(t, "").Put(t.Context(), "key", []byte("mine"), "")
	require.ErrorIs(t, err, store.ErrConflict)
	assert.Equal(t, "theirs", server.content("key"))
	assert.Equal(t, "PUT PUT GET", server.sent())
}

func TestARetryOverAnObjectThatIsRemoved(t *testing.T) {
	t.Parallel()
	server := serve(t)
	s := server.store(t, "")
	tag, err := s.Put(t.Context(), "key", []byte("old"), "")
	require.NoError(t, err)
	busy := overrun()
	busy.before = func() {
		server.mu.Lock()
		defer server.mu.Unlock()
		delete(server.objects, "key")
	}
	server.faults = []fault{busy}
	_, err = s.Put(t.Context(), "key", []byte("mine"), tag)
	require.ErrorIs(t, err, store.ErrConflict)
	require.NotErrorIs(t, err, store.ErrNotFound)
}

func TestARefusalOfTheFirstAttemptIsNotLookedInto(t *testing.T) {
	t.Parallel()
	server := serve(t)
	server.set("key", "same")
	_, err := server.store(t, "").Put(t.Context(), "key", []byte("same"), "")
	require.ErrorIs(t, err, store.ErrConflict, "an equal claim of someone else is theirs")
	assert.Equal(t, "PUT", server.sent())
}

func TestWhatCannotBeFoundOutIsNoConflict(t *testing.T) {
	t.Parallel()
	denied := fault{method: http.MethodGet, status: http.StatusForbidden, code: "AccessDenied"}
	server := serve(t, lost(), denied)
	_, err := server.store(t, "").Put(t.Context(), "key", []byte("mine"), "")
	require.ErrorContains(t, err, "an attempt of a put was lost, and reading back what became of it failed: "+
		`s3store: bucket "essays": get "key": access is denied`)
	require.NotErrorIs(t, err, store.ErrConflict)
}

func TestRetriesEnd(t *testing.T) {
	t.Parallel()
	server := serve(t, overrun(), overrun(), overrun(), overrun())
	_, err := server.store(t, "").Put(t.Context(), "key", []byte("mine"), "")
	require.ErrorContains(t, err, "SlowDown")
	require.NotErrorIs(t, err, store.ErrConflict)
	assert.Equal(t, "PUT PUT PUT", server.sent())
}
