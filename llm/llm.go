package llm

import (
	"context"
	"encoding/json"
)

// Model is a language model that answers one request.
//
// Implementations are safe for concurrent use, never modify the request or anything it refers to, honour the cancellation of
// ctx, never retry on their own, and report failures as an [*Error] so that callers can tell a throttled request from a refused one:
// [CodeCanceled] or [CodeTimeout] around the error of a ctx that is done, [CodeInvalid] for a request that breaks the rules of
// [Request].
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

// Role says who speaks in a [Message].
type Role string

// The roles of a conversation. A request starts with at most one system message, then user and assistant take turns.
const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
)

// Message is one turn of a conversation.
type Message struct {
	Role Role   `json:"role"`
	Text string `json:"text"`
}

// Request is everything a model is told. The zero value is invalid: at least one user message is required, and the last
// message is the user's. Slices are shared, not copied; treat a request as immutable once it is sent.
type Request struct {
	// Messages is the conversation, oldest first. Pairs of user and assistant messages before the last one are worked examples.
	Messages []Message `json:"messages"`
	// Reply constrains the answer to a JSON value, with no text around it; nil asks for free text.
	Reply *Schema `json:"reply,omitempty"`
	// Temperature is the sampling temperature; nil leaves the provider's default.
	Temperature *float64 `json:"temperature,omitempty"`
	// MaxTokens bounds the answer in tokens; 0 leaves the provider's default.
	MaxTokens int `json:"max_tokens,omitempty"`
	// Seed asks for reproducible sampling where a provider can; nil asks for nothing.
	Seed *int64 `json:"seed,omitempty"`
}

// Schema is the shape of a structured answer: a JSON Schema (draft 2020-12) whose properties are in the order in which the
// model should write them.
type Schema struct {
	// Name is a short identifier ([a-z0-9_]) that some providers require.
	Name string `json:"name"`
	// JSON is the schema document.
	JSON json.RawMessage `json:"json"`
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
