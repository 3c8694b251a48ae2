package s3store

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/gloss-sdk/gloss/pipeline/store"
)

const (
	codeRefused   = "PreconditionFailed"         // status 412
	codeContended = "ConditionalRequestConflict" // status 409
	codeNoKey     = "NoSuchKey"                  // status 404; also of a Put over an object that is not there
)

func codeOf(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

func isNoSuchKey(err error) bool { return codeOf(err) == codeNoKey }

// isRefused reports whether the object was not what a Put was to be over.
func isRefused(err error) bool { return codeOf(err) == codeRefused || isNoSuchKey(err) }

func isContended(err error) bool { return codeOf(err) == codeContended }

// failed says where an operation failed and, where that is known, what would be right.
func (s *Store) failed(ctx context.Context, operation, key string, err error) error {
	where := fmt.Sprintf("s3store: bucket %q: %s %q", s.bucket, operation, s.prefix+key)
	if done := ctx.Err(); done != nil {
		return fmt.Errorf("%s: %w", where, done)
	}
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("%s: %w", where, err)
	}
	if _, ok := errors.AsType[*credentialError](err); ok {
		return fmt.Errorf("%s: want credentials in the AWS configuration, such as those of AWS_PROFILE: %w", where, err)
	}
	advice, private := adviceOf(codeOf(err))
	switch {
	case private:
		return fmt.Errorf("%s: %s: %w", where, advice, withoutMessage(err))
	case advice != "":
		return fmt.Errorf("%s: %s: %w", where, advice, err)
	}
	return fmt.Errorf("%s: %w", where, err)
}

// adviceOf says what an error code of the service asks for; private is true where the message may repeat what was signed.
func adviceOf(code string) (advice string, private bool) {
	switch code {
	case "NoSuchBucket":
		return "the bucket does not exist; create it, or name another one", false
	case "AccessDenied", "AllAccessDisabled", "Forbidden":
		return "access is denied; the credentials need s3:GetObject, s3:PutObject and s3:ListBucket on the bucket", false
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired", "InvalidSecurity",
		"RequestTimeTooSkewed", "InvalidClientTokenId", "NotSignedUp":
		return "the credentials are not accepted; check that they are current, and the clock", true
	case "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
		return "the bucket is in another region, or at another endpoint, than the one of the client", true
	case "NotImplemented":
		return "the service does not know conditional writes, want one that takes If-None-Match and If-Match", false
	}
	return "", false
}

// withoutMessage keeps of an error of the service its code.
func withoutMessage(err error) error {
	return &smithy.GenericAPIError{Code: codeOf(err), Message: "the request was not let in"}
}

// credentialError is that no credentials could be had, so that nothing was sent.
type credentialError struct{ err error }

func (e *credentialError) Error() string { return fmt.Sprintf("no credentials: %v", e.err) }

func (e *credentialError) Unwrap() error { return e.err }

// withCheckedCredentials makes it known when it is the credentials that fail, of which the SDK tells in words only.
func withCheckedCredentials(o *s3.Options) { o.Credentials = checkedCredentials{o.Credentials} }

type checkedCredentials struct{ provider aws.CredentialsProvider }

// Retrieve returns the credentials of the provider.
func (c checkedCredentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if c.provider == nil {
		return aws.Credentials{}, &credentialError{errors.New("the AWS configuration has none")}
	}
	credentials, err := c.provider.Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, &credentialError{err}
	}
	return credentials, nil
}
