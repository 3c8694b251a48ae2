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

// Describer is implemented by models that can say whom they ask: the provider, under the name that the semantic conventions of OpenTelemetry have
// for gen_ai.provider.name ("openai", "aws.bedrock") or one of its own, and the model as configured. What is not known is empty. Prices,
// limits and traces go by these names; neither holds a secret.
type Describer interface {
	ModelInfo() (provider, model string)
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

// ModelName returns [Response.Model] in a form that needs no import of this package.
func (r Response) ModelName() string { return r.Model }

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
