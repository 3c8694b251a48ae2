package telemetry

// The names of the semantic conventions that this package uses, from version 1.41.0, the last of the core conventions with gen_ai.*: later
// versions of go.opentelemetry.io/otel/semconv do not have them.
const (
	schemaURL = "https://opentelemetry.io/schemas/1.41.0"

	keyOperation       = "gen_ai.operation.name"
	keyProvider        = "gen_ai.provider.name"
	keyRequestModel    = "gen_ai.request.model"
	keyResponseModel   = "gen_ai.response.model"
	keyTokenType       = "gen_ai.token.type" //nolint:gosec // no credential: it counts the tokens of a model
	keyUsageInput      = "gen_ai.usage.input_tokens"
	keyUsageOutput     = "gen_ai.usage.output_tokens"
	keyUsageCacheRead  = "gen_ai.usage.cache_read.input_tokens"
	keyUsageReasoning  = "gen_ai.usage.reasoning.output_tokens"
	keyWorkflow        = "gen_ai.workflow.name"
	keyErrorType       = "error.type"
	operationWorkflow  = "invoke_workflow"
	tokenTypeInput     = "input"
	tokenTypeOutput    = "output"
	errorTypeOther     = "_OTHER"
	metricTokenUsage   = "gen_ai.client.token.usage" //nolint:gosec // no credential: it counts the tokens of a model
	metricCallDuration = "gen_ai.client.operation.duration"
)

// The names of what the conventions do not know.
const (
	keyTarget    = "gloss.target"
	keyBatch     = "gloss.batch"
	keyItemID    = "gloss.item.id"
	keyItemIndex = "gloss.item.index"
	keyStage     = "gloss.stage"
	keyElement   = "gloss.element"
	keyResource  = "gloss.resource"
	keySeq       = "gloss.seq"
	keyAttempt   = "gloss.attempt"
	keyOrigin    = "gloss.origin"
	keyWaited    = "gloss.waited"
	keyCost      = "gloss.cost"
	keyReused    = "gloss.calls.reused"
	keyOutcome   = "gloss.outcome"
	keyRetry     = "gloss.retry"

	keyAssetOrigin = "gloss.asset.origin"
	keyAssetGroup  = "gloss.asset.group"
	keyReplaced    = "gloss.asset.replaced"

	outcomeOK     = "ok"
	outcomeFailed = "failed"
	outcomeReused = "reused"

	metricItems        = "gloss.items"
	metricItemDuration = "gloss.item.duration"
	metricItemsActive  = "gloss.items.active"
	metricCallsReused  = "gloss.calls.reused"
	metricAttempts     = "gloss.call.attempts"
	metricWait         = "gloss.call.wait.duration"
	metricCost         = "gloss.call.cost"
	metricUnpriced     = "gloss.calls.unpriced"
)

// durationBounds are n bounds in seconds, each twice the one before. The conventions ask for 14 of them, from 0.01 to 81.92.
func durationBounds(n int) []float64 {
	bounds := make([]float64, n)
	for i := range bounds {
		bounds[i] = float64(int(1)<<i) / 100
	}
	return bounds
}

// tokenBounds are the bounds that the conventions ask for: powers of four from 1 to 67,108,864.
func tokenBounds() []float64 {
	bounds := make([]float64, 14)
	for i := range bounds {
		bounds[i] = float64(int(1) << (2 * i))
	}
	return bounds
}
