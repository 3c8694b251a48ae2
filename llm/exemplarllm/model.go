package exemplarllm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/gloss-sdk/gloss/llm"
)

// version is raised by every change that can change an answer.
const version = "exemplarllm/1"

// bytesPerToken is the usual rule of thumb for English text.
const bytesPerToken = 4

// Model answers from the worked examples in a request. It holds no state: no answer depends on an earlier request. It is safe
// for concurrent use.
type Model struct {
	predictor Predictor // empty chooses by leave-one-out error
}

var (
	_ llm.Model      = (*Model)(nil)
	_ llm.Identifier = (*Model)(nil)
	_ llm.Describer  = (*Model)(nil)
	_ llm.Rehearser  = (*Model)(nil)
)

// New returns a model. Without options it chooses the predictor of every number by its error on the examples shown. Errors of
// all options are reported together.
func New(opts ...Option) (*Model, error) {
	var m Model
	var errs []error
	for _, opt := range opts {
		errs = append(errs, opt.apply(&m))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &m, nil
}

// Identity returns the name and version of the model, and the predictor where one is forced: "exemplarllm/1" or
// "exemplarllm/1 length_ridge".
func (m *Model) Identity() string {
	if m.predictor == "" {
		return version
	}
	return version + " " + string(m.predictor)
}

// ModelInfo returns "gloss" and the identity.
func (m *Model) ModelInfo() (provider, model string) { return "gloss", m.Identity() }

// Rehearse answers as Generate does: the model sends nothing and costs nothing, so its answer need not be made up.
func (m *Model) Rehearse(ctx context.Context, req llm.Request) (llm.Response, error) {
	return m.Generate(ctx, req)
}

// Generate fills the reply schema of req, or answers with the reply to the most similar example where req has none.
//
// A request that fails [llm.Request.Validate], and a schema that cannot be read or honoured, fail with
// [llm.CodeInvalid]; a context that is done fails with [llm.CodeCanceled], or [llm.CodeTimeout] after a deadline. The answer
// is cut after [llm.Request.MaxTokens] tokens, as that of any model. A token is four bytes, rounded up, in limits and in usage.
func (m *Model) Generate(ctx context.Context, req llm.Request) (llm.Response, error) {
	if err := ctx.Err(); err != nil {
		return llm.Response{}, m.contextError(err)
	}
	text, err := m.answer(req)
	if err != nil {
		return llm.Response{}, &llm.Error{Code: llm.CodeInvalid, Model: m.Identity(), Err: err}
	}
	resp := llm.Response{Text: text, Finish: llm.FinishStop, Model: m.Identity()}
	if limit := req.MaxTokens; limit > 0 && tokens(len(text)) > limit {
		resp.Text, resp.Finish = cutBytes(text, limit*bytesPerToken), llm.FinishLength
	}
	resp.Usage = llm.Usage{Input: inputTokens(req.Messages), Output: tokens(len(resp.Text))}
	return resp, nil
}

// answer returns the whole answer to a request.
func (m *Model) answer(req llm.Request) (string, error) {
	if err := req.Validate(); err != nil {
		return "", err //nolint:wrapcheck // the caller says where
	}
	shown := readConversation(req.Messages)
	if req.Reply == nil {
		return newFiller(shown, m.predictor).nearestReply(shown), nil
	}
	reply, err := readSchema(req.Reply.JSON)
	if err != nil {
		return "", fmt.Errorf("reply schema: %w", err)
	}
	return newFiller(shown, m.predictor).reply(reply, readReplies(shown.examples)), nil
}

// readReplies returns the replies of the examples that are JSON.
func readReplies(examples []example) []shown {
	var values []shown
	for i, e := range examples {
		var v any
		if json.Unmarshal([]byte(e.reply), &v) == nil {
			values = append(values, shown{example: i, value: v, level: math.NaN()})
		}
	}
	return values
}

func (m *Model) contextError(err error) error {
	code := llm.CodeCanceled
	if errors.Is(err, context.DeadlineExceeded) {
		code = llm.CodeTimeout
	}
	return &llm.Error{Code: code, Model: m.Identity(), Err: err}
}

func tokens(bytes int) int { return (bytes + bytesPerToken - 1) / bytesPerToken }

func inputTokens(messages []llm.Message) int {
	bytes := 0
	for _, m := range messages {
		bytes += len(m.Text)
	}
	return tokens(bytes)
}

// cutBytes returns the longest prefix of whole characters of at most limit bytes.
func cutBytes(text string, limit int) string {
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
