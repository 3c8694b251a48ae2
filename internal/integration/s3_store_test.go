package integration_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/store"
	"github.com/gloss-sdk/gloss/pipeline/store/s3store"
	"github.com/gloss-sdk/gloss/pipeline/store/storetest"
)

func TestS3StoreConforms(t *testing.T) {
	g := s3Service(t)
	opened := 0
	storetest.Run(t, func(t *testing.T) store.Store {
		opened++
		return g.open(t, fmt.Sprintf("suite/%d", opened))
	})
}

// Sixteen clients, as of sixteen processes, claim the same thing at once, again and again.
func TestS3ClaimsHaveOneWinner(t *testing.T) {
	const claimers, rounds = 16, 25
	g := s3Service(t)
	stores := make([]*s3store.Store, claimers)
	for i := range stores {
		stores[i] = g.open(t, "claims")
	}
	for round := range rounds {
		key := fmt.Sprintf("batch/%d", round)
		outcomes := make([]error, claimers)
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i, s := range stores {
			wg.Go(func() {
				<-start
				_, outcomes[i] = s.Put(t.Context(), key, fmt.Append(nil, "claimer ", i), "")
			})
		}
		close(start)
		wg.Wait()
		var winners []string
		for i, err := range outcomes {
			if err == nil {
				winners = append(winners, fmt.Sprint("claimer ", i))
				continue
			}
			require.ErrorIs(t, err, store.ErrConflict)
		}
		require.Len(t, winners, 1, "round %d", round)
		assert.Equal(t, winners[0], g.file(t, "claims/"+key), "the claim on the disk is that of the winner")
	}
}

func TestS3ListReadsManyPages(t *testing.T) {
	const objects = 1100 // S3 has up to 1000 on a page
	g := s3Service(t)
	s := g.open(t, "many")
	var want []string
	var mu sync.Mutex
	var failed []error
	var wg sync.WaitGroup
	for worker := range 8 {
		for i := worker; i < objects; i += 8 {
			want = append(want, fmt.Sprintf("%04d", i))
		}
		wg.Go(func() {
			for i := worker; i < objects; i += 8 {
				if _, err := s.Put(t.Context(), fmt.Sprintf("%04d", i), nil, ""); err != nil {
					mu.Lock()
					failed = append(failed, err)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(failed...))
	var got []string
	for key, err := range s.List(t.Context(), "") {
		require.NoError(t, err)
		got = append(got, key)
	}
	assert.IsIncreasing(t, got)
	assert.ElementsMatch(t, want, got)
}

func TestS3ErrorsAreClear(t *testing.T) {
	g := s3Service(t)
	for name, test := range map[string]struct {
		bucket string
		edit   func(*s3.Options)
		want   string
	}{
		"no bucket": {"elsewhere", func(*s3.Options) {}, "the bucket does not exist; create it, or name another one"},
		"wrong key": {s3Bucket, func(o *s3.Options) {
			o.Credentials = credentials.NewStaticCredentialsProvider("someone-else", s3Secret, "")
		}, "access key"}, // a code of the gateway's own, with a message that says it
		"wrong secret": {s3Bucket, func(o *s3.Options) {
			o.Credentials = credentials.NewStaticCredentialsProvider(s3Key, "a-wrong-secret", "")
		}, "the credentials are not accepted"},
		"no credentials": {s3Bucket, func(o *s3.Options) { o.Credentials = nil }, "no credentials"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := s3store.New(g.client(test.edit), test.bucket, "")
			require.NoError(t, err)
			_, err = s.Put(t.Context(), "key", []byte("an essay"), "")
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, `s3store: bucket "`+test.bucket+`": put "key": `)
			require.NotErrorIs(t, err, store.ErrConflict)
			for _, secret := range []string{s3Secret, "a-wrong-secret", "an essay"} {
				assert.NotContains(t, err.Error(), secret)
			}
		})
	}
}
