package s3store_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/store"
	"github.com/gloss-sdk/gloss/pipeline/store/s3store"
	"github.com/gloss-sdk/gloss/pipeline/store/storetest"
)

func TestStoreConforms(t *testing.T) {
	t.Parallel()
	for name, prefix := range map[string]string{"bucket": "", "prefix": "team=writing/runs", "slash": "runs/"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T) store.Store { return serve(t).store(t, prefix) })
		})
	}
}

func TestNewReturnsEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := s3store.New(nil, "", "../x")
	require.EqualError(t, err, `s3store: the client is nil
s3store: the bucket is empty, want its name
s3store: the prefix is no key: store: key "../x": segment "..", want no dot at either end`)
	client := serve(t).client()
	long := strings.Repeat(strings.Repeat("p", 99)+"/", 5)
	_, err = s3store.New(client, bucket, long)
	require.NoError(t, err)
	_, err = s3store.New(client, bucket, long+"pp")
	require.EqualError(t, err, "s3store: the prefix has 502 bytes, want at most 500")
	_, err = s3store.New(client, bucket, "/runs")
	require.ErrorContains(t, err, "a segment is empty")
}

func TestLongestKeyBelowLongestPrefix(t *testing.T) {
	t.Parallel()
	server := serve(t)
	s := server.store(t, strings.Repeat(strings.Repeat("p", 99)+"/", 5))
	key := strings.Repeat(strings.Repeat("k", 99)+"/", 5) + strings.Repeat("k", 12)
	require.Len(t, key, 512)
	_, err := s.Put(t.Context(), key, nil, "")
	require.NoError(t, err)
	_, path, _ := strings.Cut(server.requests[0], bucket+"/")
	assert.LessOrEqual(t, len(path), 1024, "what S3 takes")
}

func TestPrefixesAreApart(t *testing.T) {
	t.Parallel()
	server := serve(t)
	a, b := server.store(t, "team"), server.store(t, "team2")
	_, err := a.Put(t.Context(), "x/1", []byte("of a"), "")
	require.NoError(t, err)
	_, err = b.Put(t.Context(), "x/1", []byte("of b"), "")
	require.NoError(t, err)
	assert.Equal(t, "of a", server.content("team/x/1"))
	assert.Equal(t, "of b", server.content("team2/x/1"))
	assert.Equal(t, []string{"x/1"}, keys(t, a, ""))
	assert.Equal(t, []string{"team/x/1", "team2/x/1"}, keys(t, server.store(t, ""), "team"))
}

func keys(t *testing.T, s store.Store, prefix string) []string {
	t.Helper()
	var out []string
	for key, err := range s.List(t.Context(), prefix) {
		require.NoError(t, err)
		out = append(out, key)
	}
	return out
}

func TestListPassesOverWhatIsNoKey(t *testing.T) {
	t.Parallel()
	server := serve(t)
	for _, key := range []string{"runs/", "runs/a b", "runs/a//b", "runs/ä", "runs/ok", "runs/.hidden", "runs2/ok"} {
		server.set(key, "")
	}
	assert.Equal(t, []string{"ok"}, keys(t, server.store(t, "runs"), ""))
}

func TestListReadsEveryPage(t *testing.T) {
	t.Parallel()
	server := serve(t)
	var want []string
	for i := range 30 {
		key := "k/" + strings.Repeat("x", i+1)
		want = append(want, key)
		server.set(key, "")
	}
	assert.Equal(t, want, keys(t, server.store(t, ""), "k/"))
	assert.Equal(t, strings.Join(slices.Repeat([]string{"GET"}, 5), " "), server.sent(), "30 keys in pages of 7")
}

func TestListEndsAtAFailure(t *testing.T) {
	t.Parallel()
	denied := fault{method: http.MethodGet, status: http.StatusForbidden, code: "AccessDenied"}
	server := serve(t)
	for _, key := range strings.Split("abcdefghij", "") {
		server.set(key, "")
	}
	var got []string
	var failed []error
	for key, err := range server.store(t, "").List(t.Context(), "") {
		if err != nil {
			failed = append(failed, err)
			continue
		}
		if got = append(got, key); len(got) == server.pageSize {
			server.mu.Lock()
			server.faults = append(server.faults, denied)
			server.mu.Unlock()
		}
	}
	assert.Equal(t, strings.Split("abcdefg", ""), got)
	require.Len(t, failed, 1)
	assert.ErrorContains(t, failed[0], `s3store: bucket "essays": list "": access is denied`)
}

func TestACanceledRequestEnds(t *testing.T) {
	t.Parallel()
	for _, method := range []string{http.MethodPut, http.MethodGet} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			s := serve(t, fault{method: method, before: cancel}).store(t, "")
			var err error
			if method == http.MethodPut {
				_, err = s.Put(ctx, "key", []byte("data"), "")
			} else {
				_, err = s.Get(ctx, "key")
			}
			require.ErrorIs(t, err, context.Canceled)
			require.NotErrorIs(t, err, store.ErrConflict)
			require.ErrorContains(t, err, `s3store: bucket "essays": `)
		})
	}
}

// bare is a client that passes no options on, as one that a caller writes may.
type bare struct{ *s3.Client }

func (b bare) PutObject(ctx context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	return b.Client.PutObject(ctx, in)
}

func TestAClientThatDoesNotCountItsAttempts(t *testing.T) {
	t.Parallel()
	server := serve(t, fault{method: http.MethodPut, applied: true, status: http.StatusServiceUnavailable, code: "SlowDown"})
	s, err := s3store.New(bare{server.client()}, bucket, "")
	require.NoError(t, err)
	_, err = s.Put(t.Context(), "key", []byte("mine"), "")
	require.NoError(t, err)
	_, err = s.Put(t.Context(), "key", []byte("other"), "")
	require.ErrorIs(t, err, store.ErrConflict)
	assert.Equal(t, "PUT PUT GET PUT GET", server.sent())
}
