package s3store_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/store"
	"github.com/gloss-sdk/gloss/pipeline/store/s3store"
)

// assertClear checks an error of every operation: that it says where, that it says what would be right, and that it can be shown.
func assertClear(t *testing.T, s *s3store.Store, want ...string) {
	t.Helper()
	_, get := s.Get(t.Context(), "a/b")
	_, put := s.Put(t.Context(), "a/b", []byte("an essay"), "")
	var list error
	for _, err := range s.List(t.Context(), "a/") {
		list = err
	}
	for operation, err := range map[string]error{`get "runs/a/b"`: get, `put "runs/a/b"`: put, `list "runs/a/"`: list} {
		require.Error(t, err)
		for _, part := range append(want, "s3store: bucket ", operation) {
			assert.ErrorContains(t, err, part)
		}
		for _, secret := range []string{secretKey, token, accessKey, "an essay", "\n"} {
			assert.NotContains(t, err.Error(), secret)
		}
		assert.NotErrorIs(t, err, store.ErrConflict)
		assert.NotErrorIs(t, err, store.ErrNotFound)
		assert.Equal(t, 1, strings.Count(err.Error(), "s3store:"), err)
	}
}

func TestErrorsOfTheService(t *testing.T) {
	t.Parallel()
	echo := "The request signature we calculated does not match: " + accessKey + " " + token
	for _, test := range []struct {
		status int
		code   string
		echo   string
		want   string
	}{
		{http.StatusNotFound, "NoSuchBucket", "", "the bucket does not exist; create it, or name another one"},
		{http.StatusForbidden, "AccessDenied", "", "the credentials need s3:GetObject, s3:PutObject and s3:ListBucket"},
		{http.StatusForbidden, "SignatureDoesNotMatch", echo, "the credentials are not accepted"},
		{http.StatusForbidden, "InvalidAccessKeyId", echo, "the credentials are not accepted"},
		{http.StatusBadRequest, "ExpiredToken", echo, "the credentials are not accepted"},
		{http.StatusForbidden, "RequestTimeTooSkewed", echo, "and the clock"},
		{http.StatusMovedPermanently, "PermanentRedirect", echo, "another region"},
		{http.StatusBadRequest, "AuthorizationHeaderMalformed", echo, "another region"},
		{http.StatusNotImplemented, "NotImplemented", "", "want one that takes If-None-Match and If-Match"},
		{http.StatusTeapot, "Surprise", "", "Surprise"},
	} {
		t.Run(test.code, func(t *testing.T) {
			t.Parallel()
			server := serve(t)
			for range 3 {
				for _, method := range []string{http.MethodGet, http.MethodPut} {
					server.faults = append(server.faults, fault{method: method, status: test.status, code: test.code, message: test.echo})
				}
			}
			assertClear(t, server.store(t, "runs"), `bucket "essays"`, test.want, test.code)
		})
	}
}

func TestABucketThatIsNotThere(t *testing.T) {
	t.Parallel()
	s, err := s3store.New(serve(t).client(), "elsewhere", "runs")
	require.NoError(t, err)
	assertClear(t, s, `bucket "elsewhere"`, "the bucket does not exist")
}

func TestAServerThatIsNotThere(t *testing.T) {
	t.Parallel()
	server := serve(t)
	s := server.store(t, "runs")
	server.Close()
	assertClear(t, s, "connection refused")
}

func TestAServerThatIsNoS3(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<html><body>Log in first</body></html>")
	}))
	t.Cleanup(other.Close)
	s := serve(t).store(t, "runs", func(o *s3.Options) { o.BaseEndpoint = aws.String(other.URL) })
	assertClear(t, s)
}

func TestCredentialsThatCannotBeHad(t *testing.T) {
	t.Parallel()
	broken := errors.New("the profile is not there")
	for name, provider := range map[string]aws.CredentialsProvider{
		"the AWS configuration has none": nil,
		"the profile is not there": aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, broken
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t)
			s := server.store(t, "runs", func(o *s3.Options) { o.Credentials = provider })
			assertClear(t, s, "no credentials: "+name, "want credentials in the AWS configuration")
			assert.Empty(t, server.sent())
			_, err := s.Get(t.Context(), "a")
			assert.Equal(t, provider != nil, errors.Is(err, broken))
		})
	}
}

// answering returns a store whose service answers each request with what handle writes.
func answering(t *testing.T, handle http.HandlerFunc) *s3store.Store {
	t.Helper()
	other := httptest.NewServer(handle)
	t.Cleanup(other.Close)
	return serve(t).store(t, "runs", func(o *s3.Options) { o.BaseEndpoint = aws.String(other.URL) })
}

func TestAnswersWithoutATag(t *testing.T) {
	t.Parallel()
	s := answering(t, func(http.ResponseWriter, *http.Request) {})
	_, err := s.Get(t.Context(), "a")
	require.ErrorContains(t, err, `get "runs/a": the answer has no ETag`)
	_, err = s.Put(t.Context(), "a", nil, "")
	require.ErrorContains(t, err, `put "runs/a": the answer has no ETag`)
}

func TestAnObjectThatIsCutOnItsWay(t *testing.T) {
	t.Parallel()
	s := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.Header().Set("ETag", `"x"`)
		_, _ = io.WriteString(w, "half")
	})
	o, err := s.Get(t.Context(), "a")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Empty(t, o.Data)
}
