package llm

import (
	"context"
	"strings"
)

// Generation is the operation of a model as a pipeline stage: it maps a [Request] to a [Response]. It satisfies
// pipeline.Stage[Request, Response]; wrap it in pipeline.Call so that the run can limit, journal and account for it.
type Generation struct{ Model Model }

// Run generates one response.
func (g Generation) Run(ctx context.Context, req Request) (Response, error) {
	return g.Model.Generate(ctx, req) //nolint:wrapcheck // a model's own error is the error of this port
}

// Identity returns the identity of the model. It is empty where the model, or one that it asks, does not say what it is (see
// [IdentityOf]): then an answer that was kept cannot be told to be this model's.
func (g Generation) Identity() string {
	identity := IdentityOf(g.Model)
	if strings.Contains(identity, unidentified) {
		return ""
	}
	return identity
}

// ModelInfo returns what the model says as a [Describer].
func (g Generation) ModelInfo() (provider, model string) { return ModelInfoOf(g.Model) }

// Rehearse makes an answer up, as [Rehearse] does.
func (g Generation) Rehearse(ctx context.Context, req Request) (Response, error) {
	return Rehearse(ctx, g.Model, req)
}
