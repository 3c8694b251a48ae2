package integration_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/store/s3store"
)

const (
	s3Bucket = "gloss"
	s3Key    = "integration"
	s3Secret = "integration-secret"
	// A port that was free may be taken a moment later; then another one is tried.
	s3Starts = 3
)

// s3Gateway is a versitygw program of the test's own, with a directory that goes when it goes.
type s3Gateway struct {
	root   string // its address as a URL
	dir    string // buckets are directories in it, and objects files
	log    *serverLog
	server *os.Process
	exited chan struct{} // closed when the program has ended
}

// s3Service starts a gateway with an empty bucket, or skips the test if there is no program for it.
func s3Service(t *testing.T) *s3Gateway {
	t.Helper()
	program := os.Getenv("VERSITYGW_BIN")
	if program == "" {
		var err error
		if program, err = exec.LookPath("versitygw"); err != nil {
			skip(t, "no S3 service: set VERSITYGW_BIN to a versitygw program, or put one into the PATH (see README.md)")
		}
	}
	g := &s3Gateway{dir: t.TempDir(), log: newServerLog()}
	t.Cleanup(func() {
		if err := g.stop(); err != nil {
			t.Errorf("stopping the S3 service: %v", err)
		}
		if t.Failed() {
			t.Logf("the log of the S3 service, its last lines:\n%s", tail(g.log.since(0), 60))
		}
	})
	var err error
	for range s3Starts {
		if err = g.start(t.Context(), program); err == nil {
			break
		}
		require.NoError(t, g.stop())
	}
	require.NoError(t, err)
	_, err = g.client().CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(s3Bucket)})
	require.NoError(t, err)
	return g
}

// start starts the program on a port that is free and waits until it answers there.
func (g *s3Gateway) start(ctx context.Context, program string) error {
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	g.root = "http://" + address
	c := exec.Command(program, "--port", address, "--region", "us-east-1", "--health", "/health", "posix", g.dir)
	c.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+s3Key, "ROOT_SECRET_KEY="+s3Secret)
	c.Stdout, c.Stderr = g.log, g.log
	ownGroup(c)
	if err := c.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	g.server, g.exited = c.Process, exited
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errors.New("it does not answer"))
	defer cancel()
	ctx, ended := context.WithCancelCause(ctx)
	go func() {
		ended(fmt.Errorf("the program has ended: %w", errors.Join(c.Wait(), errors.New("want a server"))))
		close(exited)
	}()
	return g.await(ctx)
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// await asks the program for its health until it has an answer.
func (g *s3Gateway) await(ctx context.Context) error {
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		err := g.health(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for the S3 service: %w (%w)", context.Cause(ctx), err)
		}
	}
}

func (g *s3Gateway) health(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.root+"/health", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	return err
}

// stop ends the program. Only if it does not end when interrupted it is killed, and reported.
func (g *s3Gateway) stop() error {
	if g.server == nil {
		return nil
	}
	if err := g.server.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-g.exited:
		return nil
	case <-time.After(patience):
		return errors.Join(errors.New("it did not stop when interrupted and was killed"), killGroup(g.server))
	}
}

// client returns a new client of the SDK with the settings that a user has, apart from the address.
func (g *s3Gateway) client(edits ...func(*s3.Options)) *s3.Client {
	return s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(g.root), UsePathStyle: true,
		Credentials:                credentials.NewStaticCredentialsProvider(s3Key, s3Secret, ""),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	}, edits...)
}

// open returns a store with a client of its own.
func (g *s3Gateway) open(t *testing.T, prefix string) *s3store.Store {
	t.Helper()
	s, err := s3store.New(g.client(), s3Bucket, prefix)
	require.NoError(t, err)
	return s
}

// file returns what the service keeps on the disk for an object.
func (g *s3Gateway) file(t *testing.T, object string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(g.dir, s3Bucket, filepath.FromSlash(object)))
	require.NoError(t, err)
	return string(data)
}
