package s3store

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

// attempts is how often one request was sent, 0 if the client does not say.
type attempts int

// count is an option of an operation that counts its attempts: a middleware behind the one that retries.
func (a *attempts) count(o *s3.Options) {
	counter := middleware.FinalizeMiddlewareFunc("CountAttempts",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
			middleware.FinalizeOutput, middleware.Metadata, error,
		) {
			*a++
			return next.HandleFinalize(ctx, in)
		})
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Finalize.Insert(counter, (*retry.Attempt)(nil).ID(), middleware.After)
	})
}

// withContentionRetried has the client retry what S3 says is to be retried: another write of the object was under way, and it is not known
// yet which one is first.
func withContentionRetried(o *s3.Options) {
	o.Retryer = retry.AddWithErrorCodes(o.Retryer, codeContended)
}
