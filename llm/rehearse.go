package llm

import (
	"context"
	"fmt"
)

// Rehearser is implemented by models that make up an answer of their own, at no cost and without sending anything: see [Rehearse].
type Rehearser interface {
	Rehearse(ctx context.Context, req Request) (Response, error)
}

// Rehearse returns an answer of m to req that is made up, so that what a run would take can be estimated before anything is sent. A model
// that implements [Rehearser] answers itself. For any other the answer is
//
//   - a value that fits the reply schema of req, its texts of 200 characters and its lists of 2 elements where the schema leaves that open, or
//     a text of 1,000 characters where there is none;
//   - ended with [FinishStop], from the model that m names as a [Describer];
//   - with the usage that [Estimate] counts for the request and the answer, the output at most [Request.MaxTokens].
//
// Equal requests have equal answers. It fails with [CodeInvalid] where req fails [Request.Validate], or where no value fits its schema.
func Rehearse(ctx context.Context, m Model, req Request) (Response, error) {
	if r, ok := m.(Rehearser); ok {
		return r.Rehearse(ctx, req) //nolint:wrapcheck // a model's own error is the error of this port
	}
	_, model := ModelInfoOf(m)
	text, err := madeUp(req)
	if err != nil {
		return Response{}, &Error{Code: CodeInvalid, Model: model, Err: err}
	}
	input, bound := req.TokenEstimate()
	output := Estimate{}.CountTokens(text)
	if bound > 0 {
		output = min(output, bound)
	}
	return Response{Text: text, Finish: FinishStop, Model: model, Usage: Usage{Input: input, Output: output}}, nil
}

const (
	proseLength = 1000 // characters of an answer without a schema
	textLength  = 200  // characters of a text in a reply, if the schema has no bounds
	listLength  = 2    // elements of a list, as above
)

func madeUp(req Request) (string, error) {
	if err := req.Validate(); err != nil {
		return "", err
	}
	if req.Reply == nil {
		return prose(proseLength), nil
	}
	text, err := instanceOf(req.Reply.JSON)
	if err != nil {
		return "", fmt.Errorf("reply schema %q: %w", req.Reply.Name, err)
	}
	return text, nil
}
