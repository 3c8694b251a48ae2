package s3store_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/gloss-sdk/gloss/pipeline/store"
	"github.com/gloss-sdk/gloss/pipeline/store/s3store"
)

// Outside of an example, the client comes from s3.NewFromConfig with the configuration that config.LoadDefaultConfig finds.
func ExampleNew() {
	service := httptest.NewServer(exampleService())
	defer service.Close()
	client := s3.New(s3.Options{
		BaseEndpoint: aws.String(service.URL), UsePathStyle: true, Region: "eu-central-1",
		Credentials:                credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
	})
	s, err := s3store.New(client, "essays", "team=writing")
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := claim(context.Background(), s); err != nil {
		fmt.Println(err)
	}
	// Output:
	// worker 2 comes too late: true
	// claims/batch-7: worker 1, done
}

func claim(ctx context.Context, s store.Store) error {
	tag, err := s.Put(ctx, "claims/batch-7", []byte("worker 1"), "")
	if err != nil {
		return err
	}
	_, err = s.Put(ctx, "claims/batch-7", []byte("worker 2"), "")
	fmt.Println("worker 2 comes too late:", errors.Is(err, store.ErrConflict))
	if _, err = s.Put(ctx, "claims/batch-7", []byte("worker 1, done"), tag); err != nil {
		return err
	}
	for key, err := range s.List(ctx, "claims/") {
		if err != nil {
			return err
		}
		o, err := s.Get(ctx, key)
		if err != nil {
			return err
		}
		fmt.Printf("%s: %s\n", key, o.Data)
	}
	return nil
}
