package llm

import "context"

// Model is a language model that answers one request.
//
// Implementations are safe for concurrent use, never modify the request or anything it refers to, honour the cancellation of
// ctx, never retry on their own, and report failures as an [*Error] so that callers can tell a throttled request from a refused one:
// [CodeCanceled] or [CodeTimeout] around the error of a ctx that is done, [CodeInvalid] for a request that fails
// [Request.Validate], of which nothing is sent.
type Model interface {
	Generate(ctx context.Context, req Request) (Response, error)
}

// Func adapts a function to a [Model].
type Func func(ctx context.Context, req Request) (Response, error)

// Generate calls f.
func (f Func) Generate(ctx context.Context, req Request) (Response, error) { return f(ctx, req) }

// Identifier is implemented by models that can say what answers: provider, model and everything fixed at construction that
// can change an answer. The identity is part of a run's record and must never contain a secret.
type Identifier interface {
	Identity() string
}

// Response is a model's answer.
type Response struct {
	// Text is the answer as received, untouched.
	Text string `json:"text"`
	// Finish says why the model stopped.
	Finish Finish `json:"finish"`
	// Model is the identifier of the model that answered, as the provider reports it.
	Model string `json:"model"`
	// Usage counts the tokens of this call.
	Usage Usage `json:"usage"`
}

// TokenUsage returns the counts of [Usage] in a form that needs no import of this package.
func (r Response) TokenUsage() (input, output, cached, reasoning int) {
	return r.Usage.Input, r.Usage.Output, r.Usage.Cached, r.Usage.Reasoning
}

// Usage counts tokens. Cached is the part of Input that was read from a provider's cache, Reasoning the part of Output that is
// not in the text. A provider that reports nothing leaves zeros.
type Usage struct {
	Input     int `json:"input"`
	Output    int `json:"output"`
	Cached    int `json:"cached,omitempty"`
	Reasoning int `json:"reasoning,omitempty"`
}

// Finish is the reason a model stopped.
type Finish string

// The reasons a model stops.
const (
	FinishStop    Finish = "stop"    // the model ended its answer
	FinishLength  Finish = "length"  // the answer was cut at a limit
	FinishRefused Finish = "refused" // the model declined or a filter stopped it
	FinishUnknown Finish = "unknown" // the provider gave no reason that is known here
)

// Generation is the operation of a model as a pipeline stage: it maps a [Request] to a [Response]. It satisfies
// pipeline.Stage[Request, Response]; wrap it in pipeline.Call so that the run can limit, journal and account for it.
type Generation struct{ Model Model }

// Run generates one response.
func (g Generation) Run(ctx context.Context, req Request) (Response, error) {
	return g.Model.Generate(ctx, req) //nolint:wrapcheck // a model's own error is the error of this port
}
