package openaillm

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"

	"github.com/openai/openai-go/v3"

	"github.com/gloss-sdk/gloss/llm"
)

// response reads the body of a reply that the server calls a success.
func (m *Model) response(req llm.Request, reply *http.Response, body []byte) (llm.Response, error) {
	if p, ok := readProblem(body); ok && p.isError { // gateways pass on a failure of the server behind them in this way
		return llm.Response{}, m.rejection(req, reply, p)
	}
	completion, err := readCompletion(reply, body)
	if err != nil {
		return llm.Response{}, &llm.Error{Code: llm.CodeUnavailable, Model: m.model, Status: reply.StatusCode, Err: err}
	}
	choice := completion.Choices[0]
	resp := llm.Response{
		Text: choice.Message.Content, Finish: finish(choice.FinishReason), Model: completion.Model, Usage: usage(completion.Usage),
	}
	if choice.Message.Refusal != "" {
		resp.Finish = llm.FinishRefused
		if resp.Text == "" {
			resp.Text = choice.Message.Refusal
		}
	}
	if resp.Model == "" {
		resp.Model = m.model
	}
	return resp, nil
}

// readCompletion reads a body whose first choice has a text. What a decoder says of a bad body stays out of the error, for it may quote the answer.
func readCompletion(reply *http.Response, body []byte) (*openai.ChatCompletion, error) {
	var c openai.ChatCompletion
	if err := json.Unmarshal(body, &c); err != nil {
		return nil, fmt.Errorf("HTTP %d with a body that is no chat completion: %s", reply.StatusCode, describe(reply, body))
	}
	if len(c.Choices) == 0 || !c.Choices[0].JSON.Message.Valid() {
		return nil, fmt.Errorf("HTTP %d with a chat completion without choices or without a message in the first; want one", reply.StatusCode)
	}
	if raw := c.Choices[0].Message.JSON.Content.Raw(); raw != "" {
		var text string // the vendor's decoder makes a text of other values, too
		if json.Unmarshal([]byte(raw), &text) != nil {
			return nil, fmt.Errorf("HTTP %d with a message whose content is not a text", reply.StatusCode)
		}
	}
	return &c, nil
}

func finish(reason string) llm.Finish {
	switch reason {
	case "stop":
		return llm.FinishStop
	case "length":
		return llm.FinishLength
	case "content_filter":
		return llm.FinishRefused
	default:
		return llm.FinishUnknown
	}
}

// usage reads the counts. Servers are found that report more cached than read, or reasoning beside the output instead of within it; the parts are
// cut to what they are parts of.
func usage(u openai.CompletionUsage) llm.Usage {
	input, output := count(u.PromptTokens), count(u.CompletionTokens)
	return llm.Usage{
		Input: input, Output: output,
		Cached:    min(count(u.PromptTokensDetails.CachedTokens), input),
		Reasoning: min(count(u.CompletionTokensDetails.ReasoningTokens), output),
	}
}

func count(n int64) int { return int(min(max(n, 0), math.MaxInt32)) }
