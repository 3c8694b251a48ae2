package telemetry

// What the tests compare with the published conventions, by the names of package semconv.
func Names() map[string]string {
	return map[string]string{
		"GenAIOperationNameKey":              keyOperation,
		"GenAIProviderNameKey":               keyProvider,
		"GenAIRequestModelKey":               keyRequestModel,
		"GenAIResponseModelKey":              keyResponseModel,
		"GenAITokenTypeKey":                  keyTokenType,
		"GenAIUsageInputTokensKey":           keyUsageInput,
		"GenAIUsageOutputTokensKey":          keyUsageOutput,
		"GenAIUsageCacheReadInputTokensKey":  keyUsageCacheRead,
		"GenAIUsageReasoningOutputTokensKey": keyUsageReasoning,
		"GenAIWorkflowNameKey":               keyWorkflow,
		"ErrorTypeKey":                       keyErrorType,
		"GenAIOperationNameInvokeWorkflow":   operationWorkflow,
		"GenAITokenTypeInput":                tokenTypeInput,
		"GenAITokenTypeOutput":               tokenTypeOutput,
		"ErrorTypeOther":                     errorTypeOther,
		"SchemaURL":                          schemaURL,
		"ClientTokenUsage":                   metricTokenUsage,
		"ClientOperationDuration":            metricCallDuration,
	}
}

func ErrorType(err error) string { return errorType(err) }

func DurationBounds(n int) []float64 { return durationBounds(n) }

func TokenBounds() []float64 { return tokenBounds() }
