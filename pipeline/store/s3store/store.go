package s3store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/gloss-sdk/gloss/pipeline/store"
)

// maxPrefix leaves room for a key in the 1024 bytes that S3 takes.
const maxPrefix = 500

// Client is what a [Store] uses of the service. [*s3.Client] implements it.
type Client interface {
	GetObject(ctx context.Context, in *s3.GetObjectInput, opts ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	PutObject(ctx context.Context, in *s3.PutObjectInput, opts ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, opts ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
}

// Store keeps objects in a bucket. Make one with [New]. It is immutable and safe for concurrent use if its client is.
type Store struct {
	client Client
	bucket string
	prefix string // "" or with a slash at its end
}

var _ store.Store = (*Store)(nil)

// New returns the store of the objects in bucket that are below prefix, which follows the rules of keys in package store; with "" it is the
// whole bucket. Nothing is sent before the first operation. Every problem of the arguments is returned at once.
func New(client Client, bucket, prefix string) (*Store, error) {
	var errs []error
	if client == nil {
		errs = append(errs, errors.New("s3store: the client is nil"))
	}
	if bucket == "" {
		errs = append(errs, errors.New("s3store: the bucket is empty, want its name"))
	}
	if prefix = strings.TrimSuffix(prefix, "/"); prefix != "" {
		if err := store.ValidateKey(prefix); err != nil {
			errs = append(errs, fmt.Errorf("s3store: the prefix is no key: %w", err))
		}
		if len(prefix) > maxPrefix {
			errs = append(errs, fmt.Errorf("s3store: the prefix has %d bytes, want at most %d", len(prefix), maxPrefix))
		}
		prefix += "/"
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Store{client, bucket, prefix}, nil
}

// Get reads the object at key.
func (s *Store) Get(ctx context.Context, key string) (store.Object, error) {
	if err := store.ValidateKey(key); err != nil {
		return store.Object{}, err //nolint:wrapcheck // it is an error of the port
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: aws.String(s.prefix + key)}, withCheckedCredentials)
	if isNoSuchKey(err) {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.Object{}, s.failed(ctx, "get", key, err)
	}
	data, err := io.ReadAll(out.Body)
	if err = errors.Join(err, out.Body.Close()); err != nil {
		return store.Object{}, s.failed(ctx, "get", key, err)
	}
	tag, err := tagOf(out.ETag)
	if err != nil {
		return store.Object{}, s.failed(ctx, "get", key, err)
	}
	return store.Object{Data: data, Tag: tag}, nil
}

// Put writes the object at key if the service finds that it is as over says.
func (s *Store) Put(ctx context.Context, key string, data []byte, over store.Tag) (store.Tag, error) {
	if err := store.ValidateKey(key); err != nil {
		return "", err //nolint:wrapcheck // it is an error of the port
	}
	in := &s3.PutObjectInput{Bucket: &s.bucket, Key: aws.String(s.prefix + key), Body: bytes.NewReader(data)}
	if over == "" {
		in.IfNoneMatch = aws.String("*")
	} else {
		in.IfMatch = aws.String(string(over))
	}
	var sent attempts
	out, err := s.client.PutObject(ctx, in, withCheckedCredentials, withContentionRetried, sent.count)
	if isRefused(err) && sent != 1 {
		return s.readBack(ctx, key, data)
	}
	if isRefused(err) || isContended(err) {
		err = store.ErrConflict
	}
	if err != nil {
		return "", s.failed(ctx, "put", key, err)
	}
	tag, err := tagOf(out.ETag)
	if err != nil {
		return "", s.failed(ctx, "put", key, err)
	}
	return tag, nil
}

// readBack finds out whether it was an attempt of ours that made the service refuse a later one.
func (s *Store) readBack(ctx context.Context, key string, data []byte) (store.Tag, error) {
	o, err := s.Get(ctx, key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", fmt.Errorf("an attempt of a put was lost, and reading back what became of it failed: %w", err)
	}
	if err != nil || !bytes.Equal(o.Data, data) {
		return "", s.failed(ctx, "put", key, store.ErrConflict)
	}
	return o.Tag, nil
}

// List yields the keys page by page, in the order in which the service has them. Objects whose names are no keys are passed over.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := store.ValidatePrefix(prefix); err != nil {
			yield("", err)
			return
		}
		pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: aws.String(s.prefix + prefix)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx, withCheckedCredentials)
			if err != nil {
				yield("", s.failed(ctx, "list", prefix, err))
				return
			}
			for _, object := range page.Contents {
				key, ok := strings.CutPrefix(aws.ToString(object.Key), s.prefix)
				if ok && store.ValidateKey(key) == nil && !yield(key, nil) {
					return
				}
			}
		}
	}
}

// tagOf takes an entity tag as it is, with its quotes: that is the form in which it is sent back.
func tagOf(etag *string) (store.Tag, error) {
	if aws.ToString(etag) == "" {
		return "", errors.New("the answer has no ETag, want a service that names the content of its objects")
	}
	return store.Tag(*etag), nil
}
