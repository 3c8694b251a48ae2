package openaillm

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gloss-sdk/gloss/internal/retryafter"
	"github.com/gloss-sdk/gloss/llm"
)

// gaveUp is the error of a context that is done.
func (m *Model) gaveUp(err error) *llm.Error {
	code := llm.CodeCanceled
	if errors.Is(err, context.DeadlineExceeded) {
		code = llm.CodeTimeout
	}
	return &llm.Error{Code: code, Model: m.model, Err: err}
}

// failure classifies what the vendor's client reports. It looks at the reply rather than at the client's error, which has no status
// where the body is not in the vendor's form.
func (m *Model) failure(ctx context.Context, req llm.Request, reply *http.Response, err error) *llm.Error {
	if done := ctx.Err(); done != nil {
		return m.gaveUp(done)
	}
	if reply == nil || reply.StatusCode < http.StatusBadRequest {
		return m.unanswered(req, reply, err)
	}
	body, readErr := io.ReadAll(reply.Body) // put there again by the client, unless the connection broke
	p, ok := readProblem(body)
	switch {
	case ok:
	case readErr != nil:
		p.message = "the body was cut"
	default:
		p.message = describe(reply, body)
		if reply.StatusCode == http.StatusNotFound {
			p.message += "; is the base URL right? Most servers want it to end with /v1"
		}
	}
	return m.rejection(req, reply, p)
}

// rejection is the error of a server that says no.
func (m *Model) rejection(req llm.Request, reply *http.Response, p problem) *llm.Error {
	status := reply.StatusCode
	if status < http.StatusBadRequest && p.status != 0 {
		status = p.status
	}
	text := fmt.Sprintf("HTTP %d", reply.StatusCode)
	if len(p.codes) > 0 {
		text += " " + strings.Join(p.codes, " ")
	}
	if p.message != "" {
		text += ": " + p.message
	}
	return &llm.Error{
		Code: p.class(status), Model: m.model, Status: status,
		RetryAfter: retryafter.From(reply.Header, time.Now()), Err: errors.New(m.shown(req, text)),
	}
}

// unanswered is the error of a request that got no reply, or not all of it.
func (m *Model) unanswered(req llm.Request, reply *http.Response, err error) *llm.Error {
	out := &llm.Error{Code: llm.CodeUnknown, Model: m.model}
	what := "the request was not sent"
	transport, ok := errors.AsType[*url.Error](err)
	if ok {
		err, what = transport.Err, "no reply" // the outer error would show the URL
	}
	if reply != nil {
		out.Status, what = reply.StatusCode, "the reply was cut"
	}
	network, isNetwork := errors.AsType[net.Error](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case untrusted: // no later attempt sees another certificate
		out.Code = llm.CodeInvalid
	case isNetwork && network.Timeout(), errors.Is(err, context.DeadlineExceeded):
		out.Code = llm.CodeTimeout
	case ok, isNetwork, reply != nil:
		out.Code = llm.CodeUnavailable
	}
	out.Err = fmt.Errorf("%s: %w", what, err)
	if text := out.Err.Error(); m.shown(req, text) != text {
		out.Err = errors.New(m.shown(req, text)) // cut off from a cause that says too much
	}
	return out
}

// describe says what a body is that is not in the form of the API. A page of a proxy is named, not shown.
func describe(reply *http.Response, body []byte) string {
	kind := reply.Header.Get("Content-Type")
	text := strings.TrimSpace(string(body))
	switch {
	case text == "":
		return "the body is empty"
	case strings.Contains(kind, "html"), strings.HasPrefix(text, "<"):
		return fmt.Sprintf("the body is an HTML page of %d bytes; it may be a proxy's", len(body))
	case reply.StatusCode >= http.StatusBadRequest:
		return text
	default: // it may be the answer, or a part of it
		return fmt.Sprintf("%d bytes of %q", len(body), kind)
	}
}
