package s3store_test

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/store/s3store"
)

const (
	bucket    = "essays"
	accessKey = "AKIDTESTTESTTEST"
	secretKey = "the-secret-of-the-test"
	token     = "the-session-token"
)

// server is a bucket that speaks the part of S3's protocol that the store uses, over HTTP and with its error bodies.
type server struct {
	*httptest.Server

	mu       sync.Mutex
	objects  map[string][]byte
	requests []string // method and path, in order
	faults   []fault  // for the next requests of their method, each used once
	pageSize int
}

// fault is what goes wrong with one request: it is answered with the status and the error code, "applied" after it was done. Status 0 cuts
// the connection.
type fault struct {
	method  string
	applied bool
	status  int
	code    string
	message string
	before  func() // is called before anything else is done
}

func serve(t *testing.T, faults ...fault) *server {
	t.Helper()
	s := newServer(faults)
	s.Server = httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(s.Close)
	return s
}

func newServer(faults []fault) *server {
	return &server{objects: map[string][]byte{}, pageSize: 7, faults: faults}
}

// exampleService is a service that the example talks to.
func exampleService() http.Handler { return http.HandlerFunc(newServer(nil).answer) }

func (s *server) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	var f *fault
	if i := slices.IndexFunc(s.faults, func(f fault) bool { return f.method == r.Method }); i >= 0 {
		f = new(s.faults[i])
		s.faults = slices.Delete(s.faults, i, i+1)
	}
	s.mu.Unlock()
	if f == nil {
		s.do(w, r)
		return
	}
	if f.before != nil {
		f.before()
	}
	if f.applied {
		s.do(httptest.NewRecorder(), r)
	} else if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return
	}
	if f.status == 0 {
		panic(http.ErrAbortHandler)
	}
	refuse(w, f.status, f.code, f.message)
}

func (s *server) do(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case name != bucket:
		refuse(w, http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	case !strings.Contains(r.Header.Get("Authorization"), "Credential="+accessKey+"/"):
		refuse(w, http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
	case r.Method == http.MethodPut:
		s.put(w, r, key)
	case key == "":
		s.list(w, r)
	default:
		s.get(w, key)
	}
}

func (s *server) get(w http.ResponseWriter, key string) {
	data, ok := s.objects[key]
	if !ok {
		refuse(w, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
		return
	}
	w.Header().Set("ETag", etag(data))
	_, _ = w.Write(data)
}

func (s *server) put(w http.ResponseWriter, r *http.Request, key string) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	sum := base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(data)))
	if want := r.Header.Get("X-Amz-Checksum-Crc32"); want != sum {
		refuse(w, http.StatusBadRequest, "BadDigest", "the checksum is "+want+" for data of "+sum)
		return
	}
	old, exists := s.objects[key]
	match, noneMatch := r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
	switch {
	case match == "" && noneMatch != "*":
		refuse(w, http.StatusBadRequest, "Unconditional", "the tests want every Put to be conditional")
	case noneMatch == "*" && exists, match != "" && exists && match != etag(old):
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	case match != "" && !exists:
		refuse(w, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	default:
		s.objects[key] = data
		w.Header().Set("ETag", etag(data))
	}
}

type listResult struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
	Contents              []listed
}

type listed struct{ Key string }

func (s *server) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var out listResult
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		if !strings.HasPrefix(key, q.Get("prefix")) || key <= q.Get("continuation-token") {
			continue
		}
		if len(out.Contents) == s.pageSize {
			out.IsTruncated = true
			out.NextContinuationToken = out.Contents[len(out.Contents)-1].Key
			break
		}
		out.Contents = append(out.Contents, listed{key})
	}
	_ = xml.NewEncoder(w).Encode(out)
}

func etag(data []byte) string {
	sum := md5.Sum(data)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
}

// sent returns the methods of the requests so far.
func (s *server) sent() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var methods []string
	for _, r := range s.requests {
		method, _, _ := strings.Cut(r, " ")
		methods = append(methods, method)
	}
	return strings.Join(methods, " ")
}

func (s *server) content(key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.objects[key])
}

func (s *server) set(key, data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[key] = []byte(data)
}

// client is the real one. It retries twice and does not wait before it does.
func (s *server) client(edits ...func(*s3.Options)) *s3.Client {
	o := s3.Options{
		Region: "eu-central-1", BaseEndpoint: aws.String(s.URL), UsePathStyle: true, HTTPClient: s.Client(),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported, // as with a configuration that is loaded
		Credentials:                credentials.NewStaticCredentialsProvider(accessKey, secretKey, token),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		}),
	}
	return s3.New(o, edits...)
}

func (s *server) store(t *testing.T, prefix string, edits ...func(*s3.Options)) *s3store.Store {
	t.Helper()
	out, err := s3store.New(s.client(edits...), bucket, prefix)
	require.NoError(t, err)
	return out
}
