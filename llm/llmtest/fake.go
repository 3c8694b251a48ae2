package llmtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gloss-sdk/gloss/llm"
)

// Fake is a model with a known answer that remembers every request. It is safe for concurrent use. The zero value answers
// like [Echo].
//
// Like any provider, a fake fails with [llm.CodeCanceled] or [llm.CodeTimeout] where the context is done, and with
// [llm.CodeInvalid] where the request fails [llm.Request.Validate]; neither takes a turn. What an answer leaves empty is filled in:
// the finish reason is stop, the model is the fake's identity, and a usage of zero becomes what [llm.Estimate] counts, for the request
// by [llm.CountRequest] and for the text of the answer. So a fake does not look like a server that cut the prompt; see [llm.PromptCut].
type Fake struct {
	name   string
	answer func(ctx context.Context, turn int, req llm.Request) (llm.Response, error) // turns count from 0

	mu       sync.Mutex
	turns    int
	requests []llm.Request
}

var (
	_ llm.Model      = (*Fake)(nil)
	_ llm.Identifier = (*Fake)(nil)
	_ llm.Describer  = (*Fake)(nil)
)

// Scripted returns a fake that gives the responses in order, one per turn, whatever is asked. Concurrent requests take turns in the
// order in which they arrive. After the last response it fails with [llm.CodeInvalid].
func Scripted(responses ...llm.Response) *Fake {
	responses = slices.Clone(responses)
	return &Fake{name: "scripted", answer: func(_ context.Context, turn int, _ llm.Request) (llm.Response, error) {
		if turn >= len(responses) {
			return llm.Response{}, invalid("scripted", fmt.Errorf("the script has %d responses; this is request %d", len(responses), turn+1))
		}
		return responses[turn], nil
	}}
}

// Rule answers the requests that it matches with a text.
type Rule struct {
	// Match reports whether the rule is for req; nil matches every request.
	Match func(req llm.Request) bool
	// Reply is the text of the response.
	Reply string
}

// Containing returns the rule for requests with part in the text of any message.
func Containing(part, reply string) Rule {
	return Rule{Reply: reply, Match: func(req llm.Request) bool {
		return slices.ContainsFunc(req.Messages, func(m llm.Message) bool { return strings.Contains(m.Text, part) })
	}}
}

// ByPrompt returns a fake that answers by the first rule that matches the request. It fails with [llm.CodeInvalid] where none
// does, so that a prompt that lost a part shows up in the test.
func ByPrompt(rules ...Rule) *Fake {
	rules = slices.Clone(rules)
	return &Fake{name: "by_prompt", answer: func(_ context.Context, _ int, req llm.Request) (llm.Response, error) {
		for _, r := range rules {
			if r.Match == nil || r.Match(req) {
				return llm.Response{Text: r.Reply}, nil
			}
		}
		return llm.Response{}, invalid("by_prompt", fmt.Errorf("none of the %d rules matches the request that ends with %.200q",
			len(rules), lastText(req)))
	}}
}

// Echo returns a fake that answers with the text of the last message.
func Echo() *Fake { return &Fake{name: "echo", answer: echo} }

func echo(_ context.Context, _ int, req llm.Request) (llm.Response, error) {
	return llm.Response{Text: lastText(req)}, nil
}

// Failing returns a fake whose first n requests fail with code, and which then answers as then does; its calls of then are
// with the context and the request that it got. A nil then answers like [Echo].
func Failing(n int, code llm.Code, then llm.Model) *Fake {
	return &Fake{name: "failing", answer: func(ctx context.Context, turn int, req llm.Request) (llm.Response, error) {
		switch {
		case turn < n:
			return llm.Response{}, &llm.Error{Code: code, Model: "llmtest/failing", Err: fmt.Errorf("failure %d of %d", turn+1, n)}
		case then == nil:
			return echo(ctx, turn, req)
		default:
			return then.Generate(ctx, req)
		}
	}}
}

// Generate answers req as the constructor of the fake says.
func (f *Fake) Generate(ctx context.Context, req llm.Request) (llm.Response, error) {
	turn, err := f.take(ctx, req)
	if err != nil {
		return llm.Response{}, err
	}
	answer := f.answer
	if answer == nil {
		answer = echo
	}
	resp, err := answer(ctx, turn, req)
	if err != nil {
		return llm.Response{}, err
	}
	return f.complete(resp, req), nil
}

// take remembers a request and returns its turn.
func (f *Fake) take(ctx context.Context, req llm.Request) (turn int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	req.Messages = slices.Clone(req.Messages) // what is remembered must not change with the caller's slice
	f.requests = append(f.requests, req)
	if err := ctx.Err(); err != nil {
		code := llm.CodeCanceled
		if errors.Is(err, context.DeadlineExceeded) {
			code = llm.CodeTimeout
		}
		return 0, &llm.Error{Code: code, Model: f.Identity(), Err: err}
	}
	if err := req.Validate(); err != nil {
		return 0, &llm.Error{Code: llm.CodeInvalid, Model: f.Identity(), Err: err}
	}
	f.turns++
	return f.turns - 1, nil
}

// complete fills in what an answer left empty.
func (f *Fake) complete(resp llm.Response, req llm.Request) llm.Response {
	if resp.Finish == "" {
		resp.Finish = llm.FinishStop
	}
	if resp.Model == "" {
		resp.Model = f.Identity()
	}
	if resp.Usage == (llm.Usage{}) {
		counter := llm.Estimate{}
		resp.Usage = llm.Usage{Input: llm.CountRequest(counter, req), Output: counter.CountTokens(resp.Text)}
	}
	return resp
}

// Requests returns every request so far in the order of arrival, those that failed included. The result is the caller's.
func (f *Fake) Requests() []llm.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

// Identity returns "llmtest/" and the kind of fake, such as "llmtest/scripted".
func (f *Fake) Identity() string {
	if f.name == "" {
		return "llmtest/echo"
	}
	return "llmtest/" + f.name
}

// ModelInfo returns "llmtest" and the identity.
func (f *Fake) ModelInfo() (provider, model string) { return "llmtest", f.Identity() }

func lastText(req llm.Request) string { return req.Messages[len(req.Messages)-1].Text }

func invalid(name string, err error) error {
	return &llm.Error{Code: llm.CodeInvalid, Model: "llmtest/" + name, Err: err}
}
