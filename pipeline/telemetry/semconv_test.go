package telemetry_test

import (
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"
	"go.opentelemetry.io/otel/semconv/v1.41.0/genaiconv"

	"github.com/gloss-sdk/gloss/embed"
	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline/telemetry"
	"github.com/gloss-sdk/gloss/retrieval"
)

// The names that are written out are those that OpenTelemetry publishes.
func TestNamesAreThoseOfTheConventions(t *testing.T) {
	t.Parallel()
	assert.Equal(t, map[string]string{
		"GenAIOperationNameKey":              string(semconv.GenAIOperationNameKey),
		"GenAIProviderNameKey":               string(semconv.GenAIProviderNameKey),
		"GenAIRequestModelKey":               string(semconv.GenAIRequestModelKey),
		"GenAIResponseModelKey":              string(semconv.GenAIResponseModelKey),
		"GenAITokenTypeKey":                  string(semconv.GenAITokenTypeKey),
		"GenAIUsageInputTokensKey":           string(semconv.GenAIUsageInputTokensKey),
		"GenAIUsageOutputTokensKey":          string(semconv.GenAIUsageOutputTokensKey),
		"GenAIUsageCacheReadInputTokensKey":  string(semconv.GenAIUsageCacheReadInputTokensKey),
		"GenAIUsageReasoningOutputTokensKey": string(semconv.GenAIUsageReasoningOutputTokensKey),
		"GenAIWorkflowNameKey":               string(semconv.GenAIWorkflowNameKey),
		"ErrorTypeKey":                       string(semconv.ErrorTypeKey),
		"GenAIOperationNameInvokeWorkflow":   semconv.GenAIOperationNameInvokeWorkflow.Value.AsString(),
		"GenAITokenTypeInput":                semconv.GenAITokenTypeInput.Value.AsString(),
		"GenAITokenTypeOutput":               semconv.GenAITokenTypeOutput.Value.AsString(),
		"ErrorTypeOther":                     semconv.ErrorTypeOther.Value.AsString(),
		"SchemaURL":                          semconv.SchemaURL,
		"ClientTokenUsage":                   genaiconv.ClientTokenUsage{}.Name(),
		"ClientOperationDuration":            genaiconv.ClientOperationDuration{}.Name(),
	}, telemetry.Names())
}

// The ports write the names out as well, for they import nothing.
func TestPortsUseTheNamesOfTheConventions(t *testing.T) {
	t.Parallel()
	one, seed := 1.0, int64(1)
	request := llm.Request{
		Messages: []llm.Message{{Role: llm.System}, {Role: llm.User}}, Reply: &llm.Schema{}, Temperature: &one, MaxTokens: 1, Seed: &seed,
	}
	response := llm.Response{Model: "m", Finish: llm.FinishStop}
	for _, row := range []struct {
		attrs map[string]any
		keys  []string
	}{
		{request.SpanAttributes(), []string{
			string(semconv.GenAIOperationNameKey), string(semconv.GenAIOutputTypeKey), string(semconv.GenAIRequestTemperatureKey),
			string(semconv.GenAIRequestMaxTokensKey), string(semconv.GenAIRequestSeedKey),
		}},
		{request.SpanContent(), []string{string(semconv.GenAISystemInstructionsKey), string(semconv.GenAIInputMessagesKey)}},
		{response.SpanAttributes(), []string{string(semconv.GenAIResponseModelKey), string(semconv.GenAIResponseFinishReasonsKey)}},
		{response.SpanContent(), []string{string(semconv.GenAIOutputMessagesKey)}},
		{embed.Request{}.SpanAttributes(), []string{string(semconv.GenAIOperationNameKey)}},
		{retrieval.Query{}.SpanAttributes(), []string{string(semconv.GenAIOperationNameKey), string(semconv.GenAIRequestTopKKey)}},
		{retrieval.Query{}.SpanContent(), []string{string(semconv.GenAIRetrievalQueryTextKey)}},
	} {
		var keys []string
		for key := range row.attrs {
			keys = append(keys, key)
		}
		assert.ElementsMatch(t, row.keys, keys)
	}
	assert.Equal(t, semconv.GenAIOperationNameChat.Value.AsString(), request.SpanAttributes()["gen_ai.operation.name"])
	assert.Equal(t, semconv.GenAIOutputTypeJSON.Value.AsString(), request.SpanAttributes()["gen_ai.output.type"])
	assert.Equal(t, semconv.GenAIOperationNameEmbeddings.Value.AsString(), embed.Request{}.SpanAttributes()["gen_ai.operation.name"])
	assert.Equal(t, semconv.GenAIOperationNameRetrieval.Value.AsString(), retrieval.Query{}.SpanAttributes()["gen_ai.operation.name"])
}

func TestBounds(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []float64{0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92},
		telemetry.DurationBounds(14), "bit for bit: a backend merges histograms of equal bounds alone")
	assert.Equal(t, []float64{1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864},
		telemetry.TokenBounds())
	longer := telemetry.DurationBounds(20)
	assert.Equal(t, 5242.88, longer[19])
	assert.IsIncreasing(t, longer)
}

// Without the root package of the API there is no way to a global provider, and without the SDK none to make one.
func TestImportsReachNoGlobalProvider(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	imported := map[string]bool{}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		source, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, i := range source.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			require.NoError(t, err)
			if strings.Contains(path, ".") {
				imported[path] = true
			}
		}
	}
	assert.Equal(t, map[string]bool{
		"go.opentelemetry.io/otel/attribute": true, "go.opentelemetry.io/otel/codes": true, "go.opentelemetry.io/otel/metric": true,
		"go.opentelemetry.io/otel/trace": true, "github.com/gloss-sdk/gloss/pipeline": true,
	}, imported)
}
