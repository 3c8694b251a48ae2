package bedrockllm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/gloss-sdk/gloss/internal/retryafter"
	"github.com/gloss-sdk/gloss/llm"
)

// failed turns what the client returned into the error of the port.
func (m *Model) failed(ctx context.Context, err error) error {
	if done := ctx.Err(); done != nil {
		code := llm.CodeCanceled
		if errors.Is(done, context.DeadlineExceeded) {
			code = llm.CodeTimeout
		}
		return &llm.Error{Code: code, Model: m.label(), Err: done}
	}
	e := &llm.Error{Model: m.label(), Err: err}
	if resp, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && resp.Response != nil && resp.Response.Response != nil {
		e.Status = resp.Response.StatusCode
		e.RetryAfter = retryafter.From(resp.Response.Header, time.Now())
	}
	e.Code = classify(err, e.Status)
	if e.Code == llm.CodeAuth {
		e.Err = withoutEcho(err)
	}
	return e
}

func classify(err error, status int) llm.Code {
	if _, ok := errors.AsType[*credentialError](err); ok {
		return llm.CodeAuth
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return llm.CodeTimeout
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		if code := codeOfException(api); code != llm.CodeUnknown {
			return code
		}
	}
	if code := codeOfStatus(status); code != llm.CodeUnknown {
		return code
	}
	if _, ok := errors.AsType[*smithy.DeserializationError](err); ok {
		return llm.CodeUnavailable // HTML, half a body: what answered was not the service
	}
	if _, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
		return llm.CodeUnavailable
	}
	return llm.CodeUnknown
}

// codeOfException reads the exceptions of Converse and those of request signing. What is not known here is told by its status.
func codeOfException(err smithy.APIError) llm.Code {
	switch err.ErrorCode() {
	case "ThrottlingException", "TooManyRequestsException":
		if strings.Contains(err.ErrorMessage(), "per day") {
			return llm.CodeBudget // a daily quota does not come back by waiting a little
		}
		return llm.CodeThrottled
	case "ServiceQuotaExceededException":
		return llm.CodeBudget
	case "ModelTimeoutException":
		return llm.CodeTimeout
	case "ModelNotReadyException", "ModelErrorException", "ModelStreamErrorException", "InternalServerException", "ServiceUnavailableException":
		return llm.CodeUnavailable
	case "AccessDeniedException", "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredTokenException", "ExpiredToken",
		"RequestExpired", "InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature", "IncompleteSignatureException",
		"MissingAuthenticationToken", "MissingAuthenticationTokenException", "NotAuthorized", "OptInRequired":
		return llm.CodeAuth
	case "ResourceNotFoundException":
		return llm.CodeInvalid
	case "ValidationException":
		return codeOfValidation(err.ErrorMessage())
	}
	return llm.CodeUnknown
}

// codeOfValidation tells by its wording why a request is refused: the exception is the same for all reasons, and each family of
// models has words of its own.
func codeOfValidation(message string) llm.Code {
	message = strings.ToLower(message)
	for _, tooLong := range []string{
		"input is too long", "prompt is too long", "too many input tokens", "maximum context length", "exceed context limit",
		"exceeds the context", "context window", "maximum number of input tokens", "input tokens exceeds",
	} {
		if strings.Contains(message, tooLong) {
			return llm.CodeContextTooLong
		}
	}
	if strings.Contains(message, "content filtering policy") {
		return llm.CodeRefused
	}
	return llm.CodeInvalid
}

func codeOfStatus(status int) llm.Code {
	switch {
	case status == http.StatusTooManyRequests:
		return llm.CodeThrottled
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return llm.CodeAuth
	case status == http.StatusRequestTimeout || status == http.StatusGatewayTimeout:
		return llm.CodeTimeout
	case status >= 500:
		return llm.CodeUnavailable
	case status >= 400:
		return llm.CodeInvalid
	}
	return llm.CodeUnknown
}

// withoutEcho returns the reason of a request that was not let in without what the service repeats of it: a wrong signature is answered with
// the signed headers, a session token among them. Only the message about a missing permission is kept, which holds names alone.
func withoutEcho(err error) error {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok || api.ErrorCode() == "AccessDeniedException" {
		return err
	}
	return &smithy.GenericAPIError{
		Code: api.ErrorCode(), Fault: api.ErrorFault(),
		Message: "the service does not accept the credentials; check that they are current, and the region and the clock",
	}
}

// credentialError is that no credentials could be had, so that nothing was sent.
type credentialError struct{ err error }

func (e *credentialError) Error() string { return fmt.Sprintf("no credentials: %v", e.err) }

func (e *credentialError) Unwrap() error { return e.err }

// withCheckedCredentials makes it known when it is the credentials that fail, of which the SDK tells in words only. With neither
// credentials nor an API key the SDK would panic, so it gets a provider that says so.
func withCheckedCredentials(o *bedrockruntime.Options) {
	if o.Credentials != nil || o.BearerAuthTokenProvider == nil {
		o.Credentials = checkedCredentials{o.Credentials}
	}
}

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
