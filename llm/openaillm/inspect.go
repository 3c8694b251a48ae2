package openaillm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

// inspected is a request as the options make it.
type inspected struct {
	url    *url.URL
	header http.Header
	body   []byte
}

var errInspected = errors.New("the request was made to be looked at, not to be sent")

// inspect makes the request that the options of s lead to, without sending it. The options of the vendor's client are opaque: this is the only way
// to see where they lead, and to refuse those that do not fit each other before the first call.
func inspect(model string, s settings) (sent inspected, err error) {
	look := option.WithMiddleware(func(r *http.Request, _ option.MiddlewareNext) (*http.Response, error) {
		sent.url, sent.header = r.URL, r.Header
		if r.Body == nil {
			return nil, errInspected
		}
		body, err := io.ReadAll(r.Body)
		sent.body = body
		return nil, errors.Join(errInspected, err)
	})
	opts := append([]option.RequestOption{look}, s.clientOptions()...) // first, so that no other middleware runs
	chat := openai.NewChatCompletionService(opts...)
	_, err = chat.New(context.Background(), openai.ChatCompletionNewParams{Model: model})
	if !errors.Is(err, errInspected) {
		return sent, fmt.Errorf("openaillm: the request options do not fit: %w", err)
	}
	return sent, nil
}

// identity is what [Model.Identity] returns.
func identity(m *Model, sent inspected, opaque bool) string {
	id := fmt.Sprintf("openai/%s@%s reply=%s limit=%s", m.model, sent.url.Host, m.replyMode, m.maxTokensField)
	if !opaque {
		return id
	}
	digest := sha256.Sum256(slices.Concat([]byte(sent.url.Path+"?"+sent.url.Query().Encode()+"\n"), sent.body))
	return id + " options=" + hex.EncodeToString(digest[:4])
}

// leastCredential is the length in bytes below which a key is a placeholder, as servers without access control want one.
const leastCredential = 8

// credentials returns the values in h that must never be shown, longest first.
func credentials(h http.Header) []string {
	var found []string
	for name, values := range h {
		if !holdsCredential(name) {
			continue
		}
		for _, v := range values {
			_, token, _ := strings.Cut(v, " ") // after the scheme, as in Bearer
			for _, secret := range []string{v, token} {
				if len(secret) >= leastCredential {
					found = append(found, secret)
				}
			}
		}
	}
	slices.Sort(found)
	slices.SortStableFunc(found, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(found)
}

func holdsCredential(header string) bool {
	header = strings.ToLower(header)
	return slices.ContainsFunc([]string{"authorization", "key", "token", "secret", "cookie"}, func(word string) bool {
		return strings.Contains(header, word)
	})
}
